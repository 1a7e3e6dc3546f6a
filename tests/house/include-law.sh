#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Includes point downwards only, and the engine stays pure.
. "${srcdir:=.}/tests/lib/tap.sh"
. "$srcdir/tests/lib/sources.sh"

# folder | what it may include besides itself: folders of lib/, single headers
law() {
    cat <<'END'
lib/base|
lib/wire|base
lib/loop|base
lib/layout|base
lib/system|base
lib/schema|base wire/cursor.h
lib/query|base wire/cursor.h schema
lib/pool|base wire schema query
lib/fabric|base wire loop
lib/transport|base wire loop layout system fabric
lib/serve|base wire loop schema query pool layout system fabric transport
lib/client|base wire loop schema query pool layout system fabric transport serve
lib/api|base wire loop schema query pool layout system fabric transport client serve
pool-manager|base wire loop schema query pool layout system fabric transport client serve api apps/exit_code.h
apps|base wire loop schema query pool layout system fabric transport client serve api pool-manager/settings.h
END
}

# violations TREE: one a line
violations() {
    tree=$1
    law >"$work/law"
    source_files "$tree" | grep -E '^(lib|pool-manager|apps|examples|include)/.*\.(c|h|cc|def)$' | while IFS= read -r file; do
        awk -F'|' -v file="$file" '
            FILENAME != source { allowed[$1] = " " $2 " "; next }
            { match_line($0, FNR) }
            function complain(line, text) { print file ":" line ": " text }
            function folder_of(path,   parts) {
                split(path, parts, "/")
                return parts[1] == "lib" ? parts[1] "/" parts[2] : parts[1]
            }
            function match_line(text, line,   path, own, theirs, rest) {
                own = folder_of(file)
                if (own ~ /^lib\/(pool|query|schema|wire)$/ && \
                    text ~ /(clock_now|clock_wall|clock_gettime|getrandom|random_kernel|pthread_[a-z]+|socket|epoll_[a-z0-9]+) *\(/)
                    complain(line, "clock, randomness, threads and sockets are given to the engine, not called by it")
                if (own == "lib/pool" && text ~ /^ *# *include *<(pthread|threads|unistd|sys\/(socket|epoll|mman))/)
                    complain(line, "the engine has no threads, sockets or mappings")
                if (own != "lib/fabric" && own != "lib/transport" && text ~ /^ *# *include *<rdma\//)
                    complain(line, "only lib/fabric and lib/transport know libfabric")
                if (text !~ /^ *# *include *"/)
                    return
                path = text
                sub(/^[^"]*"/, "", path)
                sub(/".*/, "", path)
                if (own == "include") {
                    if (path ~ /\//)
                        complain(line, "public headers include each other by their bare names, not " path)
                    return
                }
                if (path ~ /^maestro\// || path == "config.h" || path ~ "^" own "/")
                    return
                if (own == "examples") {
                    if (path ~ /^(lib|apps|pool-manager)\// || path ~ /\.\./)
                        complain(line, "an example uses the public headers only, not " path)
                    return
                }
                if (path !~ /^(lib|pool-manager|apps)\//) {
                    complain(line, "include by path from the top of the source, not " path)
                    return
                }
                theirs = folder_of(path)
                sub(/^lib\//, "", theirs)
                rest = path
                sub(/^lib\//, "", rest)
                if (!(own in allowed))
                    complain(line, "folder " own " is not in the law")
                else if (!index(allowed[own], " " theirs " ") && !index(allowed[own], " " rest " "))
                    complain(line, own " must not include " path)
            }' source="$tree/$file" "$work/law" source="$tree/$file" "$tree/$file"
    done
}

nothing_in() { test -z "$(violations "$1" | tee /dev/stderr)"; }

# plant FILE LINE: a tree with this one line in this one file
plant() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/$(dirname "$1")"
    printf '/* a planted file */\n%s\n' "$2" >"$work/tree/$1"
}
finds() { violations "$work/tree" | grep -q "^$1:2: $2"; }

check "the source keeps the law" nothing_in "$srcdir"

plant lib/base/planted.c '#include "lib/wire/frame.h"'
check "an include that points upwards is found" finds lib/base/planted.c 'lib/base must not include'
plant lib/pool/planted.c '#include "lib/fabric/endpoint.h"'
check "so is an engine that includes the fabric" finds lib/pool/planted.c 'lib/pool must not include'
plant lib/schema/planted.h '#include "lib/wire/frame.h"'
check "so is a header of a folder of which only another header is free" finds lib/schema/planted.h 'lib/schema must not'
plant lib/schema/planted.h '#include "lib/wire/cursor.h"'
check "the one that is free may be included" nothing_in "$work/tree"
plant lib/client/planted.c '#include "pool.h"'
check "a path that is not from the top is found" finds lib/client/planted.c 'include by path'
plant lib/new/planted.c '#include "lib/base/view.h"'
check "a folder that is not in the law is found" finds lib/new/planted.c 'folder lib/new is not in the law'
plant lib/pool/planted.c '    now = clock_now();'
check "an engine that asks for the time is found" finds lib/pool/planted.c 'clock, randomness'
plant lib/client/planted.c '#include <rdma/fabric.h>'
check "libfabric outside of its folders is found" finds lib/client/planted.c 'only lib/fabric'
plant examples/planted.c '#include "lib/base/log.h"'
check "an example that looks behind the public headers is found" finds examples/planted.c 'an example'
plant include/maestro/planted.h '#include "maestro/types.h"'
check "a public header that needs two include paths is found" finds include/maestro/planted.h 'public headers'
finish
