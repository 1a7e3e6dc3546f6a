/* SPDX-License-Identifier: BSD-3-Clause */
/* source.h - one schema file as it was read: immutable, counted, shared by every schema that took it in */
#ifndef LIB_SCHEMA_SOURCE_H
#define LIB_SCHEMA_SOURCE_H
#include <stdatomic.h>

#include "lib/schema/schema.h"

enum { SOURCE_PATTERNS_MAX = 64 };

struct schema_source {
    atomic_uint references;
    struct schema_file about;
    struct schema_entry *entry;
    size_t entries;
    unsigned patterns; /* regular expressions in all types */
    uint32_t steps;    /* left of TYPE_STEPS */
    struct arena arena; /* all of the above */
};

/* Take a schema out of YAML; one reference.  MSTRO_SCHEMA with file, line and column. */
mstro_status source_create(const struct yaml *y, struct schema_source **out);
struct schema_source *source_retain(struct schema_source *s);
void source_release(struct schema_source *s);

#endif
