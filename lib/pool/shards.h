/* SPDX-License-Identifier: BSD-3-Clause */
/* shards.h - what the engines of a pool say to each other, when there are several
 *
 * Shard 0 decides who is in the pool and who is not any more; the others know everybody it has admitted until it dismisses him. */
#ifndef LIB_POOL_SHARDS_H
#define LIB_POOL_SHARDS_H
#include "lib/pool/state.h"

/* Take a record of another shard's engine.  One that shards do not say is ignored. */
void shards_record(struct pool *pool, uint16_t from, const struct record *record);

/* Have what it takes to tell all others something.  False when memory is short. */
bool shards_reserve(struct pool *pool);

/* Make all others know this session: how many they are.  shards_reserve comes before. */
uint16_t shards_admit(struct pool *pool, const struct session *session);

/* Nothing of the session is left here: free it, and see that it ends everywhere.  Who has left this shard in peace (MSTRO_OK) may be
 * in shard 0 still. */
void shards_part(struct pool *pool, struct session *session, mstro_status status, struct text reason);

/* Tell of those ends for which memory was short. */
void shards_tell(struct pool *pool);

/* The runs of slots that each shard owns, for WELCOME; 0 of them when memory is short, or there is one shard only. */
uint32_t shards_slot_map(struct pool *pool, const struct record_slots **map);

/* Does this name belong here? */
bool shards_own(const struct pool *pool, struct id id);

#endif
