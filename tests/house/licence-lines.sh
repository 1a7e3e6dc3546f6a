#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every file that people write says its licence in its first lines.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/sources.sh"

without_licence() {
    written_files "$1" | while IFS= read -r file; do
        head -n 3 "$1/$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || echo "$file"
    done
}
nothing_in() { test -z "$(without_licence "$1" | tee /dev/stderr)"; }

mkdir -p "$work/tree/lib"
echo 'int x;' >"$work/tree/lib/planted.c"
echo '/* SPDX-License-Identifier: BSD-3-Clause */' >"$work/tree/lib/good.c"

check "every file has its line" nothing_in "$srcdir"
check "and they are many" test "$(written_files "$srcdir" | wc -l)" -gt 50
check "a file without it is found, and no other" test "$(without_licence "$work/tree")" = lib/planted.c
check "LICENSE is the BSD licence of three clauses" grep -q 'Neither the name' "$srcdir/LICENSE"
finish
