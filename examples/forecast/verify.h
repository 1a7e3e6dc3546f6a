/* SPDX-License-Identifier: BSD-3-Clause */
/* verify.h - the questions of the verifier
 *
 * It reads files only and computes in its own way: it shares nothing with the stages but the format of the map (map_format.h), so
 * that a mistake of theirs is not repeated.  Each answers 0 (right), 1 (wrong, with a sentence on stdout for each thing that is) or
 * 2 (cannot be told, with a sentence on stderr). */
#ifndef EXAMPLES_FORECAST_VERIFY_H
#define EXAMPLES_FORECAST_VERIFY_H
#include <stddef.h>

struct fields; /* of the inputs, sorted: verify_fields.h */

/* Is OUTPUT/archive.grib the messages of the inputs, byte for byte and in order? */
int verify_archive(const char *output, char *const input[], size_t inputs);

/* Are OUTPUT/products*.grib exactly what can be computed of the inputs, each within its packing? */
int verify_products(const char *output, const struct fields *inputs);

/* Has OUTPUT/products*.csv exactly a line for each of these, with the numbers that come of computing it again? */
int verify_table(const char *output, const struct fields *inputs);

/* Has OUTPUT/levels*.csv exactly a line for each level set of the inputs, with the numbers that come of computing it again? */
int verify_levels(const char *output, const struct fields *inputs);

/* Is OUTPUT/wind-250hPa.png a map of the inputs' wind there, and with their coast? */
int verify_map(const char *output, const struct fields *inputs);

/* All of that; the greatest answer. */
int verify_output(const char *output, char *const input[], size_t inputs);

#endif
