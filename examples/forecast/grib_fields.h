/* SPDX-License-Identifier: BSD-3-Clause */
/* grib_fields.h - a GRIB message taken apart into its fields
 *
 * In GRIB 2 one message may hold several fields: sections 2 to 7 may be repeated, and what is not repeated goes on to hold (u and
 * v often share a message).  ecCodes can do this too, but keeps the sections of one message for the next one. */
#ifndef EXAMPLES_FORECAST_GRIB_FIELDS_H
#define EXAMPLES_FORECAST_GRIB_FIELDS_H
#include <eccodes.h>

/* More fields than this in one message are refused. */
enum { GRIB_FIELDS_MAX = 256 };

/* The fields of the message of 'size' bytes, each as a message of its own: their number, or -1 after a message on stderr.  The
 * caller gives them back by grib_fields_release; they do not refer to 'bytes'. */
int grib_fields(const void *bytes, size_t size, codes_handle *field[GRIB_FIELDS_MAX]);
void grib_fields_release(codes_handle *field[], int count);

#endif
