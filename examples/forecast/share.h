/* SPDX-License-Identifier: BSD-3-Clause */
/* share.h - one instance's share of the plan, and the objects that it needs
 *
 * Every object is required ahead of time and demanded once, when its OFFER was told; it is kept until the last product that is
 * made of it is made.  A product needs its input fields and, for the description of grid and time, the message of the first. */
#ifndef EXAMPLES_FORECAST_SHARE_H
#define EXAMPLES_FORECAST_SHARE_H
#include "examples/forecast/plan.h"
#include "examples/forecast/product_make.h"
#include "examples/forecast/statistics.h"

#include <maestro/maestro.h>

struct share;

/* The products of 'plan' whose number is 'instance' modulo 'instances'.  'plan' and 'index' must outlive it.  NULL when memory is
 * short. */
struct share *share_make(const struct plan *plan, const struct field_index *index, unsigned instance, unsigned instances);

/* Retract and free what is left. */
void share_free(struct share *share);

/* Require every object of it. */
mstro_status share_require(struct share *share);

/* The object 'name' is there: if it is needed, demand it, and make the products it was the last input of. */
mstro_status share_arrived(struct share *share, const char *name, struct product_output *output, struct statistics *statistics);

/* The same for everything not arrived yet, waiting for each. */
mstro_status share_fetch_rest(struct share *share, struct product_output *output, struct statistics *statistics);

/* Products not made yet. */
size_t share_left(const struct share *share);

/* An object that has not arrived yet, for messages; NULL when all have. */
const char *share_missing(const struct share *share);

#endif
