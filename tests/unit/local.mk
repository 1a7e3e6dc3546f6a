# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/status
TESTS += %D%/status
%C%_status_SOURCES = %D%/status.c
%C%_status_LDADD = $(unit_libs)
endif
if HAVE_CMOCKA
check_PROGRAMS += %D%/subscription_scale
TESTS += %D%/subscription_scale
%C%_subscription_scale_SOURCES = %D%/subscription_scale.c
%C%_subscription_scale_LDADD = $(unit_libs)
endif
if HAVE_CMOCKA
check_PROGRAMS += %D%/group_scale
TESTS += %D%/group_scale
%C%_group_scale_SOURCES = %D%/group_scale.c tests/lib/cost.c tests/lib/cost.h
%C%_group_scale_LDADD = $(unit_libs)
endif
if HAVE_CMOCKA
check_PROGRAMS += %D%/reasons
TESTS += %D%/reasons
%C%_reasons_SOURCES = %D%/reasons.c
%C%_reasons_LDADD = libmaestro.la $(CMOCKA_LIBS)
endif
include %D%/base.mk
include %D%/wire.mk
include %D%/serve.mk
include %D%/schema.mk
include %D%/fabric.mk
include %D%/client.mk
