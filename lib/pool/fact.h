/* SPDX-License-Identifier: BSD-3-Clause */
/* fact.h - what happened, in 64 bytes
 *
 * Every change of the pool appends one fact to a ring that is bounded in bytes (the seals that facts refer to count, once each);
 * the oldest go first.  Whoever observes the pool reads facts: a subscription is told those that its kinds and selector match.
 * facts.h has the one table of kinds. */
#ifndef LIB_POOL_FACT_H
#define LIB_POOL_FACT_H
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/view.h"
#include "lib/pool/facts.h"
#include "maestro/status.h"

struct seal;
struct cdo;
struct pool;
struct session;

enum fact_kind {
    FACT_NONE,
#define FACT_KIND(NAME, number, event, agreed, announced, sentence) FACT_##NAME = number,
    FACTS(FACT_KIND)
#undef FACT_KIND
};

/* Who did something, as long as a fact, an event or the session refers to it: the session may be gone by then. */
struct participant {
    uint64_t references, app;
    int64_t index;
    struct seal *component;
};

struct fact {
    uint64_t serial; /* counter << 10 | shard */
    uint64_t time;
    struct id cdo; /* zero where none is concerned */
    struct participant *by; /* who did it, or NULL */
    struct seal *sealed; /* name and attributes, or NULL */
    int64_t size;
    uint32_t generation;
    uint16_t kind;
    uint16_t intended; /* of an INTENT: the kind that will follow; of another: FACT_SUDDEN, or how many facts ago it was announced, 0: in its step */
};

/* An operation of its own leads to facts of this kind, but not to this one: there was no INTENT. */
enum { FACT_SUDDEN = 0xffff, FACT_LONG_AGO = 0xfffe /* so many facts ago, or more */ };
static_assert(sizeof(struct fact) == 64, "a fact is 64 bytes");

struct facts {
    struct fact *ring;
    size_t room, first, count;
    size_t seal_bytes; /* of the seals that facts in the ring refer to */
    uint64_t counter;   /* of the serials given so far */
};

/* What a fact says beyond its kind.  op: the operation of 'session' that it belongs to and that subscribers may hold, 0: none. */
struct fact_of {
    struct session *session;
    struct cdo *cdo;
    struct seal *sealed;
    uint64_t op;
    int64_t size;
    uint32_t generation;
    bool sudden; /* not the operation that usually leads to it: nobody was told before */
};

/* One reference, the caller's.  NULL when memory is short. */
struct participant *participant_make(struct pool *pool, uint64_t app, int64_t index, struct seal *component);
void participant_release(struct pool *pool, struct participant *participant); /* NULL is allowed */

mstro_status facts_create(struct pool *pool);
void facts_destroy(struct pool *pool);

/* The first in the ring whose serial is above 'serial', NULL when there is none. */
const struct fact *facts_after(const struct pool *pool, uint64_t serial);

/* The serial of the last fact that happened before 'time'; that of none (counter 0) when all in the ring are younger. */
uint64_t facts_before(const struct pool *pool, uint64_t time);

/* The serial of the newest fact, in the ring or not; that of none when there is none yet. */
uint64_t facts_newest(const struct pool *pool);

/* Serials count the facts of a shard, from 1; numbers of other things are made the same way, different in all shards. */
uint64_t fact_serial(const struct pool *pool, uint64_t counter);
uint64_t fact_counter(uint64_t serial);

/* Visit those that are in the ring still and younger than 'after', the oldest first. */
void facts_each(const struct pool *pool, uint64_t after, void (*visit)(const struct fact *fact, void *context), void *context);

/* Append a fact and tell it to those who want to be told.  Cannot fail: what memory is short for is dropped, and a subscriber is
 * told of the gap. */
void fact_append(struct pool *pool, enum fact_kind kind, const struct fact_of *of);

/* The same for what happens to a session as a whole: the pool's shards see it all, one of them, shard 0, tells it. */
void fact_of_session(struct pool *pool, enum fact_kind kind, struct session *session);

/* Append one that nobody is told of. */
struct fact fact_note(struct pool *pool, enum fact_kind kind, const struct fact_of *of);

/* Append an INTENT: what will happen if nobody takes it back, told to those who want to be told before.  of->cdo may be NULL. */
void fact_intend(struct pool *pool, enum fact_kind kind, const struct fact_of *of);

/* "OFFER"; "?" for a number that is none. */
const char *fact_name(enum fact_kind kind);

/* Up to which serial the operation that is being served was announced: to those whose subscription had begun before. */
uint64_t facts_announced(const struct pool *pool);

/* Was a fact of the ring announced to a subscriber who wants to be told before, since its subscription 'began'?  What was announced
 * FACT_LONG_AGO may have been, to who reads as far behind: it is told twice rather than never. */
bool fact_was_announced(const struct pool *pool, const struct fact *fact, uint64_t began);

/* Does an operation of its own lead to facts of this kind? */
bool fact_is_announced(enum fact_kind kind);

/* Flag of mstro_pool_event_kind that stands for facts of this kind; 0: none. */
uint32_t fact_event(enum fact_kind kind);

#endif
