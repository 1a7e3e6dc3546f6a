/* SPDX-License-Identifier: BSD-3-Clause */
/* plan.h - which products can be made of the fields of an index
 *
 *   wind speed   of every pair u, v on one level, time and grid
 *   thickness    500-1000 hPa, from geopotential height (gh) or geopotential (z)
 *   anomaly      of every temperature (t) and geopotential height (gh): the field less its mean over the points
 *   map          of the wind at 250 hPa, with the coast from the land-sea mask (lsm) if there is one; the first time only
 *
 * The plan depends on the index alone: instances that have the same index have the same plan and can share it by number. */
#ifndef EXAMPLES_FORECAST_PLAN_H
#define EXAMPLES_FORECAST_PLAN_H
#include "examples/forecast/field_index.h"

enum product_kind { PRODUCT_WIND_SPEED, PRODUCT_THICKNESS, PRODUCT_ANOMALY, PRODUCT_MAP };

enum { PRODUCT_INPUTS_MAX = 3 };

struct product {
    enum product_kind kind;
    size_t inputs;
    size_t input[PRODUCT_INPUTS_MAX]; /* places in the index; the first gives the product its level, time and grid */
};

struct plan {
    struct product *product;
    size_t count, capacity;
    char missing[4][120]; /* sentences: what cannot be made of this input, and why */
    size_t missing_count;
};

const char *product_kind_name(enum product_kind kind);

/* Make the plan of 'index', in the order of the index.  -1 when memory is short. */
int plan_make(struct plan *plan, const struct field_index *index);
void plan_free(struct plan *plan);

#endif
