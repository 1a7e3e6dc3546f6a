/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/slab.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 16 * 1024 };

/* Chunks are aligned to their size, so that a piece finds its chunk. */
struct slab_chunk {
    struct list link; /* slab.partial, or to itself while it is full */
    void *returned;   /* pieces that came back, linked by their first word */
    uint32_t used;
    uint32_t touched; /* bytes that were ever given out, the header among them */
};

void slab_init(struct slab *slab, uint32_t size)
{
    *slab = (struct slab){ .size = size };
    list_init(&slab->partial);
}

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__

void *slab_take(struct slab *slab) { return calloc(1, slab->size); }

void slab_give(struct slab *slab, void *piece)
{
    (void)slab;
    free(piece);
}

#else

static struct slab_chunk *chunk_make(void)
{
    struct slab_chunk *chunk = aligned_alloc(CHUNK_SIZE, CHUNK_SIZE);
    if (!chunk)
        return NULL;
    *chunk = (struct slab_chunk){ .touched = sizeof *chunk };
    list_init(&chunk->link);
    return chunk;
}

static struct slab_chunk *chunk_with_room(struct slab *slab)
{
    if (!list_empty(&slab->partial))
        return list_entry(slab->partial.next, struct slab_chunk, link);
    struct slab_chunk *chunk = slab->spare ? slab->spare : chunk_make();
    slab->spare = NULL;
    if (chunk)
        list_append(&slab->partial, &chunk->link);
    return chunk;
}

void *slab_take(struct slab *slab)
{
    struct slab_chunk *chunk = chunk_with_room(slab);
    if (!chunk)
        return NULL;
    void *piece = chunk->returned;
    if (piece)
        memcpy(&chunk->returned, piece, sizeof chunk->returned);
    else {
        piece = (char *)chunk + chunk->touched;
        chunk->touched += slab->size;
    }
    chunk->used++;
    if (!chunk->returned && chunk->touched + slab->size > CHUNK_SIZE)
        list_remove(&chunk->link);
    return memset(piece, 0, slab->size);
}

void slab_give(struct slab *slab, void *piece)
{
    if (!piece)
        return;
    struct slab_chunk *chunk = (struct slab_chunk *)((uintptr_t)piece & ~(uintptr_t)(CHUNK_SIZE - 1));
    memcpy(piece, &chunk->returned, sizeof chunk->returned);
    chunk->returned = piece;
    list_remove(&chunk->link);
    if (--chunk->used > 0) {
        list_append(&slab->partial, &chunk->link);
        return;
    }
    free(slab->spare);
    slab->spare = chunk;
}

#endif

void slab_release(struct slab *slab)
{
    free(slab->spare);
    slab->spare = NULL;
}
