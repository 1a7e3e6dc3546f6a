/* SPDX-License-Identifier: BSD-3-Clause */
/* rings_door.h - where clients of this node hand over the memory that their frames are to go through
 *
 * What comes may be from anybody in this network namespace; it counts when it holds the token that only the client of a
 * session can know.  The porter (lib/system/porter.h) takes it, and nothing but memory gets past it. */
#ifndef LIB_SERVE_RINGS_DOOR_H
#define LIB_SERVE_RINGS_DOOR_H
#include "lib/fabric/segment.h"
#include "lib/system/handover.h"
#include "lib/wire/handshake.h"

/* Begin to listen.  *fd is -1, and MSTRO_OK, where rings are not wanted (MSTRO_RINGS), or, with a warning, cannot be had. */
mstro_status rings_door_open(struct id pool, int *fd);

/* What a client says, and the memory that it gives. */
struct rings_offer {
    uint64_t session;
    uint16_t shards;
    uint8_t token[RINGS_TOKEN];
    int memory;
};

/* Read the words that came with 'memory'.  MSTRO_INVMSG: they are no offer. */
mstro_status rings_offer_read(struct bytes words, int memory, struct rings_offer *offer);

/* The client's side: offer 's' with what its maker has given for the other side, and wait until it is taken.  MSTRO_NOENT: nobody takes such here; MSTRO_IO,
 * MSTRO_TIMEOUT, MSTRO_REFUSED. */
mstro_status rings_offer(struct id pool, const struct session_keys *keys, struct segment *s, int given);

#endif
