# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/admission.c \
	%D%/admission.h \
	%D%/first_reason.h \
	%D%/host.c \
	%D%/host.h \
	%D%/member.c \
	%D%/member.h \
	%D%/outbox.c \
	%D%/outbox.h \
	%D%/pool_info.c \
	%D%/pool_info.h \
	%D%/rings_door.c \
	%D%/rings_door.h \
	%D%/server.c \
	%D%/server.h \
	%D%/shard.c \
	%D%/shard.h \
	%D%/witness.c \
	%D%/witness.h
