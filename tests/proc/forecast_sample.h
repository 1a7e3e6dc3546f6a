/* SPDX-License-Identifier: BSD-3-Clause */
/* forecast_sample.h - a small GRIB file with what is awkward in a big one
 *
 * Two-field messages, a name clash, layers, a negative level, missing values, an unnamed parameter and a reduced grid. */
#ifndef TESTS_PROC_FORECAST_SAMPLE_H
#define TESTS_PROC_FORECAST_SAMPLE_H
#include <stdbool.h>

enum { SAMPLE_MESSAGES = 16, SAMPLE_FIELDS = 18, SAMPLE_WINDS = 3, SAMPLE_ANOMALIES = 9, SAMPLE_POINTS = 36 * 19 };

/* Write its first 'messages' (the first three are u and v at 250 and at 500 hPa) to 'path'; 'apart': each field as a message of its
 * own.  0, or -1 after a message on stderr. */
int sample_write(const char *path, int messages, bool apart);

/* Another file: GRIB 1 on a reduced Gaussian grid, parameters and levels as ECMWF has them.  u and v at 250 hPa, geopotential at
 * 500 and 1000 hPa, temperature, the wind at 10 m: two winds, a thickness, an anomaly and a map can be made of it. */
enum { GRIB1_FIELDS = 7, GRIB1_PRODUCTS = 5 };
int sample_write_grib1(const char *path);

#endif
