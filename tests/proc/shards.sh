#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# deadline: 900
# What real processes do with a pool manager of one shard they do with one of several: the same tests again.
. "${srcdir:=.}/tests/lib/tap.sh"

again() {
    MSTRO_PM_PC_NUM_THREADS=$1 && export MSTRO_PM_PC_NUM_THREADS
    case $2 in
    *.sh) sh "$srcdir/$2" ;;
    *) "./$2" ${3:+"$3"} ;;
    esac >"$work/out" 2>&1 && ! grep -q '^not ok' "$work/out" || { cat "$work/out"; return 1; }
}

for shards in 2 7; do
    for program in daemon join exchange death standstill group schemas subscribers subscriber_threads single-step.sh api_with_manager forecast_levels io-server.sh; do
        check "tests/proc/$program passes with $shards shards" again "$shards" "tests/proc/$program"
    done
    check "a manager of $shards shards that is short of memory refuses by name and goes on" again "$shards" tests/proc/flood '*refuses_by_name*'
done
finish
