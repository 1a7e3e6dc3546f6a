/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool-manager/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/detail.h"

static mstro_status check_former(const char *path)
{
    struct stat is;
    if (lstat(path, &is) != 0)
        return errno == ENOENT ? MSTRO_OK : detail_set(MSTRO_IO, "%.3000s: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode) || is.st_uid != geteuid() || is.st_nlink > 1)
        return detail_set(MSTRO_REFUSED, "%.3000s is not a file of yours alone: it is left as it is", path);
    return MSTRO_OK;
}

mstro_status private_file_check(const char *what, const char *path)
{
    struct stat is;
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!*path || (slash && !slash[1]))
        return detail_set(MSTRO_INVARG, "%s: '%.200s' is not the path of a file", what, path);
    if (snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".") >= (int)sizeof folder)
        return detail_set(MSTRO_INVARG, "%s: the path %.200s... is too long", what, path);
    if (stat(folder, &is) != 0 || access(folder, W_OK | X_OK) != 0)
        return detail_set(MSTRO_INVARG, "%s: nothing can be written into %.700s: %s", what, folder, strerror(errno));
    return MSTRO_OK;
}

static bool write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

mstro_status private_file_write(const char *path, const char *text)
{
    char fresh[PATH_MAX];
    mstro_status status = check_former(path);
    if (status != MSTRO_OK)
        return status;
    if (snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >= (int)sizeof fresh)
        return detail_set(MSTRO_INVARG, "the path %.200s... is too long", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return detail_set(MSTRO_IO, "cannot write %.3000s: %s", path, strerror(errno));
    bool written = write_all(fd, text) && write_all(fd, "\n") && fsync(fd) == 0;
    written = close(fd) == 0 && written && rename(fresh, path) == 0;
    if (written)
        return MSTRO_OK;
    status = detail_set(errno == ENOSPC ? MSTRO_NO_SPACE : MSTRO_IO, "cannot write %.3000s: %s", path, strerror(errno));
    unlink(fresh);
    return status;
}

void private_file_remove(const char *path, const char *text)
{
    size_t length = strlen(text);
    char *there = malloc(length + 1);
    int fd = there ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd >= 0 && read(fd, there, length + 1) == (ssize_t)length + 1 && memcmp(there, text, length) == 0)
        unlink(path);
    if (fd >= 0)
        close(fd);
    free(there);
}
