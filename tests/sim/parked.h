/* SPDX-License-Identifier: BSD-3-Clause */
/* parked.h - operations that wait until subscribers who are told before have acknowledged them, and what their handles do next
 *
 * When they go on is what a witness judges, and here it is the pool's word: which of its records a handle waits with.  What follows when
 * they do is the rules'. */
#ifndef TESTS_SIM_PARKED_H
#define TESTS_SIM_PARKED_H
#include "tests/sim/world.h"

/* Before the model has it: does it wait behind what is parked, if only until the end of this step; does it cancel that? */
bool parked_keeps(struct world *world, uint16_t shard, const struct pool_input *in);
bool parked_cancels(struct world *world, uint16_t shard, const struct pool_input *in);

/* Behind the step: the model takes what is not parked any more, and is held against what came. */
void parked_follow(struct world *world, uint16_t shard);

/* Whoever waits waits for somebody. */
void parked_check(struct world *world, uint16_t shard);

/* Which handle of that session, of an object of that name, has parked something in this step, 0: none. */
uint64_t parked_now(const struct world *world, uint16_t shard, uint64_t session, const char *name);

/* Is something of that handle parked? */
bool parked_waits(const struct world *world, uint16_t shard, uint64_t session, uint64_t handle);

void parked_drop(struct world *world, uint16_t shard);

#endif
