/* SPDX-License-Identifier: BSD-3-Clause */
/* offer.c - OFFER and WITHDRAW: the client adds nothing to what its caller says but the order */
#include "lib/client/state.h"

void offer_send(struct turn *t)
{
    turn_send(t, t->handle->shard, t->in->record);
}

void withdraw_send(struct turn *t)
{
    turn_send(t, t->handle->shard, t->in->record);
}

/* The pool's ACK ends the operation. */
void finish_from_ack(struct turn *t)
{
    const struct record_ack *ack = &t->in->record->ack;
    client_end_operation(t, t->operation, (mstro_status)ack->status, ack->flags, ack->generation, ack->detail);
}

/* The pool had done it for the operation before this one, whose caller did not wait for that. */
void finish_let_go(struct turn *t)
{
    client_end_operation(t, t->operation, MSTRO_OK, t->handle->let_go_flags, 0, text_of(""));
}

void finish_at_once(struct turn *t)
{
    client_end_operation(t, t->operation, MSTRO_OK, 0, 0, text_of(""));
}
