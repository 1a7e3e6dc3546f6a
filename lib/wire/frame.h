/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.h - what travels at once: a fixed header and as many records as there were
 *
 * 32 bytes of header (magic, version, flags, length of what follows, taken, session, counter), then records, sealed or not
 * (doc/rfc/wire.md).  The memory of a frame is the caller's, MAX_FRAME bytes hold any.  A writer and a reader belong to one
 * thread at a time. */
#ifndef LIB_WIRE_FRAME_H
#define LIB_WIRE_FRAME_H
#include "lib/wire/codec.h"
#include "lib/wire/seal.h"

#define FRAME_MAGIC UINT32_C(0x5254534d) /* "MSTR" */

enum { FRAME_HEADER_SIZE = 32 };

/* header.flags */
enum { FRAME_SEALED = 1, FRAME_HANDSHAKE = 2, FRAME_ASKS = 4 };

struct frame_header {
    uint16_t version, flags;
    uint32_t length; /* of everything behind the header */
    uint32_t taken;  /* low bits of the counter of the last frame that the sender has taken from us; sealed frames only */
    uint64_t session, counter;
};

/* ---- making one ---- */

struct frame_writer {
    struct writer body; /* room for the tag is kept apart */
    uint32_t records;
    uint32_t taken; /* for the header; may be set until frame_finish */
};

/* Begin an empty frame in 'memory': FRAME_HEADER_SIZE + SEAL_TAG_SIZE < size <= MAX_FRAME. */
void frame_begin(struct frame_writer *f, void *memory, size_t size);

/* As record_encode: MSTRO_WOULDBLOCK when the frame is full. */
mstro_status frame_append(struct frame_writer *f, const struct record *r);

/* Write the header and seal (NULL: leave it open, as inside a process and in handshakes).  Returns the length of the whole;
 * afterwards the frame can only be sent. */
size_t frame_finish(struct frame_writer *f, uint16_t version, uint16_t flags, uint64_t session, struct seal *seal);

/* ---- taking one apart ---- */

/* Look at the header alone, to learn whose frame it is.  MSTRO_INVMSG: too short, not ours, or its length is not that of what
 * is there. */
mstro_status frame_header_read(struct bytes frame, struct frame_header *out);

/* The length of the whole frame whose header begins at 'header' (FRAME_HEADER_SIZE bytes), for streams.  MSTRO_INVMSG: no
 * header, or more than 'max'. */
mstro_status frame_length(const uint8_t header[FRAME_HEADER_SIZE], size_t max, size_t *length);

struct frame_reader {
    struct frame_header header;
    struct reader in;
};

/* Check and decrypt in place.  With a seal, frames that are not sealed count as forged; without one, sealed ones do. */
enum seal_verdict frame_open(struct frame_reader *f, void *memory, size_t length, struct seal *seal);

/* The next record; MSTRO_NOMATCH after the last, else as record_decode.  Views live as long as the frame's memory. */
mstro_status frame_next(struct frame_reader *f, struct arena *arena, struct record *out);

#endif
