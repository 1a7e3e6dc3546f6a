# SPDX-License-Identifier: BSD-3-Clause
# The tests of lib/base.
if HAVE_CMOCKA
base_tests = \
	%D%/arena \
	%D%/clock \
	%D%/detail \
	%D%/eventcount \
	%D%/heap \
	%D%/histogram \
	%D%/list \
	%D%/log \
	%D%/map \
	%D%/random \
	%D%/setting \
	%D%/slab \
	%D%/spare \
	%D%/utf8
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
%C%_arena_SOURCES = %D%/arena.c
%C%_arena_LDADD = $(unit_libs)
%C%_clock_SOURCES = %D%/clock.c
%C%_clock_LDADD = $(unit_libs)
%C%_detail_SOURCES = %D%/detail.c
%C%_detail_LDADD = $(unit_libs)
%C%_eventcount_SOURCES = %D%/eventcount.c
%C%_eventcount_LDADD = $(unit_libs)
%C%_heap_SOURCES = %D%/heap.c
%C%_heap_LDADD = $(unit_libs)
%C%_histogram_SOURCES = %D%/histogram.c
%C%_histogram_LDADD = $(unit_libs)
%C%_list_SOURCES = %D%/list.c
%C%_list_LDADD = $(unit_libs)
%C%_log_SOURCES = %D%/log.c
%C%_log_LDADD = $(unit_libs)
%C%_map_SOURCES = %D%/map.c
%C%_map_LDADD = $(unit_libs)
%C%_random_SOURCES = %D%/random.c
%C%_random_LDADD = $(unit_libs)
%C%_slab_SOURCES = %D%/slab.c
%C%_slab_LDADD = $(unit_libs)
%C%_spare_SOURCES = %D%/spare.c
%C%_spare_LDADD = $(unit_libs)
%C%_setting_SOURCES = %D%/setting.c
%C%_setting_LDADD = $(unit_libs)
%C%_utf8_SOURCES = %D%/utf8.c
%C%_utf8_LDADD = $(unit_libs)
endif
