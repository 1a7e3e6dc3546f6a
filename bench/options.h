/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h - the command line of a benchmark program: a table of --NAME VALUE, from which --help follows */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H
#include <stdbool.h>

enum option_kind { OPTION_COUNT, OPTION_REAL, OPTION_TEXT, OPTION_FLAG };

/* 'to' is a long (not below 0), a double, a const char * or a bool, and holds the default. */
struct bench_option { const char *name; enum option_kind kind; void *to; const char *what; };

/* Read the command line by 'table', whose last row has no name.  'purpose' heads --help.  A mistake ends the program with 2. */
void options_read(int argc, char **argv, const struct bench_option *table, const char *purpose);

#endif
