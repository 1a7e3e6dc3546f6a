#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What is released is all that the tree has.  (make distcheck builds and tests it, too; that takes as long as all tests do.)
. "${srcdir:=.}/tests/lib/tap.sh"

tracked() { git -c safe.directory='*' -C "$srcdir" ls-files -s; }

if [ ! -e "$srcdir/.git" ] || ! tracked >"$work/tracked" 2>/dev/null; then
    skip "every file of the tree is released" "this is no checkout"
    skip "and what can be executed there still can be" "this is no checkout"
    finish
fi

# Not with the variables of the make that runs the tests.
check "what is released is put together" env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s distdir distdir="$work/released"

# missing TEST: the tracked files for which TEST does not hold, those of git itself excepted
missing() { cut -f 2 | grep -vx '\.gitignore' | while IFS= read -r file; do test "$1" "$work/released/$file" || echo "$file"; done | { ! grep .; }; }
all_there() { missing -e <"$work/tracked"; }
all_executable() { grep '^100755' "$work/tracked" | missing -x; }
check "every file of the tree is released" all_there
check "and what can be executed there still can be" all_executable
finish
