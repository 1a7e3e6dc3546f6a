/* SPDX-License-Identifier: BSD-3-Clause */
/* statistics.h - what a manager has done, as one line of JSON */
#ifndef POOL_MANAGER_STATISTICS_H
#define POOL_MANAGER_STATISTICS_H
#include <stdio.h>

#include "lib/serve/server.h"

/* The sums of all shards, then each.  Times in nanoseconds since the start of the manager, memory in bytes. */
void statistics_print(FILE *to, const char *workflow, struct host *const hosts[], const struct server *server, uint64_t uptime);

#endif
