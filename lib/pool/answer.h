/* SPDX-License-Identifier: BSD-3-Clause */
/* answer.h - what the engine says, and the texts in it
 *
 * An answer that memory is short for ends the session it was for (at the next step): it would not know what is. */
#ifndef LIB_POOL_ANSWER_H
#define LIB_POOL_ANSWER_H
#include "lib/pool/state.h"

/* Room for one more record to 'session', valid until the next call; NULL when it is mute or memory is short. */
struct record *answer_add(struct pool *pool, struct session *session, enum record_kind kind);

/* The same for a session that the pool does not know. */
struct record *answer_stranger(struct pool *pool, uint64_t session, enum record_kind kind);

/* The same for the engine of another shard. */
struct record *answer_shard(struct pool *pool, uint16_t shard, enum record_kind kind);

/* The same for the one whose record is this step's input, once: there is room for it (pool_outputs). */
struct record *answer_back(struct pool *pool, uint16_t shard, enum record_kind kind);

/* End operation 'op' (0: nobody waits for it).  When a subscriber holds the operation, the ACK follows its acks. */
void answer_ack(struct pool *pool, struct session *session, uint64_t op, mstro_status status, uint32_t flags, uint64_t generation,
                struct text detail);

/* The two ways of answering: done, or refused with the reason. */
void answer_done(struct pool *pool, struct session *session, uint64_t op);
void answer_refused(struct pool *pool, struct session *session, uint64_t op, mstro_status status, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The same when what the operation needs was lost: which generation, and why. */
void answer_lost(struct pool *pool, struct session *session, uint64_t op, const struct cdo *cdo, uint32_t generation, struct text why);

/* Say something to people about operation 'op'. */
void answer_note(struct pool *pool, struct session *session, uint64_t op, struct text detail);

/* A text in the arena of the outputs; empty when memory is short. */
struct text sentence(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "b.1 (host 4242)" */
struct text who_is(struct pool *pool, const struct session *session);

/* A name, cut where it would fill the detail text. */
struct text text_cut(struct text name);
struct text short_name(const struct cdo *cdo);

#endif
