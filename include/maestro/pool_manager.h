/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_manager.h - letting other processes in, and joining them */
#ifndef MAESTRO_POOL_MANAGER_H
#define MAESTRO_POOL_MANAGER_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Let the pool inside this process listen for others.  Nothing in it is lost. */
mstro_status mstro_pm_start(void);

/* What others need to join, as one line without ';': the value of MSTRO_POOL_MANAGER_INFO.  The caller frees it.  It holds the
 * workflow's key: whoever can read it can join. */
mstro_status mstro_pm_getinfo(char **info);

/* Stop listening: the processes that joined get MSTRO_POOL_LOST.  The pool goes on inside this process. */
mstro_status mstro_pm_terminate(void);

/* Leave the pool inside this process and join that of 'info'.  MSTRO_BUSY, naming one, while handles or subscriptions live. */
mstro_status mstro_pm_attach(const char *info);

/* Leave the joined pool, as mstro_finalize does, and go on with one inside this process. */
mstro_status mstro_pm_detach(void);

#ifdef __cplusplus
}
#endif
#endif
