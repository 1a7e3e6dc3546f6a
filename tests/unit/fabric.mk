# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/fabric %D%/fabric_chaos %D%/memory %D%/transport
TESTS += %D%/fabric %D%/fabric_chaos %D%/memory %D%/transport
%C%_fabric_SOURCES = %D%/fabric.c
%C%_fabric_LDADD = $(unit_libs)
%C%_fabric_chaos_SOURCES = %D%/fabric_chaos.c
%C%_fabric_chaos_LDADD = $(unit_libs)
%C%_memory_SOURCES = %D%/memory.c
%C%_memory_LDADD = $(unit_libs)
%C%_transport_SOURCES = %D%/transport.c
%C%_transport_LDADD = $(unit_libs)
endif
