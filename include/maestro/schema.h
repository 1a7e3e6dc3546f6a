/* SPDX-License-Identifier: BSD-3-Clause */
/* schema.h - which attributes exist, and of what type */
#ifndef MAESTRO_SCHEMA_H
#define MAESTRO_SCHEMA_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read a schema file (YAML, see maestro-schema(5)).  MSTRO_SCHEMA with file, line and column in mstro_error_detail. */
mstro_status mstro_schema_parse_from_file(const char *path, mstro_schema *result);

/* Add the entries of 'from' to 'into'; both live on.  MSTRO_SCHEMA when they contradict each other, and nothing is added. */
mstro_status mstro_schema_merge(mstro_schema into, mstro_schema from);

/* Free it.  NULL is allowed. */
mstro_status mstro_schema_dispose(mstro_schema s);

#ifdef __cplusplus
}
#endif
#endif
