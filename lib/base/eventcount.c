/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* syscall */
#include "lib/base/eventcount.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/clock.h"

/* FUTEX_WAIT_BITSET takes a time of CLOCK_MONOTONIC, as clock.h does, not a span. */
bool eventcount_wait(struct eventcount *e, uint32_t seen, uint32_t bits, uint64_t until)
{
    struct timespec at = until == NO_DEADLINE ? (struct timespec){ 0 } : clock_to_timespec(until);
    long result = syscall(SYS_futex, &e->word, FUTEX_WAIT_BITSET_PRIVATE, seen, until == NO_DEADLINE ? NULL : &at, NULL, bits);
    return result == 0 || errno != ETIMEDOUT;
}

void eventcount_wake(struct eventcount *e, uint32_t bits)
{
    atomic_fetch_add(&e->word, 1);
    syscall(SYS_futex, &e->word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, bits);
}
