/* SPDX-License-Identifier: BSD-3-Clause */
/* command.h - a plan without a file: one command, in one or more instances */
#ifndef APPS_RUN_COMMAND_H
#define APPS_RUN_COMMAND_H
#include "apps/run/plan.h"

/* Make 'p' run 'command' (ends with NULL) as the one stage, named after its program.  The workflow's name is set. */
void plan_from_command(struct plan *p, char *const *command, uint32_t instances);

/* Append one instance of 's': its label, and what names it to its program. */
struct task *plan_add_task(struct plan *p, const struct stage *s, uint32_t index);

#endif
