/* SPDX-License-Identifier: BSD-3-Clause */
/* schemas.h - who in the pool has which schemas, so that those who disagree are told
 *
 * A JOIN carries a digest for each namespace that the client's schemas describe.  The pool asks for the outline behind a digest that is new
 * to it, and passes it on to whoever has another digest for the same namespace: to a session that joins before its WELCOME, to the others when
 * the outline comes.  It does not look inside. */
#ifndef LIB_POOL_SCHEMAS_H
#define LIB_POOL_SCHEMAS_H
#include "lib/pool/state.h"

/* Beyond these nobody is told: a bound on memory, and on what one JOIN may cost. */
enum { SHARED_SCHEMAS_MAX = 512 };

/* Note what the JOIN says.  False when memory is short. */
bool schemas_join(struct pool *pool, struct session *session, const struct record_join *asked);

/* Which of them the pool wants to see: WELCOME's unknown_schemas. */
uint64_t schemas_unknown(const struct session *session);

/* Tell 'session' what others have instead of what it has. */
void schemas_tell(struct pool *pool, struct session *session);

/* SCHEMA: the outline of one of them; those who have another are told.  Not answered; what was not asked for is ignored. */
void serve_schema(struct pool *pool, struct session *session, const struct record *record);

/* It has them no more. */
void schemas_leave(struct pool *pool, struct session *session);

#endif
