/* SPDX-License-Identifier: BSD-3-Clause */
/* lot.h - what the forecast lends to the pool at one time: a message and its fields
 *
 * A lot is offered as one batch.  Its memory is the forecast's own and stays as it is until the lot has been withdrawn. */
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

/* Offer it: returns when every object of it is visible. */
mstro_status lot_offer(struct lot *lot, struct statistics *statistics);

/* Take it back, which waits for those who required it, and free it. */
mstro_status lot_withdraw(struct lot *lot);

/* Free a lot that is not offered. */
void lot_free(struct lot *lot);

size_t lot_bytes(const struct lot *lot);
size_t lot_fields(const struct lot *lot);

#endif
