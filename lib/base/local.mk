# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/arena.c \
	%D%/arena.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/detail.c \
	%D%/detail.h \
	%D%/export.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/list.h \
	%D%/log.c \
	%D%/log.h \
	%D%/map.c \
	%D%/map.h \
	%D%/status.c \
	%D%/view.h
