#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What the library shows to the linker.
. "${srcdir:=.}/tests/lib/tap.sh"
library=.libs/libmaestro.so

exported() { nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }'; }
foreign() { exported "$1" | grep -v '^mstro_'; }
none_foreign() { test -z "$(foreign "$1" | tee /dev/stderr)"; }
declared() { cat "$srcdir"/include/maestro/*.h | grep -oE '\bmstro_[a-z_]+\(' | tr -d '(' | sort -u; }
exported "$library" | sort -u >"$work/exported"
declared >"$work/declared"
all_declared() { ! comm -23 "$work/exported" "$work/declared" | grep .; }
all_exported() { ! comm -13 "$work/exported" "$work/declared" | grep .; }
versioned() { nm -D --defined-only --with-symbol-versions "$library" | grep ' mstro_' | grep -v '@@MAESTRO_'; }
soname() { readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p'; }

printf 'int mstro_good(void) { return 0; }\nint leaked(void) { return 1; }\n' >"$work/planted.c"
${CC:-cc} -shared -fPIC -o "$work/planted.so" "$work/planted.c"

check "every exported symbol is mstro_*" none_foreign "$library"
check "another one is found, and no other" test "$(foreign "$work/planted.so")" = leaked
check "every exported symbol is declared in the public headers" all_declared
check "every declared function is exported" all_exported
check "and they are many" test "$(wc -l <"$work/declared")" -ge 70
check "every exported symbol has a version" test -z "$(versioned)"
check "the SONAME carries the interface's number" test "$(soname)" = libmaestro.so.0
finish
