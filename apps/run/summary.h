/* SPDX-License-Identifier: BSD-3-Clause */
/* summary.h - what became of a run: for people, and as JSON */
#ifndef APPS_RUN_SUMMARY_H
#define APPS_RUN_SUMMARY_H
#include <stdbool.h>
#include <stdio.h>

#include "apps/run/run.h"

/* A table, one line for each process. */
void summary_print(const struct run *r, FILE *to);

/* One JSON object (maestro-run(1) describes it).  False when it could not be written. */
bool summary_write_json(const struct run *r, FILE *to);

/* Does this build write JSON? */
bool summary_has_json(void);

/* What the plan would start, as a person may type it; nothing is started. */
void summary_print_plan(const struct plan *p, const char *manager, FILE *to);

#endif
