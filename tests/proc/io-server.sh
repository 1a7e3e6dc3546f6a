#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The example of a weather model's I/O server: as threads of one process, and as processes with a pool manager.
. "${srcdir:=.}/tests/lib/tap.sh"
server=examples/io-server/io-server
export MSTRO_WORKFLOW_NAME="io-server-$$"

one_process() { timeout 100 "$server" "$@" all >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; false; }; }
# taken CONSUMER SELECTED   that consumer has said that it got so many fields of as many, and all right
taken() { grep -qE "consumer $1 \(.*\): fields taken: $2 of $2, wrong: 0\$" "$work/out" || { cat "$work/out"; false; }; }
# Of 20 steps of 4 members: 2 winds and 2 surface fields each; 6 fields of the control but at step 0; 2 lower ones of the other three.
all_taken() { taken 0 160 && taken 1 160 && taken 2 114 && taken 3 114; }

check "4 producers and 4 consumers in one process come to an end" one_process --producers 4 --consumers 4 --steps 20
check "and each consumer has what its selector on the keys selects, once, as it was offered" all_taken
check "so they do when the fields travel inside the messages" one_process --steps 20 --values 20
check "and each has its own" all_taken
check "one consumer with one worker is enough for many producers" one_process --producers 8 --consumers 1 --workers 1 --steps 5
check "and takes every field that it selects" taken 0 80
check "consumers that select the same" one_process --consumers 8 --steps 20
both_taken() { all_taken && taken 4 160 && taken 5 160 && taken 6 114 && taken 7 114; }
check "each get all of it" both_taken

cat >"$work/workflow.yaml" <<END
workflow: io-server
stages:
  - name: consumer
    instances: 4
    command: [sh, -c, "exec $PWD/$server --steps 20 consume \$MSTRO_COMPONENT_INDEX"]
  - name: producer
    instances: 4
    command: [sh, -c, "exec $PWD/$server --steps 20 produce \$MSTRO_COMPONENT_INDEX"]
END
processes() { timeout 100 apps/maestro run "$@" "$work/workflow.yaml" >"$work/out" 2>"$work/err" || { cat "$work/err"; false; }; }
check "4 producers and 4 consumers as processes come to an end" processes
check "and each consumer has its own, as it was offered" all_taken
MSTRO_TRANSPORT_DEFAULT=RDMA && export MSTRO_TRANSPORT_DEFAULT
check "so they do over one-sided reads alone" processes
check "and each has its own" all_taken
MSTRO_TRANSPORT_DEFAULT=pigeons
refuses "and not over a way that does not exist" processes
unset MSTRO_TRANSPORT_DEFAULT

refuses "a role that does not exist is refused" timeout 10 "$server" sing
refuses "so is a consumer beyond the last" timeout 10 "$server" --consumers 2 consume 2
finish
