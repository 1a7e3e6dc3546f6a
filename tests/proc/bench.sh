#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The benchmark programs start and print their figures, for runs so short that the figures mean nothing; none of them is judged.
. "${srcdir:=.}/tests/lib/tap.sh"
programs=$PWD/bench
provider=tcp
! "$programs/bare-rpc" net 1 64 0.01 >/dev/null 2>&1 || provider=net
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}" # bare loops end as they stand

# prints FIGURE... : each of them is in the output, above 0
prints() {
    for name; do
        awk -v name="$name" '$1 == name && $2 > 0 { found = 1 } END { exit !found }' "$work/out" || { echo "no $name in:"; cat "$work/out"; return 1; }
    done
}
run_for() {
    wanted=$1 program=$2
    shift 2
    # shellcheck disable=SC2086 # a list of words
    "$programs/$program" "$@" >"$work/out" && prints $wanted
}
# figures SENTENCE "FIGURE..." PROGRAM ARGUMENT...
figures() {
    sentence=$1
    shift
    check "$sentence" run_for "$@"
}

figures "bare requests over libfabric" "requests round-trip" bare-rpc $provider 1 128 0.02
figures "bare one-sided reads, several at once" bandwidth bare-read $provider 65536 0.02 8
figures "process_vm_readv" bandwidth bare-read cma 65536 0.02
figures "bare requests through shared memory, spinning" "requests round-trip cpu" bare-shm 1 128 0.02
figures "and with who sleeps being woken" "requests cpu" bare-shm 8 128 0.02 wake
figures "a round trip over a socket" "round-trip cpu" bare-socket blocking 128 0.02
figures "instructions are counted of an object's life" "" fixed-work 64
check "the engine alone says nanoseconds an operation" eval '"$programs/engine" 2000 | grep -q "ns .*/s"'
check "objects are offered in a pool inside the process" eval '"$programs/inject" --how all --seconds 0.02 >"$work/out" && prints offers operations acknowledged'

mkfifo "$work/info"
MSTRO_WORKFLOW_NAME=bench MSTRO_RUNTIME_DIR=$work MSTRO_OFI_PROVIDER=$provider pool-manager/maestro-pool-manager >"$work/info" 2>"$work/manager.err" &
BENCH_MANAGER=$!
trap 'kill $BENCH_MANAGER 2>/dev/null; rm -rf "$work"' EXIT
exec 3<>"$work/info"
IFS=';' read -r _ MSTRO_POOL_MANAGER_INFO _ <&3
export MSTRO_POOL_MANAGER_INFO BENCH_MANAGER MSTRO_OFI_PROVIDER=$provider

figures "two processes of two threads offer" "offers operations cpu manager-cpu offer-median" inject --processes 2 --threads 2 --seconds 0.02 --slice 0.02
figures "offers at a fixed rate have their latency" "rate-asked offers offer-p99" inject --rate 2000 --seconds 0.02 --slice 0.05
figures "offer, event and demand go to and fro" "offer-to-data-median offer-to-event-p99 demand-median cpu" pingpong --seconds 0.02
figures "also where both poll" "offer-to-data-median passes" pingpong --spin --seconds 0.02
figures "demands have a bandwidth" "bandwidth demand-median" transfers 4096 0.02
figures "all objects of two producers are sunk" "bandwidth objects" sink --objects 4 --bytes 100000 --seconds 0.02
figures "random ones of many objects are offered anew" "operations subscribed" resident --objects 1000 --subscriptions 10 --seconds 0.02
figures "several sessions of one process" "operations join-median" sessions --sessions 3 --in-flight 8 --seconds 0.02
figures "joining is timed" "init init-again finalize" join

bench() {
    code=0
    apps/maestro bench "$@" >"$work/out" 2>"$work/err" || code=$?
}
bench nothing-of-ours
check "a benchmark that does not exist is refused, and those that do are named" eval 'test $code = 2 && grep -q "inject pingpong" "$work/err"'
bench --rounds 0
check "so is a number of rounds that is none" test $code = 2
bench --list
check "the programs are listed" grep -q ' bare-rpc .* inject .* pingpong ' "$work/out"
bench --quick --rounds 1 --seconds 0.02 --json "$work/json" start
check "the command measures, with a manager of its own" eval 'test $code = 0 && grep -qE "mstro_init in a fresh process +[0-9.]+ \[.*\] ms" "$work/out"'
check "and says what a figure is compared with" grep -qE '^    / bare fi_getinfo .* ratio [0-9.]+$' "$work/out"
for reader in "jq -e .figures[0].median" "python3 -m json.tool"; do
    command -v "${reader%% *}" >/dev/null || continue
    # shellcheck disable=SC2086 # a command
    check "its JSON can be read by ${reader%% *}" eval '$reader <"$work/json"'
done
check "its JSON has each figure with its peers" grep -q '"what":"mstro_init in a fresh process","unit":"ms","values":\[[0-9.]*\],.*"against":\[{"what":"bare fi_getinfo' "$work/json"

# As if Maestro were only half there.
mkdir "$work/empty"
cp bench/maestro-bench "$work/empty/"
code=0
"$work/empty/maestro-bench" start >"$work/out" 2>"$work/err" || code=$?
check "where the programs are missing it is said" eval 'test $code = 4 && grep -q "benchmark programs are not in" "$work/err"'

if [ -n "${MAESTRO_LONG-}" ]; then
    bench --quick --rounds 1 --seconds 0.1
    check "every benchmark runs to its end" test $code = 0
fi
finish
