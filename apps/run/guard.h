/* SPDX-License-Identifier: BSD-3-Clause */
/* guard.h - tidying up when maestro run itself is killed
 *
 * A small process that waits until its owner has gone.  Gone without guard_dismiss, it ends (SIGTERM, later SIGKILL) every process
 * whose environment carries MSTRO_RUNTIME_DIR = the run's own directory, or one inside it, and removes that directory. */
#ifndef APPS_RUN_GUARD_H
#define APPS_RUN_GUARD_H
#include <stdint.h>
#include <sys/types.h>

struct guard { pid_t pid; int door; };

/* 'grace': ns between the two signals.  0 or an errno value. */
int guard_start(struct guard *g, const char *runtime_directory, uint64_t grace);

/* All is tidy: the guard ends without doing anything. */
void guard_dismiss(struct guard *g);

#endif
