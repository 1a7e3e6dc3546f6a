/* SPDX-License-Identifier: BSD-3-Clause */
/* codec.h - records to bytes, bytes to records, records to text
 *
 * On the wire a record is: u16 kind, u32 length of what follows, the fields in the order of their rows (doc/rfc/wire.md).
 * Everything here is made from the rows of records.h.  Any thread. */
#ifndef LIB_WIRE_CODEC_H
#define LIB_WIRE_CODEC_H
#include "lib/base/arena.h"
#include "lib/wire/cursor.h"
#include "lib/wire/record.h"
#include "maestro/status.h"

/* The versions of the protocol that this library speaks.  A field's 'since' refers to them. */
enum { PROTOCOL_OLDEST = 1, PROTOCOL_VERSION = 2 };

enum { RECORD_HEADER = 6 };

/* Append 'r'.  MSTRO_WOULDBLOCK: it does not fit, nothing was written.  MSTRO_INVARG: a field is beyond its limit, nothing was
 * written, mstro_error_detail names it. */
mstro_status record_encode(struct writer *w, const struct record *r);

/* Take the next record, sent by a peer that speaks 'version'.  Texts and bytes of 'out' are views into the reader's memory,
 * lists are made in 'arena'.  MSTRO_INVMSG: it is none, mstro_error_detail says why, and nothing behind it can be trusted;
 * MSTRO_NOMEM. */
mstro_status record_decode(struct reader *r, uint16_t version, struct arena *arena, struct record *out);

/* One line for people, "OFFER op=3 handle=7 name=\"temp\" ...", cut and terminated at 'size' (>= 1).  Returns what it would have
 * needed without the terminator, as snprintf does. */
size_t record_print(char *to, size_t size, const struct record *r);

#endif
