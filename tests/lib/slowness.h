/* SPDX-License-Identifier: BSD-3-Clause */
/* slowness.h - how much longer things may take than they should: deadlines of tests are times SLOWER; after config.h */
#ifndef TESTS_LIB_SLOWNESS_H
#define TESTS_LIB_SLOWNESS_H
#include "lib/base/clock.h"

#ifdef MAESTRO_SANITIZED
#define SLOWER 5
#else
#define SLOWER 1
#endif

/* The point in time 'n' ms from here. */
#define MILLISECONDS(n) (clock_now() + (n) * NANOSECONDS_PER_MILLISECOND)

#endif
