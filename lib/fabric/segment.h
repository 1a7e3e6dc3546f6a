/* SPDX-License-Identifier: BSD-3-Clause */
/* segment.h - the memory in which the rings between a client and the shards of a pool lie
 *
 * A client makes it, without a name anywhere, so that nothing of it is left when both processes have ended, however they did; and hands its
 * descriptor over (lib/system/handover.h), and nothing else.  It can neither shrink nor grow.  A page of its own says whether the pool has
 * taken it; behind it lies a pair of rings for each shard, which is mapped and unmapped by itself.
 *
 * With each pair goes a bell (bell.h) on each side, to be rung when the other side has lain down.  Where they are stands in the first page. */
#ifndef LIB_FABRIC_SEGMENT_H
#define LIB_FABRIC_SEGMENT_H
#include "lib/fabric/ring.h"
#include "maestro/status.h"

/* What each side knows of one pair.  It belongs to whoever closes it. */
struct ring_pair {
    void *mapped; /* NULL: none */
    int bell;     /* our own, where there is something mapped */
    struct ring_writer out;
    struct ring_reader in;
};

enum { SEGMENT_TOKEN = 32, SEGMENT_PAIRS = 64 };

enum segment_state { SEGMENT_OFFERED, SEGMENT_TAKEN, SEGMENT_REFUSED, SEGMENT_WITHDRAWN };

struct segment_head; /* shared */

struct segment {
    struct segment_head *head;
    unsigned pairs;
    struct ring_pair *pair; /* those that somebody else owns by now are {0} */
};

/* Make one, for 'pairs' shards, 1 to SEGMENT_PAIRS.  *given is for the other side, and then to be closed.  MSTRO_IO, MSTRO_NOMEM: why it
 * cannot be made. */
mstro_status segment_create(struct segment *s, unsigned pairs, int *given);

/* Map what somebody else has made; 'given', a memfd, stays the caller's.  MSTRO_INVMSG: it is no such segment, or could be made smaller under
 * our hands; MSTRO_IO, MSTRO_NOMEM. */
mstro_status segment_adopt(struct segment *s, unsigned pairs, int given);

/* By who adopted: take it, leaving 'token' for the other side; or not.  False: it was withdrawn meanwhile. */
bool segment_take(struct segment *s, const unsigned char token[SEGMENT_TOKEN]);
void segment_refuse(struct segment *s);

/* By who made it: wait until it is taken by somebody who has that token.  MSTRO_TIMEOUT, MSTRO_REFUSED: it will not be any more;
 * MSTRO_IO, MSTRO_INVMSG: it was, and the pool's bells cannot be reached. */
mstro_status segment_await(struct segment *s, const unsigned char token[SEGMENT_TOKEN], uint64_t deadline);

/* The rings to one shard, which are the caller's from here on: ring_pair_close. */
struct ring_pair segment_pair(struct segment *s, unsigned pair);

/* Unmap what has not been given away.  A segment of zeros is allowed. */
void segment_close(struct segment *s);

void ring_pair_close(struct ring_pair *p);

#endif
