/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.h - who wants to be told of what
 *
 * A subscription is facts filtered by kinds and a selector, in a queue that is bounded in count and bytes.  What does not fit is
 * told as a gap: one OVERFLOW event with the first and last serial and the count, in its place in the order. */
#ifndef LIB_POOL_SUBSCRIPTION_H
#define LIB_POOL_SUBSCRIPTION_H
#include "lib/pool/state.h"
#include "maestro/subscription.h"

struct selector;

/* One event in a queue. */
struct told {
    struct fact fact; /* an OVERFLOW: time is the first serial, size the count */
    struct seal *component; /* NULL when it has been sent and only waits to be seen */
    uint32_t event;          /* flag of mstro_pool_event_kind */
};

/* Events in the order of their serials: first those sent and not seen yet, then those to be sent. */
struct queue {
    struct told *ring;
    size_t room, first, sent, count; /* sent of count */
    size_t bytes;                    /* of names and components that are to be sent */
    uint64_t gap_first, gap_last, gap_count;
};

struct subscription {
    struct map_link by_number; /* pool->subscriptions, by session and number */
    struct list of_session, of_index;
    struct index_value *place; /* where it stands in the index, NULL: with the others */
    struct list telling; /* pool->telling: something is to be sent */
    struct list awaited; /* events it has not acknowledged */
    struct session *session;
    struct selector *selector; /* NULL: all */
    struct queue queue;
    uint64_t number;
    uint32_t kinds, options;
    bool late; /* an ack of it was not waited for: none is until one comes */
};

void serve_subscribe(struct pool *pool, struct session *session, const struct record *record);
void serve_unsubscribe(struct pool *pool, struct session *session, const struct record *record);
void serve_seen(struct pool *pool, struct session *session, const struct record *record);
struct subscription *subscription_find(const struct pool *pool, const struct session *session, uint64_t number);

/* End all of a session: what they held goes on. */
void subscriptions_end(struct pool *pool, struct session *session);

enum tell { TELL_BEFORE, TELL_AFTER, TELL_ALL };

/* Tell those who want to know: of what will happen, of what has happened, or both because nobody could be told before.  The acks
 * that some of them want to give hold of->op. */
void subscriptions_tell(struct pool *pool, const struct fact *fact, const struct fact_of *of, enum tell whom);

/* ---- queue.c ---- */

/* False: it did not fit, and is part of the gap. */
bool queue_put(struct pool *pool, struct subscription *subscription, const struct fact *fact, struct seal *component, uint32_t event);
void queue_skip(struct subscription *subscription, uint64_t serial);

/* The subscriber has taken everything up to this serial. */
void queue_seen(struct pool *pool, struct subscription *subscription, uint64_t serial);
void queue_release(struct pool *pool, struct subscription *subscription);

/* Send what may be sent. */
void queues_flush(struct pool *pool);

#endif
