#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mutants.sh - break the engine on purpose and see whether the tests notice
#
# Removes each row of the life tables and negates each guard of lib/pool in turn, builds traces, shortage and search with it
# and runs them.  tests/sim/survivors says which mutants they cannot find, and why; any other one that survives is a failure, and
# so is one that does not build: nothing was tried then.  One that only takes longer than it may was not found.
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
traces="tests/trace/cases.o tests/trace/traces.o tests/trace/groups.o tests/trace/shards.o tests/trace/terms.o"
shortage="tests/sim/shortage.o"
search="tests/sim/search-search.o tests/sim/search-compare.o tests/sim/search-model.o"
for object in $traces $shortage $search .libs/libcore.a; do
    [ -e "$object" ] && continue
    echo "Bail out! $object is not built"
    exit 1
done
cp .libs/libcore.a "$work/libcore.a"
dependency_libs=$(sed -n "s/^dependency_libs='\(.*\)'$/\1/p" libcore.la)

compile() {
    rm -f "$work/mutant.o"
    $CC -O1 -w -std=gnu11 -D_GNU_SOURCE -I"$build" -I"$srcdir/include" -I"$srcdir" -c -o "$work/mutant.o" "$work/mutant.c" 2> "$work/build.log"
}

link() { # PROGRAM OBJECT...
    program=$1
    shift
    rm -f "$work/$program"
    # shellcheck disable=SC2086
    $CC -o "$work/$program" "$@" "$work/mutant.o" "$work/libcore.a" $dependency_libs -lpthread -ldl 2> "$work/build.log"
}

# Does the program go well with the mutant?  In seconds of CPU, for the machine may be busy; more is 124 or 137.
goes_well() { # SECONDS PROGRAM ARGUMENT...
    limit=$1
    shift
    # shellcheck disable=SC3045 # dash and bash have -v and -t
    (ulimit -v 4000000 && ulimit -t "$limit" && cd "$work" && srcdir=$top timeout $((limit * 20)) "./$@") > "$work/run.log" 2>&1
    case $? in
    0) return 0 ;;
    124 | 137) slow=$* ;;
    *) by=$* ;;
    esac
    return 1
}

# What the tests say of the mutant in $work/mutant.c: found (and $by), slow (and $slow), survives or broken.
judge() {
    by='' slow='' verdict=broken
    # shellcheck disable=SC2086 # lists of objects
    {
        compile && link traces $traces || return
        if goes_well 10 traces; then
            link shortage -Wl,--wrap=malloc,--wrap=calloc,--wrap=aligned_alloc,--wrap=realloc,--wrap=slab_take $shortage || return
            if goes_well 10 shortage; then
                link search $search || return
                goes_well 30 search --brief
            fi
        fi
    }
    verdict=survives
    [ -z "$slow" ] || verdict=slow
    [ -z "$by" ] || verdict=found
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

say() { # VERDICT TEXT, without what TAP would take for a directive
    echo "$1 $number - $2" | tr '#' 'n'
}

cp "$srcdir/lib/pool/require.c" "$work/mutant.c"
judge
if [ $verdict = survives ]; then
    say ok "the engine as it is passes for no mutant"
else
    say "not ok" "the engine as it is passes for no mutant"
    sed 's/^/# /' "$work"/*.log
fi
while IFS='	' read -r file site kind name; do
    number=$((number + 1))
    awk -f "$srcdir/tests/sim/mutate.awk" -v site="$site" "$srcdir/lib/pool/$file" > "$work/mutant.c"
    judge
    explained=false
    grep -qxF -- "$name" "$srcdir/tests/sim/survivors" && explained=true
    case $verdict in
    found)
        found=$((found + 1))
        if $explained; then say "not ok" "survivors says that nobody finds: without $kind $name"; else say ok "found: without $kind $name"; fi
        echo "# by $by"
        ;;
    broken)
        say "not ok" "does not build: without $kind $name"
        sed 's/^/# /' "$work/build.log"
        ;;
    *)
        [ $verdict = survives ] || echo "# $slow took too long"
        survived=$((survived + 1))
        if $explained; then say ok "$verdict, as explained: without $kind $name"; else say "not ok" "$verdict: without $kind $name"; fi
        ;;
    esac
done < "$work/chosen"
number=$((number + 1))
if [ "$total" -gt 0 ] && [ $((found * 10)) -ge $((total * 8)) ]; then verdict=ok; else verdict="not ok"; fi
say "$verdict" "the tests find at least eight of ten mutants: $found of $total, $survived explained"
