#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ./quickstart before it builds anything: what it says of packages, and what a user hears who cannot be root.
. "${srcdir:=.}/tests/lib/tap.sh"
source=$(cd "$srcdir" && pwd)

# A copy, because it makes its build folder where it stands; programs that stand in for those of a machine without cairo, where
# nobody can be root.
mkdir "$work/tree" "$work/bin"
cp "$source/quickstart" "$source/configure.ac" "$work/tree/"
stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
# shellcheck disable=SC2016
{
    stand_in id 'echo 1000'
    stand_in sudo 'exit 1'
    stand_in apt-get 'echo "apt-get was called: $*" >&2; exit 1'
    stand_in dpkg-query 'for name; do :; done; case $name in libcairo2-dev | cmake) exit 1 ;; esac; printf installed'
}
quickstart() {
    code=0
    (cd "$work/tree" && PATH="$work/bin:$PATH" ./quickstart "$@") >"$work/out" 2>"$work/err" </dev/null || code=$?
    cat "$work/out" "$work/err"
}
says() { grep -qxF -e "$1" "$work/err" || { cat "$work/out" "$work/err"; return 1; }; }

quickstart --list
check "--list ends well" test $code = 0
undescribed() { awk 'NF < 2 { print; n = 1 } END { exit !n }' "$work/out"; }
refuses "and names no package without what it is for" undescribed
every_package_is_listed() {
    sed -n '/^package_table() {/,/^}/s/^\([a-z0-9-]*\)|.*/\1/p' "$work/tree/quickstart" >"$work/table"
    [ "$(wc -l <"$work/table")" -gt 10 ] || return 1
    echo python-grib-doc | cat "$work/table" - | while read -r name; do grep -q "^$name " "$work/out" || echo "$name"; done | { ! grep .; }
}
check "it names every package, the sample too" every_package_is_listed

quickstart
check "who cannot be root is refused with 1" test $code = 1
check "and gets the one line that root has to run" says "  apt-get install --no-install-recommends libcairo2-dev"
check "and that nothing was done" says "quickstart: nothing was installed or built"
refuses "and nothing was called that changes the machine" grep "apt-get was called" "$work/err"
quickstart check
check "the tests need more packages" says "  apt-get install --no-install-recommends libcairo2-dev cmake"
check "and count as failed" grep -qx '0 passed, 1 failed' "$work/out"

quickstart forecast.grib
check "a file that is not there is named" grep -q '^quickstart: cannot read forecast.grib' "$work/err"
check "with 1" test $code = 1
quickstart --fast
check "an unknown option is a usage error" test $code = 2
check "and is named" says "quickstart: unknown option --fast"
finish
