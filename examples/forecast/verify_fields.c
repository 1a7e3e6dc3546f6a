/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify_fields.h"
#include "examples/forecast/verify_files.h"

#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long key_integer(codes_handle *h, const char *key, long otherwise)
{
    long value;
    return codes_get_long(h, key, &value) ? otherwise : value;
}

double surface_value(codes_handle *h, const char *which)
{
    char factor[48], value[48];
    int error = 0;
    snprintf(factor, sizeof factor, "scaleFactorOf%sFixedSurface", which);
    snprintf(value, sizeof value, "scaledValueOf%sFixedSurface", which);
    if (codes_is_missing(h, value, &error) || error)
        return NAN;
    long scaled = key_integer(h, value, 0);
    if (scaled > INT32_MAX) /* 32 bits, of which the first is the sign: ecCodes does not look at it */
        scaled = INT32_MAX + 1L - scaled;
    return (double)scaled / pow(10, (double)key_integer(h, factor, 0));
}

static void surface_text(codes_handle *h, const char *which, char *text, size_t size)
{
    char type[48];
    snprintf(type, sizeof type, "typeOf%sFixedSurface", which);
    long kind = key_integer(h, type, 255);
    double value = surface_value(h, which);
    if (kind == 255 || isnan(value))
        snprintf(text, size, "%ld", kind);
    else
        snprintf(text, size, "%ld:%.9g", kind, value);
}

static void describe(struct field *field, codes_handle *h, bool product)
{
    char first[60], second[60], range[32] = "", unit[16] = "";
    size_t length = sizeof field->what;
    if (product)
        snprintf(field->what, sizeof field->what, "%ld.%ld.%ld", key_integer(h, "discipline", -1),
                 key_integer(h, "parameterCategory", -1), key_integer(h, "parameterNumber", -1));
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
    snprintf(field->when, sizeof field->when, "%ld %04ld step %s%s member %ld, %ld points", key_integer(h, "dataDate", 0),
             key_integer(h, "dataTime", 0), range, unit, key_integer(h, "number", -1), key_integer(h, "numberOfDataPoints", 0));
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
    if (key_integer(h, "edition", 2) == 2 || !matters(field->what))
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

int fields_read(struct fields *fields, const char *path, bool product)
{
    FILE *file = file_of_input(path);
    codes_handle *h;
    int error = 0, failed = 0;
    if (!file)
        return 2;
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

bool field_alike(const struct field *field, const char *what, const char *where, const char *when)
{
    return !strcmp(field->what, what) && !strcmp(field->where, where) && !strcmp(field->when, when);
}

struct field *fields_first(const struct fields *fields, const char *what, const char *where, const char *when)
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
    return low < fields->count && field_alike(&fields->field[low], what, where, when) ? &fields->field[low] : NULL;
}

struct field *fields_partner(const struct fields *fields, const struct field *like, const char *what, const char *where)
{
    const struct field *own_first = fields_first(fields, like->what, like->where, like->when);
    struct field *found = fields_first(fields, what, where, like->when);
    ptrdiff_t behind = like - own_first;
    if (!found || found + behind >= fields->field + fields->count || !field_alike(found + behind, what, where, like->when))
        return NULL;
    return found + behind;
}

const double no_value = 9.75e37;

double *field_values_read(const struct field *field, size_t *count)
{
    if (codes_set_double(field->handle, "missingValue", no_value) || codes_get_size(field->handle, "values", count))
        return NULL;
    double *values = malloc(*count * sizeof *values + 1);
    if (values && codes_get_double_array(field->handle, "values", values, count) == 0)
        return values;
    free(values);
    return NULL;
}

void fields_sort(struct fields *fields)
{
    if (fields->count)
        qsort(fields->field, fields->count, sizeof *fields->field, compare);
}

void fields_free(struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        codes_handle_delete(fields->field[i].handle);
    free(fields->field);
    *fields = (struct fields){0};
}

bool field_spectral(const struct field *field)
{
    char type[32] = "";
    size_t length = sizeof type;
    codes_get_string(field->handle, "gridType", type, &length);
    return strcmp(type, "sh") == 0;
}

void field_time_text(const struct field *field, char *text, size_t size)
{
    codes_handle *h = field->handle;
    char range[32] = "", unit[16] = "", minute[8] = "", member[32] = "";
    size_t length = sizeof range;
    codes_get_string(h, "stepRange", range, &length);
    length = sizeof unit;
    codes_get_string(h, "stepUnits", unit, &length);
    long date = key_integer(h, "dataDate", 0), clock = key_integer(h, "dataTime", 0), number = key_integer(h, "number", -1);
    if (clock % 100 > 0)
        snprintf(minute, sizeof minute, ":%02ld", clock % 100);
    if (number >= 0)
        snprintf(member, sizeof member, "/member%ld", number);
    snprintf(text, size, "%04ld-%02ld-%02ldT%02ld%s+%s%s%s", date / 10000, date / 100 % 100, date % 100, clock / 100, minute, range,
             unit, member);
}
