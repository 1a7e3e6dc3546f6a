/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/seal.h"

#include <stdlib.h>

#include "lib/pool/state.h"

/* Pieces of a size stand together. */
static struct slab *slab_for(struct pool *pool, size_t size)
{
    return size > 0 && size <= SLABS * SLAB_STEP ? &pool->slab[(size - 1) / SLAB_STEP] : NULL;
}

void *memory_take(struct pool *pool, size_t size)
{
    struct slab *slab = slab_for(pool, size);
    void *at = slab ? slab_take(slab) : calloc(1, size);
    if (at)
        pool->memory += size;
    return at;
}

void memory_give(struct pool *pool, void *at, size_t size)
{
    struct slab *slab = slab_for(pool, size);
    if (at)
        pool->memory -= size;
    if (slab)
        slab_give(slab, at);
    else
        free(at);
}

bool memory_allows(const struct pool *pool, size_t size)
{
    return pool->settings.memory_budget == 0 || pool->memory + size <= pool->settings.memory_budget;
}

struct seal *seal_make(struct pool *pool, struct text name, struct bytes rest)
{
    struct seal *seal = memory_take(pool, sizeof *seal + name.length + rest.length);
    if (!seal)
        return NULL;
    seal->references = 1;
    seal->name_length = (uint32_t)name.length;
    seal->rest_length = (uint32_t)rest.length;
    if (name.length)
        memcpy(seal->at, name.at, name.length);
    if (rest.length)
        memcpy(seal->at + name.length, rest.at, rest.length);
    return seal;
}

void seal_release(struct pool *pool, struct seal *seal)
{
    if (!seal || --seal->references > 0)
        return;
    seal->discarded = pool->discarded;
    pool->discarded = seal;
}

void seals_reclaim(struct pool *pool)
{
    while (pool->discarded) {
        struct seal *seal = pool->discarded;
        pool->discarded = seal->discarded;
        memory_give(pool, seal, seal_size(seal));
    }
}
