/* SPDX-License-Identifier: BSD-3-Clause */
/* latency.h - histograms of nanoseconds, of all ranks together */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H
#include "lib/base/histogram.h"

/* Called by every rank: those of all ranks become one, in each of them. */
void latency_merge(struct histogram *h);

/* NAME-median, -p90, -p99, -p999 and -largest in microseconds, by rank 0; nothing when it is empty. */
void latency_print(const char *name, const struct histogram *h);

#endif
