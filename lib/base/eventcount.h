/* SPDX-License-Identifier: BSD-3-Clause */
/* eventcount.h - a word at which threads of one process sleep until another has changed what they wait for
 *
 * Who waits reads the word, looks whether what it waits for is there, and sleeps if not: unless the word has changed since it was read.
 * Who brings it changes the word after that, and wakes; with no lock held, so that nobody wakes only to wait for the lock.  Up to 32
 * groups of sleepers at one word are told apart by bits, and woken by one call. */
#ifndef LIB_BASE_EVENTCOUNT_H
#define LIB_BASE_EVENTCOUNT_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero is one at which nobody sleeps.  It must live until the last eventcount_wake has returned, sleepers or not. */
struct eventcount { _Atomic uint32_t word; };

/* To be given to eventcount_wait; what is looked at, is looked at after this. */
static inline uint32_t eventcount_read(const struct eventcount *e) { return atomic_load(&e->word); }

/* Sleep until one of 'bits' is woken, the word is not 'seen' any more, or 'until' (NO_DEADLINE: as long as it takes).  May return early.
 * False when that time is over. */
bool eventcount_wait(struct eventcount *e, uint32_t seen, uint32_t bits, uint64_t until);

/* Change the word, and wake all who sleep with one of 'bits'. */
void eventcount_wake(struct eventcount *e, uint32_t bits);

#endif
