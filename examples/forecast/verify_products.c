/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"

#include <eccodes.h>
#include <err.h>
#include <glob.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A field as the verifier knows it: what it is, on which surfaces, and when. */
struct field {
    char what[40]; /* inputs: the short name; products: discipline.category.number */
    char where[140];
    char when[120];
    size_t order; /* place among all fields read */
    bool matched;
    codes_handle *handle;
};

struct fields {
    struct field *field;
    size_t count, capacity;
};

/* Words the parameters of products go by. */
static const char wind_speed_parameter[] = "0.2.1", thickness_parameter[] = "0.3.12", temperature_anomaly_parameter[] = "0.0.9",
                  height_anomaly_parameter[] = "0.3.9";
static const char at_500[] = "100:50000", at_1000[] = "100:100000", from_500_to_1000[] = "100:50000 to 100:100000";

static long integer(codes_handle *h, const char *key, long otherwise)
{
    long value;
    return codes_get_long(h, key, &value) ? otherwise : value;
}

static void surface_text(codes_handle *h, const char *which, char *text, size_t size)
{
    char type[48], factor[48], value[48];
    int error = 0;
    snprintf(type, sizeof type, "typeOf%sFixedSurface", which);
    snprintf(factor, sizeof factor, "scaleFactorOf%sFixedSurface", which);
    snprintf(value, sizeof value, "scaledValueOf%sFixedSurface", which);
    long kind = integer(h, type, 255);
    if (kind == 255 || codes_is_missing(h, value, &error) || error)
        snprintf(text, size, "%ld", kind);
    else
        snprintf(text, size, "%ld:%.9g", kind, (double)integer(h, value, 0) / pow(10, (double)integer(h, factor, 0)));
}

static void describe(struct field *field, codes_handle *h, bool product)
{
    char first[60], second[60], range[32] = "", unit[16] = "";
    size_t length = sizeof field->what;
    if (product)
        snprintf(field->what, sizeof field->what, "%ld.%ld.%ld", integer(h, "discipline", -1),
                 integer(h, "parameterCategory", -1), integer(h, "parameterNumber", -1));
    else
        codes_get_string(h, "shortName", field->what, &length);

    surface_text(h, "First", first, sizeof first);
    surface_text(h, "Second", second, sizeof second);
    if (strcmp(second, "255") == 0)
        snprintf(field->where, sizeof field->where, "%s", first);
    else
        snprintf(field->where, sizeof field->where, "%s to %s", first, second);
    length = sizeof range;
    codes_get_string(h, "stepRange", range, &length);
    length = sizeof unit;
    codes_get_string(h, "stepUnits", unit, &length);
    snprintf(field->when, sizeof field->when, "%ld %04ld step %s%s member %ld, %ld points", integer(h, "dataDate", 0),
             integer(h, "dataTime", 0), range, unit, integer(h, "number", -1), integer(h, "numberOfDataPoints", 0));
}

/* Is anything computed of it? */
static bool matters(const char *what)
{
    static const char *const names[] = {"u", "v", "t", "gh", "z"};
    const char *name = what + strspn(what, "0123456789");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* GRIB 1 says levels otherwise; products are GRIB 2: describe a converted copy. */
static int add(struct fields *fields, codes_handle *h, bool product)
{
    if (fields->count == fields->capacity) {
        size_t capacity = fields->capacity ? fields->capacity * 2 : 256;
        struct field *grown = realloc(fields->field, capacity * sizeof *grown);
        if (!grown)
            return -1;
        fields->field = grown;
        fields->capacity = capacity;
    }
    struct field *field = &fields->field[fields->count];
    *field = (struct field){.order = fields->count++, .handle = h};
    describe(field, h, product);
    if (integer(h, "edition", 2) == 2 || !matters(field->what))
        return 0;
    codes_handle *second_edition = codes_handle_clone(h);
    char what[sizeof field->what];
    snprintf(what, sizeof what, "%s", field->what);
    if (second_edition && codes_set_long(second_edition, "edition", 2) == 0)
        describe(field, second_edition, product);
    snprintf(field->what, sizeof field->what, "%s", what);
    codes_handle_delete(second_edition);
    return 0;
}

static int read_fields(struct fields *fields, const char *path, bool product)
{
    FILE *file = fopen(path, "rb");
    codes_handle *h;
    int error = 0, failed = 0;
    if (!file) {
        warn("cannot open %s", path);
        return 2;
    }
    codes_grib_multi_support_on(NULL); /* one handle for each field, not for each message */
    while (!failed && (h = codes_handle_new_from_file(NULL, file, PRODUCT_GRIB, &error)))
        failed = add(fields, h, product);
    codes_grib_multi_support_off(NULL);
    fclose(file);
    if (!failed && (!error || error == CODES_END_OF_FILE))
        return 0;
    if (product) {
        printf("products: %s is broken: %s\n", path, codes_get_error_message(error));
        return 1;
    }
    warnx("%s: %s", path, failed ? "out of memory" : codes_get_error_message(error));
    return 2;
}

static int compare(const void *a, const void *b)
{
    const struct field *x = a, *y = b;
    int by = strcmp(x->what, y->what);
    if (!by)
        by = strcmp(x->where, y->where);
    if (!by)
        by = strcmp(x->when, y->when);
    return by ? by : (x->order > y->order) - (x->order < y->order);
}

static bool alike(const struct field *field, const char *what, const char *where, const char *when)
{
    return !strcmp(field->what, what) && !strcmp(field->where, where) && !strcmp(field->when, when);
}

/* The first field, in sorted order, of that description; NULL when there is none. */
static struct field *first_like(const struct fields *fields, const char *what, const char *where, const char *when)
{
    struct field wanted = {0};
    snprintf(wanted.what, sizeof wanted.what, "%s", what);
    snprintf(wanted.where, sizeof wanted.where, "%s", where);
    snprintf(wanted.when, sizeof wanted.when, "%s", when);
    size_t low = 0, high = fields->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&fields->field[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < fields->count && alike(&fields->field[low], what, where, when) ? &fields->field[low] : NULL;
}

/* Of the fields described like 'first' is with 'what' and 'where' put in their places: the one that is as many places behind
 * the first of its kind as 'like' is behind the first of its own. */
static struct field *partner(const struct fields *fields, const struct field *like, const char *what, const char *where)
{
    const struct field *own_first = first_like(fields, like->what, like->where, like->when);
    struct field *found = first_like(fields, what, where, like->when);
    ptrdiff_t behind = like - own_first;
    if (!found || found + behind >= fields->field + fields->count || !alike(found + behind, what, where, like->when))
        return NULL;
    return found + behind;
}

static const double no_value = 9.75e37;

static double *values_of(const struct field *field, size_t *count)
{
    if (codes_set_double(field->handle, "missingValue", no_value) || codes_get_size(field->handle, "values", count))
        return NULL;
    double *values = malloc(*count * sizeof *values + 1);
    if (values && codes_get_double_array(field->handle, "values", values, count) == 0)
        return values;
    free(values);
    return NULL;
}

/* By how much packing may have changed a value. */
static double packing_error(const struct field *product, double value)
{
    double binary = 0, decimal = 0;
    codes_get_double(product->handle, "binaryScaleFactor", &binary);
    codes_get_double(product->handle, "decimalScaleFactor", &decimal);
    if (integer(product->handle, "bitsPerValue", 0) == 0)
        return fabs(value) * 1.2e-7; /* one number for all points, in single precision */
    return 0.5001 * pow(2, binary) / pow(10, decimal) + 1e-12 * fabs(value);
}

/* The greatest difference beyond packing (0: equal); infinite when points or gaps differ. */
static double excess(const struct field *product, const double expected[], size_t count)
{
    size_t found_count = 0;
    double *found = values_of(product, &found_count), worst = 0;
    if (!found || found_count != count) {
        free(found);
        return INFINITY;
    }
    for (size_t i = 0; i < count; i++) {
        bool gap = found[i] == no_value;
        if (gap != (expected[i] == no_value))
            worst = INFINITY;
        else if (!gap && fabs(found[i] - expected[i]) > packing_error(product, expected[i]))
            worst = fmax(worst, fabs(found[i] - expected[i]));
    }
    free(found);
    return worst;
}

/* Look for a product of that description with those values, and mark it. */
static int expect(const struct fields *products, const char *what, const char *where, const char *when, const char *name,
                  const double expected[], size_t count)
{
    struct field *product = first_like(products, what, where, when);
    double least = -1;
    for (; product && product < products->field + products->count && alike(product, what, where, when); product++) {
        if (product->matched)
            continue;
        double difference = excess(product, expected, count);
        if (difference == 0) {
            product->matched = true;
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

static int expect_wind(const struct fields *products, const struct fields *inputs, const struct field *u)
{
    char what[sizeof u->what];
    size_t length = strlen(u->what), m = 0, n = 0;
    if (length == 0 || u->what[length - 1] != 'u' || strspn(u->what, "0123456789") != length - 1)
        return -1;
    snprintf(what, sizeof what, "%s", u->what);
    what[length - 1] = 'v';
    const struct field *v = partner(inputs, u, what, u->where);
    if (!v)
        return -1;
    double *x = values_of(u, &n), *y = values_of(v, &m);
    int result = 2;
    if (x && y && m == n) {
        for (size_t i = 0; i < n; i++)
            x[i] = x[i] == no_value || y[i] == no_value ? no_value : hypot(x[i], y[i]);
        result = expect(products, wind_speed_parameter, u->where, u->when, "wind speed", x, n);
    }
    free(x);
    free(y);
    return result;
}

static int expect_thickness(const struct fields *products, const struct fields *inputs, const struct field *upper)
{
    bool potential = strcmp(upper->what, "z") == 0;
    size_t m = 0, n = 0;
    if ((strcmp(upper->what, "gh") != 0 && !potential) || strcmp(upper->where, at_500) != 0)
        return -1;
    if (potential && first_like(inputs, "gh", at_500, upper->when))
        return -1;
    const struct field *lower = partner(inputs, upper, upper->what, at_1000);
    if (!lower)
        return -1;
    double *high = values_of(upper, &n), *low = values_of(lower, &m);
    int result = 2;
    if (high && low && m == n) {
        for (size_t i = 0; i < n; i++) {
            bool gap = high[i] == no_value || low[i] == no_value;
            high[i] = gap ? no_value : (high[i] - low[i]) / (potential ? 9.80665 : 1);
        }
        result = expect(products, thickness_parameter, from_500_to_1000, upper->when, "thickness", high, n);
    }
    free(high);
    free(low);
    return result;
}

static int expect_anomaly(const struct fields *products, const struct field *field)
{
    bool temperature = strcmp(field->what, "t") == 0;
    size_t count = 0, present = 0;
    if (!temperature && strcmp(field->what, "gh") != 0)
        return -1;
    double *values = values_of(field, &count);
    if (!values)
        return 2;
    long double sum = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] != no_value) {
            sum += values[i];
            present++;
        }
    double mean = present ? (double)(sum / present) : 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] != no_value)
            values[i] -= mean;
    int result = expect(products, temperature ? temperature_anomaly_parameter : height_anomaly_parameter, field->where,
                        field->when, temperature ? "temperature anomaly" : "height anomaly", values, count);
    free(values);
    return result;
}

static bool spectral(const struct field *field)
{
    char type[32] = "";
    size_t length = sizeof type;
    codes_get_string(field->handle, "gridType", type, &length);
    return strcmp(type, "sh") == 0;
}

static int check_all(const struct fields *products, const struct fields *inputs)
{
    size_t right = 0, expected = 0;
    int worst = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct field *field = &inputs->field[i];
        if (spectral(field))
            continue;
        int answers[] = {expect_wind(products, inputs, field), expect_thickness(products, inputs, field),
                         expect_anomaly(products, field)};
        for (size_t k = 0; k < 3; k++) {
            expected += answers[k] >= 0;
            right += answers[k] == 0;
            worst = answers[k] > worst ? answers[k] : worst;
        }
    }
    for (size_t i = 0; i < products->count; i++)
        if (!products->field[i].matched) {
            printf("products: parameter %s on surface %s, %s, is not one that was to be computed, or not with these values\n",
                   products->field[i].what, products->field[i].where, products->field[i].when);
            worst = worst > 1 ? worst : 1;
        }
    printf("products: %zu of %zu equal a second computation within their packing\n", right, expected);
    return worst;
}

static void release(struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        codes_handle_delete(fields->field[i].handle);
    free(fields->field);
}

static int read_products(struct fields *products, const char *output)
{
    char pattern[4096];
    glob_t found;
    int result = 0;
    snprintf(pattern, sizeof pattern, "%s/products*.grib", output);
    if (glob(pattern, 0, NULL, &found)) {
        printf("products: there is no %s\n", pattern);
        return 1;
    }
    for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
        result = read_fields(products, found.gl_pathv[i], true);
    globfree(&found);
    return result;
}

int verify_products(const char *output, char *const input[], size_t inputs)
{
    struct fields from = {0}, made = {0};
    int result = read_products(&made, output);
    for (size_t i = 0; i < inputs && result == 0; i++)
        result = read_fields(&from, input[i], false);
    if (result == 0) {
        if (from.count)
            qsort(from.field, from.count, sizeof *from.field, compare);
        if (made.count)
            qsort(made.field, made.count, sizeof *made.field, compare);
        result = check_all(&made, &from);
    }
    release(&from);
    release(&made);
    return result;
}
