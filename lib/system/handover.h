/* SPDX-License-Identifier: BSD-3-Clause */
/* handover.h - a descriptor and a few words from one process of a node to another
 *
 * Over a unix datagram socket of the name under which the other one shows itself (credential.h): nobody in another network namespace
 * can send to it, and what comes needs no connection to be kept.  Who sent it is for the words to prove. */
#ifndef LIB_SYSTEM_HANDOVER_H
#define LIB_SYSTEM_HANDOVER_H
#include "lib/base/view.h"
#include "maestro/status.h"

enum { HANDOVER_WORDS = 256 };

/* Let others hand something over, until *fd, which is the caller's, is closed.  MSTRO_IO. */
mstro_status handover_open(struct id pool, uint64_t number, int *fd);

/* Hand a copy of 'descriptor' over, waiting for room for half a second at most.  MSTRO_NOENT: nobody takes anything here; MSTRO_IO. */
mstro_status handover_give(struct id pool, uint64_t number, struct bytes words, int descriptor);

/* Take what has come: *length of 'words', and a descriptor, which is the caller's.  MSTRO_WOULDBLOCK: nothing; MSTRO_INVMSG: something
 * without a descriptor, or with too many words. */
mstro_status handover_take(int fd, uint8_t words[HANDOVER_WORDS], size_t *length, int *descriptor);

#endif
