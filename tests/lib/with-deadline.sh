#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# with-deadline.sh TEST [ARG...] - run a test; when it stalls, print the backtraces of its processes and end it
#
# MAESTRO_TEST_DEADLINE: seconds a test may take (default 120).
deadline=${MAESTRO_TEST_DEADLINE:-120}

setsid "$@" &
test=$!
(
    sleep "$deadline" &
    nap=$!
    trap 'kill $nap 2>/dev/null; exit 0' TERM
    wait $nap
    echo "Bail out! $1 stalled for $deadline s"
    for process in $(ps -o pid= -s "$test"); do
        echo "# backtraces of process $process" >&2
        timeout 20 gdb -batch -p "$process" -ex 'thread apply all bt' 2>/dev/null >&2
    done
    kill -KILL -- "-$test" 2>/dev/null
    for process in $(ps -o pid= -s "$test"); do kill -KILL "$process" 2>/dev/null; done
) &
watch=$!
wait "$test"
status=$?
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
exit $status
