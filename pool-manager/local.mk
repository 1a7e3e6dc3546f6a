# SPDX-License-Identifier: BSD-3-Clause
bin_PROGRAMS += %D%/maestro-pool-manager
pool_manager_sources = \
	%D%/main.c \
	%D%/manager.c \
	%D%/manager.h \
	%D%/private_file.c \
	%D%/private_file.h \
	%D%/runtime_directory.c \
	%D%/runtime_directory.h \
	%D%/settings.c \
	%D%/settings.h \
	%D%/statistics.c \
	%D%/statistics.h
%C%_maestro_pool_manager_SOURCES = $(pool_manager_sources)
%C%_maestro_pool_manager_LDADD = $(maestro_static)
