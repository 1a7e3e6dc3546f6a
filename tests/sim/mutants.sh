#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mutants.sh - break the engine on purpose and see whether the tests notice
#
# Removes each row of the life tables and negates each guard in turn, builds tests with it and runs them: of lib/pool the traces, the
# sweep of shortages, some simulated workflows and the search; of the client's life table its unit tests and the simulator.
# tests/sim/survivors says which mutants they cannot find, and why; any other one that survives is a failure, and so is one that does not
# build: nothing was tried then.  One that only takes longer than it may was not found, unless it is among those that may never end.
# A fixed sample in every test run; all of them with MAESTRO_LONG=1 (about ten minutes).
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
search="tests/sim/search-search.o tests/sim/search-compare.o tests/sim/search-model.o tests/sim/search-rules.o"
witness="tests/sim/audience.o tests/sim/testimony.o tests/sim/witness.o"
model="tests/sim/compare.o tests/sim/model.o tests/sim/rules.o"
simulate="tests/sim/simulate.o tests/sim/mover.o tests/sim/network.o tests/sim/observer.o tests/sim/parked.o tests/sim/process.o tests/sim/sets.o
    tests/sim/watchers.o tests/sim/world.o $model $witness"
conversations=
grep -q '^D\["HAVE_CMOCKA"\]' config.status && conversations="client client_cancel client_life client_groups client_shards"
for object in $traces $shortage $search $simulate ${conversations:+tests/unit/conversation.o} .libs/libcore.a; do
    [ -e "$object" ] && continue
    echo "Bail out! $object is not built"
    exit 1
done
cp .libs/libcore.a "$work/libcore.a"
cmocka_libs=$(sed -n 's/^CMOCKA_LIBS = //p' Makefile)
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

# The judges: 1 when the mutant could not be built.  What found it is in $by, what took too long in $slow.
# shellcheck disable=SC2086 # lists of objects
judge_pool() {
    link traces $traces || return
    goes_well 10 traces || return 0
    link shortage -Wl,--wrap=malloc,--wrap=calloc,--wrap=aligned_alloc,--wrap=realloc,--wrap=slab_take $shortage || return
    goes_well 10 shortage || return 0
    link simulate $simulate || return
    for shards in 1 2; do
        goes_well 10 simulate --seed 1 --steps 150000 --shards $shards || return 0
        for seed in 3 4; do
            goes_well 10 simulate --seed $seed --steps 150000 --shards $shards --held || return 0
        done
    done
    link search $search || return
    goes_well 30 search --brief || return 0
}
# shellcheck disable=SC2086
judge_client() {
    for conversation in $conversations; do
        link $conversation tests/unit/$conversation.o tests/unit/conversation.o $cmocka_libs || return
        goes_well 10 $conversation || return 0
    done
    link simulate $simulate || return
    while read -r seed steps shards terms _; do
        goes_well 20 simulate --seed "$seed" --steps "$steps" --shards "$shards" "--$terms" || return 0
    done < "$srcdir/tests/seeds/simulate"
}

# What the tests say of the mutant in $work/mutant.c: found, slow, survives or broken.
judge() { # FOLDER
    by='' slow='' verdict=broken
    compile && "judge_$1" || return
    verdict=survives
    [ -z "$slow" ] || verdict=slow
    [ -z "$by" ] || verdict=found
}

top=$(cd "$srcdir" && pwd)
: > "$work/sites"
for file in "$srcdir"/lib/pool/*.c ${conversations:+"$srcdir/lib/client/life.c"}; do
    case $file in */check.c) continue ;; esac
    awk -f "$srcdir/tests/sim/mutate.awk" "$file" | sed "s|^|$(basename "$(dirname "$file")")/$(basename "$file")	|" >> "$work/sites"
done
# Which ones, and under which name: "file: text", the second of the same text "file: text #2".
awk -F'\t' -v long="$long" -v only="$1" '{
    file = $1
    sub(/.*\//, "", file)
    name = file ": " $5
    if (++times[name] > 1)
        name = name " #" times[name]
    if (only != "" ? index(name, only) : long != "" || NR % 29 == 7 || ($1 ~ /^client/ && NR % 4 == 0))
        printf "%s\t%s\t%s\t%s\n", $1, $2, $4, name
}' "$work/sites" > "$work/chosen"

total=$(wc -l < "$work/chosen")
found=0 survived=0 number=0 whole=2
[ -z "$conversations" ] && whole=1
echo "1..$((total + whole + 1))"

say() { # VERDICT TEXT, without what TAP would take for a directive
    echo "$1 $number - $2" | tr '#' 'n'
}

for file in pool/require.c ${conversations:+client/life.c}; do
    number=$((number + 1))
    cp "$srcdir/lib/$file" "$work/mutant.c"
    judge "${file%/*}"
    if [ $verdict = survives ]; then
        say ok "$file as it is passes for no mutant"
    else
        say "not ok" "$file as it is passes for no mutant"
        sed 's/^/# /' "$work"/*.log
    fi
done
while IFS='	' read -r file site kind name; do
    number=$((number + 1))
    awk -f "$srcdir/tests/sim/mutate.awk" -v site="$site" "$srcdir/lib/$file" > "$work/mutant.c"
    judge "${file%/*}"
    explained=false
    grep -qxF -- "$name" "$srcdir/tests/sim/survivors" && explained=true
    [ $verdict = slow ] && grep -qxF -- "endless: $name" "$srcdir/tests/sim/survivors" && explained=true
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
