#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a user gets to see who gives the stages of the forecast demo something they cannot use; and what the real forecast consists of.
#
# MAESTRO_SAMPLE   the real forecast (default: what ./quickstart has unpacked below the build folder)
. "${srcdir:=.}/tests/lib/tap.sh"
real=${MAESTRO_SAMPLE-$(find sample -name '*.grib2' 2>/dev/null | head -n 1)}
stages=examples/forecast
sample=$work/sample.grib
unset MSTRO_POOL_MANAGER_INFO MSTRO_WORKFLOW_NAME MSTRO_COMPONENT_NAME
tests/proc/forecast_write "$sample" || exit 99

# ends CODE PATTERN COMMAND...: COMMAND ends with CODE and says PATTERN on stderr
ends() {
    expected=$1
    pattern=$2
    shift 2
    got=0
    timeout 60 "$@" >"$work/out" 2>"$work/err" || got=$?
    cat "$work/err"
    [ "$got" = "$expected" ] && { [ -z "$pattern" ] || grep -qE -e "$pattern" "$work/err"; }
}

for stage in forecast products archive verify summary; do
    check "$stage --help tells how it is used" sh -c "$stages/$stage --help | grep -q '^usage: $stage '"
    check "$stage without arguments is a usage error" ends 2 "^usage: $stage " $stages/$stage
done
check "the forecast without a file says that one is missing" ends 2 "^forecast: a GRIB file is missing" $stages/forecast
check "a stage without a folder says what is missing" ends 2 "^archive: --output=FOLDER is missing" $stages/archive
check "with words that nobody reads, which they are" ends 2 "^archive: 'more' is one word too many" $stages/archive --output="$work/none" more
check "and without one that it needs, so" ends 2 "^levels: a word is missing" $stages/levels --output="$work/none"

$stages/forecast --list "$sample" >"$work/list" 2>"$work/err"
check "forecast --list tells messages and fields" grep -q "messages 16	fields 18" "$work/list"
check "every field has a name of its own" test "$(grep -c '^field/' "$work/list")" = "$(grep '^field/' "$work/list" | cut -f1 | sort -u | wc -l)"

# Messages of two fields that are u and v, at a level or 10 m above the ground; nothing else shares a message.
pairs() {
    awk -F'\t' 'NR > 1 { names[$2] = names[$2] " " $5 }
        END { for (i in names) if (split(names[i], name, " ") > 1) { if (names[i] ~ /^ (10)?u (10)?v$/) pairs++; else print "message " i ":" names[i] }
              print "u and v share a message in", pairs + 0 }' "$1"
}
list_real() {
    $stages/forecast --list "$real" >"$work/list" && pairs "$work/list" >"$work/pairs" && head -n 1 "$work/list" && cat "$work/pairs"
}
if [ -s "$real" ]; then
    check "the real forecast is listed" list_real
    check "it has 343 fields in 307 messages" grep -qx "forecast-index 1	messages 307	fields 343" "$work/list"
    check "and every one has a line" test "$(wc -l <"$work/list")" = 344
    check "u and v share a message in 36, and nothing else does" test "$(cat "$work/pairs")" = "u and v share a message in 36"
    # the number of groups of its packing
    { head -c 180 "$real"; printf '\377'; tail -c +182 "$real"; } >"$work/damaged.grib"
    check "a message that ecCodes cannot bear is named" ends 1 "$work/damaged.grib: message 1 at offset 0 is damaged: ecCodes assertion" \
        $stages/forecast "$work/damaged.grib"
else
    skip "the real forecast has 343 fields in 307 messages" "it is not there: ./quickstart check fetches it"
fi

echo "station,temperature" >"$work/table.csv"
check "a file that is no GRIB is named" ends 1 "$work/table.csv: no GRIB message" $stages/forecast "$work/table.csv"
echo "stations of GRIB and other tables" >"$work/words.txt"
check "a text that speaks of GRIB is asked whether it is one" ends 1 "$work/words.txt: .*is it a GRIB file" $stages/forecast "$work/words.txt"
head -c 2000 "$sample" >"$work/short.grib"
check "a truncated file is named with the offset" ends 1 "$work/short.grib: truncated.*offset 0" $stages/forecast "$work/short.grib"
check "of several files, the bad one is named" ends 1 "$work/table.csv: no GRIB" $stages/forecast "$sample" "$work/table.csv"
check "a file that is not there is named" ends 1 "$work/none.grib: No such file" $stages/forecast "$work/none.grib"
check "a folder is named as one" ends 1 "cannot open $work: Is a directory" $stages/forecast "$work"
check "so is a device" ends 1 "cannot open /dev/zero: it is a device" timeout 10 $stages/forecast /dev/zero
(cat "$sample"; echo "and no more") >"$work/tail.grib"
check "what follows the last message is left out, and said" ends 0 "tail.grib: 12 bytes, from offset [0-9]+ on, belong to no GRIB message" \
    $stages/forecast --list "$work/tail.grib"
for option in --pace=-3 --patience=99999999999999999999 --lend=x; do
    check "$option is no number and is said to be none" ends 2 "'${option#*=}' is not a number from 0" $stages/forecast $option "$sample"
done
check "an expectation of no instance is refused" ends 2 "instances from 1 to" $stages/forecast --expect=archive:0 "$sample"
: >"$work/empty.list"
check "a list that names nothing is refused" ends 1 "$work/empty.list names no file" $stages/forecast "@$work/empty.list"
check "the verifier takes no device either" ends 2 "cannot open /dev/zero: it is a device" timeout 10 $stages/verify "$work" /dev/zero
check "a consumer that does not come is named" ends 6 "ready/archive/0 has not come within 0 s" \
    $stages/forecast --expect=archive --patience=0 "$sample"
check "a forecast that nobody wants ends well" ends 0 "" $stages/forecast "$sample"
check "a pool-manager info that is none is said" env MSTRO_POOL_MANAGER_INFO=nonsense sh -c \
    "timeout 60 $stages/forecast '$sample' 2>&1 | grep 'cannot join the pool'"
finish
