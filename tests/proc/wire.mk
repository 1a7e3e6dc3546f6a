# SPDX-License-Identifier: BSD-3-Clause
# Real sockets, a real fabric, real daemons.
if HAVE_CMOCKA
serve_tests = \
	%D%/join
check_PROGRAMS += $(serve_tests)
TESTS += $(serve_tests)
%C%_join_SOURCES = %D%/join.c
%C%_join_LDADD = $(unit_libs) $(SODIUM_LIBS)
endif
