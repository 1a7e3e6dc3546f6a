/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.h - the only place where this library asks for the time
 *
 * Monotonic nanoseconds decide; wall time is a label.  Engines never ask: they are told. */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)
#define NO_DEADLINE UINT64_MAX

/* For who takes 0 for 'never': settings say NO_DEADLINE. */
static inline uint64_t zero_for_never(uint64_t time) { return time == NO_DEADLINE ? 0 : time; }

/* CLOCK_MONOTONIC. */
uint64_t clock_now(void);

/* CLOCK_REALTIME, nanoseconds since 1970. */
uint64_t clock_wall(void);

/* The monotonic time at which the wall clock, as it goes at present, will show 'abstime'. */
uint64_t clock_from_wall(const struct timespec *abstime);

struct timespec clock_to_timespec(uint64_t nanoseconds);

#endif
