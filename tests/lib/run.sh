# SPDX-License-Identifier: BSD-3-Clause
# run.sh - what the tests of maestro run share; after tap.sh
#
# maestro...   the program, with a deadline; says nothing about who it was on stdout
# run ...      maestro run; $work/out and $work/err hold what it printed, $code its exit code
# said, printed PATTERN   a line of $work/err, of $work/out
# shellcheck shell=sh
top=$(cd "$srcdir" && pwd)
fake="$top/tests/lib/fake-pool-manager.sh"
MAESTRO_POOL_MANAGER=$fake
# Each test has its own place for temporary files, so that what is left there can be seen.
TMPDIR=$work/tmp
mkdir "$TMPDIR" "$work/here"
export MAESTRO_POOL_MANAGER TMPDIR
unset MSTRO_RUNTIME_DIR XDG_RUNTIME_DIR MSTRO_POOL_MANAGER_INFO MSTRO_WORKFLOW_NAME MSTRO_COMPONENT_NAME MSTRO_COMPONENT_INDEX FAKE_MANAGER
program=$PWD/apps/maestro

maestro() { timeout --foreground -k 5 60 "$program" "$@"; }

# The run stands in a folder of its own: what it leaves there can be seen too.
run() {
    code=0
    (cd "$work/here" && maestro run "$@") >"$work/out" 2>"$work/err" </dev/null || code=$?
}

show() { sed 's/^/out: /' "$work/out"; sed 's/^/err: /' "$work/err"; echo "exit code $code"; }
said() { grep -qE -e "$1" "$work/err" || { show; return 1; }; }
printed() { grep -qE -e "$1" "$work/out" || { show; return 1; }; }
ended_with() { [ "$code" = "$1" ] || { show; return 1; }; }

# Every process that carries this test's folder for temporary files in its environment as that of a run.
processes_left() {
    for file in $(grep -slaF "MSTRO_RUNTIME_DIR=$TMPDIR/maestro-run-" /proc/[0-9]*/environ); do
        echo "$file: $(tr '\0' ' ' <"${file%environ}cmdline")"
    done
}

# What a run could leave behind.
traces() {
    find "$TMPDIR" "$work/here" | sort
    processes_left
}
nothing_left() {
    traces >"$work/traces.after"
    diff "$work/traces.before" "$work/traces.after"
}

# begin ARGUMENT...   start maestro run in the background; its stdout is read by await, its process is $running
# await TEXT          read its output until a line holds TEXT
# end_of_run          wait for it: $code
begin() {
    rm -f "$work/stream"
    mkfifo "$work/stream"
    # A shell's background processes ignore SIGINT, which is not how a user starts a run.
    (cd "$work/here" && exec env --default-signal=INT,QUIT timeout --foreground -k 5 60 "$program" run "$@") >"$work/stream" 2>"$work/err" </dev/null &
    running=$!
    exec 5<"$work/stream"
}
await() {
    while read -r line <&5; do
        case $line in *"$1"*) return 0 ;; esac
    done
    return 1
}
end_of_run() {
    cat <&5 >"$work/out"
    exec 5<&-
    code=0
    wait "$running" || code=$?
}
# The process of maestro itself, below the timeout that $running is.
process_of_run() { cat /proc/"$running"/task/"$running"/children; }

# until_true SECONDS COMMAND...   for what gives no event; false when the time is up
until_true() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}
