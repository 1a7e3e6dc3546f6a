/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/proc/forecast_sample.h"

#include <eccodes.h>
#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { EAST = 36, NORTH = 19, POINTS = EAST * NORTH, MISSING = -1 };

/* One field: WMO parameter, surfaces (MISSING: none) and whether it shares the message of the field before it. */
struct row {
    long discipline, category, number;
    long surface, scale, value;
    long second_surface, second_scale, second_value;
    double base, swing;
    bool joined, gaps, reduced;
};

static const struct row rows[] = {
    {0, 2, 2, 100, 0, 25000, 255, 0, 0, 20, 30, .joined = false},  /* u, 250 hPa ... */
    {0, 2, 3, 100, 0, 25000, 255, 0, 0, 0, 15, .joined = true},    /* ... and v in one message */
    {0, 2, 2, 100, 0, 50000, 255, 0, 0, 10, 12, .joined = false},  /* u, v, 500 hPa, apart */
    {0, 2, 3, 100, 0, 50000, 255, 0, 0, 1, 9, .joined = false},
    {0, 3, 5, 100, 0, 50000, 255, 0, 0, 5500, 200, .joined = false}, /* gh */
    {0, 3, 5, 100, 0, 100000, 255, 0, 0, 100, 80, .joined = false},
    {0, 0, 0, 100, 0, 50000, 255, 0, 0, 255, 20, .joined = false}, /* t */
    {0, 0, 0, 100, 0, 85000, 255, 0, 0, 280, 15, .gaps = true},
    {0, 0, 0, 106, 2, 0, 106, 2, 10, 283, 12, .gaps = true}, /* soil, 0 to 0.1 m */
    {0, 0, 0, 106, 2, 10, 106, 2, 40, 284, 8, .gaps = true},
    {0, 0, 0, 1, MISSING, MISSING, 255, 0, 0, 288, 20, .joined = false}, /* t, surface, twice: a clash */
    {0, 0, 0, 1, MISSING, MISSING, 255, 0, 0, 289, 21, .joined = false},
    {0, 2, 2, 109, 9, (long)(0x80000000u | 2000u), 255, 0, 0, 25, 20, .joined = false}, /* at -2e-6 PVU ... */
    {0, 2, 3, 109, 9, (long)(0x80000000u | 2000u), 255, 0, 0, 2, 11, .joined = true},
    {0, 1, 195, 1, MISSING, MISSING, 255, 0, 0, 0.5, 0.5, .joined = false}, /* a local parameter */
    {2, 0, 0, 1, MISSING, MISSING, 255, 0, 0, 0.5, 0.9, .joined = false},   /* lsm */
    {0, 0, 0, 100, 0, 30000, 255, 0, 0, 230, 25, .reduced = true},          /* t on another grid */
    {10, 2, 0, 1, MISSING, MISSING, 255, 0, 0, 0.3, 0.2, .joined = false},  /* sea ice */
};

static int set(codes_handle *h, const char *key, long value)
{
    int error = value == MISSING ? codes_set_missing(h, key) : codes_set_long(h, key, value);
    if (error)
        warnx("sample: cannot set %s to %ld: %s", key, value, codes_get_error_message(error));
    return error;
}

static int set_grid(codes_handle *h)
{
    static const struct {
        const char *key;
        double value;
    } degrees[] = {
        {"latitudeOfFirstGridPointInDegrees", 90},  {"longitudeOfFirstGridPointInDegrees", 0},
        {"latitudeOfLastGridPointInDegrees", -90},  {"longitudeOfLastGridPointInDegrees", 350},
        {"iDirectionIncrementInDegrees", 10},       {"jDirectionIncrementInDegrees", 10},
    };
    int error = set(h, "Ni", EAST) || set(h, "Nj", NORTH);
    for (size_t i = 0; i < sizeof degrees / sizeof *degrees && !error; i++)
        error = codes_set_double(h, degrees[i].key, degrees[i].value);
    return error;
}

static int set_meaning(codes_handle *h, const struct row *row)
{
    return set(h, "dataDate", 20110110) || set(h, "dataTime", 1200) || set(h, "forecastTime", 120)
           || set(h, "discipline", row->discipline) || set(h, "parameterCategory", row->category)
           || set(h, "parameterNumber", row->number) || set(h, "typeOfFirstFixedSurface", row->surface)
           || set(h, "typeOfSecondFixedSurface", row->second_surface) /* setting a type resets the values */
           || set(h, "scaleFactorOfFirstFixedSurface", row->scale) || set(h, "scaledValueOfFirstFixedSurface", row->value)
           || (row->second_surface != 255
               && (set(h, "scaleFactorOfSecondFixedSurface", row->second_scale)
                   || set(h, "scaledValueOfSecondFixedSurface", row->second_value)));
}

static int set_values(codes_handle *h, const struct row *row, size_t seed)
{
    static const double absent = 9999;
    size_t count = POINTS;
    if (row->reduced && codes_get_size(h, "values", &count))
        return -1;
    double *value = malloc(count * sizeof *value);
    if (!value)
        return -1;
    for (size_t i = 0; i < count; i++) {
        double lon = (double)(i % EAST) * 2 * M_PI / EAST, lat = (double)(i / EAST) * M_PI / NORTH;
        value[i] = row->base + row->swing * sin(lat + (double)seed) * cos((double)(1 + seed % 3) * lon + (double)seed);
        if (row->gaps && i % 7 == 3)
            value[i] = absent;
    }
    int error = codes_set_double(h, "missingValue", absent) || codes_set_long(h, "bitmapPresent", row->gaps)
                || codes_set_long(h, "bitsPerValue", 16) || codes_set_double_array(h, "values", value, count);
    free(value);
    return error;
}

static codes_handle *make_field(const struct row *row, size_t seed)
{
    codes_handle *h = codes_grib_handle_new_from_samples(NULL, row->reduced ? "reduced_gg_pl_32_grib2" : "regular_ll_sfc_grib2");
    if (h && !(!row->reduced && set_grid(h)) && !set_meaning(h, row) && !set_values(h, row, seed))
        return h;
    warnx("sample: field %zu cannot be made", seed);
    codes_handle_delete(h);
    return NULL;
}

/* The fields from row 'at' that share a message: how many were written, or -1. */
static int write_message(FILE *file, size_t at, bool apart)
{
    enum { PRODUCT_SECTION = 4 };
    size_t end = at + 1;
    while (!apart && end < sizeof rows / sizeof *rows && rows[end].joined)
        end++;
    codes_multi_handle *message = codes_grib_multi_handle_new(NULL);
    int error = message == NULL;
    for (size_t i = at; i < end && !error; i++) {
        codes_handle *h = make_field(&rows[i], i);
        error = !h || codes_grib_multi_handle_append(h, i == at ? 0 : PRODUCT_SECTION, message);
        codes_handle_delete(h);
    }
    error = error || codes_grib_multi_handle_write(message, file);
    codes_grib_multi_handle_delete(message);
    return error ? -1 : (int)(end - at);
}

int sample_write(const char *path, int messages, bool apart)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        warn("cannot write %s", path);
        return -1;
    }
    int fields = 0;
    for (size_t at = 0; at < sizeof rows / sizeof *rows && fields >= 0 && messages > 0; at += (size_t)fields, messages--)
        fields = write_message(file, at, apart);
    return fclose(file) || fields < 0 ? -1 : 0;
}

static const struct {
    long parameter, level; /* level 0: surface */
    double base, swing;
} grib1_rows[GRIB1_FIELDS] = {
    {131, 250, 20, 40}, {132, 250, 0, 30}, {129, 500, 54000, 3000}, {129, 1000, 1000, 900}, {130, 500, 255, 20}, {165, 0, 3, 9}, {166, 0, 1, 8},
};

static int set_grib1(codes_handle *h, size_t row)
{
    double value[8192];
    size_t count = 0, length = 3;
    if (codes_set_string(h, "levtype", grib1_rows[row].level ? "pl" : "sfc", &length)
        || codes_set_long(h, "paramId", grib1_rows[row].parameter) || codes_set_long(h, "level", grib1_rows[row].level)
        || codes_get_size(h, "values", &count) || count > sizeof value / sizeof *value)
        return -1;
    for (size_t i = 0; i < count; i++)
        value[i] = grib1_rows[row].base + grib1_rows[row].swing * sin((double)(i + row) / 50);
    return codes_set_double_array(h, "values", value, count);
}

int sample_write_grib1(const char *path)
{
    FILE *file = fopen(path, "wb");
    int error = file == NULL;
    for (size_t row = 0; row < GRIB1_FIELDS && !error; row++) {
        codes_handle *h = codes_grib_handle_new_from_samples(NULL, "reduced_gg_pl_32_grib1");
        const void *bytes;
        size_t size;
        error = !h || set_grib1(h, row) || codes_get_message(h, &bytes, &size) || fwrite(bytes, 1, size, file) != size;
        codes_handle_delete(h);
    }
    if (file && fclose(file))
        error = 1;
    if (error)
        warnx("sample: %s cannot be written", path);
    return error ? -1 : 0;
}
