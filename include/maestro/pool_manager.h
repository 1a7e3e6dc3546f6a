/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_manager.h - letting other processes in, and joining them */
#ifndef MAESTRO_POOL_MANAGER_H
#define MAESTRO_POOL_MANAGER_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Let the pool inside this process listen for others (at MSTRO_LISTEN; loopback).  Nothing in it is lost; what was offered before can
 * be read by processes of this node, what is offered from now on by all.  MSTRO_NOT_TWICE when it listens already, MSTRO_CONFLICT when this
 * process has joined a pool manager, MSTRO_OFI_FAIL when no fabric can be opened. */
mstro_status mstro_pm_start(void);

/* What others need to join, as one line without ';': the value of MSTRO_POOL_MANAGER_INFO.  The caller frees it.  It holds the
 * workflow's key: whoever can read it can join.  In a process that has joined a pool: that pool's.  MSTRO_NO_PM when there is none. */
mstro_status mstro_pm_getinfo(char **info);

/* Stop listening: the processes that joined get MSTRO_POOL_LOST.  The pool goes on inside this process.  MSTRO_NO_PM when it does not
 * listen. */
mstro_status mstro_pm_terminate(void);

/* Leave the pool inside this process and join that of 'info'.  MSTRO_BUSY, naming one, while handles or subscriptions live; what
 * mstro_init says when it cannot be joined, and the process is in a pool of its own as before. */
mstro_status mstro_pm_attach(const char *info);

/* Leave the joined pool, as mstro_finalize does, and go on with one inside this process.  MSTRO_BUSY as above, MSTRO_NO_PM when none
 * was joined. */
mstro_status mstro_pm_detach(void);

#ifdef __cplusplus
}
#endif
#endif
