/* SPDX-License-Identifier: BSD-3-Clause */
/* handover.h - memory and a few words from one process of a node to another
 *
 * Over a unix datagram socket of the name under which the other one shows itself (credential.h): nobody in another network namespace
 * can send to it, and what comes needs no connection to be kept.  Who sent it is for the words to prove. */
#ifndef LIB_SYSTEM_HANDOVER_H
#define LIB_SYSTEM_HANDOVER_H
#include "lib/base/view.h"
#include "maestro/status.h"

enum { HANDOVER_WORDS = 256 };

/* Let others hand something over, until *fd, which is the caller's, is closed; that, too, is the porter's business (porter.h).  MSTRO_IO. */
mstro_status handover_open(struct id pool, uint64_t number, int *fd);

/* Hand a copy of a memfd over, waiting for room for half a second at most.  MSTRO_NOENT: nobody takes anything here; MSTRO_IO. */
mstro_status handover_give(struct id pool, uint64_t number, struct bytes words, int memory);

/* In a thread that may be lost over it (porter.h): take what has come, *length of 'words', and a memfd, which is the caller's.
 * MSTRO_WOULDBLOCK: nothing; MSTRO_QUOTA: no descriptor was left for what came, which is gone; MSTRO_INVMSG: it is anything else, and gone. */
mstro_status handover_take(int fd, uint8_t words[HANDOVER_WORDS], size_t *length, int *memory);

#endif
