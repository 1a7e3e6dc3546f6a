/* SPDX-License-Identifier: BSD-3-Clause */
/* info_file.h - the pool info as a file that other processes find it in */
#ifndef POOL_MANAGER_INFO_FILE_H
#define POOL_MANAGER_INFO_FILE_H
#include "maestro/status.h"

/* Write 'info' to 'path', mode 0600, whole or not at all (a temporary file beside it, then rename).  A symbolic link at 'path' is
 * replaced, never followed.  MSTRO_IO. */
mstro_status info_file_write(const char *path, const char *info);

#endif
