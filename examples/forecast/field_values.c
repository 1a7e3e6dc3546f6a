/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/field_values.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

/* Far outside of what any field holds, so that no value is taken for it. */
static const double absent = -1e99;

int field_values(codes_handle *field, double **values, size_t *count)
{
    int error = codes_set_double(field, "missingValue", absent);
    if (!error)
        error = codes_get_size(field, "values", count);
    *values = error ? NULL : malloc(*count ? *count * sizeof **values : 1);
    if (!error && !*values)
        error = CODES_OUT_OF_MEMORY;
    if (!error)
        error = codes_get_double_array(field, "values", *values, count);
    if (error) {
        free(*values);
        *values = NULL;
        warnx("cannot unpack a field: %s", codes_get_error_message(error));
        return -1;
    }
    long bitmap = 0;
    if (codes_get_long(field, "bitmapPresent", &bitmap) == 0 && bitmap)
        for (size_t i = 0; i < *count; i++)
            if ((*values)[i] == absent)
                (*values)[i] = NAN;
    return 0;
}

int field_points(codes_handle *field, double **latitude, double **longitude, size_t *count)
{
    enum { WITHOUT_VALUES = 1 };
    int error = 0;
    long points = 0;
    *latitude = *longitude = NULL;
    if (codes_get_long(field, "numberOfPoints", &points) || points <= 0)
        return -1;
    codes_iterator *at = codes_grib_iterator_new(field, WITHOUT_VALUES, &error);
    if (!at)
        return -1;
    *latitude = malloc((size_t)points * sizeof **latitude);
    *longitude = malloc((size_t)points * sizeof **longitude);
    size_t n = 0;
    double ignored;
    while (*latitude && *longitude && n < (size_t)points
           && codes_grib_iterator_next(at, *latitude + n, *longitude + n, &ignored))
        n++;
    codes_grib_iterator_delete(at);
    *count = n;
    if (n > 0)
        return 0;
    free(*latitude);
    free(*longitude);
    *latitude = *longitude = NULL;
    return -1;
}
