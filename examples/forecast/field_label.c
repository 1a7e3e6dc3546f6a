/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/field_label.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static long number(codes_handle *field, const char *key, long otherwise)
{
    long value;
    return codes_get_long(field, key, &value) == 0 ? value : otherwise;
}

/* A key's text, "" when the field has no such key.  Blanks and slashes would break a name. */
static void word(codes_handle *field, const char *key, char *text, size_t size)
{
    size_t length = size;
    if (codes_get_string(field, key, text, &length) != 0)
        text[0] = '\0';
    for (char *c = text; *c; c++)
        if (!isgraph((unsigned char)*c) || *c == '/')
            *c = '_';
}

void field_label_param(codes_handle *field, char *text, size_t size)
{
    word(field, "shortName", text, size);
    if (text[0] && strcmp(text, "unknown") != 0 && strcmp(text, "~") != 0)
        return;
    if (number(field, "edition", 0) == 1)
        snprintf(text, size, "%ld.%ld", number(field, "table2Version", 0), number(field, "indicatorOfParameter", 0));
    else
        snprintf(text, size, "%ld.%ld.%ld", number(field, "discipline", 0), number(field, "parameterCategory", 0),
                 number(field, "parameterNumber", 0));
}

enum { SURFACE_MISSING = 255 };

/* The value of a fixed surface (GRIB 2); NaN when the surface has none. */
static double surface_value(codes_handle *field, const char *scale_key, const char *value_key)
{
    int error = 0;
    if (codes_is_missing(field, value_key, &error) || error)
        return NAN;
    unsigned long value = (unsigned long)number(field, value_key, 0) & 0xffffffffu;
    long scale = codes_is_missing(field, scale_key, &error) ? 0 : number(field, scale_key, 0);
    /* GRIB 2 writes negative numbers as sign and magnitude; ecCodes hands this one out unsigned. */
    double signed_value = value & 0x80000000u ? -(double)(value & 0x7fffffffu) : (double)value;
    return signed_value * pow(10, -(double)scale);
}

static void level_of_surfaces(codes_handle *field, const char *kind, char *text, size_t size)
{
    double first = surface_value(field, "scaleFactorOfFirstFixedSurface", "scaledValueOfFirstFixedSurface");
    double second = surface_value(field, "scaleFactorOfSecondFixedSurface", "scaledValueOfSecondFixedSurface");
    if (number(field, "typeOfSecondFixedSurface", SURFACE_MISSING) == SURFACE_MISSING)
        second = NAN;
    double unit = strstr(kind, "InhPa") ? 100 : 1; /* the file says Pa */
    if (isnan(first))
        snprintf(text, size, "%s", kind);
    else if (isnan(second))
        snprintf(text, size, "%s=%.10g", kind, first / unit);
    else
        snprintf(text, size, "%s=%.10g..%.10g", kind, first / unit, second / unit);
}

void field_label_level(codes_handle *field, char *text, size_t size)
{
    char kind[64];
    word(field, "typeOfLevel", kind, sizeof kind);
    if (!kind[0] || strcmp(kind, "unknown") == 0)
        snprintf(kind, sizeof kind, "surface%ld",
                 number(field, "typeOfFirstFixedSurface", number(field, "indicatorOfTypeOfLevel", 0)));
    if (number(field, "edition", 0) != 1) {
        level_of_surfaces(field, kind, text, size);
        return;
    }
    long top = number(field, "topLevel", 0), bottom = number(field, "bottomLevel", top);
    if (strcmp(kind, "surface") == 0 && top == 0 && bottom == 0)
        snprintf(text, size, "%s", kind);
    else if (top == bottom)
        snprintf(text, size, "%s=%ld", kind, top);
    else
        snprintf(text, size, "%s=%ld..%ld", kind, top, bottom);
}

void field_label_time(codes_handle *field, char *text, size_t size)
{
    char range[32], unit[16];
    long date = number(field, "dataDate", 0), clock = number(field, "dataTime", 0), member = number(field, "number", -1);
    word(field, "stepRange", range, sizeof range);
    word(field, "stepUnits", unit, sizeof unit);
    int used = snprintf(text, size, "%04ld-%02ld-%02ldT%02ld", date / 10000, date / 100 % 100, date % 100, clock / 100);
    if (clock % 100)
        used += snprintf(text + used, size - (size_t)used, ":%02ld", clock % 100);
    used += snprintf(text + used, size - (size_t)used, "+%s%s", range, unit);
    if (member >= 0 && used < (int)size)
        snprintf(text + used, size - (size_t)used, "/member%ld", member);
}

void field_label_grid(codes_handle *field, char *text, size_t size)
{
    char type[32];
    word(field, "gridType", type, sizeof type);
    if (strcmp(type, "sh") == 0)
        snprintf(text, size, "spectral");
    else
        word(field, "md5GridSection", text, size);
    if (!text[0])
        snprintf(text, size, "%s-%ld", type, number(field, "numberOfPoints", 0));
}
