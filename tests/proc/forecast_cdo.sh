#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The wind speed of the forecast demo is that which cdo computes.
. "${srcdir:=.}/tests/lib/tap.sh"

if ! command -v cdo >/dev/null; then
    skip "wind speed equals that of cdo" "cdo is not installed"
    finish
fi
# cdo sees one field of a message: it gets the same fields apart.
tests/proc/forecast_write "$work/wind.grib" 3 && tests/proc/forecast_write "$work/apart.grib" 4 apart && mkdir "$work/made" || exit 99
check "the workflow makes products of two levels" tests/proc/forecast_inside "$work/wind.grib" "$work/made"
cat "$work"/made/products-*.grib >"$work/products.grib"

# Pairs of values, ours and that of cdo: how many, and the greatest difference; packing takes 24 bits of a range below 64 m/s.
cat >"$work/compare.awk" <<'END'
{ difference = $1 > $2 ? $1 - $2 : $2 - $1; if (difference > most) most = difference }
END { printf "%d values differ by at most %g m/s\n", NR, most; exit !(NR == 684 && most <= 64 / 2 ^ 25) }
END
equal() {
    level=$1
    cdo -s outputf,%.12g,1 -sellevel,"$level" "$work/products.grib" >"$work/ours" &&
        cdo -s -b F64 outputf,%.12g,1 -expr,"ws=sqrt(u*u+v*v)" -sellevel,"$level" "$work/apart.grib" >"$work/theirs" &&
        paste "$work/ours" "$work/theirs" | awk -f "$work/compare.awk"
}
check "wind speed at 250 hPa equals that of cdo" equal 25000
check "wind speed at 500 hPa equals that of cdo" equal 50000
swapped() {
    equal 25000 && cdo -s outputf,%.12g,1 -sellevel,50000 "$work/products.grib" >"$work/ours" &&
        paste "$work/ours" "$work/theirs" | awk -f "$work/compare.awk"
}
refuses "and that of another level does not" swapped
finish
