/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "tests/lib/thread_shortage.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static atomic_int left = -1;

void threads_left(int count) { atomic_store(&left, count); }

__attribute__((constructor)) static void read_environment(void)
{
    const char *count = getenv("MAESTRO_THREADS_LEFT");
    if (count)
        threads_left(atoi(count));
}

static bool take_one(void)
{
    int now = atomic_load(&left);
    while (now > 0 && !atomic_compare_exchange_weak(&left, &now, now - 1))
        ;
    return now != 0;
}

/* Instead of the C library's, or a sanitizer's: also for the shared libraries of the program. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!take_one())
        return EAGAIN;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, run, context);
}
