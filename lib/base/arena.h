/* SPDX-License-Identifier: BSD-3-Clause */
/* arena.h - memory that is given back all at once */
#ifndef LIB_BASE_ARENA_H
#define LIB_BASE_ARENA_H
#include <stddef.h>

#include "lib/base/view.h"

struct arena_block;
struct arena { struct arena_block *block; }; /* all zero is an empty arena */

/* 'size' bytes aligned to 16, or NULL when memory is short.  Valid until reset or release. */
void *arena_take(struct arena *a, size_t size);

/* A copy; a NULL 'at' with a length above 0 means that memory was short. */
struct bytes arena_copy(struct arena *a, struct bytes b);
struct text arena_copy_text(struct arena *a, struct text t);

/* Forget what was taken and keep one block for the next use. */
void arena_reset(struct arena *a);

/* Free everything. */
void arena_release(struct arena *a);

#endif
