/* SPDX-License-Identifier: BSD-3-Clause */
/* chaos.h - a fabric around another that delays, drops, duplicates, reorders, stands still and is partitioned: for tests
 *
 * The same seed and the same calls give the same decisions.  It acts on what leaves here: to cut both ways, wrap both sides. */
#ifndef LIB_FABRIC_CHAOS_H
#define LIB_FABRIC_CHAOS_H
#include "lib/fabric/fabric.h"

struct chaos_options {
    uint64_t seed;
    unsigned drop, duplicate, reorder;  /* of 1000 frames; a read that is dropped ends at its deadline */
    uint64_t delay_least, delay_most;   /* ns that frames and reads wait before they leave */
    uint64_t lease;                     /* ns after which a frame that is held by a block loses its peer; 0: FABRIC_LEASE */
    size_t largest_message;             /* 0: as the inner fabric says */
};

/* Wrap 'inner', which belongs to the wrapper from then on. */
mstro_status chaos_open(struct fabric *inner, const struct chaos_options *options, struct fabric **out);

/* Stand still as after SIGSTOP: nothing is handled and nothing that waits leaves, until it is turned off. */
void chaos_pause(struct fabric *chaos, bool paused);

/* Hold what is sent to, and read from, the endpoint with this address (no bytes: to all).  What was held leaves when it is lifted. */
void chaos_block(struct fabric *chaos, struct bytes address);
void chaos_unblock(struct fabric *chaos, struct bytes address);

struct chaos_count { uint64_t frames, dropped, duplicated, reordered, reads; };
struct chaos_count chaos_count(struct fabric *chaos);

#endif
