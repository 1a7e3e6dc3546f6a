#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What has to be made before it can be compiled is made by whatever needs it: any one target may be asked for in a fresh tree.
. "${srcdir:=.}/tests/lib/tap.sh"
root=$(cd "$srcdir" && pwd)

# What make would do in a folder where nothing is yet but the Makefile.
cp Makefile "$work/Makefile"
(cd "$work" && MAKEFLAGS='' "${MAKE:-make}" -n -o Makefile srcdir="$root" top_srcdir="$root" VPATH="$root" lib/schema/catalogue.lo) >"$work/steps" 2>&1
makes_first() { awk -v made="$1" -v compiled="$2" '$0 ~ made { if (!first) first = NR } $0 ~ compiled { if (!then) then = NR } END { exit !(first && then && first < then) }' "$work/steps"; }

check "the object with the built-in schemas makes core_yaml.h first" makes_first 'core_yaml\.h\.tmp' 'schema/catalogue\.c'
check "and ecmwf_yaml.h" makes_first 'ecmwf_yaml\.h\.tmp' 'schema/catalogue\.c'
finish
