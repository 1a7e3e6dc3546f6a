/* SPDX-License-Identifier: BSD-3-Clause */
/* product_make.h - compute a product and write it where it belongs: GRIB file and table, or a map */
#ifndef EXAMPLES_FORECAST_PRODUCT_MAKE_H
#define EXAMPLES_FORECAST_PRODUCT_MAKE_H
#include "examples/forecast/plan.h"

#include <stdio.h>

/* Where one instance of the products stage writes. */
struct product_output {
    const char *folder;
    FILE *grib, *table;
    unsigned made, failed;
};

/* Make OUTPUT/products-INSTANCE.grib and .csv.  -1 after a message on stderr. */
int product_output_open(struct product_output *output, const char *folder, unsigned instance);

/* Close them: -1 after a message when not all could be written. */
int product_output_close(struct product_output *output);

/* Make 'product' of the values of its inputs (as many as it has, 'count' values each).  'like' is the GRIB field of its first
 * input: it describes level, time and grid.  -1 after a message on stderr; counted either way. */
int product_make(struct product_output *output, const struct product *product, const struct field_index *index,
                 const double *const values[], size_t count, codes_handle *like);

#endif
