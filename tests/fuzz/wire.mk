# SPDX-License-Identifier: BSD-3-Clause
wire_fuzz = \
	%D%/frame \
	%D%/handshake \
	%D%/names \
	%D%/pool \
	%D%/ring
check_PROGRAMS += $(wire_fuzz)
TESTS += $(wire_fuzz)
LONG_TESTS += $(wire_fuzz)
%C%_frame_SOURCES = %D%/frame.c %D%/driver.c
%C%_frame_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"frame"'
%C%_frame_LDADD = libcore.la $(SODIUM_LIBS)
%C%_handshake_SOURCES = %D%/handshake.c %D%/driver.c
%C%_handshake_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"handshake"'
%C%_handshake_LDADD = libcore.la $(SODIUM_LIBS)
%C%_names_SOURCES = %D%/names.c %D%/driver.c
%C%_names_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"names"'
%C%_names_LDADD = libcore.la
%C%_pool_SOURCES = %D%/pool.c %D%/driver.c
%C%_pool_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"pool"'
%C%_pool_LDADD = libcore.la
%C%_ring_SOURCES = %D%/ring.c %D%/driver.c
%C%_ring_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS='"ring"'
%C%_ring_LDADD = libcore.la
