# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/cancel.c \
	%D%/cdo.c \
	%D%/cdo.h \
	%D%/check.c \
	%D%/client.c \
	%D%/client.h \
	%D%/demand.c \
	%D%/events.c \
	%D%/holders.c \
	%D%/holders.h \
	%D%/join.c \
	%D%/life.c \
	%D%/link.h \
	%D%/local.c \
	%D%/move.c \
	%D%/move.h \
	%D%/offer.c \
	%D%/reach.c \
	%D%/reach.h \
	%D%/remote.c \
	%D%/remote.h \
	%D%/remote_greeting.c \
	%D%/remote_greeting.h \
	%D%/require.c \
	%D%/schemas.c \
	%D%/session.c \
	%D%/session.h \
	%D%/state.h \
	%D%/submission.h \
	%D%/subscription.c \
	%D%/subscription.h \
	%D%/waiting.c \
	%D%/waiting.h \
	%D%/watch.c \
	%D%/watch.h
