# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash

# shellcheck disable=SC2317 # a trap calls it
clean_up()
{
    stop_manager
    stop_redis
    rm -rf "$work"
}

choose_provider()
{
    [ -z "$provider" ] || return 0
    provider=tcp
    ! "$programs/bare-rpc" net 1 64 0.01 >/dev/null 2>&1 || provider=net
}

main()
{
    local name
    read_options "$@"
    [ -x "$programs/inject" ] || bench_fail "the benchmark programs are not in $programs: build or install all of Maestro" 4
    [ -z "$list" ] || { list_programs; exit 0; }
    [ -x "$manager_program" ] || bench_fail "there is no pool manager: $manager_program" 4
    have taskset || bench_fail "taskset is not installed (Debian: util-linux)" 4
    work=$(mktemp -d "${TMPDIR:-/tmp}/maestro-bench.XXXXXX") || exit 1
    mkdir "$work/values"
    records=$work/records
    : >"$records"
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    choose_provider
    maestro_version=$("$manager_program" --version | awk 'NR == 1 { print $NF }')
    printf 'machine: %s, %s CPUs, %s, load %s; maestro %s, shards: %s; provider %s; medians [lowest..highest] of %s rounds of %s s\n' \
        "$(uname -sr)" "$(nproc)" "$cpu_model" "$load_before" "$maestro_version" "$shards" "$provider" "$rounds" "$seconds"
    [ -z "$quick" ] || echo "quick: the numbers are too small to be quoted"
    launch_manager
    [[ ! " $benchmarks " =~ \ (inject|transfer)\  ]] || start_redis
    for name in $benchmarks; do
        "bench_$name"
    done
    [ -z "$json" ] || write_json
    exit "$status"
}

main "$@"
