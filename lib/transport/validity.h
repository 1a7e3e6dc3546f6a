/* SPDX-License-Identifier: BSD-3-Clause */
/* validity.h - words that say that the bytes of an offer are still the ones that were offered
 *
 * Every offer has one: eight random bytes in our memory that its tickets carry.  It is cleared before the user has the buffer back.
 * Whoever moves bytes reads them first and the word last; a word that differs means that the bytes may be anything.
 * Any thread. */
#ifndef LIB_TRANSPORT_VALIDITY_H
#define LIB_TRANSPORT_VALIDITY_H
#include "lib/fabric/fabric.h"

struct validity;
struct validity_slab;

struct validity_word {
    struct validity_slab *slab;
    _Atomic uint64_t *at; /* what readers see */
    uint64_t value;       /* what it holds while valid; never 0 */
};

mstro_status validity_create(struct validity **out);

/* Free the words.  All exposures end; the fabric they were exposed in must still be open. */
void validity_destroy(struct validity *v);

/* A word with a new random value. */
mstro_status validity_take(struct validity *v, struct validity_word *out);

/* From here on no reader that looks at the word takes what it has read for valid. */
void validity_clear(struct validity_word *w);

/* Clear it and let others use its place. */
void validity_give_back(struct validity *v, struct validity_word *w);

/* Make the word readable through the serving endpoints of 'f', always the same one: what a ticket needs. */
mstro_status validity_expose(struct validity *v, const struct validity_word *w, struct fabric *f, uint64_t *base, uint64_t *key);

/* Forget the exposures, before the fabric is closed. */
void validity_withdraw_exposures(struct validity *v);

#endif
