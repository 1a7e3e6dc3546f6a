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

struct fact {
    uint64_t serial; /* counter << 10 | shard */
    uint64_t time;
    struct id cdo; /* zero where none is concerned */
    uint64_t app;  /* who did it */
    struct seal *sealed; /* name and attributes, or NULL */
    int64_t size;
    uint32_t generation;
    uint16_t kind;
    uint16_t intended; /* of an INTENT: the kind that will follow */
};
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

mstro_status facts_create(struct pool *pool);
void facts_destroy(struct pool *pool);

/* Visit those that are in the ring still and younger than 'after', the oldest first. */
void facts_each(const struct pool *pool, uint64_t after, void (*visit)(const struct fact *fact, void *context), void *context);

/* Append a fact and tell it to those who want to be told.  Cannot fail: what memory is short for is dropped, and a subscriber is
 * told of the gap. */
void fact_append(struct pool *pool, enum fact_kind kind, const struct fact_of *of);

/* The same for what happens to a session as a whole: the pool's shards see it all, one of them, shard 0, tells it. */
void fact_of_session(struct pool *pool, enum fact_kind kind, struct session *session);

/* Append an INTENT: what will happen if nobody takes it back, told to those who want to be told before.  of->cdo may be NULL. */
void fact_intend(struct pool *pool, enum fact_kind kind, const struct fact_of *of);

/* "OFFER"; "?" for a number that is none. */
const char *fact_name(enum fact_kind kind);

/* Flag of mstro_pool_event_kind that stands for facts of this kind; 0: none. */
uint32_t fact_event(enum fact_kind kind);

#endif
