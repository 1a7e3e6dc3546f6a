/* SPDX-License-Identifier: BSD-3-Clause */
/* hold.h - operations that wait for the acks of subscribers, or for room in their queues
 *
 * An operation that a subscriber was told of before it happens is parked: it takes effect when every ack is in, and what its
 * handle does next waits behind it.  One that has happened only has its answer held.  Either way it ends with the last ack, when
 * those who owe one are gone, or when each has had its time; a subscriber that let it pass is not waited for until it has caught
 * up, or ends. */
#ifndef LIB_POOL_HOLD_H
#define LIB_POOL_HOLD_H
#include "lib/pool/state.h"

struct subscription;

/* A record of which nothing points elsewhere. */
struct kept_record {
    struct list link;
    size_t size;
    struct record record;
};

struct hold {
    struct map_link by_op;     /* pool->held, by session and op */
    struct map_link by_handle; /* pool->parked, by session and handle: while it is parked */
    struct list released;      /* pool->released */
    struct list of_session;
    struct list awaited;
    struct list parked; /* kept_records: the operation, then what its handle does next.  Empty: only the answer is held */
    struct session *session;
    struct kept_record *answer;
    struct record brief; /* the answer, where it has no text or memory was short for that; no kind: none */
    uint64_t op, handle;
    uint64_t announced; /* up to which serial what is parked was */
};

/* One ack that is awaited, or that an event beyond the bound of its queue is not that any more. */
struct awaited {
    struct map_link by_serial; /* pool->awaited */
    struct heap_link by_time;  /* pool->late */
    struct list of_hold, of_subscription;
    struct subscription *subscription;
    struct hold *hold;
    uint64_t serial;
    bool room;
};

/* Hold operation 'op' of 'session' until 'subscription' has acknowledged 'serial', or (room) its queue has room again.  False when
 * memory is short: it is not held. */
bool hold_await(struct pool *pool, struct session *session, uint64_t op, struct subscription *subscription, uint64_t serial, bool room);

void serve_ack_event(struct pool *pool, struct session *session, const struct record *record);

/* Nothing that 'subscription' owes is waited for any more. */
void hold_forgive(struct pool *pool, struct subscription *subscription);

/* Another shard has waited for a subscription in vain. */
void serve_late(struct pool *pool, uint16_t from, const struct record *record);

/* If the queue of 'subscription' has room again, nothing waits for that any more. */
void hold_room(struct pool *pool, struct subscription *subscription);

/* Does this record have to wait?  True: it has been kept.  When memory is short it has been refused, or, where nobody wants an answer, its
 * session fails. */
bool hold_record(struct pool *pool, struct session *session, const struct record *record);

/* The answers of this step that are held are taken out of the outputs.  A ticket for which memory is short goes: what held it is let go. */
void hold_answers(struct pool *pool, size_t first);

/* End those at their deadline and go on with what is not held any more; when the next one ends. */
void holds_release(struct pool *pool);
uint64_t holds_deadline(const struct pool *pool);

/* 'op' is held up no longer: an answer that its subscribers held goes now. */
void hold_pass(struct pool *pool, struct session *session, uint64_t op);

/* A parked operation is taken back.  False: 'op' is none. */
bool hold_cancel(struct pool *pool, struct session *session, uint64_t op);

/* Nothing of this session is held any more: it goes on at the end of this step. */
void holds_let_go(struct pool *pool, struct session *session);

/* Drop all of a session. */
void holds_drop(struct pool *pool, struct session *session);

#endif
