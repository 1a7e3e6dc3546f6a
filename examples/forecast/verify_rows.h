/* SPDX-License-Identifier: BSD-3-Clause */
/* verify_rows.h - the lines of a table that stages have written, for the verifier to find again what it has computed */
#ifndef EXAMPLES_FORECAST_VERIFY_ROWS_H
#define EXAMPLES_FORECAST_VERIFY_ROWS_H
#include <stddef.h>

enum { ROW_WORDS = 5, ROW_NUMBERS = 4 };

struct row;
struct rows {
    const char *what; /* the first word of each sentence */
    struct row **row;
    size_t count, capacity, right, expected;
};

/* Add the lines of every file FOLDER/NAME, where 'name' is a pattern.  0; 1 after a sentence: one is no table, or there is none; 2 after
 * a message on stderr. */
int rows_read(struct rows *rows, const char *folder, const char *name);
void rows_free(struct rows *rows);

/* Points, least, mean and greatest of 'count' values. */
void rows_spread(const double values[], size_t count, double number[ROW_NUMBERS]);

/* Look for the line with product, of, level, time and unit, and these numbers, to a thousandth, and mark it.  0, or 1 after a sentence. */
int rows_find(struct rows *rows, const char *const word[ROW_WORDS], const double number[ROW_NUMBERS]);

/* Are all of them marked?  0; 1 after a sentence for each that is not, and how many were found. */
int rows_end(const struct rows *rows);

#endif
