/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/condition.h"

#include <errno.h>

#include "lib/base/clock.h"

void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until)
{
    if (until == NO_DEADLINE) {
        pthread_cond_wait(condition, mutex);
        return true;
    }
    struct timespec at = clock_to_timespec(until);
    return pthread_cond_timedwait(condition, mutex, &at) != ETIMEDOUT;
}
