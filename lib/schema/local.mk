# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/attributes.h \
	%D%/block.c \
	%D%/block.h \
	%D%/catalogue.h \
	%D%/little.h \
	%D%/native.c \
	%D%/native.h \
	%D%/nearest.c \
	%D%/nearest.h \
	%D%/pattern.c \
	%D%/pattern.h \
	%D%/schema.h \
	%D%/timestamp.c \
	%D%/timestamp.h \
	%D%/type.c \
	%D%/type.h \
	%D%/type_read.c \
	%D%/value.c \
	%D%/value.h \
	%D%/yaml.c \
	%D%/yaml.h

