# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/fabric
TESTS += %D%/fabric
%C%_fabric_SOURCES = %D%/fabric.c %D%/partner.c %D%/partner.h
%C%_fabric_LDADD = $(unit_libs)
endif
