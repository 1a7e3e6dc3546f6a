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
#include "lib/client/submission.h"
#include "lib/client/waiting.h"
#include "lib/wire/record.h"
#include "maestro/subscription.h"

struct mstro_subscription_ {
    struct list link;          /* in the library's list */
    uint64_t number;           /* the client's number of it */
    atomic_bool busy;          /* a call has it */
    struct waitable news;      /* READY when there may be events */
    pthread_mutex_t lock;      /* leaf; guards what follows */
    mstro_pool_event head, *tail;
    uint64_t lost;             /* events there was no memory for since the last that was kept */
    uint64_t lost_first, lost_last;
    bool over;                 /* nothing will come any more */
    int bell;                  /* eventfd: readable exactly while head is not NULL or it is over; -1 until asked for */
    struct submission seen;    /* tells the pool what was taken */
    bool seen_queued;
    uint64_t seen_serial;
};

mstro_status subscription_create(struct mstro_subscription_ **out, uint64_t number);
void subscription_destroy(struct mstro_subscription_ *sub);

/* [token] Keep the events for the subscriber and wake who waits. */
void subscription_push(struct mstro_subscription_ *sub, const struct record_events *events, struct waiting *waiting);

/* Nothing will come any more: wake who looks at the bell, for good. */
void subscription_end(struct mstro_subscription_ *sub);

/* Everything that is here, or NULL.  The pool is told so (by the next turn of the token). */
mstro_pool_event subscription_take(struct mstro_subscription_ *sub, struct session *s);

/* Acknowledge every event of the list. */
mstro_status subscription_acknowledge(struct mstro_subscription_ *sub, struct session *s, mstro_pool_event list);

/* A descriptor that is readable while there are events, and when there never will be. */
mstro_status subscription_bell(struct mstro_subscription_ *sub, int *fd);

/* Free a list of events. */
void event_list_free(mstro_pool_event list);

#endif
