/* SPDX-License-Identifier: BSD-3-Clause */
/* hash.h - where a name lives */
#ifndef LIB_BASE_HASH_H
#define LIB_BASE_HASH_H
#include <stdint.h>

#include "lib/base/view.h"

enum { SLOT_COUNT = 1024 };

/* The id of the object called 'name' in the pool 'key': SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012), so
 * that who does not choose the pool's id cannot choose names that collide. */
struct id id_of_name(struct id key, struct text name);

/* 0 .. SLOT_COUNT - 1: the first 10 bits of an id. */
static inline uint16_t slot_of_id(struct id id) { return (uint16_t)(id.high >> 54); }

/* Which of 'shards' shards (1 .. SLOT_COUNT) a slot belongs to: each has a run of slots, as even as can be. */
static inline uint16_t shard_of_slot(uint16_t slot, uint16_t shards) { return (uint16_t)((uint32_t)slot * shards / SLOT_COUNT); }

/* The serial of a fact, and so of the event by which it is told, is its shard's counter << 10 | shard. */
static inline uint16_t shard_of_serial(uint64_t serial) { return (uint16_t)(serial % SLOT_COUNT); }

#endif
