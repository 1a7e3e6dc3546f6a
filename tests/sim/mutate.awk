# SPDX-License-Identifier: BSD-3-Clause
# mutate.awk - the places of a source file of the engine that can be broken, or the file with one of them broken
#
#     awk -f mutate.awk FILE                 list: number, line, "row" or "guard", text
#     awk -f mutate.awk -v site=N FILE       the file with the N-th broken: a row of a life table removed, a guard negated
{
    text = text $0 "\n"
}

function line_at(place,    before)
{
    before = substr(text, 1, place)
    return gsub(/\n/, "\n", before) + 1
}

# The text of the line that holds 'place', without blanks at its ends.
function words_at(place,    start, rest)
{
    start = place
    while (start > 1 && substr(text, start - 1, 1) != "\n")
        start--
    rest = substr(text, start)
    sub(/\n.*/, "", rest)
    gsub(/^ +| +$/, "", rest)
    gsub(/ +/, " ", rest)
    return rest
}

function closing(open,    depth, at, c)
{
    depth = 0
    for (at = open; at <= length(text); at++) {
        c = substr(text, at, 1)
        if (c == "(")
            depth++
        else if (c == ")" && --depth == 0)
            return at
    }
    return 0
}

function found(place, kind)
{
    count++
    if (!site)
        printf "%d\t%d\t%s\t%s\n", count, line_at(place), kind, words_at(place)
    return count == site
}

END {
    place = 1
    while (match(substr(text, place), /\n *\[[A-Z_]+\] *(\[[A-Z_]+\])? *= *{[^\n]*}|[^#a-z_]if \(/)) {
        at = place + RSTART - 1
        row = substr(text, at + 1, RLENGTH - 1) ~ /^ *\[/
        place = at + RLENGTH - 1
        if (row && found(at + 1, "row")) {
            rest = substr(text, at + RLENGTH)
            sub(/^ *,/, "", rest)
            text = substr(text, 1, at) "/* removed */" rest
            break
        }
        if (!row && found(at + 1, "guard")) {
            open = at + RLENGTH - 1
            end = closing(open)
            text = substr(text, 1, open) "!(" substr(text, open + 1, end - open - 1) ")" substr(text, end)
            break
        }
    }
    if (site)
        printf "%s", text
}
