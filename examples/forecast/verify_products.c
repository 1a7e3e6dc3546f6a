/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_expected.h"
#include "examples/forecast/verify_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct comparison {
    struct fields made;
    size_t right, expected;
};

/* By how much packing may have changed a value; no more than packing with 20 bits would, of values as far apart as 'range'. */
static double packing_error(const struct field *product, double value, double range)
{
    enum { BITS = 20 };
    double binary = 0, decimal = 0;
    codes_get_double(product->handle, "binaryScaleFactor", &binary);
    codes_get_double(product->handle, "decimalScaleFactor", &decimal);
    if (key_integer(product->handle, "bitsPerValue", 0) == 0)
        return fabs(value) * 1.2e-7; /* one number for all points, in single precision */
    return fmin(0.5001 * pow(2, binary) / pow(10, decimal), range / (1 << BITS)) + 1e-12 * fabs(value);
}

static double range_of(const double values[], size_t count)
{
    double least = INFINITY, greatest = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (values[i] != no_value) {
            least = fmin(least, values[i]);
            greatest = fmax(greatest, values[i]);
        }
    return greatest > least ? greatest - least : 0;
}

/* The greatest difference beyond packing (0: equal); infinite when points or gaps differ. */
static double excess(const struct field *product, const double expected[], size_t count)
{
    size_t found_count = 0;
    double *found = field_values_read(product, &found_count), worst = 0, range = range_of(expected, count);
    if (!found || found_count != count) {
        free(found);
        return INFINITY;
    }
    for (size_t i = 0; i < count; i++) {
        bool gap = found[i] == no_value;
        if (gap != (expected[i] == no_value))
            worst = INFINITY;
        else if (!gap && fabs(found[i] - expected[i]) > packing_error(product, expected[i], range))
            worst = fmax(worst, fabs(found[i] - expected[i]));
    }
    free(found);
    return worst;
}

/* Look for the product with those values, and mark it. */
static int find_product(void *context, const struct expected *wanted)
{
    static const char *const parameter[] = {
        [EXPECTED_WIND] = "0.2.1",
        [EXPECTED_THICKNESS] = "0.3.12",
        [EXPECTED_TEMPERATURE_ANOMALY] = "0.0.9",
        [EXPECTED_HEIGHT_ANOMALY] = "0.3.9",
    };
    struct comparison *c = context;
    const char *what = parameter[wanted->kind], *name = expected_name(wanted->kind), *when = wanted->from->when;
    const char *where = wanted->kind == EXPECTED_THICKNESS ? "100:50000 to 100:100000" : wanted->from->where;
    struct field *product = fields_first(&c->made, what, where, when), *end = c->made.field + c->made.count;
    double least = -1;
    c->expected++;
    for (; product && product < end && field_alike(product, what, where, when); product++) {
        if (product->matched)
            continue;
        double difference = excess(product, wanted->values, wanted->count);
        if (difference == 0) {
            product->matched = true;
            c->right++;
            return 0;
        }
        least = least < 0 ? difference : fmin(least, difference);
    }
    if (least < 0)
        printf("products: %s on surface %s, %s, is missing\n", name, where, when);
    else
        printf("products: %s on surface %s, %s, differs from the second computation by up to %g\n", name, where, when, least);
    return 1;
}

/* Products that nothing was to be computed for, or that none of the computed values are like. */
static int find_strangers(const struct fields *made)
{
    int result = 0;
    for (size_t i = 0; i < made->count; i++)
        if (!made->field[i].matched) {
            printf("products: parameter %s on surface %s, %s, is not one that was to be computed, or not with these values\n",
                   made->field[i].what, made->field[i].where, made->field[i].when);
            result = 1;
        }
    return result;
}

static int read_products(void *context, const char *path)
{
    return fields_read(context, path, true);
}

int verify_products(const char *output, const struct fields *inputs)
{
    struct comparison c = {0};
    int result = files_each(output, "products*.grib", "products", read_products, &c.made);
    if (result == 0) {
        fields_sort(&c.made);
        int computed = expected_each(inputs, find_product, &c), strangers = find_strangers(&c.made);
        result = computed > strangers ? computed : strangers;
        printf("products: %zu of %zu equal a second computation within their packing\n", c.right, c.expected);
    }
    fields_free(&c.made);
    return result;
}
