/* SPDX-License-Identifier: BSD-3-Clause */
/* cache_line.h - memory that shares no cache line with anybody else's
 *
 * For what one thread writes all the time and another must not feel. */
#ifndef LIB_BASE_CACHE_LINE_H
#define LIB_BASE_CACHE_LINE_H
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

/* Zeroed, whole lines, for free().  NULL when memory is short. */
static inline void *cache_lines_alloc(size_t size)
{
    size_t whole = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *at = whole >= size && whole > 0 ? aligned_alloc(CACHE_LINE, whole) : NULL;
    return at ? memset(at, 0, whole) : NULL;
}

#endif
