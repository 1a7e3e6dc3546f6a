# SPDX-License-Identifier: BSD-3-Clause
# tap.sh - TAP for tests that are shell scripts; they begin with . "${srcdir:=.}/tests/lib/tap.sh"
#
# check SENTENCE COMMAND...    one case: the command's success; its output is shown when it fails
# refuses SENTENCE COMMAND...  one case: the command's failure
# skip SENTENCE REASON         one case that cannot be had here
# finish                       the last line of the script
# $work is an empty folder of this run, removed at its end.
# shellcheck shell=sh
: "${srcdir:=.}"
cases=0
failures=0
work=$(mktemp -d "${TMPDIR:-/tmp}/maestro-test.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

verdict() {
    cases=$((cases + 1))
    if [ "$1" = 0 ]; then
        echo "ok $cases - $2"
    else
        failures=$((failures + 1))
        echo "not ok $cases - $2"
        sed 's/^/# /' "$work/.output"
    fi
}

check() {
    sentence=$1
    shift
    result=0
    "$@" >"$work/.output" 2>&1 || result=1
    verdict $result "$sentence"
}

refuses() {
    sentence=$1
    shift
    result=0
    if "$@" >"$work/.output" 2>&1; then result=1; fi
    verdict $result "$sentence"
}

skip() {
    cases=$((cases + 1))
    echo "ok $cases - $1 # SKIP $2"
}

finish() {
    echo "1..$cases"
    [ "$failures" = 0 ]
    exit
}
