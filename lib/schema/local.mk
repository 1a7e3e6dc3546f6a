# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/attributes.h \
	%D%/block.h \
	%D%/catalogue.h \
	%D%/nearest.h \
	%D%/schema.h \
	%D%/timestamp.h \
	%D%/type.h \
	%D%/value.h \
	%D%/yaml.h
