/* SPDX-License-Identifier: BSD-3-Clause */
/* detail.h - what the last failed call of this thread had to say: the text behind mstro_error_detail() */
#ifndef LIB_BASE_DETAIL_H
#define LIB_BASE_DETAIL_H
#include "maestro/status.h"

enum { DETAIL_MAX = 1023 /* bytes */ };

/* Keep the text (one line; its middle is left out when it is longer than DETAIL_MAX) for this thread and return 'status', so that a failure is one statement. */
mstro_status detail_set(mstro_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

void detail_clear(void);

#endif
