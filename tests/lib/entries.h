/* SPDX-License-Identifier: BSD-3-Clause */
/* entries.h - how many entries a folder has: of /proc/self/fd and /proc/self/task, descriptors and threads */
#ifndef TESTS_LIB_ENTRIES_H
#define TESTS_LIB_ENTRIES_H
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <time.h>

#include "tests/lib/check.h"

static inline int entries_of(const char *folder)
{
    DIR *d = opendir(folder);
    int count = 0;
    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

/* Whether it comes to have 'count' entries within 10 s: the kernel takes a thread's away some time after pthread_join has returned. */
static inline bool entries_come_to(const char *folder, int count)
{
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    while (entries_of(folder) != count) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - begun.tv_sec > 10)
            return false;
        sched_yield();
    }
    return true;
}

#endif
