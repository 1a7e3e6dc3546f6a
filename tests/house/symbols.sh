#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What the library shows to the linker.
. "${srcdir:=.}/tests/lib/tap.sh"
library=.libs/libmaestro.so

exported() { nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }'; }
foreign() { exported "$1" | grep -v '^mstro_'; }
none_foreign() { test -z "$(foreign "$1" | tee /dev/stderr)"; }
declared() { cat "$srcdir"/include/maestro/*.h | grep -oE '\bmstro_[a-z_]+\(' | tr -d '(' | sort -u; }
undeclared() { declared >"$work/declared"; exported "$library" | sort -u | comm -23 - "$work/declared"; }
none_undeclared() { test -z "$(undeclared | tee /dev/stderr)"; }
versioned() { nm -D --defined-only --with-symbol-versions "$library" | grep ' mstro_' | grep -v '@@MAESTRO_'; }
soname() { readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p'; }

printf 'int mstro_good(void) { return 0; }\nint leaked(void) { return 1; }\n' >"$work/planted.c"
${CC:-cc} -shared -fPIC -o "$work/planted.so" "$work/planted.c"

check "every exported symbol is mstro_*" none_foreign "$library"
check "another one is found, and no other" test "$(foreign "$work/planted.so")" = leaked
check "every exported symbol is declared in the public headers" none_undeclared
check "every exported symbol has a version" test -z "$(versioned)"
check "the SONAME carries the interface's number" test "$(soname)" = libmaestro.so.0
finish
