/* SPDX-License-Identifier: BSD-3-Clause */
/* copy.h - a record that stands on its own */
#ifndef LIB_WIRE_COPY_H
#define LIB_WIRE_COPY_H
#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/wire/record.h"

/* Copy 'from' with everything its views show into 'arena'.  False when memory is short. */
bool record_copy(struct arena *arena, const struct record *from, struct record *to);

/* The same in memory of the caller's: record_room() bytes, aligned to 8. */
size_t record_room(const struct record *from);
void record_copy_to(void *room, const struct record *from, struct record *to);

#endif
