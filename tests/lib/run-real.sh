# SPDX-License-Identifier: BSD-3-Clause
# run-real.sh - tests of maestro run with the real pool manager; in place of tap.sh and run.sh, which it reads
#
# Where it may, the test runs with a /dev/shm of its own, so that what stays there is what the run left: nothing_left looks there, too.
# $work/never is a pipe that nobody writes to.
# shellcheck shell=sh
if [ -z "${OWN_SHM-}" ]; then
    for how in -m -rm; do
        if unshare "$how" sh -c 'mount -t tmpfs tmpfs /dev/shm' 2>/dev/null; then
            OWN_SHM=1 exec unshare "$how" sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$0"' "$0"
        fi
    done
fi
. "$srcdir/tests/lib/tap.sh"
. "$srcdir/tests/lib/run.sh"
unset MAESTRO_POOL_MANAGER
export work
mkfifo "$work/never"
all_traces() {
    traces
    [ -z "${OWN_SHM-}" ] || find /dev/shm | sort
}
nothing_left() {
    all_traces >"$work/traces.after"
    diff "$work/traces.before" "$work/traces.after"
}
all_traces >"$work/traces.before"
