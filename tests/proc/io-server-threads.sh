#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The I/O server under ThreadSanitizer, in a build of its own: 4 producers and 4 consumers, as threads and as processes.
. "${srcdir:=.}/tests/lib/tap.sh"
top=$(cd "$srcdir" && pwd)

if [ -n "${SANITIZER_FLAGS-}" ]; then
    skip "no data race is found in the I/O server" "this build has a sanitizer: tests/proc/io-server.sh is that test here"
    finish
fi
unset MAKEFLAGS MFLAGS MAKELEVEL # those of the make that runs this test
mkdir "$work/build"
there() { (cd "$work/build" && "$@"); }
server_test() {
    srcdir=$top MAESTRO_TEST_SLOWNESS=5 \
        TSAN_OPTIONS="suppressions=$top/tests/lib/races.supp:history_size=4:log_path=$work/race" sh "$top/tests/proc/io-server.sh"
}
no_race() { ! cat "$work"/race.* 2>/dev/null; }

check "a build with ThreadSanitizer is configured" there "$top/configure" -q --enable-sanitizer=thread
check "and made" there make -s -j2 all
check "the I/O server does under it what it has to do" there server_test
check "and no process of it has a data race" no_race
finish
