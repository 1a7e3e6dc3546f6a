# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# peers.sh - other programs, where they are installed

redis=
have_redis() { [ -n "$redis" ]; }

# On a port of the loopback, as the manager is; nothing is written to disk.
start_redis()
{
    local try
    if ! have redis-server || ! have redis-benchmark || ! have redis-cli; then
        left_out "redis: redis-server, redis-benchmark or redis-cli is not installed"
        return
    fi
    for ((try = 0; try < 5; try++)); do
        redis_port=$((20000 + RANDOM % 10000))
        taskset -c "$manager_cpu" redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
        redis=$!
        while kill -0 "$redis" 2>/dev/null; do
            [ "$(redis-cli -p "$redis_port" ping 2>/dev/null)" != PONG ] || return 0
            sleep 0.05
        done
    done
    redis=
    left_out "redis: redis-server does not start: $(tail -n 1 "$work/redis.log")"
}

stop_redis()
{
    [ -n "$redis" ] || return 0
    kill "$redis" 2>/dev/null
    wait "$redis" 2>/dev/null
}

# redis_rate REQUESTS-A-SECOND ARGUMENT...: as many requests as that makes in the time
redis_rate()
{
    local requests
    requests=$(awk -v r="$1" -v s="$seconds" 'BEGIN { print int(r * s) + 1000 }')
    redis-cli -p "$redis_port" flushall >/dev/null
    taskset -c "$client_cpus" timeout "$(time_limit)" redis-benchmark -p "$redis_port" --csv -n "$requests" "${@:2}" |
        awk -F'","' 'NR > 1 { rate = $2 } END { gsub(/"/, "", rate); if (rate == "") exit 1; print "requests", rate, "1/s" }'
}

# Entries of a stream, which are kept, of one field of 128 bytes.
redis_xadd() { redis_rate "$1" "${@:2}" xadd stream '*' field "$(printf '%128s' '' | tr ' ' x)"; }

# The round trip of messages of BYTES by fi_pingpong, which prints the time of one way.
fi_round_trip()
{
    local bytes=$1 server result try
    taskset -c "$manager_cpu" timeout 60 fi_pingpong -p "$provider" -e rdm -I 10000 -S "$bytes" >"$work/pingpong.out" 2>&1 &
    server=$!
    for ((try = 0; try < 50; try++)); do # until the server listens
        result=$(taskset -c "$client_cpus" timeout 60 fi_pingpong -p "$provider" -e rdm -I 10000 -S "$bytes" 127.0.0.1 2>"$work/pingpong.err") && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    awk '$1 ~ /^[0-9]/ { way = $(NF - 1) } END { if (way == "") exit 1; print "round-trip", 2 * way, "us" }' <<<"$result" || { cat "$work/pingpong.err" >&2; return 1; }
}
