# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/bell.c \
	%D%/bell.h \
	%D%/chaos.c \
	%D%/chaos.h \
	%D%/dispositions.c \
	%D%/dispositions.h \
	%D%/fabric.c \
	%D%/fabric.h \
	%D%/implementation.h \
	%D%/memory.c \
	%D%/memory.h \
	%D%/ofi.c \
	%D%/ofi.h \
	%D%/ofi_endpoint.c \
	%D%/ofi_operation.c \
	%D%/ofi_peer.c \
	%D%/ofi_progress.c \
	%D%/ofi_wait.c \
	%D%/library.c \
	%D%/provider.c \
	%D%/provider.h \
	%D%/ring.c \
	%D%/ring.h \
	%D%/rings.c \
	%D%/rings.h \
	%D%/rings_fabric.h \
	%D%/rings_progress.c \
	%D%/segment.c \
	%D%/segment.h
