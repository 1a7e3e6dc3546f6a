#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The example of a weather model's I/O server: as threads of one process, and as processes with a pool manager.
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

cat >"$work/workflow.yaml" <<END
workflow: io-server
stages:
  - name: server
    command: [$PWD/$server, --producers, "4", --steps, "20", serve]
  - name: producer
    instances: 4
    command: [sh, -c, "exec $PWD/$server --steps 20 produce \$MSTRO_COMPONENT_INDEX"]
END
processes() { timeout 90 apps/maestro run "$@" "$work/workflow.yaml" >"$work/out" 2>"$work/err" || { cat "$work/err"; false; }; }
taken_by_server() { grep -qx "\[server.0\] fields taken: $1 of $1, wrong: 0" "$work/out" || { cat "$work/out"; false; }; }
check "4 producers and a server as processes come to an end" processes
check "and every field arrives as it was offered" taken_by_server 240
MSTRO_TRANSPORT_DEFAULT=RDMA && export MSTRO_TRANSPORT_DEFAULT
check "so they do over one-sided reads alone" processes
check "and each of them arrives" taken_by_server 240

refuses "a role that does not exist is refused" timeout 10 "$server" sing
finish
