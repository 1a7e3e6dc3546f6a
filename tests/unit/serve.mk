# SPDX-License-Identifier: BSD-3-Clause
# The tests of lib/loop and lib/serve, and of the checker of histories.
if HAVE_CMOCKA
serve_unit_tests = \
	%D%/first_reason \
	%D%/history \
	%D%/host \
	%D%/mailbox \
	%D%/shard
check_PROGRAMS += $(serve_unit_tests)
TESTS += $(serve_unit_tests)
%C%_first_reason_SOURCES = %D%/first_reason.c
%C%_first_reason_LDADD = $(unit_libs)
%C%_history_SOURCES = %D%/history.c tests/lib/history.c tests/lib/history.h
%C%_history_LDADD = $(unit_libs)
%C%_host_SOURCES = %D%/host.c
%C%_host_LDADD = $(unit_libs)
%C%_host_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=aligned_alloc,--wrap=realloc
%C%_mailbox_SOURCES = %D%/mailbox.c
%C%_mailbox_LDADD = $(unit_libs)
%C%_shard_SOURCES = %D%/shard.c
%C%_shard_LDADD = $(unit_libs)
%C%_shard_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fabric_wake
endif
