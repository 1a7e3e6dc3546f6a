/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/clock.h"

static uint64_t read_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t clock_from_wall(const struct timespec *abstime)
{
    uint64_t wall = clock_wall(), now = clock_now();
    if (abstime->tv_sec < 0)
        return now;
    if ((uint64_t)abstime->tv_sec >= UINT64_MAX / NANOSECONDS_PER_SECOND / 2)
        return NO_DEADLINE;
    uint64_t target = (uint64_t)abstime->tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)abstime->tv_nsec;
    return target > wall ? now + (target - wall) : now;
}

struct timespec clock_to_timespec(uint64_t nanoseconds)
{
    return (struct timespec){ .tv_sec = (time_t)(nanoseconds / NANOSECONDS_PER_SECOND),
                              .tv_nsec = (long)(nanoseconds % NANOSECONDS_PER_SECOND) };
}
