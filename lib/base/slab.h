/* SPDX-License-Identifier: BSD-3-Clause */
/* slab.h - many pieces of memory of one size
 *
 * Pieces stand side by side in chunks of 16 KiB without anything between them; a chunk whose last piece comes back is freed (one is
 * kept for the next time).  In sanitizer builds each piece is an allocation of its own, so that misuse is seen. */
#ifndef LIB_BASE_SLAB_H
#define LIB_BASE_SLAB_H
#include <stdint.h>

#include "lib/base/list.h"

struct slab_chunk;
struct slab {
    struct list partial; /* chunks with a free piece */
    struct slab_chunk *spare;
    uint32_t size;
};

enum { SLAB_PIECE_MAX = 1024 };

/* Pieces of 'size' bytes, a multiple of 8, at most SLAB_PIECE_MAX. */
void slab_init(struct slab *slab, uint32_t size);

/* Zeroed, aligned to 8.  NULL when memory is short. */
void *slab_take(struct slab *slab);

/* NULL is allowed. */
void slab_give(struct slab *slab, void *piece);

/* Every piece has been given back. */
void slab_release(struct slab *slab);

#endif
