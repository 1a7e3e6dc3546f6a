/* SPDX-License-Identifier: BSD-3-Clause */
/* replay.c - being told what happened before, while its facts are kept
 *
 * A subscription that replays is a reader of the ring of facts: it reads on when its queue has room, is told of nothing in any other
 * way meanwhile, and is like all others when it has read the newest.  What the ring has dropped by then is a gap. */
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/subscription.h"

enum { READ_AT_ONCE = 4096 }; /* facts: a step of the pool is short */

/* How a subscription that reads of it in the ring is told; 0: not. */
static uint32_t event_in_ring(const struct pool *pool, const struct subscription *subscription, const struct fact *fact)
{
    bool before = (subscription->options & MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE) && fact->serial > subscription->began;
    if (fact->kind == FACT_CHECKPOINT)
        return 0; /* somebody else's */
    if (fact->kind == FACT_INTENT)
        return before ? fact_event(fact->intended) : 0;
    return before && fact_was_announced(pool, fact, subscription->began) ? 0 : fact_event(fact->kind);
}

static void skip(struct pool *pool, struct subscription *subscription, uint64_t last)
{
    uint64_t first = fact_serial(pool, fact_counter(subscription->position) + 1);
    if (last >= first)
        queue_skip(pool, subscription, first, last, fact_counter(last) - fact_counter(first) + 1);
    subscription->position = last;
}

/* False: there is no room for it, it is read again later. */
static bool read_fact(struct pool *pool, struct subscription *subscription, const struct fact *fact)
{
    uint32_t event = event_in_ring(pool, subscription, fact);
    enum selector_answer answer = event ? subscription_matches(pool, subscription, fact, event) : SELECTOR_NO;
    if (answer == SELECTOR_YES && !queue_has_room_for(subscription, fact))
        return false;
    subscription->position = fact->serial;
    if (answer == SELECTOR_YES)
        queue_put(pool, subscription, fact, event);
    else if (answer == SELECTOR_TOO_EXPENSIVE)
        subscription_too_expensive(pool, subscription, fact);
    return true;
}

/* From now on it is told when something happens.  The checkpoint is for it alone.  False: there is no room for that, it reads on later. */
static bool catch_up(struct pool *pool, struct subscription *subscription)
{
    struct session *session = list_empty(&subscription->consumers) ? NULL : list_entry(subscription->consumers.next, struct consumer, of_subscription)->session;
    bool tells = subscription->kinds & MSTRO_POOL_EVENT_POOL_CHECKPOINT;
    if (tells && !queue_has_room_for(subscription, &(struct fact){ .by = session ? session->participant : NULL }))
        return false;
    subscription->replays = false;
    if (!tells)
        return true;
    struct fact fact = fact_note(pool, FACT_CHECKPOINT, &(struct fact_of){ .session = session, .size = -1 });
    queue_put(pool, subscription, &fact, MSTRO_POOL_EVENT_POOL_CHECKPOINT); /* memory may be short still: that is a gap */
    return true;
}

/* What comes next, a gap or a fact; false: it cannot be read yet. */
static bool read_next(struct pool *pool, struct subscription *subscription)
{
    const struct fact *fact = facts_after(pool, subscription->position);
    uint64_t last = fact ? fact_serial(pool, fact_counter(fact->serial) - 1) : facts_newest(pool);
    if (last > subscription->position)
        skip(pool, subscription, last); /* the ring has it no more */
    else if (!fact)
        return catch_up(pool, subscription);
    else
        return read_fact(pool, subscription, fact);
    return true;
}

bool replay_go_on(struct pool *pool, struct subscription *subscription)
{
    bool more = true;
    for (int i = 0; more && i < READ_AT_ONCE && subscription->replays; i++)
        more = queue_close_gap(pool, subscription) && queue_has_room(subscription) && read_next(pool, subscription);
    return more && subscription->replays;
}

/* ---- the offers that stand ---- */

struct standing { struct pool *pool; const struct subscription *subscription; struct fact *fact; size_t count, room; bool too_expensive; };

/* As its OFFER was told. */
static struct fact fact_of_offer(const struct pool *pool, const struct generation *generation)
{
    const struct offer *offer = list_entry(generation->holders.next, struct offer, of_generation);
    return (struct fact){ .serial = generation->serial, .time = pool->now, .cdo = generation->cdo->id, .by = offer->handle->session->participant,
                          .sealed = generation->sealed, .size = generation->size, .generation = generation->number, .kind = FACT_OFFER };
}

static void find_standing(struct map_link *link, void *context)
{
    struct standing *all = context;
    const struct generation *newest = map_entry(link, struct cdo, by_id)->newest;
    if (!newest || newest->state != GENERATION_OFFERED)
        return;
    struct fact fact = fact_of_offer(all->pool, newest);
    enum selector_answer answer = subscription_matches(all->pool, all->subscription, &fact, MSTRO_POOL_EVENT_OFFER);
    all->too_expensive = all->too_expensive || answer == SELECTOR_TOO_EXPENSIVE;
    if (answer != SELECTOR_YES)
        return;
    if (all->fact && all->count < all->room)
        all->fact[all->count] = fact;
    all->count++;
}

static int by_serial(const void *a, const void *b)
{
    uint64_t first = ((const struct fact *)a)->serial, second = ((const struct fact *)b)->serial;
    return (first > second) - (first < second);
}

/* All of them at once: they are as many as there are, whatever the bounds of the queue. */
static mstro_status put_standing(struct pool *pool, struct subscription *subscription)
{
    struct standing all = { .pool = pool, .subscription = subscription };
    map_each(&pool->cdos, find_standing, &all);
    if (all.too_expensive)
        return MSTRO_TOO_EXPENSIVE;
    if (all.count == 0)
        return MSTRO_OK;
    if (!memory_allows(pool, all.count * sizeof(struct told)))
        return MSTRO_QUOTA;
    all.room = all.count;
    all.count = 0;
    all.fact = malloc(all.room * sizeof *all.fact);
    if (!all.fact)
        return MSTRO_NOMEM;
    map_each(&pool->cdos, find_standing, &all);
    qsort(all.fact, all.count, sizeof *all.fact, by_serial);
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; i < all.count && status == MSTRO_OK; i++)
        status = queue_put_unbounded(pool, subscription, &all.fact[i], MSTRO_POOL_EVENT_OFFER) ? MSTRO_OK : MSTRO_NOMEM;
    free(all.fact);
    return status;
}

/* ---- beginning ---- */

static bool is_in_this_pool(const struct pool *pool, const struct record_subscribe *asked)
{
    for (uint32_t i = 0; i < asked->positions.count; i++)
        if (shard_of_serial(asked->positions.at[i].serial) >= pool->settings.shards)
            return false;
    return true;
}

static uint64_t given_position(const struct pool *pool, const struct record_subscribe *asked)
{
    for (uint32_t i = 0; i < asked->positions.count; i++)
        if (shard_of_serial(asked->positions.at[i].serial) == pool->settings.shard)
            return asked->positions.at[i].serial;
    return facts_newest(pool);
}

/* 0, from the first fact on, when the ring does not go back so far: what is missing is a gap. */
static uint64_t position_by_age(const struct pool *pool, uint64_t age)
{
    return facts_before(pool, age < pool->now ? pool->now - age : 0);
}

mstro_status replay_begin(struct pool *pool, struct subscription *subscription, const struct record_subscribe *asked)
{
    uint64_t newest = facts_newest(pool);
    mstro_status status = MSTRO_OK;
    subscription->position = newest;
    switch ((enum mstro_subscription_start)asked->start) {
    case MSTRO_SUBSCRIPTION_START_NOW:
        return MSTRO_OK;
    case MSTRO_SUBSCRIPTION_START_CURSOR:
        if (!is_in_this_pool(pool, asked))
            return MSTRO_STALE_EPOCH;
        subscription->position = given_position(pool, asked);
        break;
    case MSTRO_SUBSCRIPTION_START_SERIAL:
        if (shard_of_serial(asked->since) >= pool->settings.shards)
            return MSTRO_STALE_EPOCH;
        if (shard_of_serial(asked->since) == pool->settings.shard)
            subscription->position = asked->since; /* the others begin now: a serial is of one shard */
        break;
    case MSTRO_SUBSCRIPTION_START_AGE:
        subscription->position = position_by_age(pool, asked->since);
        break;
    case MSTRO_SUBSCRIPTION_START_STANDING:
        status = put_standing(pool, subscription);
        break;
    }
    if (subscription->position > newest)
        return MSTRO_STALE_EPOCH;
    subscription->replays = true;
    return status;
}

void replay_begun(const struct pool *pool, struct subscription *subscription, const struct record_subscribe *asked)
{
    subscription->began = facts_newest(pool);
    if (asked->start == MSTRO_SUBSCRIPTION_START_NOW || asked->start == MSTRO_SUBSCRIPTION_START_STANDING)
        subscription->position = subscription->began;
}
