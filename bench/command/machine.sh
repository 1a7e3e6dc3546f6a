# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# machine.sh - CPUs, the pool manager, and how our programs and the bare ones are run

cpu_model=$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)
load_before=$(cut -d' ' -f1-3 /proc/loadavg)

# The manager, like the servers of the peers, has CPU 1 for itself, clients have the others; with one CPU all share it.  A manager of
# several shards has all of them.
all_cpus=0-$(($(nproc) - 1))
manager_cpu=0 client_cpus=0
if [ "$(nproc)" -gt 1 ]; then
    manager_cpu=1 client_cpus=0
    [ "$(nproc)" -eq 2 ] || client_cpus="0,2-$(($(nproc) - 1))"
fi

manager=
launch_manager()
{
    local line cpu=$manager_cpu
    [ "$shards" = 1 ] || cpu=$all_cpus
    rm -f "$work/info"
    mkfifo "$work/info"
    exec {info_fd}<>"$work/info"
    MSTRO_WORKFLOW_NAME=bench MSTRO_RUNTIME_DIR=$work MSTRO_OFI_PROVIDER=$provider \
        taskset -c "$cpu" "$manager_program" --shards "$shards" >"$work/info" 2>"$work/manager.err" &
    manager=$!
    while ! read -r -t 1 -u "$info_fd" line; do
        kill -0 "$manager" 2>/dev/null || bench_fail "the pool manager does not start: $(tail -n 1 "$work/manager.err")" 1
    done
    IFS=';' read -r _ MSTRO_POOL_MANAGER_INFO _ <<<"$line"
    BENCH_MANAGER=$manager
    export MSTRO_POOL_MANAGER_INFO BENCH_MANAGER MSTRO_WORKFLOW_NAME=bench MSTRO_OFI_PROVIDER=$provider
}

stop_manager()
{
    [ -n "$manager" ] || return 0
    kill "$manager" 2>/dev/null
    wait "$manager" 2>/dev/null
    exec {info_fd}<&-
    manager=
}

# A manager that has had no traffic: for what is measured of its memory.
fresh_manager() { stop_manager; launch_manager; }

time_limit() { awk -v s="$seconds" 'BEGIN { print int(300 + 20 * s) }'; }

# ours PROGRAM ARGUMENT...
ours() { taskset -c "$client_cpus" timeout "$(time_limit)" "$programs/$1" "${@:2}"; }

# ours_anywhere: on whatever CPU the kernel chooses.  ours_over TRANSPORT: bytes by these means.
ours_anywhere() { timeout "$(time_limit)" "$programs/$1" "${@:2}"; }
ours_over() { MSTRO_TRANSPORT_DEFAULT=$1 ours_anywhere "${@:2}"; }

ours_mpi()
{
    local root=''
    [ "$(id -u)" != 0 ] || root=--allow-run-as-root
    # shellcheck disable=SC2086 # an option or nothing
    taskset -c "$client_cpus" timeout "$(time_limit)" mpirun $root --oversubscribe --bind-to none -n "$1" "$programs/$2" "${@:3}"
}

# Bare loops pin both of their processes themselves.
bare() { timeout "$(time_limit)" "$programs/bare-$1" "${@:2}"; }

have_mpi() { have mpirun && [ -x "$programs/inject-mpi" ]; }
