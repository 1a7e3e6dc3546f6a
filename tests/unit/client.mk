# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/client
TESTS += %D%/client
%C%_client_SOURCES = %D%/client.c
%C%_client_LDADD = $(unit_libs)
endif
