/* SPDX-License-Identifier: BSD-3-Clause */
/* entries.h - how many entries a folder has: of /proc/self/fd and /proc/self/task, descriptors and threads */
#ifndef TESTS_LIB_ENTRIES_H
#define TESTS_LIB_ENTRIES_H
#include <dirent.h>

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

#endif
