# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/evaluate.c \
	%D%/grammar.c \
	%D%/grammar.h \
	%D%/lexer.c \
	%D%/lexer.h \
	%D%/program.h \
	%D%/selector.c \
	%D%/selector.h
