/* SPDX-License-Identifier: BSD-3-Clause */
/* observer.h - what the witnesses of a world's shards (witness.h) are shown of it */
#ifndef TESTS_SIM_OBSERVER_H
#define TESTS_SIM_OBSERVER_H
#include "tests/sim/world.h"

/* Around a step of a shard with that input, its outputs being in world->out. */
void observe_input(struct world *world, uint16_t shard, const struct pool_input *in);
void observe_outputs(struct world *world, uint16_t shard, const struct pool_input *in);

/* Behind that, where the model knows what must happen: is it what happened?  False: the model says what is wrong. */
bool observe_rules(struct world *world, uint16_t shard);

#endif
