# SPDX-License-Identifier: BSD-3-Clause
# The tests of lib/schema and lib/query.
if HAVE_CMOCKA
schema_tests = \
	%D%/attributes \
	%D%/selector
check_PROGRAMS += $(schema_tests)
TESTS += $(schema_tests)
%C%_attributes_SOURCES = %D%/attributes.c
%C%_attributes_LDADD = $(unit_libs)
%C%_selector_SOURCES = %D%/selector.c
%C%_selector_LDADD = $(unit_libs)
endif
