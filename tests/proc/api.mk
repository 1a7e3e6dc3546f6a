# SPDX-License-Identifier: BSD-3-Clause
# The public interface: what it promises inside one process, and short plays for threads or processes.
if HAVE_CMOCKA
check_PROGRAMS += %D%/api_in_process %D%/api_start_and_end %D%/api_with_manager %D%/api_pool_manager
TESTS += %D%/api_in_process %D%/api_start_and_end %D%/api_with_manager %D%/api_pool_manager
%C%_api_in_process_SOURCES = %D%/api_in_process.c %D%/api_scenarios.c %D%/api_group_scenarios.c %D%/api_listed_scenarios.c %D%/api_event_scenarios.c %D%/api_scenarios.h %D%/api_play.c %D%/api_play.h
%C%_api_in_process_LDADD = libmaestro.la $(CMOCKA_LIBS)
%C%_api_start_and_end_SOURCES = %D%/api_start_and_end.c
%C%_api_start_and_end_LDADD = libmaestro.la $(CMOCKA_LIBS)
%C%_api_with_manager_SOURCES = %D%/api_with_manager.c %D%/api_scenarios.c %D%/api_group_scenarios.c %D%/api_listed_scenarios.c %D%/api_event_scenarios.c %D%/api_scenarios.h %D%/api_play.c %D%/api_play.h
%C%_api_with_manager_LDADD = libmaestro.la $(CMOCKA_LIBS)

check_PROGRAMS += %D%/api_leaves_nothing
TESTS += %D%/api_leaves_nothing
%C%_api_leaves_nothing_SOURCES = %D%/api_leaves_nothing.c %D%/stage.c %D%/stage.h
%C%_api_leaves_nothing_LDADD = libmaestro.la $(unit_libs)

check_PROGRAMS += %D%/api_subscriptions
TESTS += %D%/api_subscriptions
%C%_api_subscriptions_SOURCES = %D%/api_subscriptions.c
%C%_api_subscriptions_LDADD = libmaestro.la $(CMOCKA_LIBS)

check_PROGRAMS += %D%/api_carrier
TESTS += %D%/api_carrier
%C%_api_carrier_SOURCES = %D%/api_carrier.c
%C%_api_carrier_LDADD = libmaestro.la $(CMOCKA_LIBS)
%C%_api_pool_manager_SOURCES = %D%/api_pool_manager.c
%C%_api_pool_manager_LDADD = libmaestro.la $(CMOCKA_LIBS)
endif
