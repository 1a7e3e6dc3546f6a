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

# curve SIDE COMMAND TITLE BASE BASE-TITLE: the rate for each of $counts, which stands for COUNT, and against that of the side BASE
curve()
{
    local one
    for one in $counts; do
        side "$1$one" "${2//COUNT/$one}"
    done
    measure
    for one in $counts; do
        figure "${3//COUNT/$one}" 1/s "$1$one" operations
        [ "$1$one" = "$4" ] || against "$5" "$4" operations
    done
}

scale_processes()
{
    local counts='1 2 4 8 16 32 64'
    [ -z "$quick" ] || counts='1 2'
    curve processes "ours inject --processes COUNT --how async --in-flight \$((64 / COUNT)) --seconds $seconds" \
        "operations, 64 in flight in all, processes: COUNT" processes1 "1 process"
}

# Processes and shards are wherever the kernel puts them, also where there is one shard.
ours_with_shards()
{
    shards=$1 manager_cpu=$all_cpus fresh_manager
    ours_anywhere "${@:2}"
}

scale_shards()
{
    local counts='1 2 4'
    curve shards "ours_with_shards COUNT inject --processes 4 --how all --in-flight 64 --seconds $seconds" \
        "operations, 4 processes, calls on 64, shards: COUNT" shards1 "1 shard"
    fresh_manager
}

ours_freshly() { fresh_manager && ours "$@"; }

scale_sessions()
{
    local most counts='1 8 64 512'
    [ -z "$quick" ] || counts='1 4'
    most=${counts##* }
    curve sessions "ours_freshly sessions --sessions COUNT --in-flight 64 --seconds $seconds" \
        "operations, 64 in flight in all, sessions: COUNT" sessions1 "1 session"
    figure "joining, median of $most" ms "sessions$most" join-median
    figure "memory of the manager, a session" bytes "sessions$most" manager-a-session
}

scale_objects()
{
    local most batch counts='1000 10000 100000 1000000'
    [ -z "$quick" ] || counts='1000 10000'
    if [ "$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)" -lt 8 ] && [ -z "$quick" ]; then
        counts='1000 10000 100000'
        left_out "a million objects: less than 8 GiB of memory are free"
    fi
    most=${counts##* }
    for batch in 64 1; do
        curve objects "ours_freshly resident --objects COUNT --in-flight $batch --seconds $seconds" \
            "operations on random ones of COUNT objects, calls on $batch" objects1000 "1000 objects"
    done
    figure "memory of the manager, an object with its name and attributes" bytes "objects$most" manager-an-object
    figure "memory of the client, a handle" bytes "objects$most" client-an-object
}

# With one more that matches, and in the engine alone: bench/subscriptions.
scale_subscriptions()
{
    local most counts='10 1000 10000 100000'
    [ -z "$quick" ] || counts='10 2000'
    most=${counts##* }
    side none "ours_freshly resident --objects 1000 --seconds $seconds"
    curve subscriptions "ours_freshly resident --objects 1000 --subscriptions COUNT --seconds $seconds" \
        "operations, COUNT subscriptions that do not match" none "without subscriptions"
    figure "memory of the manager, a subscription with a query" bytes "subscriptions$most" manager-a-subscription
    figure "subscriptions made a second, one after another" 1/s "subscriptions$most" subscribed
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
