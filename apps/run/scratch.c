/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/run/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static int open_folder(int parent, const char *name)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder;
}

static bool remove_contents(int folder)
{
    fchmod(folder, 0700); /* a stage may have closed it to us */
    DIR *entries = fdopendir(folder);
    if (!entries) {
        close(folder);
        return false;
    }
    bool all = true;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || unlinkat(folder, entry->d_name, 0) == 0)
            continue;
        int inner = open_folder(folder, entry->d_name);
        all = (inner >= 0 && remove_contents(inner) && unlinkat(folder, entry->d_name, AT_REMOVEDIR) == 0) && all;
    }
    closedir(entries);
    return all;
}

bool scratch_remove(const char *path)
{
    int folder = open_folder(AT_FDCWD, path);
    if (folder < 0)
        return errno == ENOENT; /* somebody else was faster */
    return remove_contents(folder) && rmdir(path) == 0;
}
