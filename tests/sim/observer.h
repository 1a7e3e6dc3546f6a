/* SPDX-License-Identifier: BSD-3-Clause */
/* observer.h - what the witnesses of a world's shards (witness.h) are shown of it */
#ifndef TESTS_SIM_OBSERVER_H
#define TESTS_SIM_OBSERVER_H
#include "tests/sim/world.h"

/* Around a step of a shard with that input, its outputs being in world->out: before it; what happened in it; and, when the rules have said what
 * that was, the outputs. */
void observe_input(struct world *world, uint16_t shard, const struct pool_input *in);
void observe_facts(struct world *world, uint16_t shard);
void observe_outputs(struct world *world, uint16_t shard, const struct pool_input *in);

/* What that handle had parked has gone on. */
void observe_gone_on(struct world *world, uint16_t shard, uint64_t session, uint64_t handle);

/* The session of an application, 0: it was none of late. */
uint64_t session_of_app(const struct world *world, uint64_t app);
uint64_t app_of_session(const struct world *world, uint64_t session);

/* Is what happened what the model says must happen?  False: it says what is wrong. */
bool observe_rules(struct world *world, uint16_t shard);

/* Are the next of the model's events, from 'event', the next of the facts, from '*fact'?  Then it is behind them. */
bool observe_next(const struct world *world, uint16_t shard, int event, size_t *fact);

#endif
