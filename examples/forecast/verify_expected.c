/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify_expected.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char at_500[] = "100:50000", at_1000[] = "100:100000";

/* Who is to be given what is computed. */
struct taker {
    int (*take)(void *context, const struct expected *);
    void *context;
};

/* What two values of a point give together. */
typedef double combine(double a, double b);

static double height_difference(double upper, double lower)
{
    return upper - lower;
}

static double potential_difference(double upper, double lower)
{
    return (upper - lower) / 9.80665;
}

const char *expected_name(enum expected_kind kind)
{
    static const char *const name[] = {
        [EXPECTED_WIND] = "wind speed",
        [EXPECTED_THICKNESS] = "thickness",
        [EXPECTED_TEMPERATURE_ANOMALY] = "temperature anomaly",
        [EXPECTED_HEIGHT_ANOMALY] = "height anomaly",
    };
    return name[kind];
}

static int cannot_compute(enum expected_kind kind, const struct field *from)
{
    warnx("cannot compute the %s on surface %s, %s, for comparison: memory is short, or values of the input cannot be unpacked",
          expected_name(kind), from->where, from->when);
    return 2;
}

static int of_two(const struct taker *taker, enum expected_kind kind, combine *combined, const struct field *a, const struct field *b)
{
    size_t m = 0, n = 0;
    double *x = field_values_read(a, &n), *y = field_values_read(b, &m);
    int result = 2;
    if (x && y && m == n) {
        for (size_t i = 0; i < n; i++)
            x[i] = x[i] == no_value || y[i] == no_value ? no_value : combined(x[i], y[i]);
        result = taker->take(taker->context, &(struct expected){kind, a, b, x, n});
    } else
        cannot_compute(kind, a);
    free(x);
    free(y);
    return result;
}

const struct field *expected_northward(const struct fields *inputs, const struct field *u)
{
    char what[sizeof u->what];
    size_t length = strlen(u->what);
    if (length == 0 || u->what[length - 1] != 'u' || strspn(u->what, "0123456789") != length - 1)
        return NULL;
    snprintf(what, sizeof what, "%s", u->what);
    what[length - 1] = 'v';
    return fields_partner(inputs, u, what, u->where);
}

static int wind(const struct taker *taker, const struct fields *inputs, const struct field *u)
{
    const struct field *v = expected_northward(inputs, u);
    return v ? of_two(taker, EXPECTED_WIND, hypot, u, v) : 0;
}

static int thickness(const struct taker *taker, const struct fields *inputs, const struct field *upper)
{
    bool potential = strcmp(upper->what, "z") == 0;
    if ((strcmp(upper->what, "gh") != 0 && !potential) || strcmp(upper->where, at_500) != 0)
        return 0;
    if (potential && fields_first(inputs, "gh", at_500, upper->when))
        return 0; /* made from the height already */
    const struct field *lower = fields_partner(inputs, upper, upper->what, at_1000);
    return lower ? of_two(taker, EXPECTED_THICKNESS, potential ? potential_difference : height_difference, upper, lower) : 0;
}

static void less_their_mean(double values[], size_t count)
{
    long double sum = 0;
    size_t present = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] != no_value) {
            sum += values[i];
            present++;
        }
    double mean = present ? (double)(sum / present) : 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] != no_value)
            values[i] -= mean;
}

static int anomaly(const struct taker *taker, const struct field *field)
{
    bool temperature = strcmp(field->what, "t") == 0;
    enum expected_kind kind = temperature ? EXPECTED_TEMPERATURE_ANOMALY : EXPECTED_HEIGHT_ANOMALY;
    size_t count = 0;
    if (!temperature && strcmp(field->what, "gh") != 0)
        return 0;
    double *values = field_values_read(field, &count);
    if (!values)
        return cannot_compute(kind, field);
    less_their_mean(values, count);
    int result = taker->take(taker->context, &(struct expected){kind, field, NULL, values, count});
    free(values);
    return result;
}

int expected_each(const struct fields *inputs, int (*take)(void *context, const struct expected *), void *context)
{
    const struct taker taker = {take, context};
    int worst = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct field *field = &inputs->field[i];
        if (field_spectral(field))
            continue; /* coefficients: nothing is computed of them point by point */
        const int answers[] = {wind(&taker, inputs, field), thickness(&taker, inputs, field), anomaly(&taker, field)};
        for (size_t k = 0; k < sizeof answers / sizeof *answers; k++)
            worst = answers[k] > worst ? answers[k] : worst;
    }
    return worst;
}
