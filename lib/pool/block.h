/* SPDX-License-Identifier: BSD-3-Clause */
/* block.h - immutable bytes that several parts of a pool refer to
 *
 * The sealed block of a CDO is its name followed by its attributes; other blocks are one text or inline data.  A block whose last
 * reference goes is freed at the beginning of the next step, because outputs may point into it. */
#ifndef LIB_POOL_BLOCK_H
#define LIB_POOL_BLOCK_H
#include <stdint.h>

#include "lib/base/view.h"

struct pool;

struct block {
    struct block *discarded; /* the next one in pool->discarded */
    uint32_t references, facts;
    uint32_t name_length, rest_length;
    char at[];
};

/* One reference, the caller's.  NULL when memory is short. */
struct block *block_make(struct pool *pool, struct text name, struct bytes rest);

static inline struct block *block_share(struct block *block)
{
    block->references++;
    return block;
}

/* NULL is allowed. */
void block_release(struct pool *pool, struct block *block);

/* Free what was released in the last step. */
void blocks_reclaim(struct pool *pool);

static inline struct text block_name(const struct block *block)
{
    return block ? (struct text){ block->at, block->name_length } : (struct text){ 0 };
}

static inline struct bytes block_rest(const struct block *block)
{
    return block ? (struct bytes){ block->at + block->name_length, block->rest_length } : (struct bytes){ 0 };
}

static inline size_t block_size(const struct block *block)
{
    return sizeof *block + block->name_length + block->rest_length;
}

#endif
