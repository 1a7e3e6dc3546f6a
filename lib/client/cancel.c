/* SPDX-License-Identifier: BSD-3-Clause */
/* cancel.c - CANCEL: the caller is let go at once, whether the pool answers or stands still
 *
 * An operation that the pool knows is *forsaken*: its end is reported, and what undoes it is sent, then a CANCEL.  Records are taken and
 * answered in order, so that when the CANCEL is answered nothing of the operation is under way any more, and client and pool agree
 * again.  Until then the handle does nothing else: what is asked of it waits. */
#include <stdio.h>

#include "lib/client/state.h"
#include "lib/wire/copy.h"

static void done(struct turn *t, mstro_status status)
{
    turn_refuse(t, t->in->record->cancel.op, status, text_of(""));
}

static void forsake(struct turn *t, mstro_status status, struct text detail)
{
    struct operation *o = t->operation;
    client_report_end(t, o, status, 0, 0, detail);
    o->forsaken = true;
    o->handle->forsaken = o;
    t->client->forsaken++;
}

void operation_forsake(struct turn *t, mstro_status status, struct text detail)
{
    const struct operation *o = t->operation;
    struct record r = { .kind = KIND_CANCEL, .cancel = { .op = o->op | OP_OF_CANCEL, .target = o->op } };
    forsake(t, status, detail);
    turn_send(t, o->shard, &r);
}

/* ---- what undoes it ---- */

/* The bytes are the caller's again at once. */
void offer_give_up(struct turn *t)
{
    struct record r = { .kind = KIND_WITHDRAW, .withdraw = { .handle = t->handle->number, .force = 1 } };
    turn_send(t, t->handle->shard, &r);
    operation_forsake(t, MSTRO_CANCELLED, text_of(""));
}

void withdraw_give_up(struct turn *t)
{
    operation_forsake(t, MSTRO_CANCELLED, text_of(""));
}

void require_give_up(struct turn *t)
{
    struct record r = { .kind = KIND_RETRACT, .retract = { .handle = t->handle->number } };
    later_drop(t->handle);
    turn_send(t, t->handle->shard, &r);
    operation_forsake(t, MSTRO_CANCELLED, text_of(""));
}

/* The requirement stays.  A ticket that is under way brings its bytes for the next DEMAND. */
void demand_give_up(struct turn *t)
{
    operation_forsake(t, MSTRO_CANCELLED, text_of(""));
}

/* It is not undone: only the waiting ends. */
void retract_give_up(struct turn *t)
{
    forsake(t, MSTRO_CANCELLED, text_of(""));
}

void retreat_give_up(struct turn *t)
{
    t->operation->given_up = true;
}

/* Events that are under way find no subscription any more. */
static void subscription_cancel(struct turn *t)
{
    struct operation *o = t->operation;
    if (o->subscription)
        subscription_give_up(t, o->subscription);
    unsubscribe_at_once(t, o);
    client_end_operation(t, o, MSTRO_CANCELLED, 0, 0, text_of(""));
}

static bool cancel(struct turn *t)
{
    struct operation *o = t->operation;
    if (o->postponed) {
        client_end_operation(t, o, MSTRO_CANCELLED, 0, 0, text_of(""));
        return true;
    }
    if (o->handle)
        return life_step(t, ON_CANCEL);
    if (o->kind != KIND_SUBSCRIBE && o->kind != KIND_UNSUBSCRIBE && o->kind != KIND_SELECT)
        return false;
    subscription_cancel(t);
    return true;
}

void cancel_start(struct turn *t)
{
    struct operation *target = client_find_operation(t->client, t->in->record->cancel.target);
    if (!target || target->forsaken) {
        done(t, MSTRO_NOENT);
        return;
    }
    t->handle = target->handle;
    t->operation = target;
    done(t, cancel(t) ? MSTRO_OK : MSTRO_INVARG);
}

/* ---- what the pool tells of it afterwards ---- */

static void demand_told(struct turn *t, const struct record_ack *ack)
{
    struct handle *h = t->handle;
    bool needed = h->life == LIFE_REQUIRED || h->life == LIFE_PREFETCHING;
    if (ack->status == MSTRO_PEER_LOST && needed) {
        h->verdict.status = MSTRO_PEER_LOST;
        h->verdict.generation = ack->generation;
        snprintf(h->verdict.detail, sizeof h->verdict.detail, TEXT_FORMAT, TEXT_ARGUMENTS(ack->detail));
    } else if (!ack_keeps_state(ack->status) && h->life == LIFE_REQUIRED)
        h->life = LIFE_IDLE; /* it was not accepted */
}

static void told(struct turn *t, const struct record_ack *ack)
{
    struct handle *h = t->handle;
    switch (t->operation->kind) {
    case KIND_DEMAND: demand_told(t, ack); break;
    case KIND_WITHDRAW:
        h->life = ack->status == MSTRO_OK ? LIFE_LET_GO : LIFE_OFFERED;
        h->let_go_flags = ack->flags;
        break;
    case KIND_RETRACT: h->life = LIFE_LET_GO; break;
    default: break; /* was undone */
    }
}

/* What was asked of the handle meanwhile begins. */
static void go_on(struct turn *t)
{
    struct handle *h = t->handle;
    struct operation *next = h->operation;
    struct record record;
    if (!next || !next->postponed)
        return;
    struct client_input in = { .kind = CLIENT_START, .record = &record };
    struct turn begin = { .client = t->client, .in = &in, .now = t->now, .out = t->out, .handle = h, .operation = next };
    bool copied = record_copy(&t->out->arena, &next->postponed->record, &record);
    record_drop(next->postponed);
    next->postponed = NULL;
    if (copied)
        operation_begin(&begin);
    else
        client_end_operation(t, next, MSTRO_NOMEM, 0, 0, text_of("not enough memory to begin an operation that had to wait"));
}

void forsaken_answer(struct turn *t)
{
    const struct record_ack *ack = &t->in->record->ack;
    struct handle *h = t->handle;
    enum record_kind kind = t->operation->kind;
    bool of_cancel = ack->op != t->operation->op;
    if (!of_cancel)
        told(t, ack);
    if (!of_cancel && kind != KIND_RETRACT)
        return;
    if (h->life == LIFE_OFFERING || h->life == LIFE_RETRACTING)
        h->life = LIFE_IDLE;
    client_forget_operation(t->client, t->operation);
    go_on(t);
}
