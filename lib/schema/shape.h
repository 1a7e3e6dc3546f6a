/* SPDX-License-Identifier: BSD-3-Clause */
/* shape.h - what tables have in common that were filled with the same keys in the same order: for attributes_seal.c only
 *
 * Who offers thousands of objects fills each in the same way.  A schema remembers for a few such ways that nothing was missing at the
 * seal, the order of the keys, and the bytes before the first value of the block.  What is remembered never changes and goes with the
 * schema; any thread may learn and look. */
#ifndef LIB_SCHEMA_SHAPE_H
#define LIB_SCHEMA_SHAPE_H
#include "lib/schema/block.h"
#include "lib/schema/table.h"

enum { SHAPE_MAX = 32 };

struct shape {
    size_t attributes;  /* of the table */
    size_t items, head; /* of the block; bytes before its first value */
    const struct schema_entry *entry[SHAPE_MAX]; /* of the table's attributes, in the order of their places */
    unsigned char source[SHAPE_MAX];             /* of the block's items: which of them */
    unsigned char begin[];                       /* of the block: 'head' bytes, as block_write_head leaves them */
};

/* That of 'a', and its attributes in the order of their places; or NULL. */
const struct shape *shape_find(const struct attributes *a, const struct attribute *member[SHAPE_MAX]);

/* 'a' could be sealed as it was before defaults were filled in: remember it, if there is room.  'sorted' and 'item' are its 'count' attributes
 * that travel, in the order of the block. */
void shape_learn(const struct attributes *a, const struct attribute *const sorted[], const struct block_item item[], size_t count);

#endif
