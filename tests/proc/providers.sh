#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# deadline: 400
# What real processes of one node do through shared memory they do over the network, too, and over another provider than the one that is taken
# by default: events, groups and every scenario.
. "${srcdir:=.}/tests/lib/tap.sh"

MSTRO_RINGS=no
export MSTRO_RINGS
again() { "$1" >"$work/out" 2>&1 && ! grep -q '^not ok' "$work/out" || { cat "$work/out"; return 1; }; }
over() { sh -c 'apps/maestro doctor | grep -qE "$1"' - "$1"; }

check "messages go over the network" over '^  ok +messages on this node +over the network'
for program in tests/proc/group tests/scenarios/with_manager; do
    check "$program passes over the network" again "$program"
done

MSTRO_OFI_PROVIDER="tcp;ofi_rxm"
export MSTRO_OFI_PROVIDER
check "doctor says which provider is taken" over '^  ok +tcp;ofi_rxm +chosen'
for program in tests/proc/group tests/scenarios/with_manager; do
    check "$program passes over $MSTRO_OFI_PROVIDER" again "$program"
done
finish
