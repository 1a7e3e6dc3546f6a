/* SPDX-License-Identifier: BSD-3-Clause */
/* histogram.h - how often which value: fixed memory, any 64-bit value, answers within 1/32 of the truth
 *
 * Each power of two is divided into 16 equal classes; values under 16 are exact.  Adding costs no allocation and no division.
 * One thread at a time.  All zero is an empty histogram. */
#ifndef LIB_BASE_HISTOGRAM_H
#define LIB_BASE_HISTOGRAM_H
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_CLASSES = (64 - 4 + 1) * 16 };

struct histogram {
    uint64_t count, sum, smallest, largest; /* sum wraps; the others are exact */
    uint64_t in_class[HISTOGRAM_CLASSES];
};

void histogram_add(struct histogram *h, uint64_t value);

/* Add all of 'from' to 'into'. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value that 'share' (0 to 1; 0.99 for the p99) of the values do not exceed; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *h, double share);

/* The mean; 0 when empty. */
uint64_t histogram_mean(const struct histogram *h);

#endif
