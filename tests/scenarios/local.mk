# SPDX-License-Identifier: BSD-3-Clause
# The same scenarios with the pool in the process, in the daemon and in the simulator.
scenarios = %D%/broker-dies.play %D%/broker.play %D%/cancelled-demand.play %D%/cancelled-withdraw.play \
	%D%/conflict-while-withdrawing.play %D%/conflict.play %D%/consumer-dies.play %D%/demand-before-offer.play \
	%D%/generations.play %D%/large-object.play %D%/leave-serves.play %D%/leave-waits.play %D%/name-only.play \
	%D%/no-requirement-no-protection.play %D%/producer-dies-withdrawing.play %D%/producer-dies.play \
	%D%/require-before-offer.play %D%/required-once.play %D%/retract.play %D%/several-consumers.play \
	%D%/signal.play %D%/small-object-survives.play %D%/small-object.play %D%/small-room.play %D%/used-again.play \
	%D%/withdraw-at-once.play %D%/withdraw-serves.play %D%/withdraw-waits-for-each.play %D%/withdraw-waits.play

check_PROGRAMS += %D%/simulated
TESTS += %D%/simulated
%C%_simulated_SOURCES = %D%/simulated.c %D%/play.c %D%/play.h $(simulated_world)
%C%_simulated_LDADD = libcore.la

if HAVE_CMOCKA
check_PROGRAMS += %D%/in_process %D%/reading %D%/with_manager
TESTS += %D%/in_process %D%/reading %D%/with_manager
%C%_reading_SOURCES = %D%/reading.c %D%/play.c %D%/play.h
%C%_reading_LDADD = $(unit_libs)
%C%_in_process_SOURCES = %D%/in_process.c %D%/direct.c %D%/direct.h %D%/play.c %D%/play.h tests/proc/actor.c tests/proc/actor.h tests/proc/stage.c \
	tests/proc/stage.h
%C%_in_process_LDADD = libmaestro.la $(unit_libs)
%C%_with_manager_SOURCES = %D%/with_manager.c %D%/direct.c %D%/direct.h %D%/play.c %D%/play.h tests/proc/stage.c tests/proc/stage.h
%C%_with_manager_LDADD = $(unit_libs)
endif
EXTRA_DIST += $(scenarios)
