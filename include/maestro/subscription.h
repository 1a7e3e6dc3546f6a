/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.h - being told what happens in the pool */
#ifndef MAESTRO_SUBSCRIPTION_H
#define MAESTRO_SUBSCRIPTION_H
#include "attributes.h"
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

/* What happens to an event for which there is no room in the queue of a subscription. */
enum mstro_subscription_full {
    MSTRO_SUBSCRIPTION_FULL_DROP = 0, /* it is dropped, and an OVERFLOW event says so in its place */
    MSTRO_SUBSCRIPTION_FULL_HOLD,     /* the operation's caller waits until there is room: as long as hold_time, and while no more than another
                                       * max_events wait; beyond that it is dropped as above */
    MSTRO_SUBSCRIPTION_FULL_END       /* the subscription ends: what was told before can still be taken, then calls return MSTRO_OVERFLOW */
};

/* What happens when an operation has waited as long as hold_time for an ack, or for room in the queue.  It goes on, and */
enum mstro_subscription_late {
    MSTRO_SUBSCRIPTION_LATE_GO_ON = 0, /* none waits for this subscriber until it acknowledges, or has room, again */
    MSTRO_SUBSCRIPTION_LATE_END        /* the subscription ends as above */
};

/* Where a subscription begins.  What is not kept any more is said by an OVERFLOW first. */
enum mstro_subscription_start {
    MSTRO_SUBSCRIPTION_START_NOW = 0,
    MSTRO_SUBSCRIPTION_START_CURSOR,  /* behind 'cursor' */
    MSTRO_SUBSCRIPTION_START_SERIAL,  /* behind the event 'serial', and with what happens now in the pool's other shards */
    MSTRO_SUBSCRIPTION_START_AGE,     /* with what happened in the last 'age' nanoseconds */
    MSTRO_SUBSCRIPTION_START_STANDING /* with an OFFER for each object that is offered */
};

/* What mstro_subscribe_with asks for beyond mstro_subscribe.  All zero: nothing.  Read during the call only. */
struct mstro_subscription_terms {
    uint64_t max_events;       /* that may wait in each shard of the pool, and as many more be on their way; 0: its limit of 4096 */
    uint64_t max_bytes;        /* of events that wait in each shard; 0: 1 MiB */
    enum mstro_subscription_full when_full;
    mstro_nanosec_t hold_time; /* longest that an operation waits; 0: the pool's ack timeout, which is also the most that can be asked for */
    enum mstro_subscription_late when_late;
    const char *const *attributes; /* keys of attributes that events carry: see mstro_pool_event_attribute_get */
    size_t attribute_count;    /* at most 64 */
    enum mstro_subscription_start start;
    const char *cursor;
    uint64_t serial;
    mstro_nanosec_t age;
    const char *name;          /* in the whole pool; must be durable or shared.  NULL: none */
    bool durable;              /* the name outlives its subscriber: events wait for the next one that subscribes under it */
    bool shared;               /* several may subscribe under it: each event goes to one of them */
};

/* Each event carries the fields of its kind, under payload.KIND and, the same memory, directly under KIND (older spelling).  The
 * library owns the strings until mstro_pool_event_dispose.  Every kind begins with the same three members, so that offer.cdo_name and
 * offer.component_name can be read of any event, whatever its kind: "" where there is no such name, never NULL. */
struct mstro_pool_event_cdo {
    mstro_app_id appid;         /* who did it; of TRANSPORT_INIT: from whom the bytes come */
    const char *cdo_name;
    const char *component_name; /* of appid, with its index below */
    int64_t size;               /* bytes; -1: no data, or not known */
    uint64_t generation;        /* 0: none is concerned.  1 again when nobody had a handle of the name meanwhile */
    uint64_t cdo_id[2];         /* the same for a name as long as the pool lives */
    int64_t component_index;
};
struct mstro_pool_event_app {
    mstro_app_id appid;
    const char *cdo_name;       /* "" */
    const char *component_name;
    int64_t component_index;
};
struct mstro_pool_event_overflow {
    mstro_app_id appid;         /* 0 */
    const char *cdo_name, *component_name; /* "" */
    uint64_t first_serial, last_serial;
    uint64_t count;             /* events that were dropped; of those that are not kept any more: how many there can have been */
};
struct mstro_pool_event_checkpoint {
    mstro_app_id appid;         /* whose subscription it was told to */
    const char *cdo_name, *component_name; /* "" */
};
union mstro_pool_event_payload {
    struct mstro_pool_event_cdo declare, seal, seal_group, offer, require, retract, demand, withdraw, dispose, transport, lost, group_lost;
    struct mstro_pool_event_app join, welcome, leave, bye;
    struct mstro_pool_event_overflow overflow;
    struct mstro_pool_event_cdo transport_init, transport_ticket, transport_completed;
    struct mstro_pool_event_app subscribe, unsubscribe;
    struct mstro_pool_event_checkpoint checkpoint;
};
struct mstro_pool_event_ {
    mstro_pool_event_kind kind;
    uint64_t serial;
    mstro_pool_event next;
    union { /* 'payload.offer.cdo_name' and 'offer.cdo_name' name the same bytes */
        struct mstro_pool_event_cdo declare, seal, seal_group, offer, require, retract, demand, withdraw, dispose, transport, lost, group_lost;
        struct mstro_pool_event_app join, welcome, leave, bye;
        struct mstro_pool_event_overflow overflow;
        struct mstro_pool_event_cdo transport_init, transport_ticket, transport_completed;
        struct mstro_pool_event_app subscribe, unsubscribe;
        struct mstro_pool_event_checkpoint checkpoint;
        union mstro_pool_event_payload payload;
    };
    bool again; /* of a named subscription: somebody had taken it and did not acknowledge it */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Be told of the 'kinds' of events (flags joined by |) on objects that match 's' (NULL: all; joining and leaving ignore it).  What
 * happens after this call has returned is told; 's' may be disposed at once.  MSTRO_TIMEOUT when the pool manager does not answer within
 * MSTRO_OPERATION_TIMEOUT (not set: the pool's lease). */
mstro_status mstro_subscribe(mstro_cdo_selector s, mstro_pool_event_kind kinds, enum mstro_subscription_opts opts, mstro_subscription *result);

/* The same on terms; NULL: none.  Under a durable name that is free the subscription goes on where the last subscriber stopped, with what
 * has come meanwhile; 'start' is that of a new name only.  MSTRO_CONFLICT: the name is taken, or stands for other kinds, options or
 * another selector; MSTRO_STALE_EPOCH: the cursor is of another run of the pool; MSTRO_QUOTA: more than the pool grants. */
mstro_status mstro_subscribe_with(mstro_cdo_selector s, mstro_pool_event_kind kinds, enum mstro_subscription_opts opts,
                                  const struct mstro_subscription_terms *terms, mstro_subscription *result);

/* Where 's' stands: behind the events that were taken from it.  A text to be kept anywhere, for START_CURSOR as long as this pool lives; the
 * caller frees it. */
mstro_status mstro_subscription_cursor(mstro_subscription s, char **text);

/* The events that are here, as a list (head, then ->next), or *event == NULL with MSTRO_OK when there are none.  Never blocks.  The
 * list is the caller's, to be given back by mstro_pool_event_dispose.  Of a subscription that the pool has ended, behind its last event:
 * MSTRO_OVERFLOW, as its terms say; MSTRO_TOO_EXPENSIVE, its selector takes too many steps on an object; MSTRO_CANCELLED, its name was ended;
 * MSTRO_NOMEM, the pool had no memory to let an operation wait for it. */
mstro_status mstro_subscription_poll(mstro_subscription s, mstro_pool_event *event);

/* The same, but waits for at least one. */
mstro_status mstro_subscription_wait(mstro_subscription s, mstro_pool_event *event);

/* The same, but waits no longer than until 'abstime' (CLOCK_REALTIME): MSTRO_TIMEOUT, *event == NULL. */
mstro_status mstro_subscription_timedwait(mstro_subscription s, const struct timespec *abstime, mstro_pool_event *event);

/* Acknowledge every event of the list: lets the operations that were held by them go on.  A list may be cut: an event whose 'next' was
 * set to NULL is one of its own. */
mstro_status mstro_subscription_ack(mstro_subscription s, mstro_pool_event event);

/* A descriptor that is readable when poll would return an event, and from the end of the session on.  It belongs to the subscription. */
mstro_status mstro_subscription_fd(mstro_subscription s, int *fd);

/* End it: what it held goes on, no event follows.  A durable name stays.  NULL is allowed. */
mstro_status mstro_subscription_dispose(mstro_subscription s);

/* The same, and its durable or shared name ends, for whoever else has it, too.  NULL is allowed. */
mstro_status mstro_subscription_forget(mstro_subscription s);

/* An attribute of the object of an event, as mstro_cdo_attribute_get gives it: name, size and component always, others if they were asked
 * for in the terms.  MSTRO_NOENT: it has none, or it was not asked for.  *val is the event's. */
mstro_status mstro_pool_event_attribute_get(mstro_pool_event event, const char *key, enum mstro_cdo_attr_value_type *type, const void **val);

/* Free the list.  NULL is allowed. */
mstro_status mstro_pool_event_dispose(mstro_pool_event event);

/* The name of a kind, "OFFER": static storage, never NULL. */
const char *mstro_pool_event_description(mstro_pool_event_kind kind);

#ifdef __cplusplus
}
#endif
#endif
