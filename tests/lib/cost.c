/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/cost.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static atomic_size_t used, most;

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct cost cost_begin(void)
{
    size_t now = atomic_load(&used);
    atomic_store(&most, now);
    return (struct cost){ cpu_ms(), now };
}

struct cost cost_since(struct cost begin)
{
    return (struct cost){ cpu_ms() - begin.ms, atomic_load(&most) - begin.bytes };
}

double cost_slowness(void)
{
    enum { ITERATIONS = 50000 };
    static unsigned char table[4096];
    static volatile uint64_t kept;
    uint64_t hash = kept + 1;
    double begin = cpu_ms();
    for (int i = 0; i < ITERATIONS; i++) {
        hash = hash * UINT64_C(6364136223846793005) + table[hash >> 52];
        hash = hash & 1 ? hash ^ table[(hash >> 20) & 4095] : hash + 3;
        table[hash & 4095] = (unsigned char)i;
    }
    kept = hash;
    double slowness = (cpu_ms() - begin) * 1e6 / ITERATIONS / 4;
    return slowness > 1 ? slowness : 1;
}

#ifndef MAESTRO_SANITIZED

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *at);

static void *count(void *at)
{
    if (!at)
        return NULL;
    size_t now = atomic_fetch_add(&used, malloc_usable_size(at)) + malloc_usable_size(at), before = atomic_load(&most);
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
        ;
    return at;
}

static void uncount(void *at)
{
    if (at)
        atomic_fetch_sub(&used, malloc_usable_size(at));
}

void *malloc(size_t size) { return count(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) { return count(__libc_calloc(number, size)); }
void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = memalign(alignment, size);
    return *out ? 0 : ENOMEM;
}

/* Old and new are there at once when it moves. */
void *realloc(void *at, size_t size)
{
    size_t before = at ? malloc_usable_size(at) : 0;
    void *larger = __libc_realloc(at, size);
    if (larger || size == 0) {
        count(larger);
        atomic_fetch_sub(&used, before);
    }
    return larger;
}

void free(void *at)
{
    uncount(at);
    __libc_free(at);
}

#endif
