/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.h - a fabric around another whose control frames go through shared memory where a peer has some in common with us
 *
 * A peer that was given rings (peer_use_rings) is spoken to through them and nothing else, but for the bell: a frame of the inner fabric of
 * eight bytes, sent only when the other side has lain down.  So a thread sleeps in one place, for everybody, as it did before, and two
 * processes that are awake make no system call.  Peers without rings, reading and serving are the inner fabric's.  doc/rfc/rings.md. */
#ifndef LIB_FABRIC_RINGS_H
#define LIB_FABRIC_RINGS_H
#include "lib/fabric/fabric.h"

/* Wrap 'inner', which belongs to the wrapper from then on; it is the caller's still when this fails. */
mstro_status rings_wrap(struct fabric *inner, const struct fabric_options *options, struct fabric **out);

/* Open a fabric of libfabric with this around it; without, where the setting MSTRO_RINGS says so.  Errors of fabric_open; MSTRO_INVARG: the
 * setting cannot be read. */
mstro_status rings_open(const struct fabric_options *options, struct fabric **out);

/* What MSTRO_RINGS says: whether rings are to be used where they can be. */
mstro_status rings_wanted(bool *wanted);

#endif
