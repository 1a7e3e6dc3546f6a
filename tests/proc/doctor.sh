#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro doctor: says what there is, which provider is chosen, and which variables nobody reads.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/run.sh"
for name in $(env | sed -n 's/^\(MSTRO_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

doctor() {
    code=0
    (cd "$work/here" && maestro doctor "$@") >"$work/out" 2>"$work/err" </dev/null || code=$?
}
doctor
check "messages on one node go through shared memory" printed '^  ok +messages on this node +through shared memory$'
check "a machine on which the tests run has nothing wrong" ended_with 0
check "the version of libfabric is said" printed '^  ok +libfabric +1\.[0-9]+'
check "exactly one provider is chosen" test "$(grep -cE '^  ok +[a-z;_]+ +chosen, on ' "$work/out")" = 1
check "of others it is said why they are not" printed 'not taken: [a-z]'
check "reading another process's memory was tried" printed 'process_vm_readv +(permitted|Operation not permitted)'
check "the doctor leaves nothing in the working directory" test -z "$(ls -A "$work/here")"

MSTRO_OFI_PROVIDER="tcp;ofi_rxm" doctor
check "MSTRO_OFI_PROVIDER is heeded" printed '^  ok +tcp;ofi_rxm +chosen'
MSTRO_RINGS=no doctor
check "MSTRO_RINGS is heeded" printed '^  ok +messages on this node +over the network, as MSTRO_RINGS says$'
MSTRO_RINGS=perhaps doctor
check "what it cannot mean is wrong" printed '^  WRONG +messages on this node +MSTRO_RINGS'
MSTRO_OFI_PROVIDER=no-such-provider doctor
check "a provider that is not there is wrong" ended_with 1
MSTRO_LOG_LEVL=debug doctor
check "a misspelt variable is wrong" ended_with 1
check "with the one that was meant" printed '^  WRONG +MSTRO_LOG_LEVL +.*did you mean MSTRO_LOG_LEVEL\?'
MSTRO_LEASE=abc MSTRO_MEMORY_BUDGET=much% MSTRO_CONNECTIONS=-x doctor
check "a value that cannot be read is wrong" ended_with 1
check "with what may stand there" printed '^  WRONG +MSTRO_LEASE +.*abc'
check "so is a share" printed "^  WRONG +MSTRO_MEMORY_BUDGET +.*'much%' is no share"
check "and a number" printed '^  WRONG +MSTRO_CONNECTIONS +'
MSTRO_LEASE=never MSTRO_MEMORY_BUDGET=10% MSTRO_INLINE_LIMIT=8KiB MSTRO_STATISTICS=yes doctor
check "what can be read is none" printed '^0 wrong'
doctor --json --variables
check "JSON of the variables is not to be had" ended_with 2
MSTRO_POOL_MANAGER_INFO=the-secret doctor
check "the workflow's key is shown to nobody" test -z "$(grep -F the-secret "$work/out" "$work/err")"
doctor --jsom
check "an unknown option is 2" ended_with 2
doctor more
check "so is one word too many" ended_with 2
full() { code=0; maestro doctor >/dev/full 2>"$work/err" || code=$?; }
full
check "output that cannot be written is 1" said 'cannot write to stdout: No space left'
doctor --json
check "as JSON it counts what is wrong" printed '^  "wrong": 0,$'

cat >"$work/mine.yaml" <<'YAML'
schema-name: mine
schema-namespace: .maestro.my.
maestro-attributes:
  - {key: level, type: int()}
YAML
sed 's/int()/integer()/' "$work/mine.yaml" >"$work/wrong.yaml"
sed 's/int()/str()/' "$work/mine.yaml" >"$work/other.yaml"
MSTRO_SCHEMA_LIST="mine.yaml;$work/mine.yaml" MSTRO_SCHEMA_PATH="$work/nowhere:$work" doctor
check "schema files that are found are good" printed "^  ok +mine\.yaml +1 attributes in '\.maestro\.my\.'$"
check "a folder that is not there is worth a note" printed "^  note +MSTRO_SCHEMA_PATH +$work/nowhere: No such file or directory"
MSTRO_SCHEMA_LIST="wrong.yaml;absent.yaml" MSTRO_SCHEMA_PATH="$work" doctor
check "what is wrong with one is said with its place" printed "^  WRONG +wrong\.yaml +$work/wrong\.yaml:4:[0-9]+: .*integer"
check "also of the next, that nobody finds, and what helps" printed "^  WRONG +absent\.yaml +MSTRO_SCHEMA_LIST names 'absent\.yaml', .* MSTRO_SCHEMA_PATH \($work\); write its path out"
check "and the exit code says so" ended_with 1
MSTRO_SCHEMA_LIST="mine.yaml;other.yaml" MSTRO_SCHEMA_PATH="$work" doctor
check "files that are right alone and wrong together are wrong" printed "^  WRONG +all together +.*$work/mine\.yaml.*$work/other\.yaml.*cannot be merged"

xs=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx # 62
name=$(printf '%s\303\244.yaml' "$xs")
MSTRO_SCHEMA_LIST="$name" MSTRO_SCHEMA_PATH="$work" doctor --json
check "a long name that is cut inside a character is shown up to there" printed "\"subject\": \"$xs\?\""
name=$(printf 'not-\344-utf8.yaml')
MSTRO_SCHEMA_LIST="$name" MSTRO_SCHEMA_PATH="$work" doctor --json
check "what is no UTF-8 is shown but for that" printed '"subject": "not-\?-utf8\.yaml"'

MSTRO_TRANSPORT_GFS_DIR=/shared doctor
check "a variable without effect is worth a note" printed '^  note +MSTRO_TRANSPORT_GFS_DIR +/shared; no effect in this version$'
finish
