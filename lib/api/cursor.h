/* SPDX-License-Identifier: BSD-3-Clause */
/* cursor.h - a place in the events of a pool, as a text
 *
 *     POOL-EPOCH-SERIAL-SERIAL...-CHECK     hexadecimal: the pool's id (32 digits), its epoch, a serial for each shard, and 8 digits
 *                                           (XXH3) of all before, so that a part of a cursor is none
 *
 * Whoever keeps one does not look into it. */
#ifndef LIB_API_CURSOR_H
#define LIB_API_CURSOR_H
#include <stddef.h>

#include "lib/base/view.h"
#include "maestro/status.h"

/* The caller frees it.  NULL when memory is short. */
char *cursor_write(struct id pool, uint64_t epoch, const uint64_t serial[], size_t count);

/* MSTRO_INVARG: it is none; MSTRO_STALE_EPOCH: it is of another pool, or of another run of it. */
mstro_status cursor_read(const char *text, struct id pool, uint64_t epoch, uint64_t serial[], size_t room, size_t *count);

#endif
