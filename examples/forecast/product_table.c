/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/product_table.h"

#include <math.h>
#include <string.h>

const char product_table_heading[] = "product,of,level,time,points,least,mean,greatest,unit";

static const char *unit_of(const struct product *product, const struct field_entry *first)
{
    if (product->kind == PRODUCT_WIND_SPEED)
        return "m/s";
    if (product->kind == PRODUCT_ANOMALY && strcmp(first->param, "t") == 0)
        return "K";
    return product->kind == PRODUCT_ANOMALY ? "gpm" : "m";
}

/* To a thousandth; what rounds to nothing is 0 and not -0. */
static double rounded(double value)
{
    return round(value * 1000) / 1000 + 0.0;
}

void product_table_line(FILE *out, const struct product_line *line, struct spread spread)
{
    fprintf(out, "%s,%s,%s,%s,%zu,%.3f,%.3f,%.3f,%s\n", line->product, line->of, line->level, line->time, spread.points,
            rounded(spread.least), rounded(spread.mean), rounded(spread.greatest), line->unit);
}

void product_table_row(FILE *out, const struct product *product, const struct field_index *index, struct spread spread)
{
    const struct field_entry *first = &index->entry[product->input[0]];
    char of[PRODUCT_INPUTS_MAX * sizeof first->param] = "";
    for (size_t i = 0, used = 0; i < product->inputs && used < sizeof of; i++)
        used += (size_t)snprintf(of + used, sizeof of - used, "%s%s", i ? "+" : "", index->entry[product->input[i]].param);
    product_table_line(out,
                       &(struct product_line){product_kind_name(product->kind), of,
                                              product->kind == PRODUCT_THICKNESS ? "isobaricInhPa=500..1000" : first->level, first->time,
                                              unit_of(product, first)},
                       spread);
}
