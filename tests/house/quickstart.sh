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

# A tree that is built already, whose tests say $tests_say and end with $tests_end, and whose demo ends with $demo_ends.
tree=$work/tree
mkdir -p "$tree/build/sample" "$tree/examples/forecast"
touch "$tree/configure" "$tree/build/Makefile"
chmod +x "$tree/configure"
echo GRIB >"$tree/build/sample/gfs.t12z.pgrbf120.2p5deg.grib2"
printf '  ||' >"$tree/build/.configured"
unset CC CFLAGS LDFLAGS
# shellcheck disable=SC2016
stand_in make 'case "$*" in *check*) echo "sample: $MAESTRO_SAMPLE"; echo "$tests_say"; exit "$tests_end" ;; esac'
# shellcheck disable=SC2016
echo 'echo "demo of $*"; exit $demo_ends' >"$tree/examples/forecast/run"
check_ends() {
    export tests_say="$1" tests_end="$2" demo_ends="$3"
    quickstart check --no-packages
}
last_line() { [ "$(tail -n 1 "$work/out")" = "$1" ] || { cat "$work/out" "$work/err"; return 1; }; }

check_ends '# PASS:  7
# FAIL:  0
SKIP: tests/x 1 - two nodes # SKIP there is one
# SKIP:  1' 0 0
check "check counts the demo as a test, and says so at its end" last_line "8 passed, 0 failed"
check "ends well then" test $code = 0
check "and says nothing on stderr" test ! -s "$work/err"
check "what was skipped is named with its reason" grep -qx 'SKIP: tests/x 1 - two nodes # SKIP there is one' "$work/out"
check "the demo runs on the real forecast" grep -qx "demo of $tree/build/sample/gfs.*" "$work/out"
check "of which the tests are told" grep -qx "sample: $tree/build/sample/gfs.*" "$tree/build/check.log"
mkdir -p "$tree/build/tests"
printf '%s\n' 'ok 2 - it begins' 'three are in' 'not ok 3 - it works' '# y.c:306: error: four expected' >"$tree/build/tests/y.log"
check_ends '# PASS:  7
FAIL: tests/y.sh 3 - it works
# FAIL:  1' 2 0
check "a test that fails is named" grep -qx 'FAIL: tests/y.sh 3 - it works' "$work/out"
check "with what it had to say" grep -qx '  | # y.c:306: error: four expected' "$work/out"
check "and counted" last_line "8 passed, 1 failed"
check "and fails" test $code = 1
git init -q "$tree"
printf '%s\n' build/ >"$tree/.gitignore"
check_ends '# PASS:  7' 0 0
check "in a checkout the same" last_line "8 passed, 0 failed"
# shellcheck disable=SC2016
stand_in make 'case "$*" in *check*) touch ../left; echo "# PASS:  7" ;; esac'
check_ends '' 0 0
check "a test that leaves something in the source tree fails" last_line "8 passed, 1 failed"
check "and what it left is shown" grep -qx '?? left' "$work/out"
# shellcheck disable=SC2016
stand_in make 'case "$*" in *check*) echo "$tests_say"; exit "$tests_end" ;; esac'
check_ends '# PASS:  7' 2 0
check "tests that end badly without a failure count as one" last_line "8 passed, 1 failed"
check_ends '# PASS:  7' 0 1
check "a demo that fails counts as one" last_line "7 passed, 1 failed"
check "and fails" test $code = 1
finish
