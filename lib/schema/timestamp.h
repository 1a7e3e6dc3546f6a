/* SPDX-License-Identifier: BSD-3-Clause */
/* timestamp.h - moments as RFC 3339 writes them */
#ifndef LIB_SCHEMA_TIMESTAMP_H
#define LIB_SCHEMA_TIMESTAMP_H
#include "lib/base/view.h"
#include "maestro/types.h"

enum { TIMESTAMP_TEXT_MAX = 48 };

/* "2026-11-21T12:00:00.5+01:00"; 'T' may be a blank or small, a date alone is its midnight in UTC.  False when it is not one. */
bool timestamp_parse(struct text t, mstro_timestamp *out);

/* The same back, terminated, with its own offset; returns 'buffer'. */
const char *timestamp_format(mstro_timestamp t, char buffer[TIMESTAMP_TEXT_MAX]);

/* Years 0000 to 9999, nanoseconds and offset in range. */
bool timestamp_is_valid(mstro_timestamp t);

#endif
