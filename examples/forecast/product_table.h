/* SPDX-License-Identifier: BSD-3-Clause */
/* product_table.h - the table of products: one line of comma-separated values each */
#ifndef EXAMPLES_FORECAST_PRODUCT_TABLE_H
#define EXAMPLES_FORECAST_PRODUCT_TABLE_H
#include "examples/forecast/plan.h"
#include "examples/forecast/product_math.h"

#include <stdio.h>

extern const char product_table_heading[];

/* A line's words. */
struct product_line {
    const char *product, *of, *level, *time, *unit;
};
void product_table_line(FILE *out, const struct product_line *line, struct spread spread);

/* The line of 'product', whose values spread like 'spread'. */
void product_table_row(FILE *out, const struct product *product, const struct field_index *index, struct spread spread);

#endif
