/* SPDX-License-Identifier: BSD-3-Clause */
/* mailbox.h - what many threads hand to one, in the order in which each of them did
 *
 * Ownership travels with the letter: once mailbox_put has it the sender must not touch it.  No lock: who puts exchanges one word, who
 * takes empties the box at once.  A box has a cache line to itself, so that only those who use it feel that it is used. */
#ifndef LIB_LOOP_MAILBOX_H
#define LIB_LOOP_MAILBOX_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The first member of what is handed over. */
struct letter { struct letter *next; };

/* All zero is an empty one. */
struct mailbox { _Atomic(struct letter *) newest; };

/* Any thread.  True: it was empty, so its owner may be asleep. */
static inline bool mailbox_put(struct mailbox *box, struct letter *letter)
{
    struct letter *before = atomic_load_explicit(&box->newest, memory_order_relaxed);
    do
        letter->next = before;
    while (!atomic_compare_exchange_weak(&box->newest, &before, letter));
    return before == NULL;
}

static inline bool mailbox_empty(const struct mailbox *box)
{
    return atomic_load_explicit(&box->newest, memory_order_acquire) == NULL;
}

/* Its owner: everything that was put, oldest first. */
static inline struct letter *mailbox_take_all(struct mailbox *box)
{
    struct letter *newest = atomic_exchange(&box->newest, NULL), *oldest = NULL;
    while (newest) {
        struct letter *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

#endif
