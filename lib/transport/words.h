/* SPDX-License-Identifier: BSD-3-Clause */
/* words.h - the validity words of what this process offers
 *
 * Every offer has one, its tickets carry its value, and it is cleared before the user has the buffer back.  Whoever moves bytes reads
 * them first and the word last; a word that differs means that the bytes may be anything.
 *
 * Eight bytes each, in memory of the library that is never given back while the session lives, so that a late reader of one finds a
 * word that is not its own, and nothing else.  Values are not secrets, they only must not repeat.  One thread at a time. */
#ifndef LIB_TRANSPORT_WORDS_H
#define LIB_TRANSPORT_WORDS_H
#include <stdint.h>

struct word_page;
struct words { struct word_page *pages; uint64_t *free; uint64_t last; };

/* 'seed' is random: it tells the words of one run from those of another. */
void words_init(struct words *w, uint64_t seed);
void words_release(struct words *w);

/* A word that holds a fresh value, never 0.  NULL when memory is short. */
uint64_t *words_take(struct words *w);

/* Clear it: whoever reads it from now on knows that what it stood for is gone. */
void words_give(struct words *w, uint64_t *word);

/* Clear all, for good.  What is given after this is cleared already; what is taken is a fresh one. */
void words_clear(struct words *w);

#endif
