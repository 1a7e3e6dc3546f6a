#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro run with the real pool manager: stages share a pool, and nothing of it is left.
. "${srcdir:=.}/tests/lib/run-real.sh"
examples=$PWD/examples

cat >"$work/first.yaml" <<Y
workflow: first
pool-manager: {lease: 5s}
stages:
  - {name: producer, command: "$examples/01-first/producer"}
  - {name: consumer, command: "$examples/01-first/consumer"}
Y
run ../first.yaml
check "two stages of a file share a pool" ended_with 0
check "what one offers the other gets" printed '^\[consumer\.0\] .*3\.14'
check "the pool manager ends when asked" said '^  pool-manager +done +0 '
if [ -n "${OWN_SHM-}" ]; then
    check "nothing is left, in /dev/shm neither" nothing_left
else
    check "nothing is left" nothing_left
    skip "nothing is left in /dev/shm" "no mount namespace can be had here"
fi

# Two runs of one workflow at the same time: each has a pool manager of its own.
(cd "$work/here" && maestro run ../first.yaml) >"$work/other.out" 2>"$work/other.err" </dev/null &
other=$!
run ../first.yaml
check "two runs of one workflow have a pool each" ended_with 0
wait "$other"
check "and both end well" test $? = 0

# The consumer waits for an object that nobody offers.
begin --label -- sh -c "echo up; exec $examples/01-first/producer"
await up
kill -INT "$running"
end_of_run
check "Ctrl-C ends a stage that waits for its data" ended_with 130
check "and nothing is left" nothing_left

finish
