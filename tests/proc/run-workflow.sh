#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro run WORKFLOW.yaml: parameters, order, environment, services, and what is wrong with a file.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/run.sh"
traces >"$work/traces.before"
export work
mkfifo "$work/one" "$work/two"

# Files stand beside the folder in which the run stands.
file() { cat >"$work/$1.yaml"; }

file forecast <<'Y'
workflow: forecast
parameters:
  input: none.grib
  members: 2
  title: a b
env:
  EVERYWHERE: ${input} for ${MSTRO_COMPONENT_NAME}
stages:
  - name: model
    command: sh -c 'echo "$0 $1 $EVERYWHERE $OWN"' ${input} "<${title}>"
    instances: ${members}
    env: { OWN: "${MSTRO_COMPONENT_INDEX}/${MSTRO_COMPONENT_INSTANCES}" }
  - name: plot
    command: [sh, -c, 'echo plot in $(basename $PWD) from $0', '${WORKFLOW_DIRECTORY}']
    directory: ${WORKFLOW_DIRECTORY}/tmp
Y
run ../forecast.yaml input=gfs.grib
check "a workflow ends with 0 when its stages do" ended_with 0
check "words keep values together, variables know their instance" printed '^\[model\.1\] gfs\.grib <a b> gfs\.grib for model 1/2$'
check "a list is a command too, and a stage can have a directory" printed "^\[plot\.0\] plot in tmp from $work$"
members=1 run ../forecast.yaml
check "the environment gives parameters" test "$(grep -c '^\[model' "$work/out")" = 1
check "defaults hold where nothing is given" printed '^\[model\.0\] none\.grib <a b>'
run ../forecast.yaml members=3 --dry-run
check "what stands behind the file is a value for a parameter" ended_with 2
check "and anything else is refused by name" said "'--dry-run' is not NAME=VALUE"
run --dry-run ../forecast.yaml members=3
check "a dry run prints each instance as a person would type it" printed "MSTRO_COMPONENT_INDEX=2 .* 'OWN|OWN=2/3 sh -c "
check "and starts nothing" test ! -s "$work/err"

# The order: 'reader' writes into the pipe only when 'writer' said its line; 'last' needs both to have ended.
file order <<'Y'
workflow: order
stages:
  - {name: last, command: "sh -c 'ls $work/first.done'", after: [first, second]}
  - {name: second, command: "sh -c 'echo go >$work/one'", after-ready: first}
  - {name: first, command: "sh -c 'echo listening; read -r word <$work/one; echo got $word; : >$work/first.done'", ready: list}
Y
run ../order.yaml
check "stages start when those they come after are ready or have ended" ended_with 0
check "the one that was waited for was heard" printed '^\[first\.0\] got go$'
rm -f "$work/first.done"

file service <<'Y'
workflow: service
stages:
  - name: watcher
    command: [sh, -c, 'trap "echo tidying; exit 0" TERM; echo up; exec 3<>"$work/two"; while :; do read -r _ <&3; done']
    service: true
    ready: up
  - {name: worker, command: "true", after-ready: watcher}
Y
run ../service.yaml
check "a service is ended when all others are done" ended_with 0
check "and may tidy up" printed '^\[watcher\.0\] tidying$'
check "which counts as done" said '^  watcher\.0 +done +0'
sed 's/exit 0/exit 9/' "$work/service.yaml" >"$work/failing.yaml"
run ../failing.yaml
check "a service that fails while it tidies up fails the run" ended_with 9

file optional <<'Y'
workflow: optional
stages:
  - {name: nicety, command: "sh -c 'exit 3'", optional: true}
  - {name: main, command: "echo made", after: nicety}
Y
run ../optional.yaml
check "a failing optional stage does not fail the run" ended_with 0
check "which says so" said 'nicety\.0 ended with exit code 3 .* optional'
check "and what comes after it is started" printed '\[main\.0\] made'

file skipped <<'Y'
workflow: skipped
stages:
  - {name: broken, command: "sh -c 'exit 3'"}
  - {name: later, command: "echo never", after: broken}
Y
run ../skipped.yaml
check "what comes after a failed stage is not started" said '^  later\.0 +skipped +- '

file slow <<'Y'
workflow: slow
stages:
  - {name: slow, command: [sh, -c, 'exec 3<>"$work/two"; read -r _ <&3'], timeout: 50ms}
Y
run ../slow.yaml
check "a stage that takes longer than its timeout is ended, with 6" ended_with 6
check "and said to have" said 'slow\.0 did not end within its timeout'
sed -e 's/, timeout: 50ms//' -e 's/^stages/timeout: 50ms\nstages/' "$work/slow.yaml" >"$work/slower.yaml"
run ../slower.yaml
check "so is a run that takes longer than its own" ended_with 6

file options <<'Y'
workflow: options
parameters: { lease: 5s }
pool-manager: { lease: '${lease}', statistics: true, rings: no, listen: here, info-file: /tmp/info }
stages:
  - {name: one, command: "true"}
Y
FAKE_MANAGER_ARGUMENTS=$work/arguments
export FAKE_MANAGER_ARGUMENTS
run --manager-option=--extra ../options.yaml
check "the pool manager gets its options" test "$(cat "$work/arguments")" = "--lease=5s --statistics=true --rings=no --listen=here --info-file=/tmp/info --extra"
unset FAKE_MANAGER_ARGUMENTS

# wrong NAME STATUS MESSAGE: the file NAME.yaml is refused with MESSAGE before anything is started.
wrong() {
    run "../$1.yaml" || :
    ended_with 2 && said "$2" && test ! -s "$work/out"
}
file misspelt <<'Y'
workflow: a
stages:
  - name: one
    comand: "true"
Y
check "a misspelt key is named with file, line, column and what was meant" wrong misspelt "misspelt\.yaml:4:5: .*'comand'.* did you mean 'command'"
for pair in 'leaze: 5s|17: .pool-manager. has no key .leaze.; did you mean .lease' 'lease: soon|24: lease: .soon. is not valid: expected a time' \
    'quiet: true|17: .pool-manager. has no key .quiet' 'workflow: b|17: the pool manager.s .workflow. is set by maestro run' \
    'listen: [a, b]|25: a setting of the pool manager must be a text'; do
    file manager <<Y
workflow: a
pool-manager: { ${pair%%|*} }
stages: [{name: one, command: "true"}]
Y
    check "'${pair%%|*}' is refused where it stands" wrong manager "manager\.yaml:2:${pair#*|}"
done
file top <<'Y'
workflow: a
stage:
  - {name: one, command: "true"}
Y
check "at the top, too" wrong top "top\.yaml:2:1: .*'stage'.* did you mean 'stages'"
file unknown <<'Y'
workflow: a
parameters: {input: x}
stages:
  - {name: one, command: "cat ${imput}"}
Y
check "an unknown \${NAME} is named with what was meant" wrong unknown "unknown\.yaml:4:.*'imput'.*did you mean 'input'"
file missing <<'Y'
workflow: a
parameters:
  input:
stages:
  - {name: one, command: "cat ${input}"}
Y
check "a parameter without value is asked for" wrong missing "missing\.yaml:3:3: parameter 'input' has neither .* input=VALUE"
run ../missing.yaml inptu=x
check "a misspelt parameter on the command line is named with what was meant" said "no parameter 'inptu'; did you mean 'input'"
file after <<'Y'
workflow: a
stages:
  - {name: one, command: "true", after: two}
  - {name: two, command: "true", after: onn}
Y
check "a stage that is not there is named with what was meant" wrong after "after\.yaml:4:.*no stage 'onn'; did you mean 'one'"
sed 's/onn/one/' "$work/after.yaml" >"$work/circle.yaml"
check "stages that wait for each other are refused" wrong circle "circle\.yaml:3:.*'one' waits for itself"
file twice <<'Y'
workflow: a
stages:
  - {name: one, command: "true"}
  - {name: one, command: "true"}
Y
check "two stages of one name are refused" wrong twice "twice\.yaml:4:.*already a stage 'one', in line 3"
file pipe <<'Y'
workflow: a
stages:
  - {name: one, command: "ls | wc"}
Y
check "a command that would need a shell is refused, with the way out" wrong pipe "pipe\.yaml:3:.*sh, -c"
file quote <<'Y'
workflow: a
stages:
  - {name: one, command: "echo 'a"}
Y
check "so is a quote that does not end" wrong quote "quote\.yaml:3:.*not closed"
file number <<'Y'
workflow: a
stages:
  - {name: one, command: "true", instances: 0}
Y
check "so is a number of instances that makes no sense" wrong number "number\.yaml:3:.*'instances'"
file name <<'Y'
workflow: a
stages:
  - {name: "one two", command: "true"}
Y
check "so is a name that is none" wrong name "name\.yaml:3:.*'one two' is no name"
file decided <<'Y'
workflow: a
stages:
  - {name: one, command: "true", env: {MSTRO_RUNTIME_DIR: /tmp}}
Y
check "so is a variable that the run decides itself" wrong decided "decided\.yaml:3:.*set by maestro run"
file empty </dev/null
check "so is an empty file" wrong empty "empty\.yaml"
head -c 70000 /dev/zero | tr '\0' '#' >"$work/large.yaml"
check "so is a file that is too large" wrong large "large\.yaml"
printf 'workflow: a\nstages: [\377\n' >"$work/binary.yaml"
check "so is one that is not UTF-8" wrong binary "binary\.yaml"
mkfifo "$work/fifo.yaml"
check "so is a FIFO, without waiting for its writer" wrong fifo "fifo\.yaml"
run ../none.yaml
check "a file that is not there is 4" ended_with 4
check "with what may have been meant" said 'maestro run -- \.\./none\.yaml'
file program <<'Y'
workflow: a
stages:
  - {name: good, command: "echo started"}
  - {name: bad, command: "./no-such-program"}
Y
run ../program.yaml
check "a program that is not there is found before anything is started" test ! -s "$work/out"
check "and is 127" ended_with 127
check "with its place in the file" said 'program\.yaml, line 4'

check "nothing is left behind" nothing_left
finish
