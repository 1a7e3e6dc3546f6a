# SPDX-License-Identifier: BSD-3-Clause
# Targets are run for a few seconds in every test run (MAESTRO_FUZZ_SECONDS), on a corpus of the same name.  As libFuzzer targets:
#     clang -g -fsanitize=fuzzer,address,undefined -I. -Iinclude tests/fuzz/NAME.c <the sources of lib/> <libraries>
EXTRA_DIST += %D%/corpus

include %D%/wire.mk
include %D%/schema.mk
