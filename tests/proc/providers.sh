#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# deadline: 400
# What real processes do over the provider that is taken by default they do over another one: events, groups and every scenario.
. "${srcdir:=.}/tests/lib/tap.sh"

MSTRO_OFI_PROVIDER="tcp;ofi_rxm"
export MSTRO_OFI_PROVIDER
again() { "$1" >"$work/out" 2>&1 && ! grep -q '^not ok' "$work/out" || { cat "$work/out"; return 1; }; }

check "doctor says which provider is taken" sh -c 'apps/maestro doctor | grep -qE "^  ok +tcp;ofi_rxm +chosen"'
for program in tests/proc/group tests/scenarios/with_manager; do
    check "$program passes over $MSTRO_OFI_PROVIDER" again "$program"
done
finish
