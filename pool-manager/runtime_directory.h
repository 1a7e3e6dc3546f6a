/* SPDX-License-Identifier: BSD-3-Clause */
/* runtime_directory.h - the private directory of a user's pool managers, and the lock of a workflow in it
 *
 * The directory is $MSTRO_RUNTIME_DIR, else $XDG_RUNTIME_DIR/maestro, else maestro-UID in the temporary directory.  It is made with
 * mode 0700 when it is not there; one that is a symbolic link, belongs to somebody else or is open to others is refused. */
#ifndef POOL_MANAGER_RUNTIME_DIRECTORY_H
#define POOL_MANAGER_RUNTIME_DIRECTORY_H
#include "maestro/status.h"

struct workflow_lock { int directory, file; char path[4096], name[300]; };

/* Take the lock of 'workflow'; it is kept until workflow_unlock or the end of the process, however it ends (an open file
 * description lock).  MSTRO_CONFLICT when another manager has it, naming its pid and the ways out; MSTRO_REFUSED for a
 * directory that cannot be trusted; MSTRO_IO. */
mstro_status workflow_lock(struct workflow_lock *lock, const char *workflow);

/* Remove the lock file and let go. */
void workflow_unlock(struct workflow_lock *lock);

#endif
