# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/fabric %D%/fabric_dispositions %D%/fabric_loaded %D%/transport
TESTS += %D%/fabric %D%/fabric_dispositions %D%/transport
%C%_fabric_SOURCES = %D%/fabric.c %D%/partner.c %D%/partner.h
%C%_fabric_LDADD = $(unit_libs)
%C%_fabric_dispositions_SOURCES = %D%/fabric_dispositions.c
%C%_fabric_dispositions_LDADD = $(unit_libs)
%C%_transport_SOURCES = %D%/transport.c %D%/partner.c %D%/partner.h
%C%_transport_LDADD = $(unit_libs)
%C%_fabric_loaded_SOURCES = %D%/fabric_loaded.c
%C%_fabric_loaded_LDADD = libmaestro.la
%C%_fabric_loaded_LDFLAGS = $(AM_LDFLAGS) -no-install
endif
