/* SPDX-License-Identifier: BSD-3-Clause */
/* lane.c - what a shared name keeps together
 *
 * Events of one object that are not settled are all with one consumer, so that they stay in order.  When it has no room for the next one, that
 * is passed over: it waits in the lane, counted in the queue, so that what comes behind it can go to others. */
#include "lib/pool/subscription.h"

struct lane_key { const struct subscription *subscription; struct id cdo; };

static bool lane_matches(const struct map_link *link, const void *key)
{
    const struct lane *lane = map_entry(link, const struct lane, by_cdo);
    const struct lane_key *wanted = key;
    return lane->subscription == wanted->subscription && lane->cdo.high == wanted->cdo.high && lane->cdo.low == wanted->cdo.low;
}

static uint64_t lane_hash(const struct subscription *subscription, struct id cdo)
{
    return hash_mix(hash_mix(cdo.low, cdo.high), subscription->number);
}

struct lane *lane_find(const struct pool *pool, const struct subscription *subscription, struct id cdo)
{
    struct lane_key key = { subscription, cdo };
    if (!(subscription->flags & SUBSCRIBE_SHARED))
        return NULL;
    struct map_link *link = map_find(&pool->lanes, lane_hash(subscription, cdo), lane_matches, &key);
    return link ? map_entry(link, struct lane, by_cdo) : NULL;
}

bool lane_enter(struct pool *pool, struct consumer *consumer, struct id cdo)
{
    struct lane *lane = lane_find(pool, consumer->subscription, cdo);
    if (!(consumer->subscription->flags & SUBSCRIBE_SHARED))
        return true;
    if (!lane) {
        if (!(lane = memory_take(pool, sizeof *lane)))
            return false;
        lane->subscription = consumer->subscription;
        lane->consumer = consumer;
        lane->cdo = cdo;
        list_init(&lane->waiting);
        list_init(&lane->blocked);
        map_insert(&pool->lanes, &lane->by_cdo, lane_hash(consumer->subscription, cdo));
    }
    lane->count++;
    return true;
}

static void free_unused(struct pool *pool, struct lane *lane)
{
    if (lane->count > 0 || !list_empty(&lane->waiting))
        return;
    list_remove(&lane->blocked);
    map_remove(&pool->lanes, &lane->by_cdo);
    memory_give(pool, lane, sizeof *lane);
}

void lane_leave(struct pool *pool, const struct subscription *subscription, struct id cdo)
{
    struct lane *lane = lane_find(pool, subscription, cdo);
    if (!lane)
        return;
    lane->count--;
    free_unused(pool, lane);
}

void lane_wait(struct lane *lane, struct told *told)
{
    list_remove(&told->link);
    list_append(&lane->waiting, &told->link);
    if (list_empty(&lane->blocked))
        list_append(&lane->consumer->blocked, &lane->blocked);
}

struct told *lane_next(struct consumer *consumer)
{
    while (!list_empty(&consumer->blocked)) {
        struct lane *lane = list_entry(consumer->blocked.next, struct lane, blocked);
        list_remove(&lane->blocked);
        if (list_empty(&lane->waiting))
            continue; /* the last that waited is with its consumer */
        list_append(&consumer->blocked, &lane->blocked); /* the others first, next time */
        return list_entry(lane->waiting.next, struct told, link);
    }
    return NULL;
}

void lanes_end(struct pool *pool, struct consumer *consumer)
{
    while (!list_empty(&consumer->blocked)) {
        struct lane *lane = list_entry(consumer->blocked.next, struct lane, blocked);
        list_remove(&lane->blocked);
        queue_merge(consumer->subscription, &lane->waiting);
        free_unused(pool, lane);
    }
}
