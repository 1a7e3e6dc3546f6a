/* SPDX-License-Identifier: BSD-3-Clause */
/* core.h - start and end */
#ifndef MAESTRO_CORE_H
#define MAESTRO_CORE_H
#include "types.h"

/* Where mstro_init finds what it is not told. */
#define MSTRO_ENV_WORKFLOW_NAME "MSTRO_WORKFLOW_NAME"
#define MSTRO_ENV_COMPONENT_NAME "MSTRO_COMPONENT_NAME"
#define MSTRO_ENV_POOL_INFO "MSTRO_POOL_MANAGER_INFO"

#ifdef __cplusplus
extern "C" {
#endif

/* Join the pool: that of the pool manager named by MSTRO_POOL_MANAGER_INFO, or, when that is not set, a pool inside this
 * process, which opens no fabric, starts no thread and holds no descriptor.  A NULL name comes from MSTRO_WORKFLOW_NAME or
 * MSTRO_COMPONENT_NAME; (component, index) must be unique in the workflow.  MSTRO_NOT_TWICE when already initialised, MSTRO_INVARG
 * for a missing or malformed name, MSTRO_NO_PM / MSTRO_POOL_STALE / MSTRO_VERSION_MISMATCH / MSTRO_CONFLICT / MSTRO_REFUSED when the manager
 * cannot be joined. */
mstro_status mstro_init(const char *workflow_name, const char *component_name, int64_t component_index);

/* Leave the pool, after everything this process offered and others required has been served, at most MSTRO_FINALIZE_TIMEOUT
 * seconds (60; 0 = at once), and one more: then what is left is dropped, what others needed of it is listed in the log, and
 * MSTRO_TIMEOUT is returned.  Calls in which other threads are blocked return MSTRO_CANCELLED.  Harmless when repeated; mstro_init may follow. */
mstro_status mstro_finalize(void);

/* The version of the library, "MAJOR.MINOR.PATCH": static storage. */
const char *mstro_version(void);

/* Nanoseconds of a clock that never goes back (CLOCK_MONOTONIC); its zero is arbitrary. */
mstro_nanosec_t mstro_clock(void);

#ifdef __cplusplus
}
#endif
#endif
