# SPDX-License-Identifier: BSD-3-Clause
# sources.sh - which files are the project's own; needs nothing but find, uses git where there is a repository
# shellcheck shell=sh

# source_files TREE: paths below TREE, one a line, without what is generated
source_files() {
    if [ "$(git -C "$1" rev-parse --show-prefix 2>/dev/null; echo $?)" = "
0" ]; then
        (cd "$1" && git ls-files -co --exclude-standard | while IFS= read -r file; do [ ! -f "$file" ] || echo "$file"; done)
    else
        (cd "$1" && find . \( -name .git -o -name .libs -o -name .deps -o -name build -o -name 'build-*' -o -name _build \
            -o -name _inst -o -name autom4te.cache -o -name '*.log' -o -name '*.trs' -o -name 'maestro-[0-9]*' \) -prune -o \
            -type f -print | sed 's|^\./||') |
            grep -vxE 'configure~?|aclocal\.m4|Makefile(\.in)?|config\.(h|h\.in|log|status)~?|stamp-h1|libtool|maestro\.pc|maestro-config(-version)?\.cmake|m4/(libtool|lt.*|pkg)\.m4'
    fi
}

# written_files TREE: those of them that people write in a language with comments
written_files() {
    source_files "$1" | grep -E '\.(c|h|cc|cpp|hpp|sh|py|awk|mk|am|ac|m4|yaml|yml|cmake|in|map|def|y)$|^quickstart$|^\.ci/|^\.clang-format$'
}
