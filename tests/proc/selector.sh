#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro selector check|match, as a user has it.
. "${srcdir:=.}/tests/lib/tap.sh"
unset MSTRO_SCHEMA_LIST MSTRO_SCHEMA_PATH
selector() {
    code=0
    apps/maestro selector "$@" >"$work/out" 2>"$work/err" || code=$?
}
ended_with() { test "$code" = "$1"; }
printed() { grep -qE -e "$1" "$work/out"; }
said() { grep -qE -e "$1" "$work/err"; }

cat >"$work/object" <<'YAML'
.maestro.ecmwf.step: 24
.maestro.ecmwf.class: od
.maestro.ecmwf.date: 2026-11-21T12:00:00Z
.maestro.core.cdo.scope.local-size: 4096
.maestro.core.cdo.layout.ndims: 2
YAML

selector check '(and (.maestro.ecmwf.step = 12/24)(not (.maestro.ecmwf.class = od)))'
check "a right query is answered with its attributes and their types" eval "ended_with 0 && printed '^\.maestro\.ecmwf\.step  int\(\)$' && printed '^\.maestro\.ecmwf\.class  str\(\)$'"
selector check '(.maestro.ecmwf.step == 2)'
check "a mistake is told with column, token and what was expected" eval "ended_with 8 && said 'column 22: one of = .* expected, not .==.'"
check "and shown under the query" eval "said '^  \(\.maestro\.ecmwf\.step == 2\)$' && said '^                       \^$'"
selector check -n .maestro.ecmwf. '(setp = 2)'
check "an unknown attribute suggests" eval "ended_with 8 && said 'did you mean .\.maestro\.ecmwf\.step.'"

for query in '(.maestro.ecmwf.step = 0/to/240/by/6)' '(.maestro.ecmwf.date > 2026-11-21)' '(.maestro.core.cdo.name glob fc/*)' \
    '(.maestro.core.cdo.component ~=i FORE)' '(.maestro.core.cdo.scope.local-size >= 4096)' '(.maestro.core.cdo.layout.ndims = 2)'; do
    selector match --name fc/t --component forecast "$query" "$work/object"
    check "an object matches $query" eval "ended_with 0 && printed '^matches$'"
done
selector match -n .maestro.ecmwf. '(step = 7/to/91/by/2)' - <"$work/object"
check "what does not match is the answer no" eval "ended_with 1 && printed '^does not match$'"
selector match --size 5 '(.maestro.core.cdo.scope.local-size = 5)'
check "without a file an object has what the options say" ended_with 0
selector match --name "$(printf '%60s' '' | tr ' ' a)!" "(.maestro.core.cdo.name ~= '^(a+)+[0-9]')"
check "a query that is too expensive is told" eval "ended_with 8 && said 'more steps than it may'"
selector match '(has .maestro.ecmwf.step)' "$work/absent"
check "a file that is not there is not found" eval "ended_with 4 && said 'absent'"
echo '{.maestro.ecmwf.step: two}' >"$work/wrong"
selector match '(has .maestro.ecmwf.step)' "$work/wrong"
check "attributes that are wrong are told with their place" eval "ended_with 8 && said 'attributes:1:23: .*step.: .two. is not a int'"

selector check --json '(.maestro.ecmwf.step = two)'
if grep -q 'without jansson' "$work/err"; then
    for case in 1 2 3 4; do skip "as JSON, $case" "built without jansson"; done
else
    check "as JSON a mistake has its column" eval "ended_with 8 && printed '\"valid\": false' && printed '\"column\": 24'"
    selector check --json "(.maestro.ecmwf.step = a$(printf '%60s' '' | sed 's/ /é/g'))"
    check "also where the message was cut within a character" eval "ended_with 8 && printed '\"column\": 24' && printed 'is not a int'"
    selector check --json '(.maestro.ecmwf.step = 2)'
    check "as JSON a right query has its keys" eval "ended_with 0 && printed '\"version\": 1' && printed '\"type\": \"int\(\)\"'"
    selector match --json '(has .maestro.ecmwf.step)' "$work/object"
    check "as JSON an object matches" eval "ended_with 0 && printed '\"matches\": true'"
fi

selector
check "without action the usage is an error" eval "ended_with 2 && said '^Usage: maestro selector'"
selector --help
check "and asked for it is not" eval "ended_with 0 && printed '^Usage: maestro selector'"
selector match --size -1 '(has .maestro.ecmwf.step)'
check "a size that is none is refused" ended_with 2
selector match --name "$(printf '%4097s' '' | tr ' ' a)" '(has .maestro.core.cdo.name)'
check "a name that the library refuses is refused in its words" eval "ended_with 2 && said '^maestro selector: --name: the name has 4097 bytes, 4096 are allowed: .aaaa'"
selector match --name '' '(has .maestro.core.cdo.name)'
check "so is an empty one" eval "ended_with 2 && said 'an object needs a name'"
selector match --name "$(printf '\351')" '(has .maestro.core.cdo.name)'
check "and one that is not UTF-8" eval "ended_with 2 && said 'the name is not UTF-8'"
selector match --component 'a;b' '(has .maestro.core.cdo.component)'
check "a component that could not join is refused, too" eval "ended_with 2 && said 'the component name has a .;. or a control character'"
selector --bad x
check "an option that there is not is refused by the command that was called" eval "ended_with 2 && said '^maestro selector: unrecognized option'"
full() { apps/maestro selector check '(has .maestro.ecmwf.step)' >/dev/full 2>"$work/err"; }
refuses "output that is lost is noticed" full
finish
