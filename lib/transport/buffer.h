/* SPDX-License-Identifier: BSD-3-Clause */
/* buffer.h - memory for objects that the library allocates for consumers
 *
 * Users call free() on what they were handed out, so every buffer is one of malloc's: 64-byte aligned, from 4 MiB on 2 MiB aligned
 * and in huge pages where there are any.  What no user has seen comes back and is kept warm, because touching new pages costs more
 * than the copy.  Any thread. */
#ifndef LIB_TRANSPORT_BUFFER_H
#define LIB_TRANSPORT_BUFFER_H
#include <stddef.h>

#include "maestro/status.h"

struct buffer_cache;

/* Keep at most 'bytes' warm. */
mstro_status buffer_cache_create(struct buffer_cache **out, size_t bytes);
void buffer_cache_destroy(struct buffer_cache *c);

/* At least 'size' bytes, contents undefined; NULL when memory is short.  Never NULL for size 0. */
void *buffer_take(struct buffer_cache *c, size_t size);

/* Give back what buffer_take(size) returned and no user has seen. */
void buffer_give_back(struct buffer_cache *c, void *buffer, size_t size);

#endif
