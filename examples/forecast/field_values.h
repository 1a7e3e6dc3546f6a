/* SPDX-License-Identifier: BSD-3-Clause */
/* field_values.h - the numbers of a GRIB field, a NaN where it has none */
#ifndef EXAMPLES_FORECAST_FIELD_VALUES_H
#define EXAMPLES_FORECAST_FIELD_VALUES_H
#include <eccodes.h>

/* Unpack 'field': *values is the caller's to free().  -1 after a message on stderr. */
int field_values(codes_handle *field, double **values, size_t *count);

/* Latitude and longitude of each value (degrees, in the order of the values): the caller frees both.  -1, without a message
 * and with both NULL, when the grid has no points (spectral) or ecCodes has no iterator for it. */
int field_points(codes_handle *field, double **latitude, double **longitude, size_t *count);

#endif
