#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# maestro schema check|show|doc, as a user has it.
. "${srcdir:=.}/tests/lib/tap.sh"
unset MSTRO_SCHEMA_LIST MSTRO_SCHEMA_PATH
schema() {
    code=0
    apps/maestro schema "$@" >"$work/out" 2>"$work/err" || code=$?
}
ended_with() { test "$code" = "$1"; }
printed() { grep -qE -e "$1" "$work/out"; }
said() { grep -qE -e "$1" "$work/err"; }

cat >"$work/good.yaml" <<'YAML'
schema-name: good
schema-version: 2
schema-namespace: .maestro.good.
maestro-attributes:
  - {key: level, type: int32(), default: 7, documentation: Level in hPa.}
  - {key: kind, type: 'enum(a, b)', required: true}
YAML
sed 's/int32()/integer()/' "$work/good.yaml" >"$work/bad.yaml"
sed 's/int32()/str()/' "$work/good.yaml" >"$work/other.yaml"

schema show --bad
check "an option that there is not is refused by the command that was called" eval "ended_with 2 && said '^maestro schema: unrecognized option .--bad.' && said 'try: maestro schema --help'"
schema check "$work/good.yaml"
check "a good file passes, and its attributes are counted" eval "ended_with 0 && printed 'good.yaml: 2 attributes in .\.maestro\.good\..$'"
schema check "$work/bad.yaml"
check "a mistake has file, line and column" eval "ended_with 8 && said 'bad.yaml:5:24: .*level.: .integer\(\). is not a type'"
schema check "$work/good.yaml" "$work/other.yaml"
check "two files that contradict each other are both named" eval "ended_with 8 && said 'int32\(\) in .*good.yaml:5:11 and str\(\) in .*other.yaml:5:11'"
schema check "$work/absent.yaml"
check "a file that is not there is not found" eval "ended_with 4 && said 'absent.yaml'"
for action in show doc; do
    schema $action "$work/absent.yaml"
    check "nor does $action find it, and blames no setting" eval "ended_with 4 && said 'absent.yaml' && ! said MSTRO_SCHEMA_LIST"
    schema $action "$work/bad.yaml"
    check "$action tells a mistake with its place" eval "ended_with 8 && said 'bad.yaml:5:24'"
done
schema check schemas/none "$srcdir/schemas/cf.yaml"
check "the worst of several files decides" ended_with 4
for name in core ecmwf cf; do
    schema check "$srcdir/schemas/$name.yaml"
    check "the shipped schema $name passes" ended_with 0
done

schema check --json "$work/good.yaml" "$work/bad.yaml"
if grep -q 'without jansson' "$work/err"; then
    skip "as JSON each file has its verdict" "built without jansson"
    skip "as JSON a message that was cut within a character is there" "built without jansson"
    skip "as JSON a contradiction is that of all files" "built without jansson"
else
    check "as JSON each file has its verdict" eval "ended_with 8 && printed '\"attributes\": 2' && printed '\"schema-version\": \"2\"' && printed '\"error\": \".*bad.yaml:5:24: '"
    printf 'schema-name: m\nschema-namespace: .m.\nmaestro-attributes:\n  - {key: k, type: int(), default: a%s}\n' \
        "$(printf '%60s' '' | sed 's/ /é/g')" >"$work/cut.yaml"
    schema check --json "$work/cut.yaml"
    check "as JSON a message that was cut within a character is there" eval "ended_with 8 && printed '\"error\": \".*is not a int'"
    schema check --json "$work/good.yaml" "$work/other.yaml"
    check "as JSON a contradiction is that of all files" eval "ended_with 8 && printed '^  \"error\": \".*they cannot be merged'"
fi

sed -e 's/schema-version: 2/schema-version: 3/' -e 's/level, type: int32()/level, type: str()/' -e 's/default: 7/default: x/' "$work/good.yaml" >"$work/newer.yaml"
sed 's/schema-version: 2/schema-version: 3/' "$work/good.yaml" >"$work/same.yaml"
schema diff "$work/good.yaml" "$work/good.yaml"
check "a schema does not differ from itself" eval "ended_with 0 && test ! -s $work/out"
schema diff "$work/good.yaml" "$work/same.yaml"
check "another version alone is compatible" eval "ended_with 1 && printed 'version 2 in .*good.yaml and version 3 in .*same.yaml; compatible'"
schema diff "$work/good.yaml" "$work/newer.yaml"
check "a key with two types is a conflict, and named" eval "ended_with 7 && printed '^.\.maestro\.good\.level. is int32\(\) in .*good.yaml and str\(\) in .*newer.yaml'"
awk 'BEGIN { print "schema-name: large\nschema-namespace: .maestro.large.\nmaestro-attributes:"
             for (i = 0; i < 1300; i++) printf "  - {key: k%04d, type: int()}\n", i }' >"$work/large.yaml"
sed 's/k1299, type: int/k1299, type: str/' "$work/large.yaml" >"$work/large-other.yaml"
schema diff "$work/large.yaml" "$work/large-other.yaml"
check "the last of 1300 keys is compared, too" eval "ended_with 7 && printed 'k1299. is int\(\) in .*large.yaml and str\(\) in'"
schema diff "$work/good.yaml" "$srcdir/schemas/cf.yaml"
check "schemas of two namespaces are not compared" eval "ended_with 2 && said 'is about'"
schema diff "$work/good.yaml"
check "one file cannot differ" ended_with 2

schema show
check "the built-in attributes are shown without any setting" eval "printed '^\.maestro\.ecmwf\.step +int\(\)' && printed '^\.maestro\.core\.cdo\.raw-ptr +pointer\(\) +yes *$'"
export MSTRO_SCHEMA_LIST=good.yaml MSTRO_SCHEMA_PATH="/nowhere:$work"
schema show
check "so are those of MSTRO_SCHEMA_LIST" printed '^\.maestro\.good\.level +int32\(\) +7$'
schema show --json
if grep -q 'without jansson' "$work/err"; then
    skip "as JSON they can be read by programs" "built without jansson"
else
    check "as JSON they can be read by programs" eval "printed '\"version\": 1' && printed '\"key\": \"\.maestro\.good\.level\"' && printed '\"default\": \"7\"'"
fi
schema doc
for key in dist-layout mapped transport; do
    check "the document says that cdo.$key has no effect" printed "maestro.core.cdo.$key.*no effect in this version"
done
check "the document has a chapter a schema and the words of its file" eval "printed '^# good 2$' && printed 'maestro.good.level. \(.int32\(\)., default .7.\): Level in hPa\.$'"
mkdir "$work/first" "$work/here"
sed 's/default: 7/default: 1/' "$work/good.yaml" >"$work/first/good.yaml"
sed 's/default: 7/default: 2/' "$work/good.yaml" >"$work/here/good.yaml"
cp "$work/here/good.yaml" "$work/here/alone.yaml"
maestro=$PWD/apps/maestro
in_folder() { (cd "$work/here" && "$maestro" schema show) >"$work/out" 2>"$work/err"; }
export MSTRO_SCHEMA_PATH="$work/first:$work"
in_folder
check "the first folder of MSTRO_SCHEMA_PATH that has a file wins, before the working directory" printed '^\.maestro\.good\.level +int32\(\) +1$'
export MSTRO_SCHEMA_LIST=alone.yaml
in_folder
check "the working directory comes last" printed '^\.maestro\.good\.level +int32\(\) +2$'
export MSTRO_SCHEMA_LIST="$work/good.yaml"
in_folder
check "an absolute name is looked for nowhere else" printed '^\.maestro\.good\.level +int32\(\) +7$'
export MSTRO_SCHEMA_LIST=bad.yaml MSTRO_SCHEMA_PATH="/nowhere:$work"
schema show
check "a schema of the environment that is not valid is told" eval "ended_with 8 && said 'bad.yaml:5:24'"
unset MSTRO_SCHEMA_LIST

schema chekc
check "a misspelt action suggests the right one" eval "ended_with 2 && said 'did you mean: maestro schema check'"
schema
check "without action the usage is an error" eval "ended_with 2 && said '^Usage: maestro schema'"
schema --help
check "and asked for it is not" eval "ended_with 0 && printed '^Usage: maestro schema'"
full() { apps/maestro schema show >/dev/full 2>"$work/err"; }
refuses "output that is lost is noticed" full
finish
