# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/wire
TESTS += tests/unit/wire
tests_unit_wire_SOURCES = tests/unit/wire.c
tests_unit_wire_LDADD = $(unit_libs)
endif
EXTRA_DIST += tests/unit/golden/records.hex
