#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro run: every way in which a run can end leaves nothing behind, and the pool manager may go wrong in every way it can.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/run.sh"
traces >"$work/traces.before"
export work
mkfifo "$work/never" "$work/alive"

# Programs that wait for a line nobody writes, and hold the pipe 'alive' open for writing.
cat >"$work/polite" <<'S'
#!/bin/sh
trap 'echo tidied; exit 0' TERM
exec 3<>"$work/never"
echo up
while :; do read -r _ <&3; done
S
cat >"$work/deaf" <<'S'
#!/bin/sh
trap '' TERM
exec 3<>"$work/never"
echo up
while :; do read -r _ <&3; done
S
cat >"$work/daemon" <<'S'
#!/bin/sh
# A process that has left session, group and parent: only by being adopted can it be found.
setsid sh -c 'setsid sh -c "exec 3<>\"\$work/never\"; echo hidden >\"\$work/alive\"; read -r _ <&3" & ' &
read -r _ <"$work/alive"
echo up
S
chmod +x "$work/polite" "$work/deaf" "$work/daemon"

for pair in INT:130 TERM:143 HUP:129 QUIT:131; do
    begin --label -n 2 -- "$work/polite"
    await up
    await up
    kill -"${pair%:*}" "$running"
    end_of_run
    check "SIG${pair%:*} ends the run with ${pair#*:}" ended_with "${pair#*:}"
    check "after SIG${pair%:*} the stages could tidy up" test "$(grep -c tidied "$work/out")" = 2
    check "after SIG${pair%:*} nothing is left" nothing_left
done

begin --label --grace 1h -- "$work/deaf"
await up
kill -INT "$running"
until_true 20 grep -q 'ending the 1 process' "$work/err"
kill -INT "$running"
end_of_run
check "a second Ctrl-C does not wait for the time of grace" ended_with 130
check "and kills what does not end" said '^  deaf\.0 +stopped +signal 9'
check "nothing is left of it" nothing_left

begin --label --grace 50ms -- "$work/deaf"
await up
kill -TERM "$running"
end_of_run
check "what does not end when asked is killed after the time of grace" said '^  deaf\.0 +stopped +signal 9'

run -- "$work/daemon"
check "a stage that leaves a daemon behind may end well" ended_with 0
check "its daemon is ended and named" said 'ending sh \(process [0-9]+\), left behind by'
check "nothing is left of the daemon" nothing_left

# The run is killed without a chance to tidy up.
begin --label -n 2 --grace 200ms -- sh -c "\"$work/daemon\" & exec \"$work/deaf\""
await up
await up
await up
kill -KILL "$(process_of_run)"
end_of_run
check "a run that was killed by SIGKILL is tidied up after by its guard" until_true 20 nothing_left

# run_with KIND OPTION...: with a pool manager that goes wrong in this way
run_with() {
    FAKE_MANAGER=$1
    export FAKE_MANAGER
    shift
    run "$@"
    unset FAKE_MANAGER
}
run_with dead -- echo started
check "a pool manager that ends at once ends the run with 3" ended_with 3
check "and is reported with its exit code" said 'the pool manager ended with exit code 9 .* before it said where it is'
check "what it had to say is shown" said '^\[pool-manager\] fake manager: no luck$'
check "no stage was started" test ! -s "$work/out"
run_with silent --manager-wait 200ms -- echo started
check "a pool manager that says nothing ends the run with 3" ended_with 3
check "after the time it is given" said 'did not say where it is within 0\.20 s'
run_with rude -- echo started
check "a pool manager may say other things first" printed '^started$'
run_with stubborn --grace 50ms -- echo started
check "a pool manager that does not end is killed and reported" said 'did not end when asked and was killed'
check "and the run ends with 3" ended_with 3
run_with failing -- echo started
check "a pool manager that fails at its end is reported" said 'the pool manager ended with exit code 4 .* when it was asked to end'
run_with failing -- sh -c 'exit 6'
check "but the first reason decides the exit code" ended_with 6

mkfifo "$work/fate"
FAKE_MANAGER=late-death FAKE_MANAGER_FIFO=$work/fate
export FAKE_MANAGER FAKE_MANAGER_FIFO
begin --label -- "$work/polite"
unset FAKE_MANAGER FAKE_MANAGER_FIFO
await up
echo die >"$work/fate"
end_of_run
check "a pool manager that dies in the middle ends the run with 3" ended_with 3
check "and the stages are ended" said '^  polite\.0 +stopped'
run --pool-manager "$work/no-such-manager" -- echo started
check "a pool manager that is not there is 3" ended_with 3
check "and it is said who named it" said 'named by --pool-manager'
check "nothing is left of any of them" nothing_left

begin --label -- "$work/polite"
await up
exec 6<&5
first=$running
begin --label -- "$work/polite"
await up
kill -TERM "$running" "$first"
end_of_run
check "two runs of one workflow do not disturb each other" ended_with 143
wait "$first"
check "nor does the other" test $? = 143
exec 6<&-

# What stages may do to the run's own directory, and to themselves.
# shellcheck disable=SC2016
run -- sh -c 'mkdir -p "$MSTRO_RUNTIME_DIR/closed/inner"; : >"$MSTRO_RUNTIME_DIR/closed/file"; chmod 0 "$MSTRO_RUNTIME_DIR/closed" "$MSTRO_RUNTIME_DIR"'
check "a runtime directory that a stage has closed is removed all the same" ended_with 0
# shellcheck disable=SC2016
run -- sh -c 'rm -r "$MSTRO_RUNTIME_DIR"'
check "one that a stage has removed is no fault" ended_with 0
: >"$work/here/kept"
# shellcheck disable=SC2016
run -- sh -c 'ln -s "$work/here" "$MSTRO_RUNTIME_DIR/link"'
check "a link in it is not followed" test -e "$work/here/kept"
rm "$work/here/kept"
begin --label --grace 30s -- sh -c 'echo up; kill -STOP $$'
await up
kill -INT "$running"
end_of_run
check "a stopped stage is ended without waiting for the time of grace" said '^  sh\.0 +stopped +signal 15'
XDG_RUNTIME_DIR=$work/nowhere
export XDG_RUNTIME_DIR
run -- true
check "a runtime directory that cannot be made is made elsewhere" ended_with 0
unset XDG_RUNTIME_DIR
check "nothing is left at the end" nothing_left
finish
