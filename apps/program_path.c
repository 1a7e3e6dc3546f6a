/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/program_path.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0 when 'path', seen from 'directory', is a file that we may execute. */
static int check_executable(const char *path, const char *directory)
{
    char joined[PATH_MAX];
    if (path[0] != '/' && directory) {
        if (snprintf(joined, sizeof joined, "%s/%s", directory, path) >= (int)sizeof joined)
            return ENAMETOOLONG;
        path = joined;
    }
    struct stat about;
    if (stat(path, &about) != 0)
        return errno == EACCES ? EACCES : ENOENT;
    if (!S_ISREG(about.st_mode) || access(path, X_OK) != 0)
        return EACCES;
    return 0;
}

static int check_in_folder(const char *folder, size_t length, const char *name, const char *directory, char path[PATH_MAX])
{
    if (length == 0)
        folder = ".", length = 1;
    if (snprintf(path, PATH_MAX, "%.*s/%s", (int)length, folder, name) >= PATH_MAX)
        return ENAMETOOLONG;
    return check_executable(path, directory);
}

int program_search(const char *name, const char *search, const char *directory, char path[PATH_MAX])
{
    if (strchr(name, '/')) {
        if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
            return ENAMETOOLONG;
        return check_executable(path, directory);
    }
    if (!*name)
        return ENOENT;
    int worst = ENOENT;
    for (const char *at = search ? search : "/bin:/usr/bin"; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        int failure = check_in_folder(at, strcspn(at, ":"), name, directory, path);
        if (!failure)
            return 0;
        if (failure == EACCES)
            worst = EACCES;
    }
    return worst;
}

/* The folder this program stands in; libtool keeps what it links in ".libs" and a script above it. */
static bool own_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    char *last = strrchr(folder, '/');
    if (last && strcmp(last, "/.libs") == 0)
        *last = '\0';
    return *folder != '\0';
}

int program_of_project(const char *name, const char *folder, char path[PATH_MAX])
{
    char here[PATH_MAX], beside[PATH_MAX];
    if (own_folder(here)) {
        if (check_in_folder(here, strlen(here), name, NULL, path) == 0)
            return 0;
        if (folder && snprintf(beside, sizeof beside, "%s/../%s", here, folder) < (int)sizeof beside
            && check_in_folder(beside, strlen(beside), name, NULL, path) == 0)
            return 0;
    }
    if (check_in_folder(MAESTRO_HELPERS, strlen(MAESTRO_HELPERS), name, NULL, path) == 0)
        return 0;
    return program_search(name, getenv("PATH"), NULL, path);
}
