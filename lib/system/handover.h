/* SPDX-License-Identifier: BSD-3-Clause */
/* handover.h - descriptors and a few words from one process of a node to another
 *
 * Over a unix datagram socket of the name under which the other one shows itself (credential.h): nobody in another network namespace
 * can send to it, and what comes needs no connection to be kept.  Who sent it is for the words to prove. */
#ifndef LIB_SYSTEM_HANDOVER_H
#define LIB_SYSTEM_HANDOVER_H
#include "lib/base/descriptors.h"
#include "lib/base/view.h"
#include "maestro/status.h"

enum { HANDOVER_WORDS = 256 };

/* Let others hand something over, until *fd, which is the caller's, is closed.  MSTRO_IO. */
mstro_status handover_open(struct id pool, uint64_t number, int *fd);

/* Hand copies of the descriptors over, of which there is one at least, waiting for room for half a second at most.  MSTRO_NOENT: nobody takes anything here; MSTRO_IO. */
mstro_status handover_give(struct id pool, uint64_t number, struct bytes words, const struct descriptors *given);

/* Take what has come: *length of 'words', and descriptors, which are the caller's.  MSTRO_WOULDBLOCK: nothing; MSTRO_INVMSG: something
 * without a descriptor, with too many of them, or with too many words. */
mstro_status handover_take(int fd, uint8_t words[HANDOVER_WORDS], size_t *length, struct descriptors *got);

#endif
