/* SPDX-License-Identifier: BSD-3-Clause */
/* forecast_made.h - a folder as the forecast workflow leaves it, made without a pool, for tests that change something in it
 *
 * Its input is the sample of forecast_sample.h. */
#ifndef TESTS_PROC_FORECAST_MADE_H
#define TESTS_PROC_FORECAST_MADE_H
#include <stddef.h>

#include "examples/forecast/verify.h"
#include "examples/forecast/verify_fields.h"

/* The folder, and what is in it. */
enum { MADE_PATH_MAX = 64 };
extern char made_folder[], made_input[MADE_PATH_MAX], made_archive[MADE_PATH_MAX], made_grib[MADE_PATH_MAX], made_table[MADE_PATH_MAX];

/* The path of what is called 'name' there. */
void made_path(const char *name, char path[MADE_PATH_MAX]);

/* For a group of tests: make the folder with the input in it; remove it. */
int made_begin(void **state);
int made_end(void **state);

/* For a test: archive, products, tables and map, made anew. */
int made_fill(void **state);

/* Every product and every level table of 'file', which has so many fields, into the folder; how many. */
unsigned made_products(const char *file, size_t fields);

/* One of the verifier's questions about the folder, made of 'input'; its answer. */
typedef int verify_question(const char *output, const struct fields *inputs);
int made_ask(verify_question *question, const char *input);

#endif
