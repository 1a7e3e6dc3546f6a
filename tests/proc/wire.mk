# SPDX-License-Identifier: BSD-3-Clause
# Real sockets, a real fabric, real daemons.
if HAVE_CMOCKA
serve_tests = \
	%D%/daemon \
	%D%/death \
	%D%/exchange \
	%D%/flood \
	%D%/group \
	%D%/join \
	%D%/partition \
	%D%/same_node \
	%D%/schemas \
	%D%/standstill
check_PROGRAMS += $(serve_tests)
TESTS += $(serve_tests)
LONG_TESTS += %D%/death %D%/flood %D%/partition
check_PROGRAMS += %D%/linear
TESTS += %D%/linear
%C%_linear_SOURCES = %D%/linear.c tests/lib/history.c tests/lib/history.h %D%/stage.c %D%/stage.h
%C%_linear_LDADD = libmaestro.la $(unit_libs)
check_PROGRAMS += %D%/actor
check_PROGRAMS += %D%/manager_short_of_threads %D%/thread_shortage
TESTS += %D%/thread_shortage
%C%_manager_short_of_threads_SOURCES = $(pool_manager_sources) tests/lib/thread_shortage.c tests/lib/thread_shortage.h
%C%_manager_short_of_threads_LDADD = $(maestro_static)
%C%_thread_shortage_SOURCES = %D%/thread_shortage.c tests/lib/thread_shortage.c tests/lib/thread_shortage.h %D%/stage.c %D%/stage.h
%C%_thread_shortage_LDADD = $(maestro_static) $(CMOCKA_LIBS)
check_PROGRAMS += %D%/watcher %D%/subscribers
TESTS += %D%/subscribers
LONG_TESTS += %D%/subscribers
%C%_watcher_SOURCES = %D%/watcher.c
%C%_watcher_LDADD = libmaestro.la
%C%_subscribers_SOURCES = %D%/subscribers.c %D%/stage.c %D%/stage.h
%C%_subscribers_LDADD = $(unit_libs)
check_PROGRAMS += %D%/subscriber_threads
TESTS += %D%/subscriber_threads
%C%_subscriber_threads_SOURCES = %D%/subscriber_threads.c %D%/stage.c %D%/stage.h
%C%_subscriber_threads_LDADD = libmaestro.la $(unit_libs)
%C%_actor_SOURCES = %D%/actor.c %D%/actor.h %D%/actor_process.c
%C%_actor_LDADD = libmaestro.la
%C%_daemon_SOURCES = %D%/daemon.c %D%/stage.c %D%/stage.h
%C%_daemon_LDADD = $(unit_libs)
%C%_death_SOURCES = %D%/death.c %D%/stage.c %D%/stage.h %D%/tries.c %D%/tries.h
%C%_death_LDADD = $(unit_libs)
%C%_exchange_SOURCES = %D%/exchange.c %D%/stage.c %D%/stage.h
%C%_exchange_LDADD = $(unit_libs)
%C%_group_SOURCES = %D%/group.c %D%/stage.c %D%/stage.h
%C%_group_LDADD = $(unit_libs)
%C%_same_node_SOURCES = %D%/same_node.c %D%/stage.c %D%/stage.h
%C%_same_node_LDADD = $(unit_libs)
%C%_partition_SOURCES = %D%/partition.c %D%/cable.c %D%/cable.h %D%/stage.c %D%/stage.h %D%/tries.c %D%/tries.h
%C%_partition_LDADD = $(unit_libs)
%C%_flood_SOURCES = %D%/flood.c %D%/stage.c %D%/stage.h
%C%_flood_LDADD = $(unit_libs) $(SODIUM_LIBS)
%C%_join_SOURCES = %D%/join.c
%C%_join_LDADD = $(unit_libs) $(SODIUM_LIBS)
%C%_schemas_SOURCES = %D%/schemas.c %D%/stage.c %D%/stage.h
%C%_schemas_LDADD = $(unit_libs)
%C%_standstill_SOURCES = %D%/standstill.c %D%/stage.c %D%/stage.h %D%/tries.c %D%/tries.h
%C%_standstill_LDADD = $(maestro_static) $(CMOCKA_LIBS)
dist_check_SCRIPTS += %D%/providers.sh %D%/shards.sh
TESTS += %D%/providers.sh %D%/shards.sh
endif

dist_check_SCRIPTS += %D%/full-file-systems.sh %D%/netns.sh
TESTS += %D%/full-file-systems.sh %D%/netns.sh
