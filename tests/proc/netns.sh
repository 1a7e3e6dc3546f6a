#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Two network namespaces with a cable between them stand for two nodes: no memory is shared, addresses differ.
build=${top_builddir:-.}
name=maestro-$$
directory=
manager=

skip() { echo "1..0 # SKIP $1"; exit 0; }

clean() {
    [ -n "$manager" ] && kill "$manager" 2>/dev/null && wait "$manager" 2>/dev/null
    ip netns del "$name-a" 2>/dev/null
    ip netns del "$name-b" 2>/dev/null
    [ -n "$directory" ] && rm -rf "$directory"
}

[ "$(id -u)" = 0 ] || skip "needs root, to make network namespaces"
command -v ip >/dev/null || skip "needs ip (iproute2)"
ip netns add "$name-a" 2>/dev/null || skip "network namespaces cannot be made here"
trap clean EXIT
trap 'exit 1' INT TERM
ip netns exec "$name-a" true 2>/dev/null || skip "no process can be put into a network namespace here (the root is no mount point: a chroot?)"

set -e
ip netns add "$name-b"
ip -n "$name-a" link add cable type veth peer name cable netns "$name-b"
ip -n "$name-a" address add 10.55.0.1/24 dev cable
ip -n "$name-b" address add 10.55.0.2/24 dev cable
for side in a b; do
    ip -n "$name-$side" link set lo up
    ip -n "$name-$side" link set cable up
done
set +e
for side in a b; do # an interface that has just been set up is not running at once, and libfabric passes it over
    tries=0
    until ip -n "$name-$side" link show dev cable | grep -q "state UP"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { echo "Bail out! the cable does not come up"; exit 1; }
        sleep 0.05
    done
done

directory=$(mktemp -d)
export MSTRO_RUNTIME_DIR="$directory/run" MSTRO_WORKFLOW_NAME="$name"
mkdir -m 700 "$directory/run"
mkfifo "$directory/line"
ip netns exec "$name-a" "$build/pool-manager/maestro-pool-manager" --listen cable --statistics yes --info-file "$directory/info" >"$directory/line" 2>"$directory/statistics" &
manager=$!
read -r line <"$directory/line"
MSTRO_POOL_MANAGER_INFO=$(cat "$directory/info")
export MSTRO_POOL_MANAGER_INFO

# play SIDE COMPONENT: the lines of stdin to an actor there, its answers to the file COMPONENT
play() { timeout 60 ip netns exec "$name-$1" "$build/tests/proc/actor" >"$directory/$2"; }

count=0
check() { # TEXT FILE PATTERN
    count=$((count + 1))
    if grep -q "$3" "$directory/$2"; then echo "ok $count - $1"; else
        echo "not ok $count - $1"
        sed 's/^/# /' "$directory/$2"
    fi
}

{
    echo "init consumer 0"
    echo "declare 0 small"
    echo "declare 1 large"
    echo "require 0"
    echo "require 1"
    echo "declare 2 ready"
    echo "offer 2"
    echo "demand 0"
    echo "withdraw 2"
    echo "check 0 1000 3"
    echo "read 0 .maestro.core.cdo.carrier"
    echo "demand 1"
    echo "check 1 20000000 4"
    echo "read 1 .maestro.core.cdo.carrier"
    echo "dispose 0"
    echo "dispose 1"
    echo "finalize"
} | play b consumer &
consumer=$!
{
    echo "init producer 0"
    echo "declare 0 small"
    echo "fill 0 1000 3"
    echo "declare 1 large"
    echo "fill 1 20000000 4"
    echo "declare 2 ready" # a withdraw waits only for who has required by then
    echo "demand 2"
    echo "offer 0"
    echo "offer 1"
    echo "withdraw 0"
    echo "withdraw 1"
    echo "dispose 0"
    echo "dispose 1"
    echo "finalize"
} | play a producer
wait $consumer

# heard SIDE: what a process there says of its way to the manager
heard() {
    printf 'init asker-%s 0\nfinalize\n' "$1" | MSTRO_LOG_LEVEL=info play "$1" asker 2>"$directory/heard-$1"
}
heard a
heard b

echo 1..9
check "a small object crosses" consumer "right: 1000 bytes"
check "with the messages" consumer 'cstring inline:\(net\|tcp\)$'
check "a large object crosses" consumer "right: 20000000 bytes"
check "by one-sided reads over the native tcp provider" consumer 'cstring rdma:\(net\|tcp\)$'
answers=$(grep -c "^MSTRO_OK" "$directory/producer")
count=$((count + 1))
[ "$answers" = 14 ] && echo "ok $count - the producer's calls all succeed" || { echo "not ok $count - the producer's calls all succeed"; sed 's/^/# /' "$directory/producer"; }
check "messages of the manager's own node go through shared memory" heard-a "go through shared memory"
check "those of the other node do not" heard-b "go over the network: it is on another node"
printf 'init stranger 0\n' | MSTRO_POOL_MANAGER_INFO=rubbish play b stranger
check "a wrong info is named on the other node too" stranger "MSTRO_INVARG"
kill "$manager"
wait "$manager"
manager=
check "the frames went over the native tcp provider" statistics '"provider":"\(net\|tcp\)"'
