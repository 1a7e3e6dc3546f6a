/* SPDX-License-Identifier: BSD-3-Clause */
/* lending.h - the lots that the forecast has made and not taken back yet
 *
 * They are offered in batches, in order, and taken back oldest first when they hold more than 'limit' bytes. */
#ifndef EXAMPLES_FORECAST_LENDING_H
#define EXAMPLES_FORECAST_LENDING_H
#include "examples/forecast/lot.h"

struct lending {
    struct lot **lot;               /* lent first, then fresh ones, from 'begin' on */
    size_t begin, lent, fresh, room;
    size_t bytes, limit;
    size_t batch; /* fresh lots that are offered at once */
    struct statistics *statistics;
};

/* Add a lot, which is the lending's from here on (also on failure), make room for it, and offer the fresh ones when they are a
 * batch.  0 or an exit code, after a message on stderr. */
int lending_add(struct lending *l, struct lot *lot);

/* Offer what is fresh. */
int lending_offer(struct lending *l);

/* Take everything back. */
int lending_end(struct lending *l);

/* Free the memory; what is lent and was not taken back, because something failed, stays until the process ends. */
void lending_free(struct lending *l);

#endif
