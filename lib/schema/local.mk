# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += \
	%D%/attributes.c \
	%D%/attributes.h \
	%D%/attributes_seal.c \
	%D%/block.c \
	%D%/block.h \
	%D%/catalogue.c \
	%D%/catalogue.h \
	%D%/little.h \
	%D%/native.c \
	%D%/native.h \
	%D%/nearest.c \
	%D%/nearest.h \
	%D%/outline.c \
	%D%/outline.h \
	%D%/outline_compare.c \
	%D%/pattern.c \
	%D%/pattern.h \
	%D%/pattern_cost.c \
	%D%/pattern_cost.h \
	%D%/schema.c \
	%D%/schema.h \
	%D%/shape.c \
	%D%/shape.h \
	%D%/source.c \
	%D%/source.h \
	%D%/table.h \
	%D%/timestamp.c \
	%D%/timestamp.h \
	%D%/type.c \
	%D%/type.h \
	%D%/type_read.c \
	%D%/value.c \
	%D%/value.h \
	%D%/yaml.c \
	%D%/yaml.h

# The built-in schemas as string literals, so that no file is needed at run time.
builtin_schemas = %D%/core_yaml.h %D%/ecmwf_yaml.h
%D%/catalogue.lo %D%/catalogue.o: $(builtin_schemas)
CLEANFILES += $(builtin_schemas)
$(builtin_schemas): %D%/%_yaml.h: schemas/%.yaml
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $< > $@.tmp && mv $@.tmp $@
