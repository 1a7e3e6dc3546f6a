#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every program and every exported symbol has a man page; a page that describes several names them all in its NAME line.
. "${srcdir:=.}/tests/lib/tap.sh"
library=.libs/libmaestro.so
pages=$srcdir/doc/man

exported() { nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u; }

# described FOLDER SECTIONS: names that pages of these sections describe, from file names and NAME lines
described() {
    for page in "$1"/*.[$2]; do
        [ -f "$page" ] || continue
        name=${page##*/}
        echo "${name%.*}"
        awk '/^\.SH +"?NAME/ { on = 1; next } /^\.SH/ { on = 0 } on' "$page" | sed 's/\\f.//g; s/^\.[A-Z]* *//; s/ *\\-.*//; s/,/ /g; s/\\//g' |
            tr ' ' '\n' | grep -E '^[a-z][a-z0-9_-]*$'
    done | sort -u
}

missing_symbols() { described "$pages" 3 >"$work/described"; exported | comm -23 - "$work/described"; }
missing_programs() {
    described "$pages" 18 >"$work/described"
    # shellcheck disable=SC2086 # a list of words
    for program in ${MAESTRO_PROGRAMS-}; do basename "$program"; done | sort -u | comm -23 - "$work/described"
}
none_of() { test -z "$("$1" | tee /dev/stderr)"; }
without_head() { grep -LE '^\.(TH|so) ' "$pages"/*.[1-8] 2>/dev/null; }

mkdir "$work/man"
printf '.TH a 3\n.SH NAME\nmstro_one,\n.B mstro_two\n\\- do things\n.SH SYNOPSIS\nmstro_three\n' >"$work/man/mstro_pair.3"
names_of_page() { described "$work/man" 3 | tr '\n' ' '; }
check "names are read from the NAME line of a page, and only there" test "$(names_of_page)" = "mstro_one mstro_pair mstro_two "

check "every exported symbol has a man page" none_of missing_symbols
check "every program has a man page" none_of missing_programs
check "every page says its title and section" none_of without_head
finish
