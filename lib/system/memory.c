/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/system/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* UINT64_MAX where there is no such file, or it says "max". */
static uint64_t read_limit(const char *path)
{
    uint64_t limit = UINT64_MAX;
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%" SCNu64, &limit) != 1)
        limit = UINT64_MAX;
    if (file)
        fclose(file);
    return limit;
}

/* A group may have what all groups above it have, too. */
static uint64_t limit_of_branch(const char *root, char *group, const char *file)
{
    char path[PATH_MAX];
    uint64_t limit = UINT64_MAX;
    for (char *slash = group + strlen(group); slash; slash = strrchr(group, '/')) {
        *slash = '\0';
        if (snprintf(path, sizeof path, "%s%s/%s", root, group, file) < (int)sizeof path)
            limit = least(limit, read_limit(path));
    }
    return limit;
}

/* Lines "0::/group" of version 2, "4:memory,cpu:/group" of version 1. */
uint64_t memory_limit_of_groups(const char *membership, const char *root)
{
    char line[PATH_MAX], memory_root[PATH_MAX];
    uint64_t limit = UINT64_MAX;
    FILE *file = fopen(membership, "re");
    if (snprintf(memory_root, sizeof memory_root, "%s/memory", root) >= (int)sizeof memory_root)
        memory_root[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (strncmp(line, "0:", 2) == 0)
            limit = least(limit, limit_of_branch(root, group, "memory.max"));
        else if (strstr(controllers, "memory"))
            limit = least(limit, limit_of_branch(memory_root, group, "memory.limit_in_bytes"));
    }
    if (file)
        fclose(file);
    return limit;
}

static uint64_t own_limit(int resource)
{
    struct rlimit limit;
    return getrlimit((__rlimit_resource_t)resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : UINT64_MAX;
}

uint64_t memory_limit(void)
{
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t groups = memory_limit_of_groups("/proc/self/cgroup", "/sys/fs/cgroup");
    return least(least(machine, groups), least(own_limit(RLIMIT_AS), own_limit(RLIMIT_DATA)));
}
