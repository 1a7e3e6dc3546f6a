/* SPDX-License-Identifier: BSD-3-Clause */
/* joining.h - mstro_init of all ranks, a few at a time
 *
 * A process that has just begun to use libfabric takes a while, more of them at once than there are CPUs still longer, and a pool
 * manager does not wait for ever for who has begun to shake hands. */
#ifndef BENCH_JOINING_H
#define BENCH_JOINING_H
#include <unistd.h>

#include "bench/field.h"
#include "bench/ranks.h"

enum { JOINING_AT_ONCE = 4 };

static inline void join_pool(const char *component)
{
    for (int first = 0; first < ranks_count(); first += JOINING_AT_ONCE) {
        if (ranks_me() >= first && ranks_me() < first + JOINING_AT_ONCE)
            must(mstro_init("bench", component, ((int64_t)ranks_me() << 32) + getpid()), "mstro_init");
        ranks_barrier();
    }
}

#endif
