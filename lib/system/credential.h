/* SPDX-License-Identifier: BSD-3-Clause */
/* credential.h - which process is it, not by what it says but by what the kernel says
 *
 * A process shows itself under a pool's id and a number of the pool's choosing, by listening on an abstract unix socket of that name.
 * Whoever looks for the name connects, and the kernel says which process listens, as a number in the process namespace of the one who
 * asks.  Nothing is sent, and nobody has to answer: it also works with a process that stands still.  Names are those of a network
 * namespace; a name that somebody else has taken shows somebody else. */
#ifndef LIB_SYSTEM_CREDENTIAL_H
#define LIB_SYSTEM_CREDENTIAL_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/view.h"
#include "maestro/status.h"

/* The pool itself; sessions have other numbers. */
enum { CREDENTIAL_POOL = 0 };

/* The name itself, an abstract one of unix sockets, and its length. */
socklen_t credential_name(struct id pool, uint64_t number, struct sockaddr_un *name);

/* Show the calling process until *fd, which is the caller's, is closed.  MSTRO_IO: another process shows itself under this name, or
 * there are no such sockets here. */
mstro_status credential_show(struct id pool, uint64_t number, int *fd);

/* When 'fd' is readable, in a thread that may be lost over it (porter.h): dismiss one who has looked.  False: that takes a descriptor, and there is none; it stays readable. */
bool credential_attend(int fd);

/* Which process shows itself.  *alive, when it is not NULL, gets a descriptor that becomes readable when that process ends (a pidfd):
 * as long as it is not, *process is no other process.  MSTRO_NOENT: none does; MSTRO_REFUSED: one does, and the kernel does not say which,
 * or too many look at the moment. */
mstro_status credential_look(struct id pool, uint64_t number, int32_t *process, int *alive);

/* Whether the process of 'alive' has not ended. */
bool credential_lives(int alive);

#endif
