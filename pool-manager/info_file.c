/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool-manager/info_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/detail.h"

mstro_status info_file_write(const char *path, const char *info)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return detail_set(MSTRO_INVARG, "the path of the info file is too long: %s", path);
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return detail_set(MSTRO_IO, "cannot write the info file %s: %s", temporary, strerror(errno));
    int wrong = dprintf(file, "%s\n", info) < 0 || fsync(file) != 0;
    if (close(file) != 0 || wrong || rename(temporary, path) != 0) {
        int error = errno;
        unlink(temporary);
        return detail_set(MSTRO_IO, "cannot write the info file %s: %s", path, strerror(error));
    }
    return MSTRO_OK;
}
