# SPDX-License-Identifier: BSD-3-Clause
bin_PROGRAMS += %D%/maestro-pool-manager
%C%_maestro_pool_manager_SOURCES = \
	%D%/info_file.c \
	%D%/info_file.h \
	%D%/main.c \
	%D%/runtime_directory.c \
	%D%/runtime_directory.h \
	%D%/settings.c \
	%D%/settings.h
%C%_maestro_pool_manager_LDADD = $(maestro_static)
