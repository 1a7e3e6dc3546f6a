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
finish
