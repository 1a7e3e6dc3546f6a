/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.h - who wants to be told of what
 *
 * A subscription is facts filtered by kinds and a selector, in a queue that is bounded in count and bytes.  What does not fit is
 * told as a gap: one OVERFLOW event with the first and last serial and the count, in its place in the order.  Consumers take from
 * the queue: one, until it ends; of a shared name several, each event going to one of them; of a durable name none at times. */
#ifndef LIB_POOL_SUBSCRIPTION_H
#define LIB_POOL_SUBSCRIPTION_H
#include "lib/base/heap.h"
#include "lib/pool/state.h"
#include "maestro/subscription.h"

struct selector;

/* One event in a queue, with a reference of what its fact shows.  It ends when it is sent; that of a named subscription when it is
 * settled: acknowledged where REQUIRE_ACK is asked for, else taken by the consumer's program. */
struct told {
    struct list link; /* queue.waiting, lane.waiting, consumer.sent */
    struct fact fact; /* an OVERFLOW: time is the first serial, size the count */
    uint32_t event;   /* flag of mstro_pool_event_kind */
    bool again;       /* somebody has taken it already and did not acknowledge it */
    uint64_t order;   /* which one its consumer got */
};

/* Events in the order of their serials, and the gap behind them. */
struct queue {
    struct list waiting;
    uint64_t count, bytes; /* of those waiting, also in lanes */
    uint64_t gap_first, gap_last, gap_count;
};

/* An application that takes from a subscription, under a number of its choosing. */
struct consumer {
    struct map_link by_number; /* pool->subscriptions, by session and number */
    struct list of_session, of_subscription;
    struct session *session;
    struct subscription *subscription;
    struct list sent;          /* of a named subscription: what it has to settle, in the order it got them */
    struct list blocked;       /* lanes in which something may wait until it has settled more */
    uint64_t number;
    uint64_t told, seen;       /* events that it got, and that its program has taken */
    uint64_t open;             /* that are not settled: what its window bounds */
    bool made;                 /* its SUBSCRIBE has made the subscription */
};

/* Of a shared name, an object of which a consumer has something that is not settled. */
struct lane {
    struct map_link by_cdo; /* pool->lanes, by subscription and CDO */
    struct list blocked;    /* consumer->blocked */
    struct list waiting;    /* events that were passed over */
    const struct subscription *subscription;
    struct consumer *consumer;
    struct id cdo;
    uint64_t count; /* not settled */
};

/* What few subscriptions have. */
struct subscription_extra {
    struct map_link by_name;  /* pool->names, if it has one */
    struct subscription *subscription;
    struct seal *name;        /* or NULL */
    struct seal *attributes;  /* keys of those that events carry, each with its NUL; or NULL */
    uint64_t granted;         /* of a name: what the first shard has said to who took it last; of a shared one, to all who have it */
};

struct subscription {
    struct index_entry of_objects, of_applications;
    struct index_entry *more; /* of_objects, under further values */
    struct list consumers;
    struct list telling;      /* pool->telling: something is to be sent; or pool->reading, pool->starved, pool->lingering */
    struct list ending;       /* pool->ending: it ends in this step */
    struct list awaited;      /* acks that it owes, and events that wait for room */
    struct selector *selector; /* NULL: all */
    struct subscription_extra *extra; /* or NULL */
    struct queue queue;
    uint64_t number; /* from 1, in the order in which they were made */
    uint64_t max_events, max_bytes, hold_time;
    uint64_t told_at; /* when events were last sent; 0: never */
    uint64_t began, position; /* serials: when it was made; up to which it has read the ring of facts */
    uint32_t kinds;
    mstro_status end;     /* with which, and why, it ends in this step */
    struct text end_reason;
    uint8_t options, flags, when_full, when_late, more_count;
    bool late;     /* an operation that waited for it did so in vain: none waits until it has caught up */
    bool replays;  /* it reads the ring of facts, and is told nothing else until it has read all */
    bool starved;  /* memory was short for the OVERFLOW that it is to be told */
    bool lingers;  /* its events wait, or have waited, for more to travel with */
};

/* ---- subscription.c ---- */

void serve_subscribe(struct pool *pool, struct session *session, const struct record *record);
void serve_unsubscribe(struct pool *pool, struct session *session, const struct record *record);

/* End it for everybody who has it. */
void subscription_close(struct pool *pool, struct subscription *subscription);

/* The same at the end of this step, after its consumers were told why ('reason': of this step's arena).  The first reason counts. */
void subscription_close_soon(struct pool *pool, struct subscription *subscription, mstro_status status, struct text reason);

/* An operation on 'name' goes on without its ack, for want of memory, and it cannot be told so by an OVERFLOW: it ends. */
void subscription_unheld(struct pool *pool, struct subscription *subscription, struct text name);
void subscriptions_end_soon(struct pool *pool);

/* What a session has: what it held goes on, what it has not settled goes to others. */
void subscriptions_end(struct pool *pool, struct session *session);

/* The pool ends, and with it the durable names that nobody has. */
void subscriptions_forget_durable(struct pool *pool);

static inline bool subscription_keeps(const struct subscription *subscription) { return subscription->flags != 0; }

/* ---- consumer.c ---- */

struct consumer *consumer_find(const struct pool *pool, const struct session *session, uint64_t number);

/* NULL when memory is short. */
struct consumer *consumer_make(struct pool *pool, struct session *session, struct subscription *subscription, uint64_t number);

/* What it has not settled goes back to the queue. */
void consumer_end(struct pool *pool, struct consumer *consumer);

void serve_seen(struct pool *pool, struct session *session, const struct record *record);

/* It has acknowledged the event with this serial. */
void consumer_acknowledged(struct pool *pool, struct consumer *consumer, uint64_t serial);

/* It has something to be sent in this step. */
void tell_soon(struct pool *pool, struct subscription *subscription);

/* What lingers is sent before the subscription ends. */
void queue_linger_no_more(struct pool *pool, struct subscription *subscription);

/* Those for which memory was short, and those that linger, are told when it is time for that; when that is. */
void queues_try_again(struct pool *pool);
uint64_t queues_deadline(const struct pool *pool);

/* Send what may be sent. */
void queues_flush(struct pool *pool);

/* ---- lane.c ---- */

/* The lane of an object; NULL: the next event of it may go to anybody. */
struct lane *lane_find(const struct pool *pool, const struct subscription *subscription, struct id cdo);

/* One more, or one less, of this object is with this consumer.  False when memory is short. */
bool lane_enter(struct pool *pool, struct consumer *consumer, struct id cdo);
void lane_leave(struct pool *pool, const struct subscription *subscription, struct id cdo);

/* Pass over the first of the queue: the lane's consumer has no room for it. */
void lane_wait(struct lane *lane, struct told *told);

/* What was passed over and comes next for this consumer, NULL: nothing. */
struct told *lane_next(struct consumer *consumer);

/* It has given back what it had: what waited for it may go to anybody. */
void lanes_end(struct pool *pool, struct consumer *consumer);

/* ---- tell.c ---- */

enum tell { TELL_BEFORE, TELL_AFTER, TELL_ALL };

/* Tell those who want to know: of what will happen, of what has happened, or both because nobody could be told before.  The acks
 * that some of them want to give, and those who have no room, hold of->op. */
void subscriptions_tell(struct pool *pool, const struct fact *fact, const struct fact_of *of, enum tell whom);

/* Does a subscription want to be told of a fact, whenever that is? */
enum selector_answer subscription_matches(struct pool *pool, const struct subscription *subscription, const struct fact *fact, uint32_t event);

/* Whether it wants to be told of 'fact' would take too long to say: it ends, or, while nobody is there who could be told so, has a gap. */
void subscription_too_expensive(struct pool *pool, struct subscription *subscription, const struct fact *fact);

/* ---- queue.c ---- */

enum queue_answer {
    QUEUE_HAS_ROOM, /* it is in */
    QUEUE_IS_FULL,  /* it is in, beyond the bound: its operation shall wait */
    QUEUE_DROPS,    /* it is not: part of the gap */
    QUEUE_ENDS      /* it is not, and the subscription ends */
};
enum queue_answer queue_put(struct pool *pool, struct subscription *subscription, const struct fact *fact, uint32_t event);

/* Whatever the bounds.  False when memory is short. */
bool queue_put_unbounded(struct pool *pool, struct subscription *subscription, const struct fact *fact, uint32_t event);

/* Events from 'first' to 'last', 'count' of them at most, are missing: told as soon as there is room. */
void queue_skip(struct pool *pool, struct subscription *subscription, uint64_t first, uint64_t last, uint64_t count);

/* The same for the event that was put last. */
void queue_skip_last(struct pool *pool, struct subscription *subscription);

/* May one more wait, may this one? */
bool queue_has_room(const struct subscription *subscription);
bool queue_has_room_for(const struct subscription *subscription, const struct fact *fact);

/* Put the OVERFLOW for the events that are missing behind what waits.  False: there is no room for it. */
bool queue_close_gap(struct pool *pool, struct subscription *subscription);

/* The next to be sent, NULL: none.  Take it out; it is to be freed, or kept by its consumer. */
struct told *queue_first(struct pool *pool, struct subscription *subscription);
void queue_take(struct subscription *subscription, struct told *told);

/* Put one back that was taken out, in its place. */
void queue_return(struct subscription *subscription, struct told *told);

/* The same for a list, in the order of serials, of some that are counted already. */
void queue_merge(struct subscription *subscription, struct list *from);

void told_free(struct pool *pool, struct told *told);
void queue_release(struct pool *pool, struct subscription *subscription);

/* What an event counts. */
uint64_t told_bytes(const struct subscription *subscription, const struct told *told);

/* ---- replay.c ---- */

/* Begin where 'asked' says.  MSTRO_NOMEM, MSTRO_QUOTA: it is as before. */
mstro_status replay_begin(struct pool *pool, struct subscription *subscription, const struct record_subscribe *asked);

/* Its SUBSCRIBE is the newest fact: what comes behind it is new. */
void replay_begun(const struct pool *pool, struct subscription *subscription, const struct record_subscribe *asked);

/* Read on in the ring of facts, as far as there is room.  True: as far as one step may, there is more to read at once. */
bool replay_go_on(struct pool *pool, struct subscription *subscription);

#endif
