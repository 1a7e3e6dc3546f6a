/* SPDX-License-Identifier: BSD-3-Clause */
/* submission.h - something for the holder of a session's token to do */
#ifndef LIB_CLIENT_SUBMISSION_H
#define LIB_CLIENT_SUBMISSION_H
#include <stdatomic.h>

struct session;

/* 'run' is called once, under the token, and may free it. */
struct submission {
    struct submission *next;
    void (*run)(struct session *session, struct submission *submission);
};

/* Many threads put, one takes.  All zero is an empty one. */
struct submission_queue { _Atomic(struct submission *) newest; };

static inline void submission_put(struct submission_queue *q, struct submission *s)
{
    s->next = atomic_load_explicit(&q->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&q->newest, &s->next, s))
        ;
}

/* Everything that was put, oldest first. */
static inline struct submission *submission_take_all(struct submission_queue *q)
{
    struct submission *s = atomic_exchange(&q->newest, NULL), *oldest = NULL;
    while (s) {
        struct submission *older = s->next;
        s->next = oldest;
        oldest = s;
        s = older;
    }
    return oldest;
}

#endif
