/* SPDX-License-Identifier: BSD-3-Clause */
/* operation.h - operations that wait for other people, and what they are told meanwhile */
#ifndef LIB_POOL_OPERATION_H
#define LIB_POOL_OPERATION_H
#include "lib/pool/state.h"

/* NULL when memory is short. */
struct operation *operation_make(struct pool *pool, struct session *session, struct handle *handle, uint64_t op,
                                 enum operation_kind kind);

/* NULL is allowed. */
void operation_free(struct pool *pool, struct operation *operation);

struct operation *operation_find(const struct pool *pool, const struct session *session, uint64_t op);

/* It waits for other people from now on: notes are due.  Harmless when repeated, as operation_rest is. */
void operation_wait(struct pool *pool, struct operation *operation);
void operation_rest(struct pool *pool, struct operation *operation);
static inline bool operation_waits(const struct operation *operation) { return !list_empty(&operation->note); }

/* Send the notes that are due; the time of the next one. */
void operations_note(struct pool *pool);
uint64_t operations_deadline(const struct pool *pool);

void serve_cancel(struct pool *pool, struct session *session, const struct record *record);

#endif
