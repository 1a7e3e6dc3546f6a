#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The README shows the programs of the first example as they are, and names files that are there.
. "${srcdir:=.}/tests/lib/tap.sh"

# The README's block of C that begins with the comment "NAME.c - ...".
block() { awk -v head="/* $1.c - " '/^```/ { inside = 0 } inside || index($0, head) == 1 { inside = 1; print }' "$srcdir/README.md"; }
shows() {
    block "$1" >"$work/shown"
    sed 1d "$srcdir/examples/01-first/$1.c" | diff "$work/shown" -
}
files_not_there() {
    grep -oE '\]\([A-Za-z][^):#]*\)' "$srcdir/README.md" | sed 's/^](//; s/)$//' | while read -r file; do
        [ -e "$srcdir/$file" ] || echo "$file"
    done >"$work/missing"
    cat "$work/missing"
    [ ! -s "$work/missing" ]
}

for program in producer consumer; do
    check "the README shows the $program of the first example as it is" shows $program
done
check "every file that the README leads to is there" files_not_there
finish
