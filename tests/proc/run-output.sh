#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro run: what the stages print arrives whole and labelled, however much and whoever reads it; summary, JSON, terminal.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/run.sh"
traces >"$work/traces.before"
export work

# 64 instances print 1000 lines each at the same time.
# shellcheck disable=SC2016
run -n 64 -- sh -c 'seq -f "$MSTRO_COMPONENT_INDEX line %g of a thousand lines, long enough to be cut by chance" 1000'
check "64 instances can print at once" ended_with 0
check "no line is lost" test "$(wc -l <"$work/out")" = 64000
whole='^\[sh\.([0-9]+)\] \1 line [0-9]+ of a thousand lines, long enough to be cut by chance$'
check "and no line is cut or mixed with another" test "$(grep -cE "$whole" "$work/out")" = 64000
check "the lines of an instance are in their order" test "$(sed -n 's/^\[sh\.63\] 63 line \([0-9]*\) .*/\1/p' "$work/out" | sort -nc 2>&1)" = ""

both() { (cd "$work/here" && maestro run -q -n 16 -- sh -c 'seq 500; seq 500 >&2') >"$work/both" 2>&1 </dev/null; }
check "stdout and stderr in one file do not mix either" both
check "which holds whole lines only" test "$(grep -cE '^\[sh\.[0-9]+\] [0-9]+$' "$work/both")" = 16000
piped() { (cd "$work/here" && maestro run -q -n 8 -- sh -c 'seq 20000; seq 20000 >&2') 2>&1 </dev/null | dd bs=4096 status=none >"$work/both"; }
check "nor do they in one pipe that is read slowly" piped
check "which carries whole lines only, too" test "$(grep -cE '^\[sh\.[0-9]+\] [0-9]+$' "$work/both")" = 320000

run --label -- sh -c 'head -c 200000 /dev/zero | tr "\0" x; echo; echo end'
check "a very long line arrives in pieces, whole" test "$(sed 's/^\[sh.0\] //' "$work/out" | tr -d '\n' | wc -c)" = 200003
check "and those after it are lines again" printed '^\[sh\.0\] end$'
run --label -- printf 'no newline at the end'
check "what ends without a newline arrives" printed '^\[printf\.0\] no newline at the end$'
run --label -- printf 'a\0b\377c\nd\n'
check "bytes that are no text arrive as they are" test "$(od -An -c "$work/out" | tr -d ' \n')" = '[printf.0]a\0b377c\n[printf.0]d\n'
run -- head -c 20000000 /dev/zero
check "a single command's output is not touched" test "$(wc -c <"$work/out")" = 20000000
run -n 2 -- sh -c 'echo to stderr >&2'
check "what is printed on stderr stays there" said '^\[sh\.1\] to stderr$'

# Nobody reads: the stages wait, the run does not.
begin -n 2 -- sh -c 'echo up; yes'
await up
kill -TERM "$running"
until_true 20 grep -q 'ending the 2 process' "$work/err"
check "a run whose output nobody reads can still be ended" test $? = 0
end_of_run
check "with its exit code" ended_with 143

closed() { code=0; (cd "$work/here" && maestro run --label -- echo lost) >&- 2>"$work/err" </dev/null || code=$?; }
closed
check "a run whose stdout is closed says that output was lost" said 'output of the stages was lost: Bad file descriptor'
check "and ends with 1" ended_with 1
full() { code=0; (cd "$work/here" && maestro run "$@" -- echo lost) >/dev/full 2>"$work/err" </dev/null || code=$?; }
full --label
check "so does one whose file system is full" said 'output of the stages was lost: No space left'
check "with 1" ended_with 1
first_line() { (cd "$work/here" && maestro run --timeout 5s --label -- sh -c 'seq 100000') 2>"$work/err" </dev/null | head -n 1; }
check "a reader that leaves does not keep the run" test "$(first_line)" = "[sh.0] 1"

# The JSON summary.
if "$program" run --json --dry-run -- true >/dev/null 2>&1; then
    run --json -n 2 -- sh -c 'echo a line; exit $MSTRO_COMPONENT_INDEX'
    check "the JSON summary is all there is on stdout" test "$(head -c 1 "$work/out")$(tail -n 1 "$work/out")" = "{}"
    check "its version is 1" printed '^  "version": 1,$'
    check "it has the exit code" printed '^  "exit_code": 1,$'
    check "it names what failed" printed '^  "reason": "sh\.1 ended with exit code 1'
    check "and the output went to stderr" said '^\[sh\.1\] a line$'
    run --json="$work/summary.json" -- echo data
    check "a JSON summary in a file leaves stdout alone" test "$(cat "$work/out")" = data
    check "and says that there was no reason to fail" grep -q '"reason": null' "$work/summary.json"
    run --json="$work/no/such/folder" -- echo data
    check "a file that cannot be written is refused before anything is started" ended_with 5
    full --json
    check "a JSON summary that cannot be written is said" said 'JSON summary could not be written'
else
    skip "JSON" "built without jansson"
fi
run -q -- true
silent() { ! grep . "$work/err"; }
check "--quiet says nothing when all is well" silent

# A terminal.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    terminal() { (cd "$work/here" && TERM=xterm timeout -k 5 60 script -qec "$program run $*" "$work/typescript" </dev/null >/dev/null 2>&1); }
    terminal -n 2 -- echo text
    check "labels have colours on a terminal" grep -q "$(printf '\033\\[36m\\[echo.0\\] \033\\[0mtext')" "$work/typescript"
    check "a line at the foot of the terminal shows how far the run is" grep -qE 'echo: running, [0-9]+ waiting, [0-9]+ running' "$work/typescript"
    NO_COLOR=1 terminal -n 2 -- echo text
    check "NO_COLOR turns colours off" grep -qE '^\[echo\.0\] text|K\[echo\.0\] text' "$work/typescript"
else
    skip "a terminal" "there is no script(1), or no terminal for it"
fi
check "no colours and no progress go to a file" test -z "$(grep -l "$(printf '\033')" "$work/out" "$work/err" "$work/both")"

# The command line.
run
check "without anything to run it is 2" ended_with 2
run --nonsense -- true
check "an unknown option is 2" ended_with 2
run -n 0 -- true
check "no instance is 2" ended_with 2
run -n 2
check "options alone are 2" ended_with 2
run --timeout soon -- true
check "a time that is none is 2" said "'soon' is no time"
run -e MSTRO_RUNTIME_DIR=/tmp -- true
check "a variable of the run itself is refused" said 'set by maestro run'
run -e GREETING=hello -- sh -c 'echo $GREETING'
check "a variable of the command line reaches the stages" printed '^hello$'
run --help
check "--help prints how to use it" printed '^Usage: maestro run'
maestro frobnicate >"$work/out" 2>"$work/err" || code=$?
check "an unknown verb is 2" ended_with 2
maestro runn >"$work/out" 2>"$work/err" || code=$?
check "with the one that was meant" said 'did you mean: maestro run'
maestro version >"$work/out" 2>"$work/err"
check "maestro version says which" printed '^maestro [0-9]+\.[0-9]+\.[0-9]+$'
maestro version >/dev/full 2>"$work/err" || code=$?
check "what cannot be written is an error" ended_with 1
mkdir "$work/bin"
printf '#!/bin/sh\necho "extended with $*"\n' >"$work/bin/maestro-extend"
chmod +x "$work/bin/maestro-extend"
extended() { PATH=$work/bin:$PATH maestro extend one two; }
check "maestro VERB is the program maestro-VERB" test "$(extended)" = "extended with one two"

check "nothing is left behind" nothing_left
finish
