/* SPDX-License-Identifier: BSD-3-Clause */
/* verify.h - the two questions of the verifier
 *
 * It reads files only and computes in its own way: nothing here is shared with the stages, so that a mistake of theirs is not
 * repeated.  Each answers 0 (right), 1 (wrong, with a sentence on stdout for each thing that is) or 2 (cannot be told, with a
 * sentence on stderr). */
#ifndef EXAMPLES_FORECAST_VERIFY_H
#define EXAMPLES_FORECAST_VERIFY_H
#include <stddef.h>

/* Is OUTPUT/archive.grib the messages of the inputs, byte for byte and in order? */
int verify_archive(const char *output, char *const input[], size_t inputs);

/* Are OUTPUT/products*.grib exactly what can be computed of the inputs, each within its packing? */
int verify_products(const char *output, char *const input[], size_t inputs);

#endif
