# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/buffer.c \
	%D%/buffer.h \
	%D%/choose.c \
	%D%/choose.h \
	%D%/links.h \
	%D%/mover.c \
	%D%/mover.h \
	%D%/mover_rma.c \
	%D%/reader.c \
	%D%/reader.h \
	%D%/serving.c \
	%D%/serving.h \
	%D%/source.h \
	%D%/words.c \
	%D%/words.h
