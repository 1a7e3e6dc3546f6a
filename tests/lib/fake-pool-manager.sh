#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# fake-pool-manager.sh - what a pool manager shows to those who start it, and each way in which one can go wrong
#
# FAKE_MANAGER: good (default); silent: never says where it is; dead: ends at once with 9; rude: says something else first; stubborn:
# does not end when asked; late-death: ends with 9 when the FIFO $FAKE_MANAGER_FIFO is written to; failing: ends with 4 when asked.
info="MSTRO_POOL_MANAGER_INFO;fake:$$:$MSTRO_WORKFLOW_NAME;"
[ -z "${FAKE_MANAGER_ARGUMENTS:-}" ] || echo "$*" >"$FAKE_MANAGER_ARGUMENTS"
: >"$MSTRO_RUNTIME_DIR/fake.socket"
# Nobody writes what is read from here.  It is made before anybody can ask for the end: a shell says so when mkfifo is terminated.
mkfifo "$MSTRO_RUNTIME_DIR/never"
exec 3<>"$MSTRO_RUNTIME_DIR/never"
trap 'exit 0' TERM
case ${FAKE_MANAGER:-good} in
good) echo "$info" ;;
silent) ;;
dead)
    echo "fake manager: no luck" >&2
    exit 9
    ;;
rude)
    echo "good morning"
    echo "MSTRO_POOL_MANAGER_INFO;"
    echo "$info"
    ;;
stubborn)
    trap '' TERM
    echo "$info"
    ;;
failing)
    trap 'exit 4' TERM
    echo "$info"
    ;;
late-death)
    echo "$info"
    read -r _ <"$FAKE_MANAGER_FIFO"
    exit 9
    ;;
esac
# Wait for ever, without a child that would be left behind.
while :; do
    read -r _ <&3
done
