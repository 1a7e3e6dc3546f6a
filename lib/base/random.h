/* SPDX-License-Identifier: BSD-3-Clause */
/* random.h - where random bytes come from: the kernel, or a seed
 *
 * Whoever needs randomness is given a source; engines that must replay are given a seeded one.  Keys, nonces and identities of a
 * running pool come from the kernel only. */
#ifndef LIB_BASE_RANDOM_H
#define LIB_BASE_RANDOM_H
#include <stddef.h>
#include <stdint.h>

struct random_source {
    void (*fill)(void *state, void *out, size_t length);
    void *state;
};

/* getrandom(2).  Any thread.  Ends the process when the kernel gives no bytes: there is nothing safe to go on with. */
extern const struct random_source random_kernel;

/* A reproducible sequence (SplitMix64).  'state' is the caller's and must outlive the source; one thread at a time. */
struct random_seed { uint64_t next; };
struct random_source random_seeded(struct random_seed *state, uint64_t seed);

static inline void random_fill(struct random_source source, void *out, size_t length)
{
    source.fill(source.state, out, length);
}

/* Any value of 64 bits. */
uint64_t random_word(struct random_source source);

/* Each of 0 ... limit-1 equally often; 0 when 'limit' is 0. */
uint64_t random_below(struct random_source source, uint64_t limit);

#endif
