/* SPDX-License-Identifier: BSD-3-Clause */
/* verify_expected.h - the second computation: what products the inputs have to give, and their values */
#ifndef EXAMPLES_FORECAST_VERIFY_EXPECTED_H
#define EXAMPLES_FORECAST_VERIFY_EXPECTED_H
#include "examples/forecast/verify_fields.h"

enum expected_kind { EXPECTED_WIND, EXPECTED_THICKNESS, EXPECTED_TEMPERATURE_ANOMALY, EXPECTED_HEIGHT_ANOMALY };

struct expected {
    enum expected_kind kind;
    const struct field *from; /* an input: gives level and time */
    const struct field *other; /* the second one, NULL where one is enough */
    const double *values;     /* 'count', no_value where there is none */
    size_t count;
};

/* In words, for sentences. */
const char *expected_name(enum expected_kind kind);

/* The input with 'u' in its name is the eastward wind, and this is the northward one; NULL when there is none. */
const struct field *expected_northward(const struct fields *inputs, const struct field *u);

/* Call 'take' for each product that 'inputs' (sorted) have to give.  The greatest answer of it, or 2 after a message on stderr when
 * a product cannot be computed here. */
int expected_each(const struct fields *inputs, int (*take)(void *context, const struct expected *), void *context);

#endif
