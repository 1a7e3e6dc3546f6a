/* SPDX-License-Identifier: BSD-3-Clause */
/* spare.h - pieces of memory of one size that come and go by the thousand
 *
 * What comes back is kept, up to a number, and given to the next who asks.  In sanitizer builds each piece is an allocation of its own,
 * so that misuse is seen.  Any thread. */
#ifndef LIB_BASE_SPARE_H
#define LIB_BASE_SPARE_H
#include <pthread.h>
#include <stddef.h>

struct spare;
struct spares {
    pthread_mutex_t lock; /* leaf; guards first and count */
    struct spare *first;  /* the last that came back */
    size_t count, most, size;
};

/* Pieces of 'size' bytes, at least that of a pointer; at most 'most' are kept. */
void spares_init(struct spares *s, size_t size, size_t most);

/* Free what is kept; everything has been given back. */
void spares_release(struct spares *s);

/* As malloc: contents undefined, NULL when memory is short. */
void *spares_take(struct spares *s);

/* NULL is allowed. */
void spares_give(struct spares *s, void *piece);

#endif
