/* SPDX-License-Identifier: BSD-3-Clause */
/* private_file.h - files that only their owner can read, and that appear whole or not at all */
#ifndef POOL_MANAGER_PRIVATE_FILE_H
#define POOL_MANAGER_PRIVATE_FILE_H
#include "maestro/status.h"

/* Could a file be written there?  MSTRO_INVARG with 'what' (the name of the option), the folder and the reason. */
mstro_status private_file_check(const char *what, const char *path);

/* Put 'text' and a newline at 'path' (mode 0600), in place of a former file of ours.  MSTRO_REFUSED, naming the path, when something else is
 * there: a link, a FIFO, somebody else's file; it is left as it is.  MSTRO_IO. */
mstro_status private_file_write(const char *path, const char *text);

/* Remove it, if it still holds 'text'. */
void private_file_remove(const char *path, const char *text);

#endif
