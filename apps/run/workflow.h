/* SPDX-License-Identifier: BSD-3-Clause */
/* workflow.h - a workflow file, as maestro-workflow(5) describes it, becomes a plan */
#ifndef APPS_RUN_WORKFLOW_H
#define APPS_RUN_WORKFLOW_H
#include "apps/run/plan.h"
#include "maestro/status.h"

/* Read 'file' into the empty plan 'p'; 'given' are the "NAME=VALUE" of the command line (ends with NULL).  MSTRO_OK; MSTRO_NOENT when
 * there is no such file; MSTRO_INVARG for whatever is wrong with it or with 'given': mstro_error_detail() says what, where it stands and
 * what may have been meant. */
mstro_status workflow_read(struct plan *p, const char *file, char *const *given);

#endif
