/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h - who is in the pool, from JOIN to BYE */
#ifndef LIB_POOL_SESSION_H
#define LIB_POOL_SESSION_H
#include "lib/pool/state.h"

struct session *session_find(const struct pool *pool, uint64_t number);

/* Take one record of session 'number', which may not be known. */
void session_record(struct pool *pool, uint64_t number, const struct record *record);

/* It has shown that it lives. */
void session_heard(struct pool *pool, struct session *session);

/* Serve a record of a session that is known. */
void session_serve(struct pool *pool, struct session *session, const struct record *record);

/* ---- loss.c ---- */

/* It is gone, for this reason: what it held is lost, what it needed is needed no more. */
void session_lose(struct pool *pool, struct session *session, mstro_status status, struct text reason);

/* The same, after it was told so by a BYE; another shard leaves that to shard 0. */
void session_dismiss(struct pool *pool, struct session *session, mstro_status status, struct text reason);

/* Memory was short for something that it must know: it is dismissed at the end of this step. */
void session_fail(struct pool *pool, struct session *session);

/* Those silent for longer than the lease; when that will be for the next one. */
void sessions_evict(struct pool *pool);
uint64_t sessions_deadline(const struct pool *pool);

/* The pool itself was away for so long: nobody's lease counts that. */
void sessions_excuse(struct pool *pool, uint64_t pause);

/* Those who missed an answer for want of memory. */
void sessions_drop_failed(struct pool *pool);

/* The text for those who needed what it held; its own reference. */
struct seal *session_epitaph(struct pool *pool, const struct session *session);

/* ---- leave.c ---- */

void serve_leave(struct pool *pool, struct session *session, const struct record *record);
void leave_cancel(struct pool *pool, struct session *session);

/* Nothing of it is left but its handles: forget it. */
void session_end(struct pool *pool, struct session *session, mstro_status status, struct text reason);

/* Those leaving of whom nothing is needed any more are gone. */
void sessions_finish(struct pool *pool);

/* ---- session.c ---- */

/* A session for who comes in; NULL when memory is short.  Then it is known. */
struct session *session_make(struct pool *pool, const struct record_admit *who);
void session_enter(struct pool *pool, struct session *session);

/* Another shard knows it, or cannot (status); with the last it is in. */
void session_admitted(struct pool *pool, struct session *session, mstro_status status);

/* It is known no more; harmless when repeated. */
void session_leave_maps(struct pool *pool, struct session *session);

/* Free it.  It is in no list and has neither handles nor operations nor subscriptions. */
void session_free(struct pool *pool, struct session *session);

#endif
