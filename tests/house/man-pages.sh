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

# What groff has to say against the pages on a terminal of 80 columns.
complaints() {
    for page in "$pages"/*.[1-8]; do groff -man -t -Tutf8 -rLL=78n -ww "$page" 2>&1 >"$work/page" | sed "s|^|${page##*/}: |"; done
}
# "--lease TIME MSTRO_LEASE", a line a setting: as --help has them, and as the page has them.
settings_of_help() { pool-manager/maestro-pool-manager --help | sed 's/ *(/ (/; /^Exit codes/d' | grep -oE '^  --[a-z-]+|\(MSTRO_[A-Z_]+' | tr -d ' (' | sort; }
settings_of_page() {
    sed 's/\\//g' "$pages/maestro-pool-manager.8" | grep -oE '^\.B[A-Z]? --[a-z-]+|^\.RB \( MSTRO_[A-Z_]+' | sed 's/.* //' | sort
    echo --help # stands in one line with --version
}
verbs_of_help() { apps/maestro --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | sort; }
verbs_of_page() { awk '/^\.SH EXIT/ { exit } item { gsub(/"/, ""); print $2 } { item = /^\.TP/ }' "$pages/maestro.1" | sort; }
verbs_differ() {
    verbs_of_help >"$work/help"
    verbs_of_page | diff "$work/help" -
}
page_differs() {
    settings_of_help >"$work/help"
    settings_of_page | sort -u | diff "$work/help" -
}

# "--lease 2s", a setting of --help with a default; and those whose paragraph in the page does not say it.
defaults_of_help() {
    pool-manager/maestro-pool-manager --help | awk '/^  --/ { flag = $1 } /, default / { sub(/.*, default /, ""); sub(/\)$/, ""); print flag, $0 }'
}
defaults_not_in_page() {
    sed 's/\\//g' "$pages/maestro-pool-manager.8" >"$work/page8"
    defaults_of_help | while read -r flag default; do
        awk -v flag="$flag" '/^\.TP/ { on = 0 } index($0, ".BI " flag " ") { on = 1 } on' "$work/page8" | grep -qwF -- "$default" || echo "$flag: $default"
    done
}

mkdir "$work/man"
printf '.TH a 3\n.SH NAME\nmstro_one,\n.B mstro_two\n\\- do things\n.SH SYNOPSIS\nmstro_three\n' >"$work/man/mstro_pair.3"
names_of_page() { described "$work/man" 3 | tr '\n' ' '; }
check "names are read from the NAME line of a page, and only there" test "$(names_of_page)" = "mstro_one mstro_pair mstro_two "

check "every exported symbol has a man page" none_of missing_symbols
check "every program has a man page" none_of missing_programs
check "the page of maestro has the verbs of its --help" none_of verbs_differ
check "every page says its title and section" none_of without_head
check "the page of the pool manager lists the options and variables of its --help" none_of page_differs
check "the page of the pool manager says the defaults of its --help" none_of defaults_not_in_page
check "--help of the pool manager says its defaults" test "$(defaults_of_help | grep -c -e '--lease 2s' -e '--memory-budget 25%')" = 2
check "--help of the pool manager names its settings" grep -q '^--lease$' "$work/help"
if command -v groff >/dev/null && echo .TH a 1 | groff -man -Tutf8 >/dev/null 2>&1; then
    check "no page is too wide for 80 columns" none_of complaints
else
    skip "no page is too wide for 80 columns" "there is no groff with its man macros"
fi
finish
