/* SPDX-License-Identifier: BSD-3-Clause */
/* bell.h - a socket of our own through which one process of this node wakes us, and we it
 *
 * UDP on the loopback interface, each side connected to the other's port: so the kernel admits nobody else, nothing but bytes can come, and
 * no call takes a lock that another process could hold.  Neither side ever has a descriptor of the other's: what is handed over between
 * processes can be shared, filled, held or closed in ways that make its owner wait.
 *
 * To ring is never to wait.  A bell may be lost, though only where the kernel is short of memory for sockets. */
#ifndef LIB_FABRIC_BELL_H
#define LIB_FABRIC_BELL_H
#include <stdbool.h>
#include <stdint.h>

#include "maestro/status.h"

/* Make one, which is the caller's to close; readable when it was rung.  *port is for the other side.  MSTRO_IO: there is no loopback
 * interface, or no descriptor. */
mstro_status bell_make(int *fd, uint16_t *port);

/* From here on it is the other side's with that port.  MSTRO_INVMSG: that is no port; MSTRO_IO. */
mstro_status bell_connect(int fd, uint16_t port);

/* Wake the other side.  It may be gone; and who does not listen has been rung for often enough. */
void bell_ring(int fd);

/* Take one ring; there may be a few more.  False: the other side has gone, as the kernel said when it was rung for. */
bool bell_hear(int fd);

#endif
