# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/codec.h \
	%D%/cursor.h \
	%D%/decode.c \
	%D%/encode.c \
	%D%/print.c \
	%D%/record.h \
	%D%/records.h \
	%D%/rows.h
