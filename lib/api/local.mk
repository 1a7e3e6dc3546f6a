# SPDX-License-Identifier: BSD-3-Clause
# The exported functions as a convenience library: a program that also uses what is inside links $(maestro_static) and never
# libmaestro.la beside it (two copies of the library in one process).
noinst_LTLIBRARIES += libapi.la
libapi_la_SOURCES = \
	%D%/attributes.c \
	%D%/cdo.c \
	%D%/cursor.c \
	%D%/cursor.h \
	%D%/group.c \
	%D%/group.h \
	%D%/group_demand.c \
	%D%/group_offer.c \
	%D%/group_run.c \
	%D%/handle.c \
	%D%/handle.h \
	%D%/operation.c \
	%D%/operation.h \
	%D%/pool_manager.c \
	%D%/process.c \
	%D%/process.h \
	%D%/request.c \
	%D%/schema.c \
	%D%/schema.h \
	%D%/selector.c \
	%D%/selector.h \
	%D%/subscription.c \
	%D%/version.c
maestro_static = libapi.la libcore.la

lib_LTLIBRARIES += libmaestro.la
libmaestro_la_SOURCES =
libmaestro_la_LIBADD = $(maestro_static)
libmaestro_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(MAESTRO_LIBRARY_VERSION) -no-undefined \
	-Wl,--version-script=$(srcdir)/%D%/maestro.map -Wl,--no-undefined
EXTRA_DIST += %D%/maestro.map
libmaestro_la_DEPENDENCIES = $(maestro_static) %D%/maestro.map
