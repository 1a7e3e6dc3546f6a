/* SPDX-License-Identifier: BSD-3-Clause */
/* client.h - one process's side of the protocol
 *
 * A pure step function, like the pool it talks to: no sockets, threads, locks, clock or randomness inside.  What callers want, what
 * the pool says, what movers of bytes report and the time come in; records to send, operations that ended, bytes to bring and
 * events go out.  It runs under the progress token of a session, and in the simulator.
 *
 * A client belongs to one thread at a time.  Every operation that was started is reported CLIENT_DONE exactly once, whatever
 * happens; a move that was asked for must be answered by CLIENT_MOVED exactly once. */
#ifndef LIB_CLIENT_CLIENT_H
#define LIB_CLIENT_CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/view.h"
#include "lib/wire/record.h"
#include "maestro/status.h"

struct client;
struct outlines; /* lib/schema/outline.h */

enum client_input_kind {
    CLIENT_START,    /* begin the operation that 'record' describes, see below */
    CLIENT_RECORD,   /* 'record' came from the pool */
    CLIENT_MOVED,    /* the move of 'handle' has ended: 'moved' */
    CLIENT_TICK,     /* nothing but the time */
    CLIENT_LINK_LOST /* the way to the pool is gone: 'status', 'reason' */
};

/* How a move ended.  again: the source could not be used (it changed, its endpoint is gone), a new ticket may help. */
struct client_moved {
    uint64_t handle;
    mstro_status status;
    bool again;
    uint8_t transport;
    uint64_t bytes, nanoseconds;
    struct text detail;
};

/* START takes a record that a client may send, its 'op' chosen by the caller: above 0 and never used before.  JOIN is the first.
 * OFFER, REQUIRE, RETRACT, DEMAND, WITHDRAW, DISPOSE carry the caller's number of the handle (above 0, never used again after its
 * DISPOSE); OFFER, REQUIRE and DEMAND always carry the name, whose bytes must live until the handle's DISPOSE is done or the client
 * destroyed.  A ticket of a group (TICKET_GROUP) is moved when each of the members listed there has been required.  SELECT gives
 * CLIENT_NAMES, then DONE.  Once the session is over only DISPOSE does something: it forgets the handle, whatever the pool had of it.  ACK_EVENT and SEEN have no op and are not reported.  CANCEL is about 'target', and is done when that is decided.
 * 'operation' and 'object' mean nothing to the client: it hands them back with what concerns this op, this handle. */
struct client_input {
    enum client_input_kind kind;
    const struct record *record;
    void *operation, *object;
    const struct outlines *schemas; /* of a JOIN: what this process's schemas say, NULL for none; must outlive the client */
    struct client_moved moved;
    mstro_status status;
    struct text reason;
};

enum client_output_kind {
    CLIENT_SEND,       /* 'record' to 'shard'.  One shard's are delivered in this order */
    CLIENT_DONE,       /* 'op' has ended: status, flags (ACK_*), generation, detail */
    CLIENT_MOVE,       /* bring the bytes of the TICKET in 'record' into 'object'; op 0 when nobody waits for them yet */
    CLIENT_ABORT_MOVE, /* stop the move of 'handle' soon; CLIENT_MOVED is still owed */
    CLIENT_NAMES,      /* 'record' is a SELECTED: part of what 'op' asked for */
    CLIENT_EVENTS,     /* 'record' is an EVENTS for its subscription */
    CLIENT_DIFFERENCE, /* 'detail' for the log: somebody in the pool has other schemas */
    CLIENT_SUBSCRIPTION_ENDED, /* the pool has ended the subscription of 'object': status, detail */
    CLIENT_NOTE,       /* 'detail' for the log: what 'op' waits for, or, op 0, what a record had wrong */
    CLIENT_ENDED       /* the session is over: status, detail.  Comes once, after the DONE of everything */
};

struct client_output {
    enum client_output_kind kind;
    mstro_status status;
    uint32_t flags;
    uint16_t shard;
    uint64_t op, handle, generation;
    void *operation, *object;
    struct text detail;
    struct record record; /* of SEND, MOVE, NAMES and EVENTS; undefined in others */
};

/* Views in the outputs point into the arena, the input or the name of a handle: valid until the input goes or
 * client_outputs_clear.  All zero is an empty one. */
struct client_outputs {
    struct client_output *at;
    size_t count, room;
    struct arena arena;
};

void client_outputs_clear(struct client_outputs *out);
void client_outputs_release(struct client_outputs *out);

/* Make a client that has not joined.  MSTRO_NOMEM. */
mstro_status client_create(struct client **out);

/* Free it; nothing is reported any more. */
void client_destroy(struct client *client);

/* Take one input at monotonic time 'now' (nanoseconds, never less than before), append what follows from it to 'out'. */
void client_step(struct client *client, const struct client_input *in, uint64_t now, struct client_outputs *out);

/* When a CLIENT_TICK is due, NO_DEADLINE when nothing is waited for. */
uint64_t client_next_deadline(const struct client *client);

/* MSTRO_OK until the session is over, else why it is.  CLIENT_ENDED may come later: when the last move has let go. */
mstro_status client_status(const struct client *client);

/* What WELCOME said; all zero before. */
struct client_membership { uint64_t app, incarnation, epoch, lease, heartbeat; struct id pool; uint32_t inline_limit; };
struct client_membership client_membership(const struct client *client);

/* What there is, for statistics and tests. */
struct client_count { uint64_t handles, operations, moves, subscriptions; };
struct client_count client_count(const struct client *client);

/* Call 'visit' for each operation that has not ended; it must not step the client. */
void client_each_operation(const struct client *client, void (*visit)(uint64_t op, enum record_kind kind, void *operation, void *context),
                           void *context);

/* A hash of everything that matters of the state (not of addresses), for the simulator and the state search. */
uint64_t client_state_hash(const struct client *client);

/* NULL when every invariant holds, else which does not.  For tests: walks everything. */
const char *client_check(const struct client *client);

#endif
