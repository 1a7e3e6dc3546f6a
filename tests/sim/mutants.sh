#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mutants.sh - break the engine on purpose and see whether the tests notice
#
# Removes each row of the life tables and negates each guard of lib/pool in turn, builds traces, shortage and search with it
# and runs them.  tests/sim/survivors says which mutants they cannot find, and why; any other one that survives is a failure.
# A fixed sample in every test run; all of them with MAESTRO_LONG=1 (about six minutes).
srcdir=${srcdir-.}
build=$(pwd)
long=$MAESTRO_LONG
unset MAESTRO_LONG # for the search, too
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

if [ -n "$SANITIZER_FLAGS" ]; then
    echo "1..0 # SKIP a mutant's crash is found without a sanitizer too, and sooner"
    exit 0
fi
for object in tests/trace/cases.o tests/trace/traces.o tests/trace/groups.o tests/trace/shards.o tests/trace/terms.o tests/sim/shortage.o tests/sim/search-search.o tests/sim/search-compare.o tests/sim/search-model.o .libs/libcore.a; do
    [ -e "$object" ] && continue
    echo "Bail out! $object is not built"
    exit 1
done
cp .libs/libcore.a "$work/libcore.a"
dependency_libs=$(sed -n "s/^dependency_libs='\(.*\)'$/\1/p" libcore.la)

link() { # PROGRAM OBJECT...
    program=$1
    shift
    # shellcheck disable=SC2086
    $CC -o "$work/$program" "$@" "$work/libcore.a" $dependency_libs -lpthread -ldl 2> "$work/link.log"
}

# Is the mutant in $work/mutant.c found?
is_found() {
    rm -f "$work/mutant.o" "$work/traces" "$work/shortage" "$work/search"
    $CC -O1 -w -std=gnu11 -D_GNU_SOURCE -I"$build" -I"$srcdir/include" -I"$srcdir" -c -o "$work/mutant.o" "$work/mutant.c" 2> "$work/compile.log" || return 0
    link traces tests/trace/cases.o tests/trace/traces.o tests/trace/groups.o tests/trace/shards.o tests/trace/terms.o "$work/mutant.o" || return 0
    (ulimit -v 4000000 && cd "$work" && srcdir=$top timeout 10 ./traces) > "$work/run.log" 2>&1 || return 0
    link shortage -Wl,--wrap=malloc,--wrap=calloc,--wrap=aligned_alloc,--wrap=realloc,--wrap=slab_take tests/sim/shortage.o "$work/mutant.o" || return 0
    (ulimit -v 4000000 && cd "$work" && timeout 10 ./shortage) > "$work/run.log" 2>&1 || return 0
    link search tests/sim/search-search.o tests/sim/search-compare.o tests/sim/search-model.o "$work/mutant.o" || return 0
    (ulimit -v 4000000 && cd "$work" && timeout 30 ./search --brief) > "$work/run.log" 2>&1 || return 0
    return 1
}

top=$(cd "$srcdir" && pwd)
: > "$work/sites"
for file in "$srcdir"/lib/pool/*.c; do
    case $file in */check.c) continue ;; esac
    awk -f "$srcdir/tests/sim/mutate.awk" "$file" | sed "s|^|$(basename "$file")	|" >> "$work/sites"
done
# Which ones, and under which name: "file: text", the second of the same text "file: text #2".
awk -F'\t' -v long="$long" -v only="$1" '{
    name = $1 ": " $5
    if (++times[name] > 1)
        name = name " #" times[name]
    if (only != "" ? index(name, only) : long != "" || NR % 29 == 7)
        printf "%s\t%s\t%s\t%s\n", $1, $2, $4, name
}' "$work/sites" > "$work/chosen"

total=$(wc -l < "$work/chosen")
found=0 survived=0 number=1
echo "1..$((total + 2))"
cp "$srcdir/lib/pool/require.c" "$work/mutant.c"
if is_found; then
    cat "$work"/*.log | sed 's/^/# /'
    echo "not ok 1 - the engine as it is passes for no mutant"
else
    echo "ok 1 - the engine as it is passes for no mutant"
fi
while IFS='	' read -r file site kind name; do
    number=$((number + 1))
    awk -f "$srcdir/tests/sim/mutate.awk" -v site="$site" "$srcdir/lib/pool/$file" > "$work/mutant.c"
    if is_found 2> /dev/null; then
        found=$((found + 1))
        echo "ok $number - found: without $kind $name" | tr '#' 'n'
    elif grep -qxF -- "$name" "$srcdir/tests/sim/survivors"; then
        survived=$((survived + 1))
        echo "ok $number - survives, as explained: without $kind $name" | tr '#' 'n'
    else
        echo "not ok $number - survives: without $kind $name" | tr '#' 'n'
    fi
done < "$work/chosen"
if [ "$total" -gt 0 ] && [ $((found * 10)) -ge $((total * 8)) ]; then verdict=ok; else verdict="not ok"; fi
echo "$verdict $((total + 2)) - the tests find at least eight of ten mutants: $found of $total, $survived explained"
