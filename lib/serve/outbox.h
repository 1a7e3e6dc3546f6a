/* SPDX-License-Identifier: BSD-3-Clause */
/* outbox.h - from records to frames on their way to one peer
 *
 * Records go into the last frame; a frame leaves as long as the peer has taken all before it but one.  So a lone record leaves at
 * once, and what comes while the peer is busy travels together: nobody ever waits for a frame to fill, but who says that more will
 * follow at once (outbox_send_some).  Every frame says what its
 * sender has taken; one behind which the next has to wait asks for that, and is answered without records if there are none.  Of frames
 * that hold nothing but a HEARTBEAT only the eighth does.
 *
 * Used by both ends.  Every call may come from any thread; its lock is a leaf but for endpoint_send. */
#ifndef LIB_SERVE_OUTBOX_H
#define LIB_SERVE_OUTBOX_H
#include "lib/fabric/fabric.h"
#include "lib/wire/frame.h"
#include "lib/wire/handshake.h"

struct outbox;

/* 'limit': bytes that may wait; more is MSTRO_QUOTA.  The seal is copied.  MSTRO_NOMEM. */
mstro_status outbox_create(struct outbox **out, const struct session_keys *keys, enum seal_direction direction, size_t limit);

/* Free it, with what waits in it. */
void outbox_destroy(struct outbox *o);

/* Where frames go from now on; the peer must live until outbox_destroy. */
void outbox_connect(struct outbox *o, struct peer *peer);

/* Copy the record into a frame.  MSTRO_NOMEM, MSTRO_QUOTA, MSTRO_INVARG (a field beyond its limit): the record is not sent. */
mstro_status outbox_put(struct outbox *o, const struct record *record);

/* A genuine frame with this header came from the peer, and what it carried was processed.  True when outbox_send has work now. */
bool outbox_heard(struct outbox *o, const struct frame_header *header);

/* Let go what may, and the answer that the peer asked for.  MSTRO_OK also when nothing could leave; MSTRO_PEER_LOST: nothing will any more. */
mstro_status outbox_send(struct outbox *o);

/* The same, but of a frame that is not large *kept says that it waits for more: what would be the second one under way; or, in a 'stream',
 * after one that held many records, any. */
mstro_status outbox_send_some(struct outbox *o, bool stream, bool *kept);

/* Nothing waits here (what has been given to the fabric may still be on its way). */
bool outbox_empty(struct outbox *o);

#endif
