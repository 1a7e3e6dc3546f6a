/* SPDX-License-Identifier: BSD-3-Clause */
/* submission.h - something for the holder of a session's token to do */
#ifndef LIB_CLIENT_SUBMISSION_H
#define LIB_CLIENT_SUBMISSION_H
#include "lib/loop/mailbox.h"

struct session;

/* 'run' is called once, under the token, and may free it. */
struct submission {
    struct letter letter;
    void (*run)(struct session *session, struct submission *submission);
};

/* Many threads put, one takes.  All zero is an empty one. */
struct submission_queue { struct mailbox box; };

static inline void submission_put(struct submission_queue *q, struct submission *s) { mailbox_put(&q->box, &s->letter); }

/* Nothing is there that was put before.  Who has said that it will not look again asks this after that: one of the two sees the other. */
static inline bool submission_queue_empty(const struct submission_queue *q) { return atomic_load(&q->box.newest) == NULL; }

/* Everything that was put, oldest first. */
static inline struct submission *submission_take_all(struct submission_queue *q) { return (struct submission *)mailbox_take_all(&q->box); }
static inline struct submission *submission_next(const struct submission *s) { return (struct submission *)s->letter.next; }

#endif
