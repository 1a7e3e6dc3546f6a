#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# maestro-bench - what Maestro costs, beside what nothing else could do better: see maestro-bench(1)
# shellcheck shell=bash
set -u
export LC_ALL=C # numbers have points

usage()
{
    cat <<TEXT
Usage: maestro bench [OPTION...] [BENCHMARK...]

Measure, both sides of each comparison alternating in one run, and print medians [lowest..highest] with what they are compared with.

  inject      objects declared and offered by threads, by requests in flight, by batch calls, by several processes, at fixed rates
  pingpong    offer, event, demand between two processes: latencies, blocking and spinning
  transfer    one demand at a time: latency and bandwidth
  sink        several producers, one consumer that takes everything: bandwidth
  scale       many processes, sessions, objects and subscriptions: rates, and memory of each
  start       start of a pool manager, joining, an idle session
  calls       system calls an operation
Without a name: all of them.

  --rounds N        rounds, each side once in each (5)
  --seconds S       of each measurement (1)
  --json FILE       write everything as JSON too
  --provider NAME   libfabric provider (net where there is one, else tcp)
  --shards N        threads of the pool manager, each with its own objects (1)
  --quick           small numbers of everything: to see that it works, not to quote
  --list            the programs that are measured, and the others that are used where they are installed
  --help            this text
TEXT
}

bench_fail()
{
    printf 'maestro bench: %s\n' "$1" >&2
    exit "${2:-1}"
}

# What follows the options is set here; everything else reads it.
all_benchmarks='inject pingpong transfer sink scale start calls'
rounds=5 seconds=1 shards=1 provider='' json='' quick='' list='' benchmarks=''

read_options()
{
    while [ $# -gt 0 ]; do
        case $1 in
            --rounds | --seconds | --shards | --json | --provider)
                [ $# -gt 1 ] || bench_fail "$1 needs a value; try: maestro bench --help" 2
                printf -v "${1#--}" %s "$2"
                shift ;;
            --quick) quick=yes ;;
            --list) list=yes ;;
            --help | -h) usage; exit 0 ;;
            -*) bench_fail "unknown option '$1'; try: maestro bench --help" 2 ;;
            *)
                [[ " $all_benchmarks " = *" $1 "* ]] || bench_fail "there is no benchmark '$1': $all_benchmarks" 2
                benchmarks="$benchmarks $1" ;;
        esac
        shift
    done
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || bench_fail "--rounds is a number from 1 on, not '$rounds'" 2
    [[ $seconds =~ ^[0-9]*\.?[0-9]+$ && $seconds =~ [1-9] ]] || bench_fail "--seconds is a time above 0, not '$seconds'" 2
    [[ $shards =~ ^[1-9][0-9]*$ ]] || bench_fail "--shards is a number from 1 on, not '$shards'" 2
    [ -z "$json" ] || : >"$json" || bench_fail "cannot write $json" 1
    benchmarks=${benchmarks:-$all_benchmarks}
}

# ---- where the programs are: in the build tree beside this file, or where they were installed

here=$(dirname "$(readlink -f "$0")")
installed_programs=@programs_from_here@
if [ -x "$here/inject" ]; then
    programs=$here manager_program=$here/../pool-manager/maestro-pool-manager
else
    programs=$here/$installed_programs manager_program=$here/maestro-pool-manager
fi

have() { command -v "$1" >/dev/null 2>&1; }

list_programs()
{
    local name what
    printf 'programs in %s:\n ' "$programs"
    for name in "$programs"/*; do [ ! -f "$name" ] || [ ! -x "$name" ] || [ "${name##*/}" = maestro-bench ] || printf ' %s' "${name##*/}"; done
    printf '\nused where they are installed:\n'
    while read -r name what; do
        printf '  %-16s %-14s %s\n' "$name" "$(have "$name" && echo "installed" || echo "not installed")" "$what"
    done <<TEXT
redis-server a peer (with redis-benchmark and redis-cli; Debian: redis)
fi_pingpong a peer (Debian: libfabric-bin)
mpirun inject and sink as programs of MPI, where configure found Open MPI (Debian: libopenmpi-dev openmpi-bin)
perf counts system calls (Debian: linux-perf)
strace counts system calls where perf cannot, and slows what it counts
TEXT
}
