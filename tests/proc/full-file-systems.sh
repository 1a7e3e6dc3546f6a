#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# File systems without room, in a mount namespace of our own: /dev/shm, and where the pool manager writes.
. "${srcdir:=.}/tests/lib/tap.sh"
build=${top_builddir:-.}

if [ "$1" != inside ]; then
    if unshare -m sh -c 'mount -t tmpfs -o size=4k none /dev/shm' 2>/dev/null; then
        exec unshare -m sh "$0" inside
    fi
    echo "1..0 # SKIP no file system can be mounted here, not in a namespace of our own either"
    exit 0
fi

manager=
clean() {
    [ -n "$manager" ] && kill "$manager" 2>/dev/null && wait "$manager"
    umount "$work/full" 2>/dev/null
    rm -rf "$work"
}
trap clean EXIT

# full FOLDER   nothing more fits there
full() {
    mount -t tmpfs -o size=4k,mode=700 none "$1" && mkdir -p -m 700 "$1/folder" && ! head -c 8192 /dev/zero >"$1/filling" 2>/dev/null
}

# refuses_over WHAT OPTION...   the manager ends at once, naming what has no room, and leaves nothing there
refuses_over() {
    what=$1
    shift
    code=0
    timeout 20 "$build/pool-manager/maestro-pool-manager" --workflow full "$@" >"$work/said" 2>&1 || code=$?
    cat "$work/said"
    find "$work/full" -type f ! -name filling
    [ "$code" = 70 ] && grep -q "cannot write $what: No space left on device" "$work/said" && [ -z "$(find "$work/full" -type f ! -name filling)" ]
}

# goes_through RINGS WAY TRANSPORT   objects go from one process to another, and messages go by WAY
goes_through() {
    export MSTRO_RINGS="$1" MSTRO_TRANSPORT_DEFAULT="$3"
    {
        printf 'init somebody 0\ndeclare 0 large\nfill 0 300000 1\noffer 0\ndeclare 1 small\nfill 1 100 2\noffer 1\n'
        printf 'declare 2 large\ndemand 2\ncheck 2 300000 1\ndeclare 3 small\ndemand 3\ncheck 3 100 2\nwithdraw 0\nwithdraw 1\nfinalize\n'
    } | MSTRO_LOG_LEVEL=info timeout 60 "$build/tests/proc/actor" >"$work/said" 2>"$work/log" || return 1
    cat "$work/said" "$work/log"
    [ "$(grep -c '^MSTRO_OK' "$work/said")" = 16 ] && [ "$(grep -c ' 0 wrong' "$work/said")" = 2 ] && grep -q "messages to the pool manager go $2" "$work/log"
}

mkdir "$work/full" "$work/run"
check "a full file system can be had" full "$work/full"
export MSTRO_RUNTIME_DIR="$work/run"
check "a manager whose runtime directory is full names its lock" refuses_over "$work/full/full.lock" --runtime-directory "$work/full"
check "one whose info file does not fit names it" refuses_over "$work/full/info" --info-file "$work/full/info"
check "one whose key file does not fit names it" refuses_over "$work/full/key" --key-file "$work/full/key"

full /dev/shm
"$build/pool-manager/maestro-pool-manager" --workflow full --info-file "$work/info" >"$work/line" 2>"$work/errors" &
manager=$!
until [ -s "$work/line" ] || ! kill -0 "$manager" 2>/dev/null; do sleep 0.02; done
MSTRO_POOL_MANAGER_INFO=$(cat "$work/info")
export MSTRO_POOL_MANAGER_INFO MSTRO_WORKFLOW_NAME=full
check "with a full /dev/shm messages go through shared memory all the same: it does not lie there" goes_through yes "through shared memory" AUTO
check "and so do reads" goes_through yes "through shared memory" RDMA
check "nor does anything else, where they do not" goes_through no "over the network" RDMA
kill "$manager"
check "the manager ends as it should" wait "$manager"
manager=
check "nothing was left in /dev/shm" [ "$(find /dev/shm -type f)" = /dev/shm/filling ]
finish
