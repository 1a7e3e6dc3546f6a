# SPDX-License-Identifier: BSD-3-Clause
# The tests of lib/wire.
if HAVE_CMOCKA
wire_tests = \
	%D%/copy \
	%D%/frame \
	%D%/handshake \
	%D%/names \
	%D%/outbox \
	%D%/wire
check_PROGRAMS += $(wire_tests)
TESTS += $(wire_tests)
%C%_copy_SOURCES = %D%/copy.c
%C%_copy_LDADD = $(unit_libs)
%C%_frame_SOURCES = %D%/frame.c
%C%_frame_LDADD = $(unit_libs) $(SODIUM_LIBS)
%C%_handshake_SOURCES = %D%/handshake.c
%C%_handshake_LDADD = $(unit_libs) $(SODIUM_LIBS)
%C%_names_SOURCES = %D%/names.c
%C%_names_LDADD = $(unit_libs)
%C%_outbox_SOURCES = %D%/outbox.c
%C%_outbox_LDADD = $(unit_libs) $(SODIUM_LIBS)
%C%_wire_SOURCES = %D%/wire.c
%C%_wire_LDADD = $(unit_libs)
endif
EXTRA_DIST += \
	%D%/golden/frames.hex \
	%D%/golden/records.hex
