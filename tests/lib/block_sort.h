/* SPDX-License-Identifier: BSD-3-Clause */
/* block_sort.h - bring the items of a block into its order */
#ifndef TESTS_LIB_BLOCK_SORT_H
#define TESTS_LIB_BLOCK_SORT_H
#include <stdlib.h>

#include "lib/schema/block.h"

static inline int block_item_order(const void *a, const void *b)
{
    return block_key_order(((const struct block_item *)a)->key, ((const struct block_item *)b)->key);
}

static inline void block_sort(struct block_item item[], size_t count)
{
    qsort(item, count, sizeof *item, block_item_order);
}

#endif
