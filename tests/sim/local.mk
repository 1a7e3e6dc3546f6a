# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += %D%/search
TESTS += %D%/search
LONG_TESTS += %D%/search
%C%_search_SOURCES = %D%/search.c %D%/model.c %D%/model.h
%C%_search_CPPFLAGS = $(AM_CPPFLAGS) -DMODEL_SMALL
%C%_search_LDADD = libcore.la
