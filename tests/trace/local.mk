# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += %D%/traces
TESTS += %D%/traces
%C%_traces_SOURCES = %D%/traces.c
%C%_traces_LDADD = libcore.la
EXTRA_DIST += \
	%D%/conflict-while-withdrawing.trace \
	%D%/conflict.trace \
	%D%/demand-cancelled.trace \
	%D%/demand-fails.trace \
	%D%/demand-implies-require.trace \
	%D%/demand-then-offer.trace \
	%D%/demand-twice.trace \
	%D%/dispose.trace \
	%D%/generations.trace \
	%D%/handle-holds-or-needs.trace \
	%D%/inline-beyond-budget.trace \
	%D%/inline-death.trace \
	%D%/inline-generations.trace \
	%D%/inline-leave.trace \
	%D%/inline-withdraw.trace \
	%D%/join-refused.trace \
	%D%/lease-not-over.trace \
	%D%/leave-and-die.trace \
	%D%/leave-at-once.trace \
	%D%/leave-cancelled.trace \
	%D%/leave-each-other.trace \
	%D%/leave-ends-its-demands.trace \
	%D%/leave-forced.trace \
	%D%/leave.trace \
	%D%/loss-borne-by-offer.trace \
	%D%/loss-borne-by-requirer.trace \
	%D%/loss-told-after-new-offer.trace \
	%D%/lost-after-demand.trace \
	%D%/lost-as-it-completes.trace \
	%D%/lost-before-demand.trace \
	%D%/lost-during-demand.trace \
	%D%/memory-budget.trace \
	%D%/not-for-a-client.trace \
	%D%/notes-of-leave.trace \
	%D%/notes.trace \
	%D%/offer-then-demand.trace \
	%D%/pool-paused.trace \
	%D%/reader-evicted.trace \
	%D%/require-served-once.trace \
	%D%/require-twice.trace \
	%D%/retract.trace \
	%D%/signal-object.trace \
	%D%/stale-session.trace \
	%D%/ticket-again-after-fetch.trace \
	%D%/ticket-again-after-loss.trace \
	%D%/ticket-again.trace \
	%D%/withdraw-and-holder-dies.trace \
	%D%/withdraw-cancelled.trace \
	%D%/withdraw-deferred.trace \
	%D%/withdraw-demand-joins-fetch.trace \
	%D%/withdraw-fetch-fails.trace \
	%D%/withdraw-no-new-require.trace \
	%D%/withdraw-refused.trace \
	%D%/withdraw-released-by-death.trace \
	%D%/withdraw-released-by-dispose.trace \
	%D%/withdraw-released-by-leave.trace \
	%D%/withdraw-released-by-retract.trace \
	%D%/withdraw-same-process.trace
