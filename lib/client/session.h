/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h - what lives around the client's step function: the progress token, the threads that wait, the moves of bytes
 *
 * Who has something to say queues it and tries the token.  Free: that thread steps the client, sends, takes what has come, and gives
 * the token back; taken: whoever holds it does it, for it empties the queue before giving the token back and looks again afterwards.
 * What a thread that goes on working keeps back for company (PACE_EASY) leaves when a thread waits, or by the session's deadline.
 * The token is never held asleep.  A thread that waits drives; copies above link.quick_fetch run outside the token, on the
 * thread whose operation they are or on one that waits.
 *
 * Every function may be called from any thread. */
#ifndef LIB_CLIENT_SESSION_H
#define LIB_CLIENT_SESSION_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/client/cdo.h"
#include "lib/client/client.h"
#include "lib/client/link.h"
#include "lib/client/submission.h"
#include "lib/client/waiting.h"

struct session;
struct fabric;

/* One operation, from its start to its end.  The caller keeps it, and what 'record' shows, until it is READY. */
struct mstro_request_ {
    struct submission submission;
    struct waitable done;
    struct record record;      /* what the client is to START; op is filled in */
    struct mstro_cdo_ *cdo;    /* what it is about, or NULL */
    void *object;              /* the cdo, or the subscription of a SUBSCRIBE */
    void (*ended)(struct session *s, struct mstro_request_ *r);                 /* [token] NULL: somebody waits; else instead of that, and it may free 'r' */
    void (*heard)(struct mstro_request_ *r, const struct record_selected *names); /* [token] what a SELECT has found */
    mstro_status status;       /* valid once READY, as all below */
    bool over;                 /* it failed because the session is over */
    uint32_t flags;
    uint64_t generation;
    char *detail;              /* malloc'ed, or NULL for none */
};

/* Who joins. */
struct session_identity {
    const char *workflow, *component, *host; /* terminated, copied by the pool */
    int64_t index;
    struct id node;
    uint64_t word_seed; /* validity words are counted from here */
    struct bytes serving;
    const struct outlines *schemas; /* or NULL; must outlive the session */
};

/* Join the pool at the other end of 'link', which belongs to the session from now on, also on failure. */
mstro_status session_open(struct session **out, struct link *link, const struct session_identity *who, uint64_t deadline);

/* The pool at the other end of a local link serves other processes from now on: see link_local_reach. */
mstro_status session_reach(struct session *s, struct fabric *fabric, const char *address);

/* Leave.  When the pool has not let go of this process at 'deadline', it is left by force, in half a second more at most: MSTRO_TIMEOUT.
 * The pool has named what was dropped (to the log), unless *silent: it did not even answer to that.  All operations end with
 * MSTRO_CANCELLED.  The session stays usable (every operation is refused) until session_release. */
mstro_status session_leave(struct session *s, uint64_t deadline, bool *silent);

/* Free it.  No other thread may be in a call. */
void session_release(struct session *s);

struct client_membership session_membership(struct session *s);

/* MSTRO_OK while the session lives, else why it ended. */
mstro_status session_status(struct session *s);

/* Call 'tell' when the session ends, under its token: for those who wait for something that is no operation. */
void session_when_ended(struct session *s, void (*tell)(void));

/* A number that was not used before in this session: for handles, operations and subscriptions alike. */
uint64_t session_number(struct session *s);

/* Start the operation of 'r', whose record is filled in but for its op. */
void session_start(struct session *s, struct mstro_request_ *r);

/* The same for several, with one turn of the token. */
void session_start_all(struct session *s, struct mstro_request_ *r[], size_t count);

/* [token] The same within this turn. */
void session_queue(struct session *s, struct mstro_request_ *r);

/* [token] The move of 'cdo', which ran elsewhere in this turn or before, has ended: cdo->move.moved says how. */
void session_end_move(struct session *s, struct mstro_cdo_ *cdo);

/* Queue what is no operation, and drive. */
void session_submit(struct session *s, struct submission *submission);

/* [token: from a submission] START a record that is not answered. */
void session_say(struct session *s, const struct record *record);

/* Drive until 'what' is READY (true) or 'deadline' (false).  When bytes that 'what' waits for are coming then, they are given up: it is
 * READY with MSTRO_CANCELLED; unless it is the session's own thread that brings them: who gives up then says so by session_cancel. */
bool session_wait(struct session *s, struct waitable *what, uint64_t deadline);

/* The same for one who only looks: bytes that are coming are brought by others, where there are any, and go on coming. */
bool session_watch(struct session *s, struct waitable *what, uint64_t deadline);

/* Wake who waits for 'what', though no operation has ended. */
void session_ready(struct session *s, struct waitable *what);

/* Drive without waiting.  Where the session has no thread of its own, do the chores that nobody else does. */
void session_drive(struct session *s);

static inline bool waitable_is_ready(const struct waitable *what)
{
    return atomic_load_explicit(&what->state, memory_order_acquire) == WAITABLE_READY;
}

/* End an operation with MSTRO_CANCELLED, whatever the pool does; the client and the pool come to agree afterwards.  It still must be
 * waited for: an operation whose bytes are coming ends when the mover has let go of the buffer. */
void session_cancel(struct session *s, struct mstro_request_ *target);

void request_init(struct mstro_request_ *r, const struct record *record, struct mstro_cdo_ *cdo);
void request_clear(struct mstro_request_ *r, struct mstro_cdo_ *cdo); /* the same without a record, which is undefined yet */
void request_release(struct mstro_request_ *r);

#endif
