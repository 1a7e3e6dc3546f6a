/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/product_make.h"
#include "examples/forecast/field_values.h"
#include "examples/forecast/product_grib.h"
#include "examples/forecast/product_table.h"
#include "examples/forecast/wind_map.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static FILE *create(const char *folder, unsigned instance, const char *ending)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/products-%u.%s", folder, instance, ending);
    FILE *file = fopen(path, "wb");
    if (!file)
        warn("cannot write %s", path);
    return file;
}

int product_output_open(struct product_output *output, const char *folder, unsigned instance)
{
    *output = (struct product_output){.folder = folder};
    output->grib = create(folder, instance, "grib");
    output->table = output->grib ? create(folder, instance, "csv") : NULL;
    if (output->table && fprintf(output->table, "%s\n", product_table_heading) > 0)
        return 0;
    product_output_close(output);
    return -1;
}

int product_output_close(struct product_output *output)
{
    int failed = 0;
    if (output->grib)
        failed |= ferror(output->grib) | fclose(output->grib);
    if (output->table)
        failed |= ferror(output->table) | fclose(output->table);
    output->grib = output->table = NULL;
    if (failed)
        warn("cannot write all products into %s", output->folder);
    return failed ? -1 : 0;
}

static int compute(const struct product *product, const struct field_index *index, const double *const values[], double *result,
                   size_t count)
{
    const struct field_entry *first = &index->entry[product->input[0]];
    switch (product->kind) {
    case PRODUCT_WIND_SPEED:
        wind_speed(values[0], values[1], result, count);
        return 0;
    case PRODUCT_THICKNESS:
        thickness(values[0], values[1], strcmp(first->param, "z") == 0 ? 1 / STANDARD_GRAVITY : 1, result, count);
        return 0;
    case PRODUCT_ANOMALY:
        anomaly(values[0], result, count);
        return 0;
    case PRODUCT_MAP:
        break;
    }
    return -1;
}

static int write_message(FILE *file, codes_handle *handle)
{
    const void *bytes;
    size_t size;
    int error = codes_get_message(handle, &bytes, &size);
    if (error)
        warnx("a product has no message: %s", codes_get_error_message(error));
    else if (fwrite(bytes, 1, size, file) == size)
        return 0;
    else
        warn("cannot write a product");
    return -1;
}

static int make_field(struct product_output *output, const struct product *product, const struct field_index *index,
                      const double *const values[], size_t count, codes_handle *like)
{
    double *result = malloc((count ? count : 1) * sizeof *result);
    if (!result) {
        warnx("out of memory");
        return -1;
    }
    int failed = compute(product, index, values, result, count);
    codes_handle *encoded = failed ? NULL : product_encode(product->kind, like, result, count);
    if (!encoded)
        failed = -1;
    else {
        failed = write_message(output->grib, encoded);
        codes_handle_delete(encoded);
    }
    if (!failed)
        product_table_row(output->table, product, index, spread_of(result, count));
    free(result);
    return failed;
}

static long number(codes_handle *field, const char *key)
{
    long value = 0;
    codes_get_long(field, key, &value);
    return value;
}

/* "run 2011-01-10 12:00 UTC, valid 2011-01-15 12:00 UTC (+120 h)" */
static void write_times(codes_handle *field, char *text, size_t size)
{
    long run = number(field, "dataDate"), run_at = number(field, "dataTime");
    long valid = number(field, "validityDate"), valid_at = number(field, "validityTime");
    char step[32] = "", unit[8] = "";
    size_t length = sizeof step;
    codes_get_string(field, "stepRange", step, &length);
    length = sizeof unit;
    codes_get_string(field, "stepUnits", unit, &length);
    snprintf(text, size, "run %04ld-%02ld-%02ld %02ld:%02ld UTC, valid %04ld-%02ld-%02ld %02ld:%02ld UTC (+%s %s)", run / 10000,
             run / 100 % 100, run % 100, run_at / 100, run_at % 100, valid / 10000, valid / 100 % 100, valid % 100,
             valid_at / 100, valid_at % 100, step, unit);
}

static int make_map(struct product_output *output, const struct product *product, const double *const values[], size_t count,
                    codes_handle *like)
{
    double *latitude = NULL, *longitude = NULL;
    size_t points = 0;
    char times[128], footer[256], grid[32] = "";
    size_t length = sizeof grid;

    if (!wind_map_available) {
        warnx("no map: this was built without cairo (install libcairo2-dev and configure again)");
        return 0;
    }
    if (field_points(like, &latitude, &longitude, &points) || points != count) {
        warnx("no map: ecCodes does not say where the %zu points of this grid lie", count);
        free(latitude);
        free(longitude);
        return -1;
    }
    bool along_grid = number(like, "uvRelativeToGrid") == 1;
    codes_get_string(like, "gridType", grid, &length);
    write_times(like, times, sizeof times);
    snprintf(footer, sizeof footer, "%zu points (%s)%s%s", count, grid,
             product->inputs == 3 ? "; coast: the input's own land-sea mask" : "; the input has no land-sea mask",
             along_grid ? "; no arrows: u and v are along the axes of the grid" : "");
    const struct wind_map map = {
        .count = count,
        .latitude = latitude,
        .longitude = longitude,
        .u = values[0],
        .v = values[1],
        .land = product->inputs == 3 ? values[2] : NULL,
        .arrows = !along_grid || strncmp(grid, "regular", 7) == 0 || strncmp(grid, "reduced", 7) == 0,
        .title = "Wind at 250 hPa",
        .subtitle = times,
        .footer = footer,
    };
    int result = wind_map_draw(&map, output->folder);
    free(latitude);
    free(longitude);
    return result;
}

int product_make(struct product_output *output, const struct product *product, const struct field_index *index,
                 const double *const values[], size_t count, codes_handle *like)
{
    int failed = product->kind == PRODUCT_MAP ? make_map(output, product, values, count, like)
                                              : make_field(output, product, index, values, count, like);
    if (failed) {
        output->failed++;
        warnx("%s of %s was not made", product_kind_name(product->kind), index->entry[product->input[0]].name);
    } else
        output->made++;
    return failed;
}
