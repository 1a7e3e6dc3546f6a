/* SPDX-License-Identifier: BSD-3-Clause */
/* demand.c - DEMAND: from the ticket to the bytes, over every source that fails on the way */
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/client/state.h"
#include "lib/wire/copy.h"

/* A source that cannot be read is asked for again at once, then after 1, 2, 4 ... 128 ms. */
enum { LONGEST_PAUSE = 7 };

static void send_demand(struct turn *t, uint64_t failed_ticket)
{
    const struct handle *h = t->handle;
    struct record r = { .kind = KIND_DEMAND,
                        .demand = { .op = t->operation->op, .handle = h->number, .flags = h->flags, .failed_ticket = failed_ticket,
                                    .name = h->name, .commit = h->commit } };
    turn_send(t, h->shard, &r);
}

/* What the pool told a DEMAND that had ended here is told to this one. */
static bool tell_verdict(struct turn *t, enum life life)
{
    struct handle *h = t->handle;
    mstro_status status = h->verdict.status;
    if (status == MSTRO_OK)
        return false;
    h->verdict.status = MSTRO_OK;
    h->life = life;
    client_end_operation(t, t->operation, status, 0, h->verdict.generation, turn_text(t, "%s", h->verdict.detail));
    return true;
}

void demand_send(struct turn *t)
{
    if (tell_verdict(t, LIFE_REQUIRED))
        return;
    t->handle->tries = 0;
    send_demand(t, 0);
}

/* The bytes are on their way already: this DEMAND only waits for them. */
void demand_adopt(struct turn *t)
{
    if (tell_verdict(t, LIFE_PREFETCHING))
        return;
    t->handle->tries = 0;
    t->handle->ticket.unasked = true;
}

void ticket_move(struct turn *t)
{
    const struct record_ticket *ticket = &t->in->record->ticket;
    struct handle *h = t->handle;
    h->ticket.number = ticket->ticket;
    h->ticket.how = ticket->how;
    h->ticket.voided = h->ticket.unasked = h->ticket.stopped = false;
    t->client->moves++;
    struct client_output *o = turn_put(t, CLIENT_MOVE);
    o->op = t->operation ? t->operation->op : 0;
    o->operation = t->operation ? t->operation->owner : NULL;
    o->handle = h->number;
    o->object = h->object;
    o->record = *t->in->record;
}

static void put_abort(struct turn *t)
{
    struct client_output *o = turn_put(t, CLIENT_ABORT_MOVE);
    o->handle = t->handle->number;
    o->object = t->handle->object;
}

void ticket_void(struct turn *t)
{
    t->handle->ticket.voided = true;
    put_abort(t);
}

void later_drop(struct handle *h)
{
    record_drop(h->later);
    h->later = NULL;
}

bool later_is(const struct handle *h, uint64_t ticket)
{
    return h->later && h->later->record.ticket.ticket == ticket;
}

void ticket_later(struct turn *t)
{
    struct handle *h = t->handle;
    later_drop(h);
    h->later = record_keep(t->in->record);
    if (!h->later)
        turn_note(t, 0, "not enough memory to keep a ticket for '" TEXT_FORMAT "'", TEXT_ARGUMENTS(h->name));
}

void later_begin(struct turn *t, struct handle *h)
{
    struct record record;
    bool wanted = t->client->life == SESSION_JOINED && (h->life == LIFE_REQUIRED || h->life == LIFE_DEMANDING);
    if (wanted && record_copy(&t->out->arena, &h->later->record, &record)) {
        struct client_input in = { .kind = CLIENT_RECORD, .record = &record };
        struct turn next = { .client = t->client, .in = &in, .now = t->now, .out = t->out, .handle = h, .operation = handle_operation(h) };
        life_step(&next, ON_TICKET);
    }
    later_drop(h);
}

void move_abort(struct turn *t)
{
    t->handle->ticket.stopped = true;
    put_abort(t);
}

/* The pool has ended the DEMAND, but the bytes may be here before the mover has noticed: it has the last word. */
void demand_verdict(struct turn *t)
{
    struct handle *h = t->handle;
    const struct record_ack *ack = &t->in->record->ack;
    h->verdict.status = (mstro_status)ack->status;
    h->verdict.generation = ack->generation;
    snprintf(h->verdict.detail, sizeof h->verdict.detail, TEXT_FORMAT, TEXT_ARGUMENTS(ack->detail));
}

static void end_as_required(struct turn *t, mstro_status status, struct text detail)
{
    t->handle->life = LIFE_REQUIRED;
    client_end_operation(t, t->operation, status, 0, 0, detail);
}

/* How long a source may be unreadable although the pool believes in it. */
static uint64_t patience(const struct client *c)
{
    return 2 * (c->membership.lease ? c->membership.lease : NANOSECONDS_PER_SECOND);
}

static void ask_again(struct turn *t)
{
    struct handle *h = t->handle;
    if (h->tries++ == 0) {
        h->first_try = t->now;
        send_demand(t, h->ticket.number);
        return;
    }
    if (t->now - h->first_try > patience(t->client)) {
        struct record r = { .kind = KIND_COMPLETED, .completed = { .ticket = h->ticket.number, .handle = h->number, .status = MSTRO_PEER_LOST } };
        turn_send(t, h->shard, &r);
        h->life = LIFE_REQUIRED;
        operation_forsake(t, MSTRO_PEER_LOST, t->in->moved.detail);
        return;
    }
    uint32_t step = h->tries - 2 < LONGEST_PAUSE ? h->tries - 2 : LONGEST_PAUSE;
    h->life = LIFE_PAUSING;
    h->again_at = t->now + (NANOSECONDS_PER_MILLISECOND << step);
    list_append(&t->client->pausing, &h->pause);
}

void demand_again(struct turn *t)
{
    struct handle *h = t->handle;
    struct client *c = t->client;
    if (c->life == SESSION_ENDED)
        end_as_required(t, c->end_status, text_of(c->end_detail));
    else if (c->life == SESSION_LEAVING)
        end_as_required(t, MSTRO_CANCELLED, text_of("this process leaves the pool"));
    else if (tell_verdict(t, LIFE_REQUIRED))
        return;
    else if (!h->ticket.voided)
        ask_again(t);
    else if (h->ticket.unasked)
        send_demand(t, h->ticket.number);
    /* else the pool knows that this DEMAND waits: an ACK or another TICKET follows */
}

void pause_over(struct turn *t)
{
    list_remove(&t->handle->pause);
    send_demand(t, t->handle->ticket.number);
}

/* The pool has noticed too: an ACK or another TICKET follows. */
void pause_void(struct turn *t)
{
    list_remove(&t->handle->pause);
    if (t->handle->ticket.unasked)
        send_demand(t, t->handle->ticket.number);
}

void pause_cancel(struct turn *t)
{
    struct handle *h = t->handle;
    list_remove(&h->pause);
    struct record r = { .kind = KIND_COMPLETED, .completed = { .ticket = h->ticket.number, .handle = h->number, .status = MSTRO_CANCELLED } };
    turn_send(t, h->shard, &r);
    operation_forsake(t, MSTRO_CANCELLED, text_of(""));
}
