/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/map.h"

#include <stdlib.h>

#include "lib/base/cache_line.h"

enum { FIRST_BUCKETS = 16 };

bool map_init(struct map *m)
{
    *m = (struct map){ .bucket = cache_lines_alloc(FIRST_BUCKETS * sizeof *m->bucket), .buckets = FIRST_BUCKETS };
    return m->bucket != NULL;
}

void map_release(struct map *m)
{
    free(m->bucket);
    *m = (struct map){ 0 };
}

static struct map_link **place_of(const struct map *m, uint64_t hash)
{
    return &m->bucket[(hash ^ (hash >> 32)) & (m->buckets - 1)];
}

static void grow(struct map *m)
{
    struct map larger = { .bucket = cache_lines_alloc(m->buckets * 2 * sizeof *m->bucket), .buckets = m->buckets * 2, .count = m->count };
    if (!larger.bucket)
        return;
    for (size_t i = 0; i < m->buckets; i++)
        for (struct map_link *link = m->bucket[i], *next; link; link = next) {
            struct map_link **place = place_of(&larger, link->hash);
            next = link->next;
            link->next = *place;
            *place = link;
        }
    free(m->bucket);
    *m = larger;
}

void map_insert(struct map *m, struct map_link *link, uint64_t hash)
{
    if (m->count >= m->buckets)
        grow(m);
    struct map_link **place = place_of(m, hash);
    link->hash = hash;
    link->next = *place;
    *place = link;
    m->count++;
}

void map_remove(struct map *m, struct map_link *link)
{
    for (struct map_link **at = place_of(m, link->hash); *at; at = &(*at)->next)
        if (*at == link) {
            *at = link->next;
            link->next = NULL;
            m->count--;
            return;
        }
}

struct map_link *map_find(const struct map *m, uint64_t hash, bool (*match)(const struct map_link *, const void *key), const void *key)
{
    for (struct map_link *link = *place_of(m, hash); link; link = link->next)
        if (link->hash == hash && match(link, key))
            return link;
    return NULL;
}

void map_each(struct map *m, void (*visit)(struct map_link *, void *context), void *context)
{
    for (size_t i = 0; i < m->buckets; i++)
        for (struct map_link *link = m->bucket[i], *next; link; link = next) {
            next = link->next;
            visit(link, context);
        }
}
