/* SPDX-License-Identifier: BSD-3-Clause */
/* catalogue.h - the schemas of this process
 *
 * The built-in ones (schemas/core.yaml and schemas/ecmwf.yaml, compiled in) and those of MSTRO_SCHEMA_LIST: file names separated by ';', each
 * looked up as it is when it has a '/', otherwise in the folders of MSTRO_SCHEMA_PATH (separated by ':'), then here.  A schema of the
 * user for a built-in namespace replaces it; the keys the library itself reads keep their types.  MSTRO_DROP_UNKNOWN_ATTRIBUTES=1 makes
 * attribute tables drop keys that no schema knows. */
#ifndef LIB_SCHEMA_CATALOGUE_H
#define LIB_SCHEMA_CATALOGUE_H
#include "lib/schema/schema.h"

/* Read the environment and load all; the caller holds one reference (schema_release).  MSTRO_SCHEMA says which file, line and column. */
mstro_status catalogue_load(struct schema **out);

/* The same with 'list' and 'path' given (NULL: none). */
mstro_status catalogue_load_from(const char *list, const char *path, struct schema **out);

/* File by file: the next name of *list, which moves behind it; false at the end. */
bool catalogue_next(struct text *list, struct text *name);

/* Look 'name' up and read it.  MSTRO_NOENT when it is nowhere, otherwise MSTRO_SCHEMA or MSTRO_IO; the detail says which file, where, why. */
mstro_status catalogue_read(struct text name, const char *path, struct schema **out);

#endif
