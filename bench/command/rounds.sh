# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# rounds.sh - sides that run alternately, and the lines of the table that follow from them
#
#   heading NAME TEXT                  a benchmark begins
#   side NAME COMMAND                  to be run once a round; it prints lines "FIGURE VALUE UNIT"
#   measure                            run them all, round after round
#   figure TITLE UNIT SIDE FIGURE      one line: the median [lowest..highest] of a figure of ours
#   against TITLE SIDE FIGURE          what it is compared with, and the ratio of the medians
#   left_out TEXT                      what could not be measured, and why
# Every side that is ours runs through 'ours'; a failure of one of them is the failure of the whole.

status=0
benchmark=
side_names=() side_commands=()
declare -A side_failed=()
records= # of this run, for the JSON: tab-separated, see json.sh

heading()
{
    benchmark=$1
    printf '\n%s: %s\n' "$1" "$2"
}

side()
{
    side_names+=("$1")
    side_commands+=("$2")
    side_failed[$1]=
    rm -f "$work/values/$1".*
}

left_out()
{
    printf '  left out: %s\n' "$1"
    printf 'left_out\t%s\t%s\n' "$benchmark" "$1" >>"$records"
}

run_side()
{
    local name=$1 command=$2 what value rest
    if ! eval "$command" >"$work/out" 2>"$work/err" || ! [ -s "$work/out" ]; then
        side_failed[$name]="$(tail -n 1 "$work/err")"
        left_out "$command: ${side_failed[$name]:-it failed}"
        side_failed[$name]=${side_failed[$name]:-failed}
        [[ $command != *ours* ]] || status=1
        return
    fi
    while read -r what value rest; do
        echo "$value" >>"$work/values/$name.$what"
        [[ $what != cpu ]] || echo "$rest" >"$work/values/$name.cpu-unit"
    done <"$work/out"
}

measure()
{
    local round i
    cpu_shown=
    for ((round = 0; round < rounds; round++)); do
        for i in "${!side_names[@]}"; do
            [ -n "${side_failed[${side_names[i]}]}" ] || run_side "${side_names[i]}" "${side_commands[i]}"
        done
    done
    side_names=() side_commands=()
}

# summary FILE: median lowest highest
summary() { sort -g "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }'; }

median_of() { [ ! -s "$work/values/$1.$2" ] || summary "$work/values/$1.$2" | cut -d' ' -f1; }

people_read='function number(x) { return x >= 99950 ? sprintf("%.0f k", x / 1000) : x >= 1000 ? sprintf("%.0f", x) : x >= 100 ? sprintf("%.1f", x) : sprintf("%.3g", x) }'

# "cpu 1.2 + 0.9 us/operation": CPU time of ours and of the manager; once for each side
cpu_shown=
cpu_of()
{
    local mine manager
    [ "$cpu_shown" != "$1" ] || return 0
    mine=$(median_of "$1" cpu) manager=$(median_of "$1" manager-cpu)
    [ -z "$mine" ] || awk "$people_read"' BEGIN { printf "   cpu %s%s %s", number(ARGV[1]), ARGV[2] == "" ? "" : " + " number(ARGV[2]), ARGV[3]; exit }' \
        "$mine" "$manager" "$(cat "$work/values/$1.cpu-unit")"
}

values_line() { paste -s -d' ' "$1"; }

last_median=
figure()
{
    local title=$1 unit=$2 from=$work/values/$3.$4 median lowest highest
    last_median=
    [ -s "$from" ] || return 0
    read -r median lowest highest <<<"$(summary "$from")"
    last_median=$median
    awk "$people_read"' BEGIN { printf "  %-58s %9s [%s..%s] %s", ARGV[1], number(ARGV[3]), number(ARGV[4]), number(ARGV[5]), ARGV[2]; exit }' \
        "$title" "$unit" "$median" "$lowest" "$highest"
    if [[ $unit = bytes || $unit = % ]]; then
        echo
    else
        printf '%s\n' "$(cpu_of "$3")"
        cpu_shown=$3
    fi
    printf 'figure\t%s\t%s\t%s\t%s\t%s\t%s\n' "$benchmark" "$title" "$unit" "$(values_line "$from")" "$(median_of "$3" cpu)" "$(median_of "$3" manager-cpu)" >>"$records"
}

against()
{
    local title=$1 from=$work/values/$2.$3 times=${4:-1} median lowest highest
    [ -s "$from" ] && [ -n "$last_median" ] || return 0
    read -r median lowest highest <<<"$(summary "$from")"
    awk "$people_read"' BEGIN { t = ARGV[6]; printf "    / %-54s %9s [%s..%s]   ratio %.2f\n", ARGV[1], number(ARGV[3] * t), number(ARGV[4] * t), number(ARGV[5] * t), ARGV[2] / (ARGV[3] * t); exit }' \
        "$title" "$last_median" "$median" "$lowest" "$highest" "$times"
    printf 'against\t%s\t%s\t%s\n' "$title" "$(values_line "$from")" "$times" >>"$records"
}
