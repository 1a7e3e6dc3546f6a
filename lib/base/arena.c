/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *older;
    size_t size, used;
    alignas(16) unsigned char memory[];
};

enum { BLOCK_SIZE = 16 * 1024 };

void *arena_take(struct arena *a, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size)
        return NULL;
    struct arena_block *block = a->block;
    if (!block || block->size - block->used < rounded) {
        size_t room = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        if (room > SIZE_MAX - sizeof *block)
            return NULL;
        block = malloc(sizeof *block + room);
        if (!block)
            return NULL;
        *block = (struct arena_block){ .older = a->block, .size = room };
        a->block = block;
    }
    void *place = block->memory + block->used;
    block->used += rounded;
    return place;
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    void *place = arena_take(a, b.length);
    if (place && b.length)
        memcpy(place, b.at, b.length);
    return bytes_of(place, b.length);
}

struct text arena_copy_text(struct arena *a, struct text t)
{
    struct bytes copy = arena_copy(a, bytes_of(t.at, t.length));
    return (struct text){ copy.at, copy.length };
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->block;
    if (!keep)
        return;
    while (keep->older) {
        struct arena_block *older = keep->older;
        keep->older = older->older;
        free(older);
    }
    keep->used = 0;
}

void arena_release(struct arena *a)
{
    arena_reset(a);
    free(a->block);
    a->block = NULL;
}
