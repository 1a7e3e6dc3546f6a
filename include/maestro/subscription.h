/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.h - being told what happens in the pool */
#ifndef MAESTRO_SUBSCRIPTION_H
#define MAESTRO_SUBSCRIPTION_H
#include "types.h"

typedef enum mstro_pool_event_kind { /* bit flags */
    MSTRO_POOL_EVENT_DECLARE = 1 << 0,
    MSTRO_POOL_EVENT_SEAL = 1 << 1,
    MSTRO_POOL_EVENT_SEAL_GROUP = 1 << 2,
    MSTRO_POOL_EVENT_OFFER = 1 << 3,
    MSTRO_POOL_EVENT_REQUIRE = 1 << 4,
    MSTRO_POOL_EVENT_RETRACT = 1 << 5,
    MSTRO_POOL_EVENT_DEMAND = 1 << 6,
    MSTRO_POOL_EVENT_WITHDRAW = 1 << 7,
    MSTRO_POOL_EVENT_DISPOSE = 1 << 8,
    MSTRO_POOL_EVENT_TRANSPORT_INIT = 1 << 9,
    MSTRO_POOL_EVENT_TRANSPORT_TICKET = 1 << 10,
    MSTRO_POOL_EVENT_TRANSPORT_COMPLETED = 1 << 11,
    MSTRO_POOL_EVENT_APP_JOIN = 1 << 12,
    MSTRO_POOL_EVENT_APP_WELCOME = 1 << 13,
    MSTRO_POOL_EVENT_APP_LEAVE = 1 << 14,
    MSTRO_POOL_EVENT_APP_BYE = 1 << 15,
    MSTRO_POOL_EVENT_SUBSCRIBE = 1 << 16,
    MSTRO_POOL_EVENT_UNSUBSCRIBE = 1 << 17,
    MSTRO_POOL_EVENT_POOL_CHECKPOINT = 1 << 18,
    MSTRO_POOL_EVENT_LOST = 1 << 19,
    MSTRO_POOL_EVENT_OVERFLOW = 1 << 20,
    MSTRO_POOL_EVENT_GROUP_LOST = 1 << 21
} mstro_pool_event_kind;

enum mstro_subscription_opts { /* bit flags */
    MSTRO_SUBSCRIPTION_OPTS_DEFAULT = 0,
    MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK = 1 << 0,    /* the operation's caller waits until this subscriber has acknowledged */
    MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE = 1 << 1,  /* told before the operation takes effect */
    MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS = 1 << 2 /* not told of what this process does */
};
#ifndef __cplusplus
typedef enum mstro_subscription_opts mstro_subscription_opts;
#endif

/* Each event carries the fields of its kind, under payload.KIND and, the same memory, directly under KIND (older spelling).  The
 * library owns the strings until mstro_pool_event_dispose.  'size' is in bytes. */
struct mstro_pool_event_cdo { mstro_app_id appid; const char *cdo_name; const char *component_name; int64_t size; };
struct mstro_pool_event_app { mstro_app_id appid; const char *component_name; };
struct mstro_pool_event_overflow { uint64_t first_serial, last_serial, count; };
union mstro_pool_event_payload {
    struct mstro_pool_event_cdo declare, seal, seal_group, offer, require, retract, demand, withdraw, dispose, transport, lost, group_lost;
    struct mstro_pool_event_app join, welcome, leave, bye;
    struct mstro_pool_event_overflow overflow;
};
struct mstro_pool_event_ {
    mstro_pool_event_kind kind;
    uint64_t serial;
    mstro_pool_event next;
    union { /* 'payload.offer.cdo_name' and 'offer.cdo_name' name the same bytes */
        struct mstro_pool_event_cdo declare, seal, seal_group, offer, require, retract, demand, withdraw, dispose, transport, lost, group_lost;
        struct mstro_pool_event_app join, welcome, leave, bye;
        struct mstro_pool_event_overflow overflow;
        union mstro_pool_event_payload payload;
    };
};

#ifdef __cplusplus
extern "C" {
#endif

/* Be told of the 'kinds' of events (flags joined by |) on objects that match 's' (NULL: all; joining and leaving ignore it).  What
 * happens after this call has returned is told; 's' may be disposed at once.  MSTRO_TIMEOUT when the pool manager does not answer within
 * MSTRO_OPERATION_TIMEOUT (not set: the pool's lease). */
mstro_status mstro_subscribe(mstro_cdo_selector s, mstro_pool_event_kind kinds, enum mstro_subscription_opts opts, mstro_subscription *result);

/* The events that are here, as a list (head, then ->next), or *event == NULL with MSTRO_OK when there are none.  Never blocks.  The
 * list is the caller's, to be given back by mstro_pool_event_dispose. */
mstro_status mstro_subscription_poll(mstro_subscription s, mstro_pool_event *event);

/* The same, but waits for at least one. */
mstro_status mstro_subscription_wait(mstro_subscription s, mstro_pool_event *event);

/* The same, but waits no longer than until 'abstime' (CLOCK_REALTIME): MSTRO_TIMEOUT, *event == NULL. */
mstro_status mstro_subscription_timedwait(mstro_subscription s, const struct timespec *abstime, mstro_pool_event *event);

/* Acknowledge every event of the list: lets the operations that were held by them go on. */
mstro_status mstro_subscription_ack(mstro_subscription s, mstro_pool_event event);

/* A descriptor that is readable when poll would return an event, and from the end of the session on.  It belongs to the subscription. */
mstro_status mstro_subscription_fd(mstro_subscription s, int *fd);

/* End it: what it held goes on, no event follows.  NULL is allowed. */
mstro_status mstro_subscription_dispose(mstro_subscription s);

/* Free the list.  NULL is allowed. */
mstro_status mstro_pool_event_dispose(mstro_pool_event event);

/* The name of a kind, "OFFER": static storage, never NULL. */
const char *mstro_pool_event_description(mstro_pool_event_kind kind);

#ifdef __cplusplus
}
#endif
#endif
