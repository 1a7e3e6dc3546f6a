#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The first example, run as its README says.
. "${srcdir:=.}/tests/lib/tap.sh"

first() {
    timeout 60 apps/maestro run "$srcdir/examples/01-first/first.yaml" programs="$PWD/examples/01-first" >"$work/out" 2>"$work/err" ||
        { cat "$work/err"; false; }
}
check "producer and consumer of the first example come to an end" first
check "and the consumer has the producer's numbers" grep -qx '\[consumer.0\] temperature: 8000 bytes, 3.14 2.72 ...' "$work/out"

# Each of the first programs where it cannot do anything: no workflow, an info that is none.
for program in 01-first/producer 01-first/consumer 02-single-step/simulation 02-single-step/stepper; do
    name=${program#*/}
    alone() { env -u MSTRO_WORKFLOW_NAME -u MSTRO_POOL_MANAGER_INFO "$@" "examples/$program" 2>"$work/err" </dev/null; }
    refuses "$name without a workflow fails" alone MSTRO_LOG_LEVEL=warn
    check "and says what to set" grep -q "^$name: no workflow name: .*MSTRO_WORKFLOW_NAME" "$work/err"
    refuses "$name with an info that is none fails" alone MSTRO_WORKFLOW_NAME=w MSTRO_POOL_MANAGER_INFO=nonsense
    check "and says what it is not" grep -q "^$name: .*info" "$work/err"
done

# Nobody else is there: it waits, and says after 3 s how to meet the others.
mkfifo "$work/waits"
env -u MSTRO_POOL_MANAGER_INFO MSTRO_WORKFLOW_NAME=w examples/01-first/consumer 2>"$work/waits" &
consumer=$!
trap 'kill $consumer 2>/dev/null; wait; rm -rf "$work"' EXIT
read -r line <"$work/waits"
says() { case $line in *"$1"*) ;; *) echo "$line"; false ;; esac; }
check "a consumer without a producer says that nobody else is there" says "waits since 3 s: nobody offers it, and nobody else is in this pool"
finish
