#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Programs of users build and run against the installed tree: by pkg-config, by CMake, by plain -I and -l.
. "${srcdir:=.}/tests/lib/tap.sh"
here=$(CDPATH='' cd -- "$srcdir/tests/install" && pwd)
# Arguments that the sanitizer needs where the library was built with one; usually none.
# shellcheck disable=SC2154 # tap.sh sets work
stage=$work/stage
sanitize=${SANITIZER_FLAGS-}
# shellcheck disable=SC2086 # lists of words
cc() { ${CC:-cc} $sanitize "$@"; }
# shellcheck disable=SC2086 # lists of words
cxx() { ${CXX:-c++} $sanitize "$@"; }
c11() { cc -std=c11 -pedantic -Wall -Wextra -Werror "$@"; }
cxx17() { cxx -std=c++17 -pedantic -Wall -Wextra -Werror "$@"; }

check "make install works into an empty folder" env MAKEFLAGS= "${MAKE:-make}" -s install DESTDIR="$stage"
pc=$(find "$stage" -name maestro.pc)
lib=$(dirname "$(dirname "${pc:-$stage/lib/pkgconfig/none}")")
include=$(dirname "$(dirname "$(find "$stage" -name maestro.h)")")
export PKG_CONFIG_PATH="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage" LD_LIBRARY_PATH="$lib"

check "the library is there with its SONAME" test -e "$lib/libmaestro.so.0"
refuses "nothing of the build is left in the installed texts" \
    grep -rlF -e "$PWD/" -e "$stage" "$include" "$lib/pkgconfig" "$lib/cmake"

for header in "$include"/maestro/*.h; do
    name=${header##*/}
    check "$name alone is legal C11" c11 -I"$include" -fsyntax-only -include "maestro/$name" -x c /dev/null
    check "$name alone is legal C++17" cxx17 -I"$include" -fsyntax-only -include "maestro/$name" -x c++ /dev/null
done

for form in "-I$include" "-I$include/maestro -DPLAIN_INCLUDE"; do
    # shellcheck disable=SC2086 # a list of words
    {
        check "the contract holds in C11 with ${form#"-I$stage"}" c11 $form -c -o "$work/contract.o" "$here/contract.c"
        check "and in C++17" cxx17 $form -c -o "$work/contract_cc.o" "$here/contract.cc"
    }
done

# By plain flags.
check "the C program builds with -I and -l" c11 -I"$include" -o "$work/plain" "$here/program.c" -L"$lib" -lmaestro
check "and offers and demands in one process" "$work/plain"
check "the C++ program builds with -I and -l" \
    cxx17 -I"$include/maestro" -DPLAIN_INCLUDE -o "$work/plain_cc" "$here/program.cc" -L"$lib" -lmaestro -pthread
check "and signals from thread to thread" "$work/plain_cc"

check "a program that takes the address of every function links in C11" cc -o "$work/contract" "$work/contract.o" -L"$lib" -lmaestro
check "and in C++17" cxx -o "$work/contract_cc" "$work/contract_cc.o" -L"$lib" -lmaestro
check "it runs" "$work/contract"
check "in C++17 too" "$work/contract_cc"
if [ -z "$sanitize" ]; then
    needed() { readelf -d "$work/plain" | grep NEEDED; }
    check "it needs the library by its SONAME" test "$(needed | grep -c 'libmaestro\.so\.0')" = 1
fi

# What the examples are: programs of users.
io_server() {
    c11 -D_GNU_SOURCE -I"$include" -I"$srcdir" -o "$work/io-server" "$srcdir/examples/io-server/io-server.c" \
        "$srcdir/examples/io-server/model_field.c" -L"$lib" -lmaestro -pthread
}
check "the I/O server of the examples builds against the installed tree" io_server
check "and its 4 producers and 4 consumers run there" env MSTRO_WORKFLOW_NAME=installed "$work/io-server" all

# By pkg-config.
if command -v pkg-config >/dev/null; then
    # shellcheck disable=SC2046 # a list of words
    {
        check "the C program builds with pkg-config" c11 -o "$work/packaged" "$here/program.c" $(pkg-config --cflags --libs maestro)
        check "the C++ program builds with pkg-config" \
            cxx17 -DPLAIN_INCLUDE -o "$work/packaged_cc" "$here/program.cc" $(pkg-config --cflags --libs maestro) -pthread
    }
    check "the C program runs" "$work/packaged"
    check "the C++ program runs" "$work/packaged_cc"
    check "pkg-config and the library agree on the version" \
        test "$("$work/packaged" | cut -d' ' -f1)" = "$(pkg-config --modversion maestro)"
else
    skip "pkg-config" "pkg-config is not here"
fi

# By CMake.
if command -v cmake >/dev/null; then
    configure_user() {
        CC=${CC:-cc} CXX=${CXX:-c++} CFLAGS=$sanitize CXXFLAGS=$sanitize \
            cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="${lib%/lib*}" -Dmaestro_DIR="$lib/cmake/maestro"
    }
    check "CMake finds the package, and no version of the future" configure_user
    check "the programs build with Maestro::maestro" env MAKEFLAGS= cmake --build "$work/cmake"
    check "the C program runs" "$work/cmake/program_c"
    check "the C++ program runs" "$work/cmake/program_cxx"
else
    skip "CMake" "cmake is not here"
fi

# A tool sees the calls of a program.
check "a tool that interposes builds" c11 -Wno-pedantic -shared -fPIC -I"$include" -o "$work/interposer.so" "$here/interposer.c" -ldl
interpose() { ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$work/interposer.so" "$work/plain"; }
sees() { interpose 2>&1 | grep -qx 'interposed offer of field'; }
check "it sees an offer of a program that still works" interpose
check "and its name" sees

check "make uninstall leaves nothing" env MAKEFLAGS= "${MAKE:-make}" -s uninstall DESTDIR="$stage"
files_left() { find "$stage" ! -type d | grep .; }
refuses "no file" files_left
finish
