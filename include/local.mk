# SPDX-License-Identifier: BSD-3-Clause
maestroincludedir = $(includedir)/maestro
dist_maestroinclude_HEADERS = \
	%D%/maestro/attributes.h \
	%D%/maestro/cdo.h \
	%D%/maestro/core.h \
	%D%/maestro/group.h \
	%D%/maestro/maestro.h \
	%D%/maestro/pool_manager.h \
	%D%/maestro/request.h \
	%D%/maestro/schema.h \
	%D%/maestro/selector.h \
	%D%/maestro/status.h \
	%D%/maestro/subscription.h \
	%D%/maestro/types.h
