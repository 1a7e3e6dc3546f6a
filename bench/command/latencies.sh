# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# latencies.sh - pingpong, transfer, sink: how long until data are there, and how much at once

bench_pingpong()
{
    local mode which
    heading pingpong "one process offers 1 KiB, the other, subscribed, is told and demands it: four messages one after another, two round trips; CPU time of both processes + of the manager"
    side blocking "ours_anywhere pingpong --bytes 1024 --seconds $seconds"
    side spinning "ours_anywhere pingpong --bytes 1024 --spin --seconds $seconds"
    side demand "ours_anywhere transfers 1024 $seconds"
    side bare "bare rpc $provider 1 1024 $seconds"
    side socket "bare socket blocking 1024 $seconds"
    side shm "bare shm 1 1024 $seconds"
    side shm-wake "bare shm 1 1024 $seconds wake"
    if have fi_pingpong; then
        side pingpong "fi_round_trip 1024"
    else
        left_out "fi_pingpong: not installed"
    fi
    measure
    [ "$(nproc)" -gt 2 ] || echo "  (spinning: three that want a CPU share $(nproc))"
    for mode in blocking spinning; do
        figure "offer until the data are there, $mode, median" us $mode offer-to-data-median
        [ $mode != blocking ] || against "two blocking TCP round trips" socket round-trip 2
        against "two bare round trips, spinning" bare round-trip 2
        against "two round trips of fi_pingpong" pingpong round-trip 2
        for which in p90 p99 p999 largest; do
            figure "the same, $which" us $mode offer-to-data-$which
        done
        figure "offer until the event, $mode, median" us $mode offer-to-event-median
        figure "demand of what is offered, $mode, median" us $mode demand-median
        [ $mode != blocking ] || against "blocking TCP round trip" socket round-trip
        against "bare round trip, spinning" bare round-trip
        against "round trip of fi_pingpong" pingpong round-trip
        against "bare shared-memory round trip, spinning" shm round-trip
        [ $mode != blocking ] || against "bare shared-memory round trip, with a futex" shm-wake round-trip
    done
    figure "demand of what was required before, blocking, median" us demand demand-median
    against "blocking TCP round trip" socket round-trip
}

bench_transfer()
{
    local size label
    heading transfer "one demand at a time of what is offered, between two processes, memory warm"
    for size in 1048576 67108864; do
        label=$((size >> 20))
        side rdma "ours_over RDMA transfers $size $seconds"
        side near "ours_anywhere transfers $size $seconds"
        side bare "bare read $provider $size $seconds"
        side cma "bare read cma $size $seconds"
        side memcpy "bare read memcpy $size $seconds"
        if [ $size = 1048576 ] && have_redis; then side get "redis_get_mebibyte"; fi
        measure
        figure "demand of $label MiB, one-sided" GB/s rdma bandwidth
        against "bare one-sided read" bare bandwidth
        [ $size != 1048576 ] || against "redis GET of 1 MiB, 4 clients" get bandwidth
        figure "demand of $label MiB, same node" GB/s near bandwidth
        against "process_vm_readv" cma bandwidth
        against "memcpy" memcpy bandwidth
        [ $size != 1048576 ] || against "redis GET of 1 MiB, 4 clients" get bandwidth
    done
}

redis_get_mebibyte()
{
    redis_rate 200 -c 4 -d 1048576 -t set >/dev/null
    local requests
    requests=$(awk -v s="$seconds" 'BEGIN { print int(2500 * s) + 100 }')
    taskset -c "$client_cpus" timeout "$(time_limit)" redis-benchmark -p "$redis_port" --csv -c 4 -n "$requests" -d 1048576 -t get |
        awk -F'","' 'NR > 1 { rate = $2 } END { gsub(/"/, "", rate); if (rate == "") exit 1; print "bandwidth", rate * 1048576 / 1e9, "GB/s" }'
}

bench_sink()
{
    local size label at_once objects=250 sizes='4096 65536 1048576 16777216 67108864'
    [ -z "$quick" ] || objects=10 sizes='4096 1048576'
    heading sink "2 producers offer $objects objects each, one consumer demands them all, several at once"
    have_mpi || left_out "sink as an MPI program: no mpirun, or configure found no Open MPI"
    for size in $sizes; do
        label=$((size >> 20))' MiB'
        [ "$size" -ge 1048576 ] || label=$((size >> 10))' KiB'
        at_once=$(((128 << 20) / size))
        at_once=$((at_once > 64 ? 64 : at_once < 2 ? 2 : at_once))
        side rdma "ours_over RDMA sink --objects $objects --bytes $size --seconds $seconds"
        side near "ours_anywhere sink --objects $objects --bytes $size --seconds $seconds"
        ! have_mpi || side mpi "MSTRO_TRANSPORT_DEFAULT=RDMA client_cpus=$all_cpus ours_mpi 3 sink-mpi --objects $objects --bytes $size --seconds $seconds"
        side bare "bare read $provider $size $seconds $at_once"
        side cma "bare read cma $size $seconds $at_once"
        measure
        figure "sink, $label, one-sided" GB/s rdma bandwidth
        against "bare one-sided reads, $at_once at once" bare bandwidth
        figure "the same under mpirun" GB/s mpi bandwidth
        against "bare one-sided reads, $at_once at once" bare bandwidth
        figure "sink, $label, same node" GB/s near bandwidth
        against "process_vm_readv" cma bandwidth
        figure "objects a second, $label, one-sided" 1/s rdma objects
    done
}
