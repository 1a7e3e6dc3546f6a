/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/histogram.h"

enum { FINE_BITS = 4, FINE = 1 << FINE_BITS };

static size_t class_of(uint64_t value)
{
    if (value < FINE)
        return (size_t)value;
    unsigned power = 63u - (unsigned)__builtin_clzll(value);
    return ((size_t)(power - FINE_BITS + 1) << FINE_BITS) + ((value >> (power - FINE_BITS)) & (FINE - 1));
}

/* The middle of a class. */
static uint64_t value_of(size_t class)
{
    if (class < FINE)
        return class;
    unsigned shift = (unsigned)(class >> FINE_BITS) - 1;
    uint64_t low = (uint64_t)(FINE + (class & (FINE - 1))) << shift;
    return low + ((UINT64_C(1) << shift) >> 1);
}

void histogram_add(struct histogram *h, uint64_t value)
{
    if (h->count == 0 || value < h->smallest)
        h->smallest = value;
    if (value > h->largest)
        h->largest = value;
    h->count++;
    h->sum += value;
    h->in_class[class_of(value)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->smallest < into->smallest)
        into->smallest = from->smallest;
    if (from->largest > into->largest)
        into->largest = from->largest;
    into->count += from->count;
    into->sum += from->sum;
    for (size_t i = 0; i < HISTOGRAM_CLASSES; i++)
        into->in_class[i] += from->in_class[i];
}

static uint64_t within(const struct histogram *h, uint64_t value)
{
    if (value < h->smallest)
        return h->smallest;
    return value > h->largest ? h->largest : value;
}

uint64_t histogram_percentile(const struct histogram *h, double share)
{
    if (h->count == 0)
        return 0;
    if (share <= 0)
        return h->smallest;
    if (share >= 1)
        return h->largest;
    double wanted = share * (double)h->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_CLASSES; i++) {
        seen += h->in_class[i];
        if (seen > 0 && (double)seen >= wanted)
            return within(h, value_of(i));
    }
    return h->largest;
}

uint64_t histogram_mean(const struct histogram *h)
{
    return h->count ? h->sum / h->count : 0;
}
