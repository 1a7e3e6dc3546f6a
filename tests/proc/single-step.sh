#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The second example: a workflow that happens one operation at a time, by a line each.
. "${srcdir:=.}/tests/lib/tap.sh"
programs=$PWD/examples/02-single-step
export MSTRO_WORKFLOW_NAME=single-step MSTRO_RUNTIME_DIR="$work"
mkfifo "$work/manager" "$work/lines" "$work/stepper" "$work/simulation"

pool-manager/maestro-pool-manager --ack-timeout 1h >"$work/manager" &
manager=$!
trap 'kill $manager; wait; rm -rf "$work"' EXIT
IFS=';' read -r _ MSTRO_POOL_MANAGER_INFO _ <"$work/manager"
export MSTRO_POOL_MANAGER_INFO

{ "$programs/stepper" || echo failed; } <"$work/lines" >"$work/stepper" &
exec 9>"$work/lines" 8<"$work/stepper"
is_next() { # DESCRIPTOR LINE
    read -r line <&"$1" && [ "$line" = "$2" ]
}
is_next 8 ready
{ { "$programs/simulation" && echo ended; } | tee "$work/happened" >"$work/simulation"; } 9>&- &
exec 7<"$work/simulation"

stopped_before() { # KIND STEP WHAT: it has been told, and that has not happened
    is_next 8 "before $1 of temperature by simulation, step $2" && ! grep -q "step $2 is $3" "$work/happened"
}
for step in 1 2; do
    check "the offer of step $step has not happened when the stepper is told of it" stopped_before OFFER $step offered
    echo >&9
    check "and happens after a line" is_next 7 "step $step is offered"
    check "its withdrawal has not happened either" stopped_before WITHDRAW $step withdrawn
    echo >&9
    check "and happens after another line" is_next 7 "step $step is withdrawn"
done
check "the third offer waits, too" stopped_before OFFER 3 offered
exec 9>&-
check "at the end of its input the stepper goes" test -z "$(cat <&8)"
check "and the simulation goes on freely to its end" test "$(cat <&7)" = "step 3 is offered
step 3 is withdrawn
ended"
finish
