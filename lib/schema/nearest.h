/* SPDX-License-Identifier: BSD-3-Clause */
/* nearest.h - "did you mean": the known word closest to a misspelt one
 *
 *     struct nearest search = nearest_to(word);
 *     for each known: nearest_offer(&search, known);
 *     search.best.length > 0: worth suggesting */
#ifndef LIB_SCHEMA_NEAREST_H
#define LIB_SCHEMA_NEAREST_H
#include "lib/base/view.h"

struct nearest { struct text word, best; unsigned distance, left; /* of the search: pairs of characters to be compared */ };

/* Nothing farther than a third of the word (at least 2 edits), and no word over 128 bytes, is suggested; nor what is offered when the search
 * has taken about 2 ms. */
struct nearest nearest_to(struct text word);

/* Keep 'known' if it is closer than what was offered before; the view must outlive the search. */
void nearest_offer(struct nearest *n, struct text known);

#endif
