#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro run with the real pool manager.
. "${srcdir:=.}/tests/lib/run-real.sh"

check_tidy() {
    check "$1" nothing_left
    [ -n "${OWN_SHM-}" ] || skip "$1, in /dev/shm neither" "no mount namespace can be had here"
}
# shellcheck disable=SC2016
run --label -- sh -c 'echo "${MSTRO_POOL_MANAGER_INFO%%:*}"; stat -c %a "$MSTRO_RUNTIME_DIR"/*'
check "the pool manager starts, and ends when asked" ended_with 0
check "with 0" said '^  pool-manager +done +0 '
check "stages are told how to join it" printed '^\[sh\.0\] maestro[0-9]'
check "what it keeps in the runtime directory is closed to others" test "$(grep -vc 600 "$work/out")" = 1
check_tidy "nothing is left"

begin --label --grace 500ms -- sh -c 'echo "manager $PPID"; exec 3<>"$work/never"; read -r _ <&3'
await manager
for child in $(cat /proc/"$(process_of_run | tr -d ' ')"/task/*/children); do
    if grep -q pool-manager "/proc/$child/cmdline"; then kill -KILL "$child"; fi
done
end_of_run
check "a pool manager that is killed ends the run with 3" ended_with 3
check "and is reported" said 'the pool manager was ended by signal 9'
check_tidy "and nothing of it is left"

run --manager-option=--leaze=5s -- true
check "an option that the pool manager does not know ends the run with 3" ended_with 3
check "and the pool manager says what was meant" said '^\[pool-manager\] .*(leaze|lease)'
finish
