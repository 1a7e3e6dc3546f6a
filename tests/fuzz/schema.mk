# SPDX-License-Identifier: BSD-3-Clause
schema_fuzz = \
	%D%/schema_block \
	%D%/schema_text \
	%D%/selector_query
check_PROGRAMS += $(schema_fuzz)
TESTS += $(schema_fuzz)
LONG_TESTS += $(schema_fuzz)
%C%_schema_block_SOURCES = %D%/schema_block.c %D%/driver.c
%C%_schema_block_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"schema_block"'
%C%_schema_block_LDADD = libcore.la
%C%_schema_text_SOURCES = %D%/schema_text.c %D%/driver.c
%C%_schema_text_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"schema_text"'
%C%_schema_text_LDADD = libcore.la
%C%_selector_query_SOURCES = %D%/selector_query.c %D%/driver.c
%C%_selector_query_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"selector_query"'
%C%_selector_query_LDADD = libcore.la
