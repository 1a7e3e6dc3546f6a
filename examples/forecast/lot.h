/* SPDX-License-Identifier: BSD-3-Clause */
/* lot.h - what the forecast lends to the pool: a message and its fields
 *
 * Lots are offered in batches.  Their memory is the forecast's own and stays as it is until they have been withdrawn. */
#ifndef EXAMPLES_FORECAST_LOT_H
#define EXAMPLES_FORECAST_LOT_H
#include "examples/forecast/field_index.h"
#include "examples/forecast/grib_input.h"
#include "examples/forecast/statistics.h"

#include <maestro/maestro.h>

struct lot;

/* Take 'message' (it is the lot's from here on, also on failure) and unpack its fields, whose names are those of the entries from
 * 'entry' on.  NULL after a message on stderr. */
struct lot *lot_make(struct grib_message *message, const struct field_entry *entry, size_t entries);

/* Offer 'count' of them at once: returns when every object of them is visible. */
mstro_status lots_offer(struct lot *const lots[], size_t count, struct statistics *statistics);

/* Take 'count' of them back at once, which waits for those who required them, and free them. */
mstro_status lots_withdraw(struct lot *const lots[], size_t count);

/* Free a lot that is not offered. */
void lot_free(struct lot *lot);

size_t lot_bytes(const struct lot *lot);

#endif
