#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What must not stand in the source: promises instead of code, paths of one machine, hosts of package registries.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/sources.sh"

# In pieces, so that this file does not hold them itself.
words='TO''DO|FIX''ME|X''XX|HA''CK'
paths='/wo''rk|/home/[a-z]+|/ro''ot'
hosts='py''pi\.org|python''hosted\.org|npm''js\.(org|com)|crates\.''io|ruby''gems\.org|deb\.''debian\.org|proxy\.''golang\.org|doc''ker\.io'

offences() {
    source_files "$1" | grep -vE '\.(grib2?|grb|bin|png|xz|gz)$' | while IFS= read -r file; do
        grep -HnIE "(^|[^A-Za-z0-9_])($words)([^A-Za-z0-9_]|\$)|(^|[^A-Za-z0-9_.}\$*-])($paths)(/|[^A-Za-z0-9_/-]|\$)|$hosts" "$1/$file"
    done
}
nothing_in() { test -z "$(offences "$1" | tee /dev/stderr)"; }
plant() {
    rm -rf "$work/tree"
    mkdir "$work/tree"
    echo "$1" >"$work/tree/planted.c"
}
finds() { offences "$work/tree" | grep -q 'planted.c:1:'; }

check "the source is free of them" nothing_in "$srcdir"
plant "int x; /* TO""DO: the rest */"
check "a promise is found" finds
plant "open(\"/wo""rk/main/x\")"
check "a path of one machine is found" finds
plant "wget https://files.python""hosted.org/x"
check "a registry is found" finds
plant 'mkstemp("/tmp/maestro-XXXXXX"); hackney(); "$top/worker/x"; network/work'
check "what only looks like them is not" nothing_in "$work/tree"
finish
