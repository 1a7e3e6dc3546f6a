/* SPDX-License-Identifier: BSD-3-Clause */
/* product_grib.h - a product as a GRIB 2 message
 *
 * Parameters of the WMO's table 4.2: wind speed 0.2.1, thickness 0.3.12, temperature anomaly 0.0.9, geopotential height
 * anomaly 0.3.9.  Simple packing with 24 bits, which rounds by less than a ten-millionth of the field's range. */
#ifndef EXAMPLES_FORECAST_PRODUCT_GRIB_H
#define EXAMPLES_FORECAST_PRODUCT_GRIB_H
#include "examples/forecast/plan.h"

/* 'values' (NaN: none) as a message like 'like' (level, time, grid; GRIB 1 is converted): the caller deletes it.  NULL after a
 * message on stderr when ecCodes cannot express it. */
codes_handle *product_encode(enum product_kind kind, codes_handle *like, const double values[], size_t count);

#endif
