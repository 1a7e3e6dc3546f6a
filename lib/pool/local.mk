# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/answer.c \
	%D%/answer.h \
	%D%/cdo.c \
	%D%/cdo.h \
	%D%/check.c \
	%D%/demand.c \
	%D%/fact.c \
	%D%/fact.h \
	%D%/facts.h \
	%D%/generation.c \
	%D%/group.c \
	%D%/hold.c \
	%D%/hold.h \
	%D%/index.c \
	%D%/index.h \
	%D%/leave.c \
	%D%/loss.c \
	%D%/offer.c \
	%D%/operation.c \
	%D%/operation.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/queue.c \
	%D%/require.c \
	%D%/schemas.c \
	%D%/schemas.h \
	%D%/seal.c \
	%D%/seal.h \
	%D%/session.c \
	%D%/session.h \
	%D%/shards.c \
	%D%/shards.h \
	%D%/state.h \
	%D%/subscription.c \
	%D%/subscription.h \
	%D%/withdraw.c
