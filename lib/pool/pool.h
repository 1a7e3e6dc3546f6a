/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.h - the engine: who offers what, who needs it, who is told
 *
 * A pure step function.  No sockets, threads, clock, randomness or globals inside: time and sessions come in with the inputs, what
 * is to be sent goes out with the outputs, and the same inputs give the same outputs.  It is the pool inside a process, a shard of
 * the daemon, and what the simulator drives.
 *
 * A pool belongs to one thread at a time.  Nothing in a record is believed: whatever does not fit the session it came from is
 * answered with a named error. */
#ifndef LIB_POOL_POOL_H
#define LIB_POOL_POOL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/setting.h"
#include "lib/base/view.h"
#include "lib/wire/record.h"
#include "maestro/status.h"

struct pool;

/* Times in nanoseconds, memory in bytes. */
struct pool_settings {
    struct id pool;         /* the workflow's UUID: keys the names' hash */
    struct text workflow;   /* copied; a JOIN that names another is refused */
    uint64_t epoch;         /* of this run of the pool */
    uint16_t shard;         /* which shard this engine is, below 'shards': the low 10 bits of every serial */
    uint16_t shards;        /* how many engines the pool consists of; 1: this one is alone */
    uint64_t lease;         /* a session silent for longer is evicted; 0: never */
    uint64_t heartbeat;     /* what clients are told */
    uint64_t home;          /* the session of the process that the pool is in: never silent, needs no lease.  0: there is none.
                               Only an engine that is alone has one */
    uint64_t ack_timeout;   /* how long a subscriber's missing ack may hold an operation */
    uint32_t inline_limit;  /* clients send data up to this size with the OFFER */
    uint64_t inline_budget; /* for all inline data together; beyond it data stay with their holder */
    uint64_t memory_budget; /* for everything; beyond it OFFER, REQUIRE, SUBSCRIBE are refused with MSTRO_QUOTA.  0: none */
    uint64_t fact_bytes;    /* size of the ring of facts; 0: none is kept */
    uint64_t event_linger;  /* who was told of an event a moment ago, shorter than this, and has done nothing since waits as long for the next.  0: never */
    uint32_t event_window;  /* events a subscriber may have unseen before they queue, and then overflow */
    uint32_t subscriptions; /* of one session, and names of any in the pool; beyond it SUBSCRIBE is refused with MSTRO_QUOTA.  0: no limit */
};

#define POOL_LEASE(T) T(2, s)
#define POOL_LONGEST_HEARTBEAT(T) T(500, ms)
#define POOL_ACK_TIMEOUT(T) T(5, s)
#define POOL_EVENT_LINGER(T) T(1, ms)
#define POOL_INLINE_LIMIT(T) T(4, KiB)
#define POOL_INLINE_BUDGET(T) T(64, MiB)

/* The values a pool has when nobody says otherwise; pool and workflow are left empty. */
struct pool_settings pool_settings_default(void);

/* How often who has nothing to say should say so, when nobody says otherwise: three times before 'lease' (0: never) is over, and each
 * wakes an idle process. */
uint64_t pool_heartbeat(uint64_t lease);

/* The limit that a pool has where 'wanted' was asked for: a record holds no more than MAX_INLINE. */
static inline uint32_t pool_inline_limit(uint64_t wanted) { return wanted > MAX_INLINE ? MAX_INLINE : (uint32_t)wanted; }

enum pool_input_kind {
    POOL_RECORD, /* 'record' came from 'session' */
    POOL_LOST,   /* 'session' is gone: 'reason' for those who needed it ("killed by signal 9", "connection closed").  Any shard takes it */
    POOL_TICK,   /* nothing but the time */
    POOL_SHARD   /* 'record' came from the engine of 'shard' */
};

struct pool_input {
    enum pool_input_kind kind;
    uint64_t session; /* chosen by whoever drives the pool, never 0, never used twice.  It begins with a JOIN, which shard 0 takes */
    uint16_t shard;
    const struct record *record;
    struct text reason;
};

struct pool_output {
    uint64_t session; /* 0: to another shard's engine */
    uint16_t shard;   /* that one.  Records from one engine to another are never lost, and stay in order */
    struct record record;
};

/* Views in the records point into the arena, the input, or the pool: they are valid until the next pool_step or until
 * pool_outputs_clear.  All zero is an empty one.
 *
 * Shards that do not know the same of who is in the pool are none, so that what one has to say to another must not fail when it is to
 * be sent: no record to a shard is in here for which there is no envelope, and who needs several has them before it begins. */
struct pool_outputs {
    struct pool_output *at;
    size_t count, room;
    struct arena arena;
    struct envelope *envelopes;  /* those nobody has taken: 'spare' */
    size_t spare, promised;      /* promised: to the records to shards that are in here */
};

/* Memory in which a record to another shard can travel, from malloc. */
struct envelope { struct envelope *next; };
enum { POOL_ENVELOPE = 2048 }; /* bytes */

void pool_outputs_clear(struct pool_outputs *out);

/* Have room for 'count' more.  False when memory is short. */
bool pool_outputs_reserve(struct pool_outputs *out, size_t count);

/* Have room and envelopes for 'count' more records to shards.  An engine that is not alone must find them for one at the beginning of
 * each step with an input from a shard: they are there once this has succeeded for one, if each envelope that came is given back. */
bool pool_outputs_reserve_envelopes(struct pool_outputs *out, size_t count);

/* One for each record to a shard; one that has arrived, with nothing of use in it any more. */
struct envelope *pool_outputs_take_envelope(struct pool_outputs *out);
void pool_outputs_give_envelope(struct pool_outputs *out, struct envelope *envelope);

void pool_outputs_release(struct pool_outputs *out);

/* Make an empty pool.  MSTRO_NOMEM. */
mstro_status pool_create(struct pool **out, const struct pool_settings *settings);
void pool_destroy(struct pool *pool);

/* Take one input at monotonic time 'now' (never less than before), append what follows from it to 'out'.  A session's records
 * are delivered in this order.  After a BYE or REFUSED nothing more is sent to the session and its number is dead: further
 * records of it are answered by BYE with MSTRO_STALE_EPOCH. */
void pool_step(struct pool *pool, const struct pool_input *in, uint64_t now, struct pool_outputs *out);

/* Memory is short: what the pool has now is its budget from now on. */
void pool_grow_no_more(struct pool *pool);

/* When a POOL_TICK is due, NO_DEADLINE (base/clock.h) when nothing is waited for. */
uint64_t pool_next_deadline(const struct pool *pool);

/* What there is, for statistics and tests. */
struct pool_count { uint64_t sessions, cdos, generations, requires, tickets, waiting, subscriptions, subscription_names, inline_bytes, memory_bytes; };
struct pool_count pool_count(const struct pool *pool);

/* What telling has cost: attributes that were looked up, subscriptions that were looked at, selectors that were evaluated, awaited acks that
 * those which came were held against. */
struct pool_effort { uint64_t attributes, subscriptions, selectors, acks; };
struct pool_effort pool_effort(const struct pool *pool);

/* A hash of everything that matters of the state (not of addresses), for the simulator and the state search. */
uint64_t pool_state_hash(const struct pool *pool);

/* NULL when every invariant holds, else which does not (static or pool-owned text).  For tests: walks everything. */
const char *pool_check(const struct pool *pool);

#endif
