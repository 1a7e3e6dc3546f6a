/* SPDX-License-Identifier: BSD-3-Clause */
/* level_job.h - the job of a level set: demands the group, so that it has all fields or none, and makes a line of them */
#ifndef EXAMPLES_FORECAST_LEVEL_JOB_H
#define EXAMPLES_FORECAST_LEVEL_JOB_H
#include "examples/forecast/statistics.h"

/* Do it, in a pool that is joined: FOLDER/levels-NUMBER.csv.  0 or an exit code, after a message on stderr. */
int level_job_run(const char *folder, const char *group, struct statistics *statistics);

#endif
