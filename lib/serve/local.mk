# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/host.c \
	%D%/host.h
