# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/fabric %D%/fabric_chaos %D%/fabric_rings %D%/memory %D%/ring %D%/rings %D%/transport
TESTS += %D%/fabric %D%/fabric_chaos %D%/fabric_rings %D%/memory %D%/ring %D%/rings %D%/transport
%C%_fabric_SOURCES = %D%/fabric.c
%C%_fabric_LDADD = $(unit_libs)
%C%_fabric_chaos_SOURCES = %D%/fabric_chaos.c
%C%_fabric_chaos_LDADD = $(unit_libs)
%C%_fabric_rings_SOURCES = %D%/fabric.c
%C%_fabric_rings_CPPFLAGS = $(AM_CPPFLAGS) -DON_RINGS
%C%_fabric_rings_LDADD = $(unit_libs)
%C%_ring_SOURCES = %D%/ring.c
%C%_ring_LDADD = $(unit_libs)
%C%_rings_SOURCES = %D%/rings.c
%C%_rings_LDADD = $(unit_libs)
%C%_memory_SOURCES = %D%/memory.c
%C%_memory_LDADD = $(unit_libs)
%C%_transport_SOURCES = %D%/transport.c
%C%_transport_LDADD = $(unit_libs)
endif
