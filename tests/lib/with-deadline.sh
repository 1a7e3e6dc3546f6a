#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# with-deadline.sh TEST [ARG...] - run a test; when it stalls, write the backtraces of its processes and end them
#
# The processes of a test are known by MAESTRO_TEST_RUN in their environment, also when they left its session.  What still lives
# when the test has ended is a failure of the test, is named and ended too.
#
# MAESTRO_TEST_DEADLINE   seconds a test may take (default 240); a script may ask for its own by a line "# deadline: SECONDS"
# MAESTRO_TEST_SLOWNESS   factor on that, 1 by default, larger in a sanitizer build; tests scale their own deadlines by it
# GDB                     the debugger (default gdb); without one the states of the threads are written
run=$$
asked=$(head -n 20 "$1" 2>/dev/null | tr -d '\0' | sed -n 's/^# deadline: \([0-9][0-9]*\)$/\1/p' 2>/dev/null | head -n 1)
deadline=$((${asked:-${MAESTRO_TEST_DEADLINE:-240}} * ${MAESTRO_TEST_SLOWNESS:-1}))
gdb=${GDB:-gdb}
unset DEBUGINFOD_URLS
stalled=$(mktemp "${TMPDIR:-/tmp}/maestro-deadline.XXXXXX") || exit 99

# The living processes of this run, one pid a line.
processes() {
    # shellcheck disable=SC2013 # paths under /proc have no blanks
    for environment in $(grep -lzE "^MAESTRO_TEST_RUN=(.*/)?$run(/.*)?\$" /proc/[0-9]*/environ 2>/dev/null); do
        process=${environment#/proc/}
        process=${process%/environ}
        case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$process/status" 2>/dev/null) in
            '' | Z | X) ;;
            *) echo "$process" ;;
        esac
    done
}

describe() {
    echo "# backtraces of process $1: $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)"
    if command -v "$gdb" >/dev/null 2>&1; then
        timeout -k 5 30 "$gdb" -nx -batch -p "$1" -ex 'thread apply all bt' 2>&1 </dev/null | sed 's/^/#   /'
    else
        for thread in /proc/"$1"/task/*; do
            echo "#   thread ${thread##*/} ($(cat "$thread/comm" 2>/dev/null)):" \
                "$(sed -n 's/^State:[[:space:]]*//p' "$thread/status" 2>/dev/null) in $(cat "$thread/wchan" 2>/dev/null)"
        done
    fi
}

end_processes() {
    # again, until nothing is left: a process may have started another meanwhile
    for _ in 1 2 3 4 5; do
        left=$(processes)
        [ -n "$left" ] || return 0
        # shellcheck disable=SC2086 # a list of numbers
        kill -KILL $left 2>/dev/null
        sleep 0.1
    done
}

watch() {
    # in this order, and away from our output: a test may have ended before we get here, and whoever reads the output waits
    # until nobody can write to it
    trap 'kill -KILL $! 2>/dev/null; exit 0' TERM
    sleep "$deadline" >/dev/null 2>&1 &
    wait $!
    echo stalled >"$stalled"
    printf '\nBail out! %s stalled for %s s\n' "$1" "$deadline"
    for process in $(processes); do
        describe "$process" >&2
    done
    end_processes
}

# shellcheck disable=SC2317 # the trap below calls it
stop() {
    kill "$watch" 2>/dev/null
    end_processes
    rm -f "$stalled"
    exit 130
}

MAESTRO_TEST_RUN="${MAESTRO_TEST_RUN-}/$run" setsid "$@" &
test=$!
watch "$1" &
watch=$!
trap stop INT TERM HUP
wait "$test"
status=$?
if [ -s "$stalled" ]; then
    wait "$watch"
else
    kill "$watch" 2>/dev/null
    wait "$watch" 2>/dev/null
    # what is just ending may take its time
    patience=$((20 * ${MAESTRO_TEST_SLOWNESS:-1}))
    while [ -n "$(processes)" ] && [ $patience -gt 0 ]; do
        sleep 0.1
        patience=$((patience - 1))
    done
    for process in $(processes); do
        echo "not ok - left process $process behind: $(tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null)"
        status=1
    done
    end_processes
fi
rm -f "$stalled"
exit $status
