# SPDX-License-Identifier: BSD-3-Clause
lib_LTLIBRARIES += libmaestro.la
libmaestro_la_SOURCES = %D%/version.c
libmaestro_la_LIBADD = libcore.la
libmaestro_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(MAESTRO_LIBRARY_VERSION) -no-undefined \
	-Wl,--version-script=$(srcdir)/%D%/maestro.map -Wl,--no-undefined
EXTRA_DIST += %D%/maestro.map
libmaestro_la_DEPENDENCIES = libcore.la %D%/maestro.map
