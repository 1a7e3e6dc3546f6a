# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += %D%/abuse %D%/deaths %D%/rings %D%/search %D%/shortage %D%/simulate %D%/token
TESTS += %D%/abuse %D%/deaths %D%/rings %D%/search %D%/shortage %D%/simulate %D%/token
simulated_witness = %D%/audience.c %D%/audience.h %D%/testimony.c %D%/witness.c %D%/witness.h
%C%_abuse_SOURCES = %D%/abuse.c
%C%_abuse_LDADD = libcore.la
simulated_model = %D%/compare.c %D%/model.c %D%/model.h %D%/rules.c %D%/rules.h
simulated_world = $(simulated_model) $(simulated_witness) %D%/mover.c %D%/network.c %D%/observer.c %D%/observer.h %D%/parked.c %D%/parked.h %D%/process.c %D%/sets.c %D%/watchers.c \
	%D%/world.c %D%/world.h
%C%_deaths_SOURCES = %D%/deaths.c $(simulated_world)
%C%_deaths_LDADD = libcore.la
%C%_token_SOURCES = %D%/token.c
%C%_rings_SOURCES = %D%/rings.c
LONG_TESTS += %D%/deaths %D%/search %D%/simulate
%C%_search_SOURCES = %D%/search.c $(simulated_model)
%C%_search_CPPFLAGS = $(AM_CPPFLAGS) -DMODEL_SMALL
%C%_search_LDADD = libcore.la
%C%_shortage_SOURCES = %D%/shortage.c
%C%_shortage_LDADD = libcore.la
%C%_shortage_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=aligned_alloc,--wrap=realloc,--wrap=slab_take
%C%_simulate_SOURCES = %D%/simulate.c $(simulated_world)
%C%_simulate_LDADD = libcore.la

dist_check_SCRIPTS += %D%/mutants.sh %D%/planted.sh
TESTS += %D%/mutants.sh %D%/planted.sh
LONG_TESTS += %D%/mutants.sh
EXTRA_DIST += %D%/mutate.awk %D%/survivors tests/seeds/simulate
