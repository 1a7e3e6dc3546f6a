/* SPDX-License-Identifier: BSD-3-Clause */
/* partner.h - a second process for a test: this program once more, with a socket between the two
 *
 * The partner dies with its parent.  Commands are single bytes; what is answered is up to the two. */
#ifndef TESTS_PROC_PARTNER_H
#define TESTS_PROC_PARTNER_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct partner { pid_t process; int socket; };

/* Start this program again with "--partner SOCKET PART". */
void partner_start(struct partner *p, const char *part);

/* Kill it, if it still lives, and wait for it. */
void partner_end(struct partner *p);

/* Send and receive whole blocks; receiving gives up after 20 s.  True on success. */
bool block_send(int socket, const void *at, size_t length);
bool block_receive(int socket, void *at, size_t length);

/* One command byte that waits in the socket; 0: none; 'q' also when the other side is gone. */
char command_poll(int socket);

/* Wait until the process is stopped (state T in /proc); false after 10 s. */
bool process_wait_stopped(pid_t process);

#endif
