# SPDX-License-Identifier: BSD-3-Clause
# The tests of lib/schema and lib/query.
if HAVE_CMOCKA
schema_tests = \
	%D%/attribute_block \
	%D%/attributes \
	%D%/bombs \
	%D%/outline \
	%D%/schema \
	%D%/selector \
	%D%/selector_api \
	%D%/shape \
	%D%/yaml
check_PROGRAMS += $(schema_tests)
TESTS += $(schema_tests)
%C%_attribute_block_SOURCES = %D%/attribute_block.c
%C%_attribute_block_LDADD = $(unit_libs)
%C%_attributes_SOURCES = %D%/attributes.c %D%/attribute_table.c %D%/attribute_table.h
%C%_attributes_LDADD = $(unit_libs)
%C%_bombs_SOURCES = %D%/bombs.c tests/lib/cost.c tests/lib/cost.h
%C%_bombs_LDADD = $(unit_libs)
%C%_outline_SOURCES = %D%/outline.c
%C%_outline_LDADD = $(unit_libs)
%C%_schema_SOURCES = %D%/schema.c
%C%_schema_LDADD = libapi.la $(unit_libs)
%C%_selector_SOURCES = %D%/selector.c %D%/attribute_table.c %D%/attribute_table.h
%C%_selector_LDADD = $(unit_libs)
%C%_selector_api_SOURCES = %D%/selector_api.c
%C%_selector_api_LDADD = libmaestro.la $(CMOCKA_LIBS)
%C%_shape_SOURCES = %D%/shape.c %D%/attribute_table.c %D%/attribute_table.h
%C%_shape_LDADD = $(unit_libs)
%C%_yaml_SOURCES = %D%/yaml.c tests/lib/cost.c tests/lib/cost.h
%C%_yaml_LDADD = $(unit_libs)
endif
