#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The example of a weather model's I/O server, in one process.
. "${srcdir:=.}/tests/lib/tap.sh"
server=examples/io-server/io-server
export MSTRO_WORKFLOW_NAME="io-server-$$"

one_process() { timeout 60 "$server" "$@" all >"$work/out" 2>"$work/err"; }
taken() { grep -qx "fields taken: $1 of $1, wrong: 0" "$work/out"; }

check "4 producers and 4 workers in one process come to an end" one_process --producers 4 --workers 4 --steps 20
check "and every field arrives as it was offered" taken 240
check "so they do when the fields travel inside the messages" one_process --producers 4 --workers 4 --steps 20 --values 20
check "and each of them arrives" taken 240
check "one worker is enough for many producers" one_process --producers 8 --workers 1 --steps 5
check "and takes every field" taken 120
refuses "a role that does not exist is refused" timeout 10 "$server" sing
finish
