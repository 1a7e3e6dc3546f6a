/* SPDX-License-Identifier: BSD-3-Clause */
/* porter.h - a thread that may be lost over what strangers bring
 *
 * Everybody of a network namespace can connect to the socket by which a process shows itself (credential.h), and send to the one to which
 * memory is handed over (handover.h), and can send descriptors along with it.  To dismiss them is to close them, which may take as long as
 * their maker likes: that of a connection that lingers, that of a file in a filesystem of the maker's own.  The kernel does it in the thread
 * that receives, or closes the socket in whose queue they lie.  So that is this thread's business and nobody else's.  While it is held up
 * nobody is attended to here, which those who ask bear, and everything else goes on. */
#ifndef LIB_SYSTEM_PORTER_H
#define LIB_SYSTEM_PORTER_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/view.h"
#include "maestro/status.h"

struct porter;

/* In the porter's thread, which has to wait for it, but never after porter_stop has begun to return. */
struct porter_events {
    void *context;
    /* Memory was handed over, with a few words; it is the receiver's: closing it keeps nobody waiting. */
    void (*memory)(void *context, struct bytes words, int memory);
    /* No descriptor is left: somebody who looked, or who handed over, was not attended to. */
    void (*shortage)(void *context);
};

/* Attend to these two sockets, of credential_show and of handover_open, which are the porter's from here on; -1: there is none.  They stay the
 * caller's when this fails: MSTRO_NOMEM, MSTRO_IO. */
mstro_status porter_start(struct porter **out, int shown, int handed, const struct porter_events *events);

/* Attend to nobody any more.  Does not wait for a thread that is held up: that one lets go of the sockets when it comes back.  NULL is allowed. */
void porter_stop(struct porter *p);

#endif
