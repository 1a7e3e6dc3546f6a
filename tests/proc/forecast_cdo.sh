#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The wind speed of the forecast demo is that which cdo computes: of the small sample, and of the real forecast where it is there.
#
# MAESTRO_SAMPLE   the real forecast (default: what ./quickstart has unpacked below the build folder)
. "${srcdir:=.}/tests/lib/tap.sh"
real=${MAESTRO_SAMPLE-$(find sample -name '*.grib2' 2>/dev/null | head -n 1)}

if ! command -v cdo >/dev/null; then
    skip "wind speed equals that of cdo" "cdo is not installed"
    finish
fi

# made INPUT FOLDER   FOLDER/products.grib of INPUT by the workflow, and FOLDER/apart.grib for cdo, which sees one field of a message
made() {
    mkdir "$2" && tests/proc/forecast_inside "$1" "$2" && cat "$2"/products-*.grib >"$2/products.grib" &&
        tests/proc/forecast_write "$2/apart.grib" --fields-of "$1"
}
# ours, theirs FOLDER   the wind speed at all levels of pressure, from the highest down, a value a line
ours() { cdo -s -b F64 outputf,%.12g,1 -sortlevel -selltype,100 -selname,ws "$1/products.grib" >"$work/ours"; }
theirs() { cdo -s -b F64 outputf,%.12g,1 -expr,"ws=sqrt(u*u+v*v)" -sortlevel -selltype,100 -selname,u,v "$1/apart.grib" >"$work/theirs"; }

# Pairs of values, ours and that of cdo: how many, and the greatest difference; packing takes 24 bits of a range below 128 m/s.
cat >"$work/compare.awk" <<'END'
NF != 2 { wrong = 1 }
{ difference = $1 > $2 ? $1 - $2 : $2 - $1; if (difference > most) most = difference }
END { printf "%d values differ by at most %g m/s\n", NR, most; exit wrong || NR != points || most > 128 / 2 ^ 25 }
END
compare() { paste "$work/ours" "$work/theirs" | awk -v points="$1" -f "$work/compare.awk"; }
equal() { ours "$1" && theirs "$1" && compare "$2"; }

tests/proc/forecast_write "$work/wind.grib" 3 || exit 99
check "the workflow makes products of two levels" made "$work/wind.grib" "$work/small"
check "wind speed at both levels equals that of cdo" equal "$work/small" $((2 * 684))
swapped() {
    { tail -n 684 "$work/theirs" && head -n 684 "$work/theirs"; } >"$work/other" && mv "$work/other" "$work/theirs" && compare $((2 * 684))
}
refuses "and that of another level does not" swapped

if [ -s "$real" ]; then
    check "the workflow makes products of the real forecast" made "$real" "$work/real"
    check "its wind speed at 26 levels equals that of cdo" equal "$work/real" $((26 * 10512))
else
    skip "wind speed of the real forecast equals that of cdo" "the real forecast is not there: ./quickstart check fetches it"
fi
finish
