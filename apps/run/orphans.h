/* SPDX-License-Identifier: BSD-3-Clause */
/* orphans.h - what the stages left behind
 *
 * This process adopts its descendants when their parents end (PR_SET_CHILD_SUBREAPER): an orphan is a child of ours that we did not
 * start.  Ending one makes its children orphans in turn, so that whoever ends orphans until there are none has found all. */
#ifndef APPS_RUN_ORPHANS_H
#define APPS_RUN_ORPHANS_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct orphan { pid_t pid, session; char name[20]; };

/* Write up to 'room' children of this process, none for which is_known(context, pid) holds and none that has ended; how many. */
size_t orphans_find(struct orphan orphan[], size_t room, bool (*is_known)(void *context, pid_t pid), void *context);

#endif
