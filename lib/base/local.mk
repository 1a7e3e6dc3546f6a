# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/arena.c \
	%D%/arena.h \
	%D%/cache_line.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/condition.c \
	%D%/condition.h \
	%D%/descriptors.h \
	%D%/detail.c \
	%D%/detail.h \
	%D%/eventcount.c \
	%D%/eventcount.h \
	%D%/export.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/heap.c \
	%D%/heap.h \
	%D%/histogram.c \
	%D%/histogram.h \
	%D%/list.h \
	%D%/log.c \
	%D%/log.h \
	%D%/map.c \
	%D%/map.h \
	%D%/random.c \
	%D%/random.h \
	%D%/setting.c \
	%D%/setting.h \
	%D%/slab.c \
	%D%/slab.h \
	%D%/spare.c \
	%D%/spare.h \
	%D%/status.c \
	%D%/utf8.c \
	%D%/utf8.h \
	%D%/view.h
