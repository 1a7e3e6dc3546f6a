/* SPDX-License-Identifier: BSD-3-Clause */
/* production.h - what the products stage does in the pool
 *
 * Learns from the forecast's index what will come, requires its share of it ahead of time, and demands each object when a
 * subscription tells that it was offered.  Several instances share the products by number. */
#ifndef EXAMPLES_FORECAST_PRODUCTION_H
#define EXAMPLES_FORECAST_PRODUCTION_H
#include "examples/forecast/statistics.h"

/* Do it, in a pool that is joined, as one of 'instances', into FOLDER/products-INSTANCE.grib and .csv.  0 or an exit code, after a
 * message on stderr. */
int production_run(const char *folder, unsigned instance, unsigned instances, struct statistics *statistics);

#endif
