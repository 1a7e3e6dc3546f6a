/* SPDX-License-Identifier: BSD-3-Clause */
/* move.h - bringing the bytes of one ticket into a handle */
#ifndef LIB_CLIENT_MOVE_H
#define LIB_CLIENT_MOVE_H
#include "lib/client/cdo.h"
#include "lib/wire/record.h"

/* [token] Keep the TICKET in 'record'.  False when memory is short: the move has ended with that. */
bool move_prepare(struct mstro_cdo_ *cdo, const struct record *record);

/* Run it, on any thread; the end is in cdo->move.moved.  'wanted' and 'context': see struct fetch. */
void move_run(struct mstro_cdo_ *cdo, struct link *link, bool (*wanted)(void *context), void *context);

/* For a move that only its client stops: 'context' is the cdo. */
bool move_is_wanted(void *context);

/* [token] The submission that tells the client (session.c). */
void move_report(struct session *s, struct submission *submission);

#endif
