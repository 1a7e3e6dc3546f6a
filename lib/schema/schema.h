/* SPDX-License-Identifier: BSD-3-Clause */
/* schema.h - which attributes exist, and of what type
 *
 * A schema is a set of entries from one or more files, found by full key (".maestro.ecmwf.step") in constant time.  It is counted:
 * attribute tables and whoever else points to entries hold a reference.  Entries never change and never move.  A schema that is being
 * merged into belongs to one thread; otherwise any thread may read. */
#ifndef LIB_SCHEMA_SCHEMA_H
#define LIB_SCHEMA_SCHEMA_H
#include <stdio.h>

#include "lib/base/view.h"
#include "lib/schema/type.h"
#include "lib/schema/value.h"
#include "maestro/status.h"

/* The keys the library itself reads.  CORE_NONE: an attribute like any other. */
enum core_key {
    CORE_NONE,
    CORE_NAME,
    CORE_RAW_PTR,
    CORE_LOCAL_SIZE,
    CORE_ELEMENT_SIZE,
    CORE_NDIMS,
    CORE_DIMS_SIZE,
    CORE_ORDER,
    CORE_DIST_LAYOUT,
    CORE_ALLOCATE_NOW,
    CORE_MAPPED,
    CORE_REPLICA,
    CORE_ON_LOSS,
    CORE_TRANSPORT,
    CORE_LIFETIME,
    CORE_PERSISTENCE,
    CORE_COMPONENT,
    CORE_CARRIER,
    CORE_KEY_END
};

/* The library says these; nobody sets them. */
static inline bool core_key_is_told(enum core_key key)
{
    return key == CORE_NAME || key == CORE_COMPONENT || key == CORE_CARRIER;
}

struct schema_entry;

struct schema_file {
    struct text name, version, nspace;
    struct text path; /* as it stands in messages; terminated */
    const struct schema_entry **due; /* those a seal has to look at: required, or with a default that travels */
    size_t dues;
};

struct schema_entry {
    struct text key; /* full; terminated */
    const struct type *type;
    const struct schema_file *file;
    const struct value *fallback; /* the default, or NULL */
    const void *fallback_native;  /* the same as native.h has it */
    struct text documentation;
    bool required; /* of every object that has an attribute of this file */
    bool local;    /* stays on the handle: not part of the sealed attributes */
    enum core_key core;
    uint32_t line, column; /* of its key in the file */
    uint32_t rank;         /* of its key among those of the file, in their order */
};

struct schema;

enum { SCHEMA_ENTRIES_MAX = 4096, SCHEMA_KEY_MAX = 256 };

/* One reference each, to be given back by schema_release. */
mstro_status schema_create(struct schema **out);
mstro_status schema_read_file(const char *path, struct schema **out);
mstro_status schema_read_text(struct text yaml, const char *file, struct schema **out);

struct schema *schema_retain(struct schema *s);
void schema_release(struct schema *s); /* NULL is allowed */

/* Add the entries of 'from'.  A key in both must be the same in both: otherwise MSTRO_SCHEMA naming both files, and nothing is added. */
mstro_status schema_merge(struct schema *into, const struct schema *from);

/* NULL when there is none. */
const struct schema_entry *schema_find(const struct schema *s, struct text key);

/* The same for a terminated key: quicker where the same characters are asked for again, as programs do that name a key by a literal. */
const struct schema_entry *schema_find_again(const struct schema *s, const char *key);

/* The key closest to a misspelt one; empty when none is close. */
struct text schema_nearest(const struct schema *s, struct text key);

/* MSTRO_SCHEMA, with the words for a key that no schema has. */
mstro_status schema_has_not(const struct schema *s, struct text key);

/* Does a file of 's' describe this namespace? */
bool schema_has_namespace(const struct schema *s, struct text nspace);

/* Are unknown keys of an attribute table dropped in silence?  At first they are errors. */
bool schema_drops_unknown(const struct schema *s);
void schema_drop_unknown(struct schema *s, bool drop);

/* Files and entries, in the order in which they came. */
size_t schema_files(const struct schema *s);
const struct schema_file *schema_file_at(const struct schema *s, size_t i);
size_t schema_entries(const struct schema *s);
const struct schema_entry *schema_entry_at(const struct schema *s, size_t i);

/* Where shape.c keeps what it has learnt of tables with this schema: malloc()ed, the schema frees it. */
enum { SCHEMA_SHAPES = 16 };
struct shape;
_Atomic(struct shape *) *schema_shape(const struct schema *s, size_t i);

/* The full key the library uses for a core attribute: static storage. */
struct text core_key_text(enum core_key key);

#endif
