#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The second example: a workflow that happens one operation at a time, by a line each.
. "${srcdir:=.}/tests/lib/tap.sh"
programs=$PWD/examples/02-single-step
export MSTRO_WORKFLOW_NAME=single-step MSTRO_RUNTIME_DIR="$work"
mkfifo "$work/manager" "$work/lines" "$work/stepper" "$work/simulation" "$work/several"

pool-manager/maestro-pool-manager --ack-timeout 1h >"$work/manager" &
manager=$!
trap 'kill $manager; wait; rm -rf "$work"' EXIT
IFS=';' read -r _ MSTRO_POOL_MANAGER_INFO _ <"$work/manager"
export MSTRO_POOL_MANAGER_INFO

begin_stepper() { # its input is descriptor 9, its output 8
    { "$programs/stepper" || echo failed; } <"$work/lines" >"$work/stepper" &
    exec 9>"$work/lines" 8<"$work/stepper"
}
is_next() { # DESCRIPTOR LINE
    read -r line <&"$1" && [ "$line" = "$2" ]
}
begin_stepper
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
exec 8<&- 7<&-

# Several producers: each operation is let happen for itself, whatever the stepper was told of together with it.
producers='ice land ocean'
begin_stepper
is_next 8 ready
{
    for producer in $producers; do
        { "$programs/simulation" "$producer" | sed -u "s/^/$producer: /"; echo "$producer: ended"; } &
    done
    wait
} >"$work/several" 9>&- 8<&- &
exec 7<"$work/several"
step_once() { # what was shown has not happened; it happens after a line, and nothing else does
    read -r line <&8 || return 1
    what=$(printf '%s\n' "$line" | sed -n 's/^before \([A-Z]*\) of \([a-z]*\) by \2, step \([0-9]\)$/\2: step \3 is \1/p' |
        sed 's/OFFER/offered/; s/WITHDRAW/withdrawn/')
    if [ -z "$what" ] || grep -qFx "$what" "$work/let"; then
        echo "shown: $line"
        return 1
    fi
    echo >&9
    while read -r line <&7 && [ "${line#*: }" = ended ]; do :; done
    echo "$line" >>"$work/let"
    [ "$line" = "$what" ] || { echo "shown: $what; happened: $line"; return 1; }
}
step_all_but_one() {
    : >"$work/let"
    operation=1
    while [ $operation -lt 18 ]; do
        step_once || return 1
        operation=$((operation + 1))
    done
}
check "of three producers each operation happens when it was shown, and after a line of its own" step_all_but_one
check "and none twice" test "$(sort -u "$work/let" | wc -l)" = 17
exec 9>&-
check "the stepper shows the last one, and goes at the end of its input" test "$(wc -l <&8)" = 1
check "that happens freely" test "$(cat - "$work/let" <&7 | grep -cv ended)" = 18
finish
