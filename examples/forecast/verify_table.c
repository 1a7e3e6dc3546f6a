/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_expected.h"
#include "examples/forecast/verify_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A surface in the unit of the table: hPa for pressures, else as the file has it. */
static double level_value(const struct field *field, const char *which, const char *kind)
{
    static const char pressure[] = "InhPa";
    size_t length = strlen(kind), tail = sizeof pressure - 1;
    bool hectopascals = length >= tail && strcmp(kind + length - tail, pressure) == 0;
    return surface_value(field->handle, which) / (hectopascals ? 100 : 1);
}

static void level_text(const struct field *field, char *text, size_t size)
{
    char kind[64] = "";
    size_t length = sizeof kind;
    codes_handle *h = field->handle;
    codes_get_string(h, "typeOfLevel", kind, &length);
    if (strcmp(kind, "unknown") == 0)
        snprintf(kind, sizeof kind, "surface%ld", key_integer(h, "typeOfFirstFixedSurface", -1));
    double top = level_value(field, "First", kind), bottom = level_value(field, "Second", kind);
    if (key_integer(h, "edition", 2) == 1) {
        top = (double)key_integer(h, "topLevel", 0);
        bottom = (double)key_integer(h, "bottomLevel", 0);
        if (bottom == top)
            bottom = NAN;
        if (strcmp(kind, "surface") == 0)
            top = NAN;
    } else if (key_integer(h, "typeOfSecondFixedSurface", 255) == 255)
        bottom = NAN;
    if (isnan(top))
        snprintf(text, size, "%s", kind);
    else if (isnan(bottom))
        snprintf(text, size, "%s=%.10g", kind, top);
    else
        snprintf(text, size, "%s=%.10g..%.10g", kind, top, bottom);
}

/* Look for the line with those numbers, and mark it. */
static int find_row(void *context, const struct expected *e)
{
    static const char *const kind[] = {"wind-speed", "thickness", "anomaly", "anomaly"}, *const unit[] = {"m/s", "m", "K", "gpm"};
    char of[96], level[128], time[96];
    double number[ROW_NUMBERS];
    snprintf(of, sizeof of, "%s%s%s", e->from->what, e->other ? "+" : "", e->other ? e->other->what : "");
    if (e->kind == EXPECTED_THICKNESS)
        snprintf(level, sizeof level, "isobaricInhPa=500..1000");
    else
        level_text(e->from, level, sizeof level);
    field_time_text(e->from, time, sizeof time);
    rows_spread(e->values, e->count, number);
    const char *const word[ROW_WORDS] = {kind[e->kind], of, level, time, unit[e->kind]};
    return rows_find(context, word, number);
}

int verify_table(const char *output, const struct fields *inputs)
{
    struct rows t = {.what = "table"};
    int result = rows_read(&t, output, "products*.csv");
    if (result == 0) {
        int computed = expected_each(inputs, find_row, &t), strangers = rows_end(&t);
        result = computed > strangers ? computed : strangers;
    }
    rows_free(&t);
    return result;
}
