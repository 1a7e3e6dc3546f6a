/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/product_grib.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A key to set; the steps are done in order and the first that fails ends it. */
struct step {
    const char *key;
    long value;
};

static int set_all(codes_handle *handle, const struct step steps[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int error = codes_set_long(handle, steps[i].key, steps[i].value);
        if (!error)
            continue;
        warnx("cannot set %s to %ld in a product: %s", steps[i].key, steps[i].value, codes_get_error_message(error));
        return -1;
    }
    return 0;
}

static int set_parameter(codes_handle *handle, long category, long number)
{
    const struct step steps[] = {{"discipline", 0}, {"parameterCategory", category}, {"parameterNumber", number}};
    return set_all(handle, steps, 3);
}

static int set_thickness(codes_handle *handle)
{
    enum { ISOBARIC = 100 };
    const struct step layer[] = {
        {"typeOfFirstFixedSurface", ISOBARIC},  {"scaleFactorOfFirstFixedSurface", 0},  {"scaledValueOfFirstFixedSurface", 50000},
        {"typeOfSecondFixedSurface", ISOBARIC}, {"scaleFactorOfSecondFixedSurface", 0}, {"scaledValueOfSecondFixedSurface", 100000},
    };
    return set_parameter(handle, 3, 12) ? -1 : set_all(handle, layer, sizeof layer / sizeof *layer);
}

static int set_anomaly(codes_handle *handle)
{
    long category = -1;
    codes_get_long(handle, "parameterCategory", &category);
    return set_parameter(handle, category, 9); /* 0.0.9 for temperature (category 0), 0.3.9 for mass (category 3) */
}

static int set_meaning(codes_handle *handle, enum product_kind kind)
{
    switch (kind) {
    case PRODUCT_WIND_SPEED:
        return set_parameter(handle, 2, 1);
    case PRODUCT_THICKNESS:
        return set_thickness(handle);
    case PRODUCT_ANOMALY:
        return set_anomaly(handle);
    case PRODUCT_MAP:
        break;
    }
    warnx("a %s is not written as GRIB", product_kind_name(kind));
    return -1;
}

static int set_values(codes_handle *handle, const double values[], size_t count)
{
    static const double absent = -1e30;
    double *packed = malloc((count ? count : 1) * sizeof *packed);
    size_t gaps = 0, length = strlen("grid_simple");
    if (!packed) {
        warnx("out of memory");
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        packed[i] = isnan(values[i]) ? absent : values[i];
        gaps += isnan(values[i]) != 0;
    }
    int error = codes_set_string(handle, "packingType", "grid_simple", &length);
    if (!error)
        error = codes_set_double(handle, "missingValue", absent);
    if (!error)
        error = codes_set_long(handle, "bitmapPresent", gaps > 0);
    if (!error) /* else ecCodes keeps to the decimals of the input, whatever bitsPerValue says */
        error = codes_set_long(handle, "decimalScaleFactor", 0);
    if (!error)
        error = codes_set_long(handle, "bitsPerValue", 24);
    if (!error)
        error = codes_set_double_array(handle, "values", packed, count);
    free(packed);
    if (error)
        warnx("cannot pack the %zu values of a product: %s", count, codes_get_error_message(error));
    return error ? -1 : 0;
}

codes_handle *product_encode(enum product_kind kind, codes_handle *like, const double values[], size_t count)
{
    long edition = 0;
    codes_handle *handle = codes_handle_clone(like);
    if (!handle) {
        warnx("out of memory");
        return NULL;
    }
    codes_get_long(handle, "edition", &edition);
    const struct step convert = {"edition", 2};
    if ((edition != 2 && set_all(handle, &convert, 1)) || set_meaning(handle, kind) || set_values(handle, values, count)) {
        codes_handle_delete(handle);
        return NULL;
    }
    return handle;
}
