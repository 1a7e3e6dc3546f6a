/* SPDX-License-Identifier: BSD-3-Clause */
/* coordination.h - what the coordinator does in the pool: starts a job for each level set when all fields of it have been offered
 *
 * Learns from the forecast's index which sets there will be, is told of their fields by a selector on the metadata, takes them as they
 * come, and offers each set as a group once it is whole.  Then, and not before, its job is started; when it has ended the group is taken
 * back.  A forecast that is gone before ends it all: the sets that are not whole get no job. */
#ifndef EXAMPLES_FORECAST_COORDINATION_H
#define EXAMPLES_FORECAST_COORDINATION_H
#include "examples/forecast/statistics.h"

#include <stdbool.h>

/* How jobs are run: as processes by the coordinator, as threads by a test. */
struct job_runner {
    void *context;
    /* Start job 'number' (from 1), which is to demand 'group'.  0, or an exit code after a message on stderr. */
    int (*start)(void *context, unsigned number, const char *group);
    /* The exit code of a job that was started and not said to have ended yet; -1: it runs still, only if not to 'wait'. */
    int (*ended)(void *context, unsigned number, bool wait);
};

/* Do it, in a pool that is joined.  0 or an exit code, after a message on stderr; 1 when a job has failed, too. */
int coordination_run(const struct job_runner *runner, struct statistics *statistics);

#endif
