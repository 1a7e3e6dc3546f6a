/* SPDX-License-Identifier: BSD-3-Clause */
/* seal.h - immutable bytes that several parts of a pool refer to
 *
 * The seal of a CDO is its name followed by its attributes; others are one text or inline data.  A seal whose last
 * reference goes is freed at the beginning of the next step, because outputs may point into it. */
#ifndef LIB_POOL_SEAL_H
#define LIB_POOL_SEAL_H
#include <stdint.h>

#include "lib/base/view.h"

struct pool;

struct seal {
    union {
        struct { uint32_t references, facts; }; /* facts: how many of those that refer to it are in the ring */
        struct seal *discarded;                 /* the next one in pool->discarded, when nobody refers to it */
    };
    uint32_t name_length, rest_length;
    char at[];
};

/* One reference, the caller's.  NULL when memory is short. */
struct seal *seal_make(struct pool *pool, struct text name, struct bytes rest);

static inline struct seal *seal_share(struct seal *seal)
{
    seal->references++;
    return seal;
}

/* NULL is allowed. */
void seal_release(struct pool *pool, struct seal *seal);

/* Free what was released in the last step. */
void seals_reclaim(struct pool *pool);

static inline struct text seal_name(const struct seal *seal)
{
    return seal ? (struct text){ seal->at, seal->name_length } : (struct text){ 0 };
}

static inline struct bytes seal_rest(const struct seal *seal)
{
    return seal ? (struct bytes){ seal->at + seal->name_length, seal->rest_length } : (struct bytes){ 0 };
}

static inline size_t seal_size(const struct seal *seal)
{
    return sizeof *seal + seal->name_length + seal->rest_length;
}

#endif
