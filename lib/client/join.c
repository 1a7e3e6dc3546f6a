/* SPDX-License-Identifier: BSD-3-Clause */
/* join.c - JOIN, HEARTBEAT, LEAVE and every other end of a session */
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/client/state.h"

void join_start(struct turn *t)
{
    struct client *c = t->client;
    const struct record_join *join = &t->in->record->join;
    if (c->life != SESSION_NEW) {
        turn_refuse(t, join->op, MSTRO_NOT_TWICE, text_of("a session joins once"));
        return;
    }
    if (!client_add_operation(t, join->op, KIND_JOIN)) {
        turn_refuse(t, join->op, MSTRO_NOMEM, text_of("not enough memory to join"));
        return;
    }
    struct record record = *t->in->record;
    c->schemas = t->in->schemas;
    schemas_name(t, &record.join);
    c->life = SESSION_JOINING;
    turn_send(t, 0, &record);
}

void join_welcome(struct turn *t)
{
    struct client *c = t->client;
    const struct record_welcome *w = &t->in->record->welcome;
    struct operation *join = client_find_operation(c, w->op);
    if (c->life != SESSION_JOINING || !join || join->kind != KIND_JOIN) {
        turn_note(t, 0, "WELCOME without a JOIN");
        return;
    }
    c->membership = (struct client_membership){ .app = w->app, .incarnation = w->incarnation, .epoch = w->epoch, .lease = w->lease,
                                                .heartbeat = w->heartbeat, .pool = w->pool, .inline_limit = w->inline_limit };
    for (uint32_t i = 0; i < w->slot_map.count; i++) {
        const struct record_slots *slots = &w->slot_map.at[i];
        for (uint32_t s = slots->first; s < (uint32_t)slots->first + slots->count && s < SLOT_COUNT; s++)
            c->shard_of_slot[s] = slots->shard < SLOT_COUNT ? slots->shard : 0;
        if (slots->shard >= c->shards && slots->shard < SLOT_COUNT)
            c->shards = slots->shard + 1;
    }
    c->life = SESSION_JOINED;
    c->heartbeat_at = w->heartbeat ? t->now + w->heartbeat : NO_DEADLINE;
    schemas_send(t, w->unknown_schemas);
    client_end_operation(t, join, MSTRO_OK, 0, 0, text_of(""));
}

void join_refused(struct turn *t)
{
    const struct record_refused *r = &t->in->record->refused;
    client_end_session(t, r->status ? (mstro_status)r->status : MSTRO_REFUSED, r->detail);
}

void heartbeat_tick(struct turn *t)
{
    struct client *c = t->client;
    if ((c->life != SESSION_JOINED && c->life != SESSION_LEAVING) || t->now < c->heartbeat_at)
        return;
    struct record beat = { .kind = KIND_HEARTBEAT, .heartbeat = { .sent = t->now } };
    turn_send(t, 0, &beat); /* who is silent is judged there */
    c->heartbeat_at = t->now + c->membership.heartbeat;
}

/* ---- ends ---- */

struct ending { struct turn *turn; mstro_status status; struct text detail; bool also_leave, retained; };

static bool move_runs(const struct handle *h)
{
    return h->life == LIFE_FETCHING || h->life == LIFE_PREFETCHING || h->life == LIFE_RETREATING;
}

/* An operation whose move runs ends when the mover has let go of the buffer. */
static void end_operation(struct map_link *link, void *context)
{
    struct ending *e = context;
    struct operation *o = map_entry(link, struct operation, link);
    bool mover_ends_it = o->handle && move_runs(o->handle) && !o->postponed && !o->forsaken;
    if ((o->kind == KIND_LEAVE && !e->also_leave) || mover_ends_it)
        return;
    if (o->handle && o->handle->life == LIFE_PAUSING)
        list_remove(&o->handle->pause);
    if (!e->also_leave)
        unsubscribe_at_once(e->turn, o);
    client_end_operation(e->turn, o, e->status, 0, 0, e->detail);
}

static void abort_if_moving(struct map_link *link, void *context)
{
    struct ending *e = context;
    e->turn->handle = map_entry(link, struct handle, link);
    if (!move_runs(e->turn->handle))
        return;
    struct client_output *o = turn_put(e->turn, CLIENT_ABORT_MOVE);
    o->handle = e->turn->handle->number;
    o->object = e->turn->handle->object;
}

/* Nobody holds anything of it any more. */
static void forget_life(struct map_link *link, void *context)
{
    struct handle *h = map_entry(link, struct handle, link);
    (void)context;
    if (!move_runs(h))
        h->life = LIFE_IDLE;
}

/* Whoever was taken for dead shall learn why, and what to do about it, whichever way the news came. */
static struct text why_evicted(struct turn *t)
{
    return turn_text(t, "this process was silent for longer than the lease of %g s and was taken for dead (MSTRO_LEASE of the pool manager sets it)",
                     (double)t->client->membership.lease / NANOSECONDS_PER_SECOND);
}

void client_end_session(struct turn *t, mstro_status status, struct text detail)
{
    struct client *c = t->client;
    if (c->life == SESSION_ENDED)
        return;
    if (status == MSTRO_STALE_EPOCH && c->membership.lease)
        detail = why_evicted(t);
    c->life = SESSION_ENDED;
    c->end_status = status;
    snprintf(c->end_detail, sizeof c->end_detail, TEXT_FORMAT, TEXT_ARGUMENTS(detail));
    struct ending e = { .turn = t, .status = status, .detail = text_of(c->end_detail), .also_leave = true };
    map_each(&c->handles, abort_if_moving, &e);
    map_each(&c->operations, end_operation, &e);
    map_each(&c->handles, forget_life, NULL);
    client_tell_end(t);
}

void client_tell_end(struct turn *t)
{
    struct client *c = t->client;
    if (c->life != SESSION_ENDED || c->moves || c->told_end)
        return;
    c->told_end = true;
    struct client_output *o = turn_put(t, CLIENT_ENDED);
    o->status = c->end_status;
    o->detail = text_of(c->end_detail);
}

/* Nobody shall have to wait for a process that leaves: what it needs goes first, then what it subscribed to.  What its groups list goes
 * when they are withdrawn. */
static void give_up_need(struct map_link *link, void *context)
{
    struct ending *e = context;
    struct handle *h = map_entry(link, struct handle, link);
    if (((h->flags & REQUIRE_RETAIN) != 0) != e->retained)
        return;
    bool needs = move_runs(h) || h->life == LIFE_REQUIRING || h->life == LIFE_REQUIRED || h->life == LIFE_DEMANDING || h->life == LIFE_PAUSING;
    if (!needs)
        return;
    struct record r = { .kind = KIND_RETRACT, .retract = { .handle = h->number } };
    turn_send(e->turn, h->shard, &r);
    if (!move_runs(h))
        h->life = LIFE_IDLE;
}

static void give_up_subscription(struct map_link *link, void *context)
{
    struct ending *e = context;
    subscription_give_up(e->turn, map_entry(link, struct subscription_entry, link));
}

/* Numbers of operations that callers do not use. */
#define OWN_OP (UINT64_C(1) << 61)

/* A group goes first, and its members when nobody needs it any more: who required it requires them then. */
static void withdraw_group(struct map_link *link, void *context)
{
    struct ending *e = context;
    struct handle *h = map_entry(link, struct handle, link);
    if (!h->group || (h->life != LIFE_OFFERING && h->life != LIFE_OFFERED && h->life != LIFE_WITHDRAWING))
        return;
    const struct operation *asked = h->life == LIFE_WITHDRAWING && !h->forsaken ? h->operation : NULL;
    h->withdraw_op = asked ? asked->op : OWN_OP | h->number;
    e->turn->client->leave.withdrawals++;
    struct record r = { .kind = KIND_WITHDRAW, .withdraw = { .op = h->withdraw_op, .handle = h->number } };
    if (!asked)
        turn_send(e->turn, h->shard, &r);
}

struct hearing { uint64_t op; bool awaited; };

static void hear_withdrawal(struct map_link *link, void *context)
{
    struct hearing *hearing = context;
    struct handle *h = map_entry(link, struct handle, link);
    if (h->withdraw_op != hearing->op)
        return;
    h->withdraw_op = 0;
    hearing->awaited = true;
}

/* Every shard that this process has spoken to, but the first: how many they are. */
static uint16_t leave_others(struct turn *t, const struct record *leave)
{
    const struct client *c = t->client;
    uint16_t asked = 0;
    for (uint16_t shard = 1; shard < c->shards; shard++)
        if (c->shard_used[shard / 64] >> shard % 64 & 1) {
            turn_send(t, shard, leave);
            asked++;
        }
    return asked;
}

static void leave_shards(struct turn *t, struct operation *leave, bool force)
{
    struct record r = { .kind = KIND_LEAVE, .leave = { .op = leave->op, .force = force } };
    struct ending e = { .turn = t, .retained = true };
    map_each(&t->client->handles, give_up_need, &e);
    t->client->leave.op = 0;
    leave->force = force;
    leave->awaited = leave_others(t, &r);
    if (leave->awaited == 0)
        turn_send(t, 0, &r);
}

void leave_heard(struct turn *t, uint64_t op)
{
    struct client *c = t->client;
    struct hearing hearing = { .op = op };
    struct operation *leave = client_find_operation(c, c->leave.op);
    if (c->life != SESSION_LEAVING || !leave || op == 0)
        return;
    map_each(&c->handles, hear_withdrawal, &hearing);
    if (hearing.awaited && --c->leave.withdrawals == 0)
        leave_shards(t, leave, false);
}

/* It leaves the first shard when all others have let it go: that ends the session. */
void leave_start(struct turn *t)
{
    struct client *c = t->client;
    const struct record_leave *leave = &t->in->record->leave;
    if (c->life == SESSION_LEAVING && !leave->force) {
        turn_refuse(t, leave->op, MSTRO_BUSY, text_of("this process is leaving already"));
        return;
    }
    struct operation *mine = client_add_operation(t, leave->op, KIND_LEAVE);
    if (!mine) {
        turn_refuse(t, leave->op, MSTRO_NOMEM, text_of("not enough memory to leave"));
        return;
    }
    if (c->life == SESSION_JOINED) {
        struct ending e = { .turn = t, .status = MSTRO_CANCELLED, .detail = text_of("this process leaves the pool") };
        c->life = SESSION_LEAVING;
        map_each(&c->subscriptions, give_up_subscription, &e);
        map_each(&c->handles, abort_if_moving, &e);
        map_each(&c->handles, give_up_need, &e);
        if (!leave->force)
            map_each(&c->handles, withdraw_group, &e);
        map_each(&c->operations, end_operation, &e);
    }
    if (c->leave.withdrawals > 0 && !leave->force)
        c->leave.op = leave->op;
    else
        leave_shards(t, mine, leave->force);
}

static void end_leave(struct map_link *link, void *context)
{
    struct ending *e = context;
    struct operation *o = map_entry(link, struct operation, link);
    if (o->kind == KIND_LEAVE)
        client_end_operation(e->turn, o, e->status, 0, 0, e->detail);
}

/* One of the others has let it go. */
static void leave_goes_on(struct turn *t, struct operation *leave)
{
    struct record r = { .kind = KIND_LEAVE, .leave = { .op = leave->op, .force = leave->force } };
    if (--leave->awaited == 0)
        turn_send(t, 0, &r);
}

void leave_bye(struct turn *t)
{
    const struct record_bye *bye = &t->in->record->bye;
    struct operation *leave = client_find_operation(t->client, bye->op);
    if (leave && leave->kind == KIND_LEAVE && leave->awaited) {
        leave_goes_on(t, leave);
        return;
    }
    struct ending e = { .turn = t, .status = (mstro_status)bye->status, .detail = bye->detail, .also_leave = true };
    map_each(&t->client->operations, end_leave, &e);
    bool asked_for = t->client->life == SESSION_LEAVING;
    client_end_session(t, asked_for ? MSTRO_UNINIT : bye->status ? (mstro_status)bye->status : MSTRO_POOL_LOST, bye->detail);
}
