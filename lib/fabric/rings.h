/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.h - a fabric around another whose control frames go through shared memory where a peer has some in common with us
 *
 * A peer that was given rings (peer_use_rings) is spoken to through them and nothing else; its bell is rung only when it has lain down, and
 * ours is one more thing that the inner fabric's sleep ends for (fabric_watch).  So a thread sleeps in one place, for everybody, and two
 * processes that are awake make no system call.  Peers without rings, reading and serving are the inner fabric's.  doc/rfc/rings.md. */
#ifndef LIB_FABRIC_RINGS_H
#define LIB_FABRIC_RINGS_H
#include "lib/fabric/fabric.h"

/* Wrap 'inner', which belongs to the wrapper from then on; it is the caller's still when this fails.  MSTRO_UNIMPL: it watches
 * no descriptor. */
mstro_status rings_wrap(struct fabric *inner, const struct fabric_options *options, struct fabric **out);

/* Open a fabric of libfabric with this around it; without, where the setting MSTRO_RINGS says so, or that one
 * watches no descriptor.  Errors of fabric_open; MSTRO_INVARG: the
 * setting cannot be read. */
mstro_status rings_open(const struct fabric_options *options, struct fabric **out);

/* What MSTRO_RINGS says: whether rings are to be used where they can be. */
mstro_status rings_wanted(bool *wanted);

#endif
