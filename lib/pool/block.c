/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/block.h"

#include <stdlib.h>

#include "lib/pool/state.h"

void *memory_take(struct pool *pool, size_t size)
{
    void *at = calloc(1, size);
    if (at)
        pool->memory += size;
    return at;
}

void memory_give(struct pool *pool, void *at, size_t size)
{
    if (at)
        pool->memory -= size;
    free(at);
}

bool memory_allows(const struct pool *pool, size_t size)
{
    return pool->settings.memory_budget == 0 || pool->memory + size <= pool->settings.memory_budget;
}

struct block *block_make(struct pool *pool, struct text name, struct bytes rest)
{
    struct block *block = memory_take(pool, sizeof *block + name.length + rest.length);
    if (!block)
        return NULL;
    block->references = 1;
    block->name_length = (uint32_t)name.length;
    block->rest_length = (uint32_t)rest.length;
    if (name.length)
        memcpy(block->at, name.at, name.length);
    if (rest.length)
        memcpy(block->at + name.length, rest.at, rest.length);
    return block;
}

void block_release(struct pool *pool, struct block *block)
{
    if (!block || --block->references > 0)
        return;
    block->discarded = pool->discarded;
    pool->discarded = block;
}

void blocks_reclaim(struct pool *pool)
{
    while (pool->discarded) {
        struct block *block = pool->discarded;
        pool->discarded = block->discarded;
        memory_give(pool, block, block_size(block));
    }
}
