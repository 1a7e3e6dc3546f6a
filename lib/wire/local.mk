# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/codec.h \
	%D%/copy.c \
	%D%/copy.h \
	%D%/cursor.h \
	%D%/decode.c \
	%D%/encode.c \
	%D%/frame.c \
	%D%/frame.h \
	%D%/handshake.c \
	%D%/handshake.h \
	%D%/handshake_records.h \
	%D%/name.c \
	%D%/name.h \
	%D%/names.c \
	%D%/names.h \
	%D%/print.c \
	%D%/record.c \
	%D%/record.h \
	%D%/records.h \
	%D%/rows.h \
	%D%/seal.c \
	%D%/seal.h
