#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# About 600 lines is where a file asks to be split; more than 800 is refused.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/sources.sh"

longer_than() {
    written_files "$2" | while IFS= read -r file; do
        lines=$(wc -l <"$2/$file")
        [ "$lines" -le "$1" ] || echo "$file has $lines lines"
    done
}
none_longer() { test -z "$(longer_than "$1" "$2" | tee /dev/stderr)"; }

mkdir -p "$work/tree"
yes 'int x;' | head -n 801 >"$work/tree/planted.c"
yes 'int x;' | head -n 800 >"$work/tree/just.c"

longer_than 600 "$srcdir" | sed 's/^/# asks to be split: /'
check "no file is longer than 800 lines" none_longer 800 "$srcdir"
check "one that is longer is found, and no other" test "$(longer_than 800 "$work/tree")" = "planted.c has 801 lines"
finish
