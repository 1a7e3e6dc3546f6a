/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void fill_from_kernel(void *state, void *out, size_t length)
{
    (void)state;
    unsigned char *at = out;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            at += got;
            length -= (size_t)got;
        }
    }
}

const struct random_source random_kernel = { fill_from_kernel, NULL };

static uint64_t seed_step(struct random_seed *seed)
{
    uint64_t z = seed->next += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void fill_from_seed(void *state, void *out, size_t length)
{
    unsigned char *at = out;
    while (length > 0) {
        uint64_t word = seed_step(state);
        size_t part = length < sizeof word ? length : sizeof word;
        memcpy(at, &word, part);
        at += part;
        length -= part;
    }
}

struct random_source random_seeded(struct random_seed *state, uint64_t seed)
{
    state->next = seed;
    return (struct random_source){ fill_from_seed, state };
}

uint64_t random_word(struct random_source source)
{
    uint64_t word;
    random_fill(source, &word, sizeof word);
    return word;
}

uint64_t random_below(struct random_source source, uint64_t limit)
{
    if (limit == 0)
        return 0;
    /* words under 2^64 mod limit would make the small results more frequent */
    uint64_t unfair = -limit % limit, word;
    do
        word = random_word(source);
    while (word < unfair);
    return word % limit;
}
