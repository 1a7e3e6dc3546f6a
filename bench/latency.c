/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "bench/latency.h"

#include "bench/ranks.h"
#include "bench/sample.h"

_Static_assert((int)HISTOGRAM_CLASSES <= (int)RANKS_NUMBERS, "a histogram is summed in one piece");

void latency_merge(struct histogram *h)
{
    uint64_t sums[] = { h->count, h->sum };
    uint64_t ends[] = { h->largest, h->count ? UINT64_MAX - h->smallest : 0 };
    ranks_sum(sums, 2);
    ranks_largest(ends, 2);
    ranks_sum(h->in_class, HISTOGRAM_CLASSES);
    h->count = sums[0];
    h->sum = sums[1];
    h->largest = ends[0];
    h->smallest = UINT64_MAX - ends[1];
}

void latency_print(const char *name, const struct histogram *h)
{
    static const struct { const char *name; double share; } shares[] = {
        { "median", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 }, { "largest", 1 }
    };
    for (size_t i = 0; ranks_me() == 0 && h->count > 0 && i < sizeof shares / sizeof shares[0]; i++) {
        char label[64];
        snprintf(label, sizeof label, "%s-%s", name, shares[i].name);
        print_figure(label, (double)histogram_percentile(h, shares[i].share) * 1e-3, "us");
    }
}
