# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# rates.sh - inject and calls: how many operations, and what the kernel has to do for them

bench_inject()
{
    heading inject "an offer is one object declared, described (12 attributes, 40-byte name) and offered; an operation is an offer, a withdraw or a dispose"
    inject_from_one_thread
    inject_from_many_threads
    inject_inside_one_process
    inject_at_rates
}

inject_from_one_thread()
{
    side one "ours inject --how blocking --seconds $seconds"
    side async "ours inject --how async --in-flight 64 --seconds $seconds"
    side one-net "MSTRO_RINGS=no ours inject --how blocking --seconds $seconds"
    side async-net "MSTRO_RINGS=no ours inject --how async --in-flight 64 --seconds $seconds"
    side deep "ours inject --how async --in-flight 512 --seconds $seconds"
    side all "ours inject --how all --in-flight 64 --seconds $seconds"
    side batch "ours inject --how all --in-flight 128 --seconds $seconds"
    side bare1 "bare rpc $provider 1 128 $seconds"
    side bare64 "bare rpc $provider 64 128 $seconds"
    side shm1 "bare shm 1 128 $seconds"
    side shm64 "bare shm 64 128 $seconds"
    side socket "bare socket blocking 128 $seconds"
    if have_redis; then
        side set1 "redis_rate 70000 -c 64 -d 128 -t set"
        side set16 "redis_rate 1000000 -c 8 -P 16 -d 128 -t set"
        side xadd1 "redis_xadd 70000 -c 64"
        side xadd16 "redis_xadd 500000 -c 8 -P 16"
    fi
    measure
    figure "offers, one blocking call after another" 1/s one offers
    against "bare request/response, 1 in flight, spinning" bare1 requests
    figure "latency of a blocking offer" us one offer-median
    against "the same over the network, sleeping" one-net offer-median
    against "bare shared-memory round trip, spinning" shm1 round-trip
    figure "latency of a blocking offer over the network, sleeping" us one-net offer-median
    against "blocking TCP round trip" socket round-trip
    figure "offers, 64 in flight, over the network" 1/s async-net offers
    against "bare request/response, 64 in flight" bare64 requests
    figure "offers, 64 in flight" 1/s async offers
    against "bare request/response, 64 in flight" bare64 requests
    against "redis SET 128 B, 64 clients (-P 1)" set1 requests
    figure "operations, 64 in flight" 1/s async operations
    against "bare shared-memory request/response, 64 in flight" shm64 requests
    against "the same over the network" async-net operations
    figure "offers, 512 in flight from one thread" 1/s deep offers
    against "redis SET 128 B, 8 x 16 (-P 16)" set16 requests
    figure "offers, calls on 64" 1/s all offers
    against "bare request/response, 64 in flight" bare64 requests
    against "redis XADD 128 B, 64 clients (-P 1)" xadd1 requests
    figure "offers, calls on 128" 1/s batch offers
    against "offers, one blocking call after another" one offers
    against "offers, 64 in flight" async offers
    against "redis SET 128 B, 8 x 16 (-P 16)" set16 requests
    against "redis XADD 128 B, 8 x 16 (-P 16)" xadd16 requests
    figure "operations, calls on 128" 1/s batch operations
    against "redis SET 128 B, 8 x 16 (-P 16)" set16 requests
    against "operations, 64 in flight" async operations
    figure "share of a core the manager needs for that" % batch manager-busy
}

inject_from_many_threads()
{
    local threads=128
    [ -z "$quick" ] || threads=8
    side threads "ours inject --threads $threads --seconds $seconds"
    side driver "ours inject --threads $threads --driver --seconds $seconds"
    side processes "ours inject --processes 4 --threads $threads --seconds $seconds"
    if have_mpi; then
        side mpi "ours_mpi 4 inject-mpi --threads $threads --seconds $seconds"
        side mpi-async "ours_mpi 4 inject-mpi --how async --in-flight 128 --seconds $seconds"
    else
        left_out "inject as an MPI program: no mpirun, or configure found no Open MPI"
    fi
    side bare64 "bare rpc $provider 64 128 $seconds"
    measure
    figure "operations, $threads threads, each blocking" 1/s threads operations
    against "the same with a thread more that only drives" driver operations
    against "bare request/response, 64 in flight" bare64 requests
    figure "offers, 4 processes x $threads threads, each blocking" 1/s processes offers
    against "bare request/response, 64 in flight" bare64 requests
    figure "the same under mpirun" 1/s mpi offers
    against "bare request/response, 64 in flight" bare64 requests
    figure "offers, 4 processes under mpirun, 128 in flight each" 1/s mpi-async offers
    against "bare request/response, 64 in flight" bare64 requests
    figure "share of a core the manager needs for that" % mpi-async manager-busy
}

inject_inside_one_process()
{
    side alone "MSTRO_POOL_MANAGER_INFO= BENCH_MANAGER= ours inject --how all --in-flight 128 --seconds $seconds"
    measure
    figure "offers, calls on 128, pool inside the process" 1/s alone offers
}

# Fixed rates up to beyond what goes: an offer's latency counts from when it was due.
inject_at_rates()
{
    local percent peak rate
    side peak "ours inject --how async --in-flight 512 --seconds $seconds"
    measure
    peak=$(median_of peak offers)
    figure "offers, 512 in flight: the peak" 1/s peak offers
    [ -n "$peak" ] || return 0
    local percents='10 25 50 75 90 100 125 150'
    [ -z "$quick" ] || percents='50 150'
    for percent in $percents; do
        rate=$(awk -v p="$peak" -v c="$percent" 'BEGIN { printf "%d", p * c / 100 }')
        side "rate$percent" "ours inject --rate $rate --in-flight 512 --seconds $seconds"
    done
    measure
    for percent in $percents; do
        figure "offers got, $percent % of the peak asked" 1/s "rate$percent" offers
        against "offers asked" "rate$percent" rate-asked
        figure "latency at $percent %, median" us "rate$percent" offer-median
        figure "latency at $percent %, 99th percentile" us "rate$percent" offer-p99
    done
}

# ---- system calls

# calls_once FILE SECONDS ARGUMENT...: run inject; "CLIENT MANAGER OPERATIONS" into FILE
calls_by_perf()
{
    perf stat -x, -o "$work/calls.manager" -e raw_syscalls:sys_enter -p "$manager" -- \
        perf stat -x, -o "$work/calls.client" -e raw_syscalls:sys_enter -- \
        taskset -c "$client_cpus" timeout "$(time_limit)" "$programs/inject" --seconds "$2" "${@:3}" >"$work/calls.out" || return 1
    awk -F, -v OFS=' ' '$3 ~ /sys_enter/ { n[FILENAME] = $1 } END { print n[ARGV[1]], n[ARGV[2]] }' "$work/calls.client" "$work/calls.manager" >"$work/calls.both"
    echo "$(cat "$work/calls.both") $(awk '$1 == "acknowledged" { printf "%.0f", $2 }' "$work/calls.out")" >"$1"
}

calls_by_strace()
{
    local tracer
    strace -f -q -c -o "$work/calls.manager" -p "$manager" & tracer=$!
    strace -f -q -c -o "$work/calls.client" taskset -c "$client_cpus" timeout "$(time_limit)" "$programs/inject" --seconds "$2" "${@:3}" >"$work/calls.out"
    kill -INT "$tracer" && wait "$tracer"
    echo "$(awk '$NF == "total" { print $4 }' "$work/calls.client") $(awk '$NF == "total" { print $4 }' "$work/calls.manager") $(awk '$1 == "acknowledged" { printf "%.0f", $2 }' "$work/calls.out")" >"$1"
}

calls_method()
{
    if have perf && perf stat -x, -o "$work/perf.try" -e raw_syscalls:sys_enter -- true 2>/dev/null && grep -q '^[0-9]*,,raw_syscalls' "$work/perf.try"; then
        echo perf
    elif have strace; then
        echo strace
    fi
}

# A run twice as long does so many calls and so many operations more: what starting and ending costs is not in it.
calls_of()
{
    local longer
    longer=$(awk -v s="$seconds" 'BEGIN { print 2 * s }')
    "calls_by_$method" "$work/calls.short" "$seconds" "$@" && "calls_by_$method" "$work/calls.long" "$longer" "$@" || return 1
    awk 'NR == 1 { c = $1; m = $2; o = $3 } NR == 2 { if (NF < 3 || $3 <= o) exit 1; printf "both %g calls/operation\nclient %g calls/operation\nmanager %g calls/operation\n", ($1 - c + $2 - m) / ($3 - o), ($1 - c) / ($3 - o), ($2 - m) / ($3 - o) }' \
        "$work/calls.short" "$work/calls.long"
}

ours_calls() { calls_of "$@"; }

bench_calls()
{
    local way
    method=$(calls_method)
    heading calls "system calls an operation (offer, withdraw, dispose), ${method:+counted by $method around two runs of which one is longer}"
    [ -n "$method" ] || { left_out "neither perf (with the tracepoint raw_syscalls) nor strace can be used"; return; }
    [ "$method" = perf ] || echo "  (strace slows what it counts, so that more operations share a frame than otherwise)"
    side one "ours_calls --how blocking"
    side async "ours_calls --how async --in-flight 64"
    side all "ours_calls --how all --in-flight 64"
    measure
    for way in "one:one blocking call after another" "async:64 in flight" "all:calls on 64"; do
        figure "client and manager, ${way#*:}" calls "${way%%:*}" both
        figure "client alone" calls "${way%%:*}" client
        figure "manager alone" calls "${way%%:*}" manager
    done
}
