/* SPDX-License-Identifier: BSD-3-Clause */
/* map.h - hash map whose links stand in the members
 *
 * The caller brings hash and comparison; the map never copies or frees a member.  Growing may fail, then the map stays as it is
 * and only becomes slower: insertion cannot fail once map_init has succeeded. */
#ifndef LIB_BASE_MAP_H
#define LIB_BASE_MAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_link { struct map_link *next; uint64_t hash; };
struct map { struct map_link **bucket; size_t buckets, count; }; /* buckets: a power of two */

/* Make an empty map.  False when memory is short. */
bool map_init(struct map *m);

/* Free the buckets, not the members. */
void map_release(struct map *m);

void map_insert(struct map *m, struct map_link *link, uint64_t hash);
void map_remove(struct map *m, struct map_link *link);

/* The first member with this hash for which match(link, key) is true, or NULL. */
struct map_link *map_find(const struct map *m, uint64_t hash, bool (*match)(const struct map_link *, const void *key), const void *key);

/* Call visit for every member; it may remove (and free) the member it is given. */
void map_each(struct map *m, void (*visit)(struct map_link *, void *context), void *context);

#define map_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

#endif
