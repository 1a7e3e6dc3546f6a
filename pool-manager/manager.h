/* SPDX-License-Identifier: BSD-3-Clause */
/* manager.h - a pool of its own and the server in front of it, until a signal ends it */
#ifndef POOL_MANAGER_MANAGER_H
#define POOL_MANAGER_MANAGER_H
#include <stdbool.h>

#include "maestro/status.h"

/* Serve the pool that the settings describe until SIGTERM, SIGINT or SIGUSR2, then drain and stop.  The info goes to stdout, unless
 * 'quiet', and to 'info_file' where that is not NULL.  Returns at once when it cannot start. */
mstro_status manager_run(const char *info_file, bool quiet);

#endif
