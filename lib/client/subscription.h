/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.h - the events that have come for one subscriber and were not taken yet
 *
 * How many there can be is bounded by the pool: it sends no more than its window until it is told (SEEN) that some were taken. */
#ifndef LIB_CLIENT_SUBSCRIPTION_H
#define LIB_CLIENT_SUBSCRIPTION_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/base/list.h"
#include "lib/client/event.h"
#include "lib/client/submission.h"
#include "lib/client/waiting.h"
#include "lib/wire/record.h"
#include "maestro/subscription.h"

/* A shard, and how far it has got: with what is here, and with what the subscriber has taken. */
struct source {
    uint64_t serial;           /* of its last event; the low bits name it */
    uint64_t come, taken, said; /* events; said: of those taken, the pool knows */
    uint64_t asked;             /* as many had come when the pool last asked to be told */
    uint64_t position, cursor;
};

struct mstro_subscription_ {
    struct list link;          /* in the library's list */
    uint64_t number;           /* the client's number of it */
    atomic_bool busy;          /* a call has it */
    struct waitable news;      /* READY when there may be events */
    pthread_mutex_t lock;      /* leaf; guards what follows */
    mstro_pool_event head, *tail;
    mstro_pool_event gap;      /* the last of the list if it stands for events there was no memory for; NULL: it does not */
    mstro_pool_event spare;    /* kept to be that one */
    bool over;                 /* nothing will come any more */
    mstro_status end;          /* why the pool has ended it; MSTRO_OK: it has not */
    char *end_detail;          /* malloc'ed, or NULL */
    struct source *sources;    /* the shards of which something has come */
    size_t source_count;
    int bell;                  /* eventfd: readable exactly while head is not NULL or it is over; -1 until asked for */
    bool rings;                /* it does, or is about to, and nobody has heard it yet */
    struct submission seen;    /* tells the pool what was taken */
    bool seen_queued;
};

mstro_status subscription_create(struct mstro_subscription_ **out, uint64_t number);
void subscription_destroy(struct mstro_subscription_ *sub);

/* [token] Keep the events for the subscriber and wake who waits. */
void subscription_push(struct mstro_subscription_ *sub, const struct record_events *events, struct waiting *waiting);

/* Nothing will come any more: wake who looks at the bell, for good. */
void subscription_end(struct mstro_subscription_ *sub);

/* [token] The same, because the pool has ended it. */
void subscription_stop(struct mstro_subscription_ *sub, mstro_status status, struct text detail, struct waiting *waiting);

/* Why the pool has ended it, with the text in mstro_error_detail; MSTRO_OK: it has not. */
mstro_status subscription_status(struct mstro_subscription_ *sub);

/* The serials behind which the subscriber has not taken anything yet, one a shard, as many as 'room'; how many there are. */
size_t subscription_cursor(struct mstro_subscription_ *sub, uint64_t serial[], size_t room);

/* Everything that is here, or NULL.  The pool is told so, if it has asked (by the next turn of the token). */
mstro_pool_event subscription_take(struct mstro_subscription_ *sub, struct session *s);

/* Acknowledge every event of the list. */
mstro_status subscription_acknowledge(struct mstro_subscription_ *sub, struct session *s, mstro_pool_event list);

/* A descriptor that is readable while there are events, and when there never will be. */
mstro_status subscription_bell(struct mstro_subscription_ *sub, int *fd);

#endif
