# SPDX-License-Identifier: BSD-3-Clause
if HAVE_CMOCKA
check_PROGRAMS += %D%/client %D%/client_cancel %D%/client_groups %D%/client_life %D%/client_shards %D%/client_subscription %D%/holders %D%/porter %D%/session %D%/waiting
TESTS += %D%/client %D%/client_cancel %D%/client_groups %D%/client_life %D%/client_shards %D%/client_subscription %D%/holders %D%/porter %D%/session %D%/waiting
%C%_client_SOURCES = %D%/client.c %D%/conversation.c %D%/conversation.h
%C%_client_groups_SOURCES = %D%/client_groups.c %D%/conversation.c %D%/conversation.h
%C%_client_groups_LDADD = $(unit_libs)
%C%_client_life_SOURCES = %D%/client_life.c %D%/conversation.c %D%/conversation.h
%C%_client_life_LDADD = $(unit_libs)
%C%_client_shards_SOURCES = %D%/client_shards.c %D%/conversation.c %D%/conversation.h
%C%_client_shards_LDADD = $(unit_libs)
%C%_client_LDADD = $(unit_libs)
%C%_client_cancel_SOURCES = %D%/client_cancel.c %D%/conversation.c %D%/conversation.h
%C%_client_cancel_LDADD = $(unit_libs)
%C%_client_subscription_SOURCES = %D%/client_subscription.c
%C%_client_subscription_LDADD = $(unit_libs)
%C%_client_subscription_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
%C%_porter_SOURCES = %D%/porter.c
%C%_porter_LDADD = $(unit_libs)
%C%_holders_SOURCES = %D%/holders.c
%C%_holders_LDADD = $(unit_libs)
%C%_session_SOURCES = %D%/session.c
%C%_session_LDADD = $(unit_libs)
%C%_waiting_SOURCES = %D%/waiting.c
%C%_waiting_LDADD = $(unit_libs)
endif
