#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What people can set, what they are told of it, and what the code reads are the same; what has no effect is called so everywhere.
. "${srcdir:=.}/tests/lib/tap.sh"
LC_ALL=C && export LC_ALL

# ---- variables ----

statuses() { sed -n 's/^ *X(\([A-Z_]*\), .*/MSTRO_\1/p' "$srcdir/include/maestro/status.h" | sort -u; }

# In quotes in the source, but for the doctor's list, which names them all.
variables_of_code() {
    grep -rhoE '"MSTRO_[A-Z_]*[A-Z]"' "$1/lib" "$1/pool-manager" "$1/apps" "$1/include" --include='*.[ch]' --exclude=environment.c |
        tr -d '"' | sort -u | comm -23 - "$work/statuses"
}
variables_of_doctor() { apps/maestro doctor --variables | awk -v ignored="$1" '/no effect in this version/ == ignored { print $1 }' | sort; }
variables_of_page() {
    awk -v ignored="$1" '/^\.S[HS]/ { on = /Without effect/ } on + 0 == ignored' "$srcdir/doc/man/maestro-environment.7" |
        grep -oE '\bMSTRO_[A-Z_]+' | sort -u | comm -23 - "$work/statuses"
}
same() {
    "$1" "$3" >"$work/left"
    "$2" "$4" >"$work/right"
    diff "$work/left" "$work/right"
}

statuses >"$work/statuses"
check "the code reads some variables" test "$(variables_of_code "$srcdir" | wc -l)" -gt 20
check "the doctor knows the variables that the code reads, and no others" same variables_of_code variables_of_doctor "$srcdir" 0
check "and so does the page of the environment" same variables_of_code variables_of_page "$srcdir" 0
check "both call the same ones without effect" same variables_of_doctor variables_of_page 1 1
check "of which there are some" test "$(variables_of_doctor 1 | wc -l)" -gt 0

# ---- attributes ----

# The keys of the core schema that nothing in the library asks for by its number.  A layout describes the data to those who read them.
attributes_unread() {
    sed -n 's/^ *KEY(\(CORE_[A-Z_]*\), MSTRO_ATTR_\(CORE_CDO_[A-Z_]*\)).*/\1 \2/p' "$1/lib/schema/source.c" | while read -r number name; do
        grep -rqw "$number" "$1/lib" --include='*.c' --exclude=source.c || key_of "$name"
    done | grep -v '^layout\.' | sort
}
key_of() { sed -n "s/^#define MSTRO_ATTR_$1 \"\.maestro\.core\.cdo\.\([a-z.-]*\)\".*/\1/p" "$srcdir/include/maestro/attributes.h"; }
attributes_of_header() {
    sed -n 's/^#define MSTRO_ATTR_[A-Z_]* "\.maestro\.core\.cdo\.\([a-z.-]*\)".*no effect in this version.*/\1/p' "$1/include/maestro/attributes.h" | sort
}
attributes_of_schema() { awk '/^  - key:/ { sub(/cdo\./, "", $3); key = $3 } /no effect in this version/ { print key }' "$1/schemas/core.yaml" | sort; }
# One sentence lists them: of README and NEWS, as code; of the page, in italics.
attributes_of_text() { tr '\n' ' ' <"$1" | grep -oE '[^:;]*accepted and *have no effect' | grep -oE '`\.[a-z.-]+`' | tr -d '`' | sed 's/.*\.//' | sort; }
attributes_of_man() {
    awk '/have no effect in this version:/ { on = 1; next } on && /^is refused/ { exit } on' "$1/doc/man/mstro_attributes.3" |
        sed -n 's/^\.IR* \.maestro\.core\.cdo\.\([a-z-]*\).*/\1/p' | grep -v '^replica$' | sort
}

check "there are attributes that nothing reads" test "$(attributes_unread "$srcdir" | wc -l)" -gt 0
check "the header calls them without effect, and no others" same attributes_unread attributes_of_header "$srcdir" "$srcdir"
check "and so does their schema" same attributes_unread attributes_of_schema "$srcdir" "$srcdir"
check "and so does the README" same attributes_unread attributes_of_text "$srcdir" "$srcdir/README.md"
check "and so do the news" same attributes_unread attributes_of_text "$srcdir" "$srcdir/NEWS.md"
check "and so does their page" same attributes_unread attributes_of_man "$srcdir" "$srcdir"
finish
