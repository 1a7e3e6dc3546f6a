# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# sizes.sh - scale and start: many of everything, and the beginning

bench_scale()
{
    heading scale "the same load with more of something, against the rate with the fewest; memory is that of a manager that was just started"
    scale_processes
    scale_shards
    scale_sessions
    scale_objects
    scale_subscriptions
}

scale_processes()
{
    local count counts='1 2 4 8 16 32 64'
    [ -z "$quick" ] || counts='1 2'
    for count in $counts; do
        side "processes$count" "ours inject --processes $count --how async --in-flight $((64 / count)) --seconds $seconds"
    done
    measure
    for count in $counts; do
        figure "operations, 64 in flight in all, processes: $count" 1/s "processes$count" operations
        [ "$count" = 1 ] || against "1 process" processes1 operations
    done
}

# Processes and shards are wherever the kernel puts them, also where there is one shard.
ours_with_shards()
{
    shards=$1 manager_cpu=$all_cpus fresh_manager
    ours_anywhere "${@:2}"
}

scale_shards()
{
    local count counts='1 2 4'
    for count in $counts; do
        side "shards$count" "ours_with_shards $count inject --processes 4 --how all --in-flight 64 --seconds $seconds"
    done
    measure
    for count in $counts; do
        figure "operations, 4 processes, calls on 64, shards: $count" 1/s "shards$count" operations
        [ "$count" = 1 ] || against "1 shard" shards1 operations
    done
    fresh_manager
}

ours_freshly() { fresh_manager && ours "$@"; }

scale_sessions()
{
    local count counts='1 8 64 512'
    [ -z "$quick" ] || counts='1 4'
    for count in $counts; do
        side "sessions$count" "ours_freshly sessions --sessions $count --in-flight 64 --seconds $seconds"
    done
    measure
    for count in $counts; do
        figure "operations, 64 in flight in all, sessions: $count" 1/s "sessions$count" operations
        [ "$count" = 1 ] || against "1 session" sessions1 operations
    done
    figure "joining, median of $count" ms "sessions$count" join-median
    figure "memory of the manager, a session" bytes "sessions$count" manager-a-session
}

scale_objects()
{
    local count batch counts='1000 10000 100000 1000000'
    [ -z "$quick" ] || counts='1000 10000'
    if [ "$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)" -lt 8 ] && [ -z "$quick" ]; then
        counts='1000 10000 100000'
        left_out "a million objects: less than 8 GiB of memory are free"
    fi
    for batch in 64 1; do
        for count in $counts; do
            side "objects$count" "ours_freshly resident --objects $count --in-flight $batch --seconds $seconds"
        done
        measure
        for count in $counts; do
            figure "operations on random ones of $count objects, calls on $batch" 1/s "objects$count" operations
            [ "$count" = 1000 ] || against "1000 objects" objects1000 operations
        done
    done
    figure "memory of the manager, an object with its name and attributes" bytes "objects$count" manager-an-object
    figure "memory of the client, a handle" bytes "objects$count" client-an-object
}

# With one more that matches, and in the engine alone: bench/subscriptions.
scale_subscriptions()
{
    local count counts='10 1000 10000 100000'
    [ -z "$quick" ] || counts='10 2000'
    side none "ours_freshly resident --objects 1000 --seconds $seconds"
    for count in $counts; do
        side "subscriptions$count" "ours_freshly resident --objects 1000 --subscriptions $count --seconds $seconds"
    done
    measure
    for count in $counts; do
        figure "operations, $count subscriptions that do not match" 1/s "subscriptions$count" operations
        against "without subscriptions" none operations
    done
    figure "memory of the manager, a subscription with a query" bytes "subscriptions$count" manager-a-subscription
    figure "subscriptions made a second, one after another" 1/s "subscriptions$count" subscribed
}

time_of_manager_start()
{
    local since
    stop_manager
    since=$EPOCHREALTIME
    launch_manager
    awk -v a="$since" -v b="$EPOCHREALTIME" 'BEGIN { printf "start %.3f ms\n", (b - a) * 1000 }'
    awk '{ printf "resident %d bytes\n", $2 * 4096 }' "/proc/$manager/statm"
}

bench_start()
{
    heading start "a pool manager until it serves, a process until it has joined, a session that does nothing"
    side manager time_of_manager_start
    side join "ours join"
    side join-bare "ours join --bare-first --provider $provider"
    side idle "ours join --idle 1"
    measure
    figure "start of a pool manager until it serves" ms manager start
    figure "memory of an idle pool manager" bytes manager resident
    figure "mstro_init in a fresh process" ms join init
    against "bare fi_getinfo in a fresh process" join-bare fi_getinfo
    figure "mstro_init where libfabric was started before" ms join-bare init
    figure "mstro_init once more" ms join init-again
    figure "mstro_finalize" ms join finalize
    figure "an idle client's share of a core" % idle idle
    figure "an idle manager's share of a core" % idle manager-idle
}
