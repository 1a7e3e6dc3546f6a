/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/run/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int scratch_make(char path[PATH_MAX])
{
    const char *place[] = { getenv("MSTRO_RUNTIME_DIR"), getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp" };
    int failure = ENOENT;
    for (size_t i = 0; i < sizeof place / sizeof place[0]; i++) {
        if (!place[i] || place[i][0] != '/')
            continue;
        if (snprintf(path, PATH_MAX, "%s/maestro-run-XXXXXX", place[i]) >= PATH_MAX)
            continue;
        if (mkdtemp(path))
            return 0;
        failure = errno;
        snprintf(path, PATH_MAX, "%s", place[i]);
    }
    return failure;
}

static bool remove_contents(int folder)
{
    DIR *entries = fdopendir(folder);
    if (!entries) {
        close(folder);
        return false;
    }
    bool all = true;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || unlinkat(folder, entry->d_name, 0) == 0)
            continue;
        int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        all = (inner >= 0 && remove_contents(inner) && unlinkat(folder, entry->d_name, AT_REMOVEDIR) == 0) && all;
    }
    closedir(entries);
    return all;
}

bool scratch_remove(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder >= 0 && remove_contents(folder) && rmdir(path) == 0;
}
