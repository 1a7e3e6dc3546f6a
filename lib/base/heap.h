/* SPDX-License-Identifier: BSD-3-Clause */
/* heap.h - who is due first, whose links stand in the members
 *
 * A pairing heap: putting in takes constant time, taking out the logarithm of how many there are, on average; nothing is allocated. */
#ifndef LIB_BASE_HEAP_H
#define LIB_BASE_HEAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 'previous' is the elder brother, or the parent of the first child; NULL: the root, or in no heap. */
struct heap_link { struct heap_link *child, *next, *previous; uint64_t due; };

/* All zero is an empty one. */
struct heap { struct heap_link *root; };

void heap_insert(struct heap *heap, struct heap_link *link, uint64_t due);

/* 'link' is in this heap. */
void heap_remove(struct heap *heap, struct heap_link *link);

/* The one that is due first, or NULL. */
static inline struct heap_link *heap_first(const struct heap *heap) { return heap->root; }

#define heap_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

#endif
