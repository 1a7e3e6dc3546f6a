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

finish
