/* SPDX-License-Identifier: BSD-3-Clause */
/* outline.h - what the schemas of a process say about one namespace, in a form that others compare with theirs
 *
 * A namespace here is the first two words of the full keys (".maestro.ecmwf."), wherever a file ends its own.
 * Processes that meet in a pool tell it the digests of their outlines; where two differ for one namespace the outline travels, and the
 * difference is told in words.  An outline has the attributes that travel (not those that stay on a handle), each with its type, whether
 * it is required, and its default; not the words for people. */
#ifndef LIB_SCHEMA_OUTLINE_H
#define LIB_SCHEMA_OUTLINE_H
#include "lib/schema/block.h"
#include "lib/schema/schema.h"

enum { OUTLINES_MAX = 64, OUTLINE_VERSION_MAX = 64 };

struct outline {
    struct text nspace, version; /* of several files: their versions, one after the other */
    uint64_t digest;             /* of all of it */
    uint32_t keys;
    struct bytes rows; /* a block (block.h), key behind the namespace -> [type, "required" or "", default]; the first of 'keys' that fit */
    const struct block_item *row; /* all of 'keys', in order; NULL where only 'rows' have come */
};

struct outlines {
    size_t count;
    struct outline at[OUTLINES_MAX];
    struct arena arena;
};

/* One outline a namespace that has keys which travel, in the order of the schema's files; namespaces beyond OUTLINES_MAX have none.
 * MSTRO_NOMEM. */
mstro_status outlines_create(const struct schema *s, struct outlines **out);
void outlines_destroy(struct outlines *o); /* NULL is allowed */

/* NULL when there is none. */
const struct outline *outlines_find(const struct outlines *o, struct text nspace);

enum outline_verdict {
    OUTLINE_EQUAL,
    OUTLINE_COMPATIBLE,   /* other versions, keys, defaults: nothing is misread */
    OUTLINE_INCOMPATIBLE, /* a key with two types */
    OUTLINE_UNKNOWN       /* no such key among those that have come, which are not all */
};

/* Compare two outlines of one namespace; 'theirs' may come from anywhere (MSTRO_INVMSG when its rows are malformed).  'here' and 'there'
 * name the places in the sentences: "here", "in producer.0".  *words is malloc()ed: lines, each of at most OUTLINE_LINE_MAX bytes; the
 * first is the summary, each other a key with two types.  NULL when they are equal. */
enum { OUTLINE_LINE_MAX = 900 };
mstro_status outline_compare(const struct outline *mine, const struct outline *theirs, const char *here, const char *there,
                             enum outline_verdict *verdict, char **words);

#endif
