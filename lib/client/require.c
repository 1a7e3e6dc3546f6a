/* SPDX-License-Identifier: BSD-3-Clause */
/* require.c - REQUIRE, RETRACT, DISPOSE
 *
 * REQUIRE is answered when the pool knows of it, so that a caller can tell others by any means that it has required.  DISPOSE is sent
 * without an op: nothing is waited for, the order of the records does the rest. */
#include "lib/client/state.h"

static void send_require(struct turn *t, uint64_t op, struct text group)
{
    const struct handle *h = t->handle;
    struct record r = { .kind = KIND_REQUIRE,
                        .require = { .op = op, .handle = h->number, .flags = h->flags, .name = h->name, .commit = h->commit, .group = group } };
    turn_send(t, h->shard, &r);
}

void require_send(struct turn *t)
{
    t->handle->verdict.status = MSTRO_OK;
    send_require(t, t->operation->op, t->in->record->require.group);
}

void require_known(struct turn *t)
{
    struct handle *h = t->handle;
    finish_from_ack(t);
    if (h->later)
        later_begin(t, h);
}

/* The pool waits to hear that the bytes are here, or the members of the group required. */
static bool is_awaited(uint8_t how) { return how == TICKET_DIRECT || how == TICKET_GROUP; }

/* The pool took an EMPTY or INLINE ticket for served; what it carried could not be kept here, so the need is announced again. */
static void require_anew(struct turn *t)
{
    if (t->client->life == SESSION_JOINED)
        send_require(t, 0, (struct text){ 0 });
}

void retract_send(struct turn *t)
{
    struct handle *h = t->handle;
    h->verdict.status = MSTRO_OK;
    struct record r = { .kind = KIND_RETRACT, .retract = { .op = t->operation->op, .handle = h->number } };
    turn_send(t, h->shard, &r);
}

void dispose_send(struct turn *t)
{
    struct handle *h = t->handle;
    struct record r = { .kind = KIND_DISPOSE, .dispose = { .handle = h->number } };
    if (t->client->life == SESSION_JOINED)
        turn_send(t, h->shard, &r);
    client_end_operation(t, t->operation, MSTRO_OK, 0, 0, text_of(""));
    client_drop_handle(t->client, h);
}

/* The move has stopped: nothing of this process touches the buffer any more. */
void retract_after_move(struct turn *t)
{
    if (t->operation && t->operation->kind == KIND_DISPOSE)
        dispose_send(t);
    else if (t->operation && t->client->life == SESSION_JOINED) {
        bool given_up = t->operation->given_up;
        retract_send(t);
        if (given_up)
            retract_give_up(t);
    } else {
        t->handle->life = LIFE_IDLE;
        client_end_operation(t, t->operation, t->client->life == SESSION_ENDED ? t->client->end_status : MSTRO_CANCELLED, 0, 0,
                      text_of(t->client->end_detail));
    }
}

/* ---- how a move ends ---- */

static void send_completed(struct turn *t, mstro_status status)
{
    const struct handle *h = t->handle;
    const struct client_moved *m = &t->in->moved;
    struct record r = { .kind = KIND_COMPLETED,
                        .completed = { .ticket = h->ticket.number, .handle = h->number, .status = (uint32_t)status, .bytes = m->bytes,
                                       .nanoseconds = m->nanoseconds, .transport = m->transport } };
    turn_send(t, h->shard, &r);
}

void move_done(struct turn *t)
{
    struct client *c = t->client;
    t->handle->verdict.status = MSTRO_OK;
    if (c->life == SESSION_JOINED && is_awaited(t->handle->ticket.how))
        send_completed(t, MSTRO_OK);
    /* who leaves has told the pool so already: the holder may have changed the bytes while they came */
    if (c->life == SESSION_LEAVING)
        client_end_operation(t, t->operation, MSTRO_CANCELLED, 0, 0, text_of("this process leaves the pool"));
    else
        client_end_operation(t, t->operation, MSTRO_OK, 0, 0, text_of(""));
}

/* The DEMAND ends, if one waited for these bytes: as the pool has said, or as the mover says.  What the pool tells it in between, a
 * loss, is for the next one. */
static void end_failed_demand(struct turn *t)
{
    struct handle *h = t->handle;
    const struct client_moved *m = &t->in->moved;
    const struct client *c = t->client;
    mstro_status verdict = h->verdict.status;
    bool known = is_awaited(h->ticket.how) && !h->ticket.unasked;
    if (c->life == SESSION_ENDED)
        client_end_operation(t, t->operation, c->end_status, 0, 0, text_of(c->end_detail));
    else if (verdict != MSTRO_OK) {
        h->verdict.status = MSTRO_OK;
        client_end_operation(t, t->operation, verdict, 0, h->verdict.generation, turn_text(t, "%s", h->verdict.detail));
    } else if (known && c->life == SESSION_JOINED)
        operation_forsake(t, m->status, m->detail);
    else
        client_end_operation(t, t->operation, m->status, 0, 0, m->detail);
}

void move_failed(struct turn *t)
{
    const struct handle *h = t->handle;
    if (t->client->life == SESSION_JOINED) {
        if (!is_awaited(h->ticket.how))
            require_anew(t);
        else if (!h->ticket.voided)
            send_completed(t, t->in->moved.status);
    }
    if (t->operation)
        end_failed_demand(t);
}
