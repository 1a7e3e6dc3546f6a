/* SPDX-License-Identifier: BSD-3-Clause */
/* level_line.h - what is made of a level set: a table of one line
 *
 *   wind          the greatest wind at any of the levels, point by point
 *   geopotential  the mean temperature of the layer, by the hypsometric equation
 */
#ifndef EXAMPLES_FORECAST_LEVEL_LINE_H
#define EXAMPLES_FORECAST_LEVEL_LINE_H
#include "examples/forecast/level_set.h"

#include <stdint.h>
#include <stdio.h>

/* A field of the set, as its metadata describe it: .maestro.ecmwf.param and .levelist. */
struct level_field {
    int64_t param, level;
    double *values;
    size_t count;
};

/* Write the table of the set of 'time' that consists of these, in the order of its members; their values are not theirs afterwards.
 * -1 after a message on stderr: they are not such a set, or memory is short. */
int level_line_write(FILE *out, enum level_set_kind kind, const char *time, struct level_field field[], size_t fields);

#endif
