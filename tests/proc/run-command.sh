#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro run -- COMMAND: environment, output, exit codes, tidiness; with a pool manager that is a script.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/run.sh"
traces >"$work/traces.before"

run -- printf 'one\0two'
check "a single command keeps its stdout as it is" test "$(od -An -c "$work/out" | tr -d ' ')" = 'one\0two'
check "a command that ends well ends the run with 0" ended_with 0
check "a summary names the process and how it ended" said '^  printf\.0 +done +0 '

printf 'from stdin' >"$work/input"
input() { (cd "$work/here" && maestro run -q -- cat) <"$work/input" 2>"$work/err"; }
check "a single command reads the run's stdin" test "$(input)" = "from stdin"

# shellcheck disable=SC2016 # the command's own variables
run -n 3 --workflow-name twelve -- sh -c 'echo "$MSTRO_WORKFLOW_NAME $MSTRO_COMPONENT_NAME $MSTRO_COMPONENT_INDEX of $MSTRO_COMPONENT_INSTANCES"'
check "instances learn workflow, stage, index and how many they are" printed '^\[sh\.2\] twelve sh 2 of 3$'
check "lines of several instances are labelled" test "$(cut -d' ' -f1 "$work/out" | sort | tr '\n' ' ')" = "[sh.0] [sh.1] [sh.2] "

# shellcheck disable=SC2016
run -- sh -c 'echo "$MSTRO_POOL_MANAGER_INFO"; ls "$MSTRO_RUNTIME_DIR"; stat -c %a "$MSTRO_RUNTIME_DIR"'
check "the pool manager's info is in the environment" printed '^fake:[0-9]+:sh$'
check "manager and stages share a runtime directory" printed '^fake.socket$'
check "which is closed to others" printed '^700$'
check "the pool manager's info is shown to nobody" test -z "$(grep -F MSTRO_POOL_MANAGER_INFO "$work/out" "$work/err")"

run -- sh -c 'exit 17'
check "the exit code of the command is passed on" ended_with 17
check "and it is said which process failed" said '^maestro run: sh\.0 ended with exit code 17'
# shellcheck disable=SC2016
run -- sh -c 'kill -USR1 $$'
check "a signal becomes 128 and its number" ended_with 138

run -- "$work/no-such-program"
check "a program that is not there is 127" ended_with 127
check "and is named" said "cannot start no-such-program.0: $work/no-such-program: No such file"
run -- no-such-program-anywhere
check "a program that is not in PATH is 127" ended_with 127
echo 'not a program' >"$work/text"
run -- "$work/text"
check "a program that may not be executed is 126" ended_with 126
chmod +x "$work/text"
run -- "$work/text"
check "a text without #! is 126, with the likely cause" said 'neither a program nor a script'
run -- "$work"
check "a folder is 126" ended_with 126

# One fails while the other waits for a line that never comes.
mkfifo "$work/never"
export work
# shellcheck disable=SC2016
run -n 2 -- sh -c 'if [ $MSTRO_COMPONENT_INDEX = 0 ]; then exit 5; fi; exec 3<>"$work/never"; read -r line <&3'
check "a failing instance ends the others" said '^  sh\.1 +stopped +signal 15'
check "with its own exit code" ended_with 5
mkfifo "$work/deaf" # to the first, when the other one does not listen any more
# shellcheck disable=SC2016
run --grace 100ms -n 2 -- sh -c 'if [ $MSTRO_COMPONENT_INDEX = 0 ]; then read -r line <"$work/deaf"; exit 5; fi
    trap "" TERM; echo >"$work/deaf"; exec 3<>"$work/never"; while :; do read -r line <&3; done'
check "an instance that does not end when asked is killed" said '^  sh\.1 +stopped +signal 9'

# Both instances have ended when the run sees either: the one that gives up because the other is gone comes first.
# shellcheck disable=SC2016
run -n 2 -- sh -c 'echo $$ >"$work/pid.$MSTRO_COMPONENT_INDEX"; if [ $MSTRO_COMPONENT_INDEX = 1 ]; then exec 3<>"$work/never"; read -r line <&3; fi
    until [ -s "$work/pid.1" ]; do sleep 0.02; done; kill -STOP $PPID; kill -9 "$(cat "$work/pid.1")"; (sleep 0.2; kill -CONT $PPID) & exit 1'
check "an exit code is not taken for the reason where a signal ended another process" said '^maestro run: sh\.1 was ended by signal 9'
check "and that signal decides the exit code" ended_with 137
rm -f "$work"/pid.*
# shellcheck disable=SC2016
run -n 2 -- sh -c 'echo $$ >"$work/pid.$MSTRO_COMPONENT_INDEX"; if [ $MSTRO_COMPONENT_INDEX = 1 ]; then exec 3<>"$work/never"; read -r line <&3; fi
    until [ -s "$work/pid.1" ]; do sleep 0.02; done; (while kill -0 $$; do :; done; kill -9 "$(cat "$work/pid.1")") 2>&- & exit 1'
check "nor where that process ends a moment after the first was seen" ended_with 137

check "nothing is left behind" nothing_left
finish
