/* SPDX-License-Identifier: BSD-3-Clause */
/* client.c - the step: which flow an input belongs to; the tables all flows share */
#include "lib/client/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/client/state.h"
#include "lib/wire/copy.h"

/* Outputs that one step may need beyond one for each operation. */
enum { SPARE_OUTPUTS = 16 };

/* ---- outputs ---- */

void client_outputs_clear(struct client_outputs *out)
{
    out->count = 0;
    arena_reset(&out->arena);
}

void client_outputs_release(struct client_outputs *out)
{
    free(out->at);
    arena_release(&out->arena);
    *out = (struct client_outputs){ 0 };
}

static bool outputs_reserve(struct client_outputs *out, size_t room)
{
    if (out->room >= room)
        return true;
    size_t larger = out->room * 2 > room ? out->room * 2 : room;
    struct client_output *at = realloc(out->at, larger * sizeof *at);
    if (!at)
        return false;
    out->at = at;
    out->room = larger;
    return true;
}

/* Never NULL: what an operation may need was reserved when it was started (client_add_operation), and a step that finds no room at all
 * writes to a place that nobody reads. */
struct client_output *turn_put(struct turn *t, enum client_output_kind kind)
{
    static _Thread_local struct client_output nowhere;
    struct client_outputs *out = t->out;
    struct client_output *place = outputs_reserve(out, out->count + 1) ? &out->at[out->count++] : &nowhere;
    memset(place, 0, offsetof(struct client_output, record));
    place->kind = kind;
    return place;
}

void turn_send(struct turn *t, uint16_t shard, const struct record *record)
{
    struct client_output *o = turn_put(t, CLIENT_SEND);
    o->shard = shard;
    o->record = *record;
    t->client->shard_used[shard / 64] |= UINT64_C(1) << shard % 64;
}

void turn_send_all(struct turn *t, const struct record *record)
{
    for (uint16_t shard = 0; shard < t->client->shards; shard++)
        turn_send(t, shard, record);
}

static struct text vtext(struct turn *t, const char *format, va_list arguments)
{
    char *place = arena_take(&t->out->arena, MAX_DETAIL);
    if (!place)
        return text_of("");
    int length = vsnprintf(place, MAX_DETAIL, format, arguments);
    return (struct text){ place, length < MAX_DETAIL ? (size_t)length : MAX_DETAIL - 1 };
}

struct text turn_text(struct turn *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text text = vtext(t, format, arguments);
    va_end(arguments);
    return text;
}

void turn_note(struct turn *t, uint64_t op, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text text = vtext(t, format, arguments);
    va_end(arguments);
    struct client_output *o = turn_put(t, CLIENT_NOTE);
    o->op = op;
    o->detail = text;
}

/* ---- tables ---- */

static bool match_handle(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct handle, link)->number == *(const uint64_t *)key;
}

struct handle *client_find_handle(const struct client *c, uint64_t number)
{
    struct map_link *link = map_find(&c->handles, number, match_handle, &number);
    return link ? map_entry(link, struct handle, link) : NULL;
}

static struct map_link *take_spare(struct map_link **spare)
{
    struct map_link *first = *spare;
    if (first)
        *spare = first->next;
    return first;
}

static void give_spare(struct map_link **spare, struct map_link *link)
{
    link->next = *spare;
    *spare = link;
}

struct handle *client_add_handle(struct client *c, uint64_t number)
{
    struct map_link *link = take_spare(&c->spare_handles);
    struct handle *h = link ? map_entry(link, struct handle, link) : malloc(sizeof *h);
    if (!h)
        return NULL;
    *h = (struct handle){ .number = number, .life = LIFE_IDLE };
    list_init(&h->pause);
    map_insert(&c->handles, &h->link, number);
    return h;
}

void client_drop_handle(struct client *c, struct handle *h)
{
    list_remove(&h->pause);
    later_drop(h);
    client_forget_operation(c, h->forsaken);
    map_remove(&c->handles, &h->link);
    give_spare(&c->spare_handles, &h->link);
}

static bool match_operation(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct operation, link)->op == *(const uint64_t *)key;
}

struct operation *client_find_operation(const struct client *c, uint64_t op)
{
    struct map_link *link = op ? map_find(&c->operations, op, match_operation, &op) : NULL;
    return link ? map_entry(link, struct operation, link) : NULL;
}

struct operation *client_add_operation(struct turn *t, uint64_t op, enum record_kind kind)
{
    struct client *c = t->client;
    struct map_link *link = take_spare(&c->spare_operations);
    struct operation *operation = link ? map_entry(link, struct operation, link) : malloc(sizeof *operation);
    if (!operation)
        return NULL;
    if (!outputs_reserve(t->out, t->out->count + c->operations.count * 2 + SPARE_OUTPUTS + c->shards)) {
        give_spare(&c->spare_operations, &operation->link);
        return NULL;
    }
    *operation = (struct operation){ .op = op, .kind = kind, .owner = t->in->operation };
    map_insert(&c->operations, &operation->link, op);
    return operation;
}

void client_report_end(struct turn *t, struct operation *operation, mstro_status status, uint32_t flags, uint64_t generation, struct text detail)
{
    struct client_output *o = turn_put(t, CLIENT_DONE);
    o->status = status;
    o->flags = flags;
    o->generation = generation;
    o->op = operation->op;
    o->operation = operation->owner;
    o->detail = detail;
    if (operation->handle) {
        o->handle = operation->handle->number;
        o->object = operation->handle->object;
        operation->handle->operation = NULL;
    }
}

void client_forget_operation(struct client *c, struct operation *operation)
{
    if (!operation)
        return;
    if (operation->forsaken) {
        c->forsaken--;
        operation->handle->forsaken = NULL;
    }
    record_drop(operation->postponed);
    record_drop(operation->rest);
    map_remove(&c->operations, &operation->link);
    give_spare(&c->spare_operations, &operation->link);
}

void client_end_operation(struct turn *t, struct operation *operation, mstro_status status, uint32_t flags, uint64_t generation, struct text detail)
{
    if (operation && !operation->forsaken)
        client_report_end(t, operation, status, flags, generation, detail);
    client_forget_operation(t->client, operation);
}

struct operation *handle_operation(const struct handle *h)
{
    return h->operation && !h->operation->postponed ? h->operation : NULL;
}

struct kept_record *record_keep(const struct record *record)
{
    struct kept_record *kept = calloc(1, sizeof *kept);
    if (kept && record_copy(&kept->arena, record, &kept->record))
        return kept;
    record_drop(kept);
    return NULL;
}

void record_drop(struct kept_record *kept)
{
    if (!kept)
        return;
    arena_release(&kept->arena);
    free(kept);
}

void turn_refuse(struct turn *t, uint64_t op, mstro_status status, struct text detail)
{
    struct client_output *o = turn_put(t, CLIENT_DONE);
    o->status = status;
    o->op = op;
    o->operation = t->in->operation;
    o->object = t->in->object;
    o->detail = detail;
}

static bool match_subscription(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct subscription_entry, link)->number == *(const uint64_t *)key;
}

struct subscription_entry *client_find_subscription(const struct client *c, uint64_t number)
{
    struct map_link *link = map_find(&c->subscriptions, number, match_subscription, &number);
    return link ? map_entry(link, struct subscription_entry, link) : NULL;
}

/* ---- life ---- */

mstro_status client_create(struct client **out)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        return MSTRO_NOMEM;
    c->shards = 1;
    list_init(&c->pausing);
    if (!map_init(&c->handles) || !map_init(&c->operations) || !map_init(&c->subscriptions)) {
        client_destroy(c);
        return MSTRO_NOMEM;
    }
    *out = c;
    return MSTRO_OK;
}

static void free_handle(struct map_link *link, void *context)
{
    (void)context;
    later_drop(map_entry(link, struct handle, link));
    free(map_entry(link, struct handle, link));
}

static void free_operation(struct map_link *link, void *context)
{
    (void)context;
    record_drop(map_entry(link, struct operation, link)->postponed);
    record_drop(map_entry(link, struct operation, link)->rest);
    free(map_entry(link, struct operation, link));
}

static void free_subscription(struct map_link *link, void *context) { (void)context; free(map_entry(link, struct subscription_entry, link)); }

void client_destroy(struct client *c)
{
    if (!c)
        return;
    map_each(&c->handles, free_handle, NULL);
    map_each(&c->operations, free_operation, NULL);
    map_each(&c->subscriptions, free_subscription, NULL);
    for (struct map_link *link; (link = take_spare(&c->spare_handles));)
        free_handle(link, NULL);
    for (struct map_link *link; (link = take_spare(&c->spare_operations));)
        free(map_entry(link, struct operation, link));
    map_release(&c->handles);
    map_release(&c->operations);
    map_release(&c->subscriptions);
    free(c);
}

/* ---- START ---- */

/* What a record says about the handle it is for. */
struct aim { enum life_event event; uint64_t handle; struct text name; uint32_t flags; bool makes; };

static struct aim aim_of(const struct record *r)
{
    switch (r->kind) {
    case KIND_OFFER: return (struct aim){ ON_OFFER, r->offer.handle, r->offer.name, 0, true };
    case KIND_REQUIRE: return (struct aim){ ON_REQUIRE, r->require.handle, r->require.name, r->require.flags, true };
    case KIND_DEMAND: return (struct aim){ ON_DEMAND, r->demand.handle, r->demand.name, r->demand.flags, true };
    case KIND_RETRACT: return (struct aim){ ON_RETRACT, r->retract.handle, { 0 }, 0, false };
    case KIND_WITHDRAW: return (struct aim){ ON_WITHDRAW, r->withdraw.handle, { 0 }, 0, false };
    default: return (struct aim){ ON_DISPOSE, r->dispose.handle, { 0 }, 0, false };
    }
}

static struct handle *make_handle(struct turn *t, const struct aim *aim)
{
    struct client *c = t->client;
    struct handle *h = client_add_handle(c, aim->handle);
    if (!h)
        return NULL;
    h->name = aim->name;
    h->object = t->in->object;
    h->shard = c->shard_of_slot[slot_of_id(id_of_name(c->membership.pool, aim->name))];
    return h;
}

static void start_on_handle(struct turn *t)
{
    const struct record *r = t->in->record;
    const struct aim aim = aim_of(r);
    uint64_t op = record_op(r);
    struct handle *h = client_find_handle(t->client, aim.handle);
    if (!h && aim.event == ON_DISPOSE) {
        turn_refuse(t, op, MSTRO_OK, text_of("")); /* the pool never heard of it */
        return;
    }
    if (h && h->operation) {
        turn_refuse(t, op, MSTRO_BUSY, turn_text(t, "another operation on '" TEXT_FORMAT "' has not ended", TEXT_ARGUMENTS(h->name)));
        return;
    }
    bool fresh = !h && aim.makes;
    if (fresh)
        h = make_handle(t, &aim);
    t->handle = h;
    t->operation = h ? client_add_operation(t, op, r->kind) : NULL;
    if (!t->operation) {
        if (fresh && h)
            client_drop_handle(t->client, h);
        if (h || fresh)
            turn_refuse(t, op, MSTRO_NOMEM, text_of("not enough memory for an operation"));
        else
            turn_refuse(t, op, MSTRO_INVARG, turn_text(t, "%s: the object was neither offered nor required", record_name(r->kind)));
        return;
    }
    t->operation->handle = h;
    t->operation->shard = h->shard;
    h->operation = t->operation;
    if (!h->forsaken || aim.event == ON_DISPOSE)
        operation_begin(t);
    else if (!(t->operation->postponed = record_keep(r)))
        client_end_operation(t, t->operation, MSTRO_NOMEM, 0, 0, text_of("not enough memory to let an operation wait"));
}

void operation_begin(struct turn *t)
{
    struct handle *h = t->handle;
    const struct aim aim = aim_of(t->in->record);
    if (aim.event == ON_REQUIRE || aim.event == ON_DEMAND)
        h->flags = aim.flags;
    if (aim.event == ON_REQUIRE)
        h->commit = t->in->record->require.commit;
    if (aim.event == ON_OFFER)
        h->group = t->in->record->offer.flags & OFFER_GROUP;
    if (!life_step(t, aim.event))
        client_end_operation(t, t->operation, MSTRO_INVARG, 0, 0,
                      turn_text(t, "%s: '" TEXT_FORMAT "' is %s", record_name(t->in->record->kind), TEXT_ARGUMENTS(h->name), life_name(h->life)));
}

static void take_start(struct turn *t)
{
    const struct record *r = t->in->record;
    if (t->client->life == SESSION_ENDED && r->kind == KIND_DISPOSE) {
        start_on_handle(t);
        return;
    }
    if (r->kind == KIND_JOIN) {
        join_start(t);
        return;
    }
    if (t->client->life != SESSION_JOINED && !(t->client->life == SESSION_LEAVING && r->kind == KIND_LEAVE)) {
        if (record_op(r)) {
            bool ended = t->client->life == SESSION_ENDED;
            turn_refuse(t, record_op(r), ended ? t->client->end_status : t->client->life == SESSION_LEAVING ? MSTRO_CANCELLED : MSTRO_UNINIT,
                        ended ? text_of(t->client->end_detail) : text_of("this process is not in the pool"));
        }
        return;
    }
    switch (r->kind) {
    case KIND_OFFER:
    case KIND_REQUIRE:
    case KIND_RETRACT:
    case KIND_DEMAND:
    case KIND_WITHDRAW:
    case KIND_DISPOSE: start_on_handle(t); break;
    case KIND_SUBSCRIBE: subscribe_start(t); break;
    case KIND_UNSUBSCRIBE: unsubscribe_start(t); break;
    case KIND_ACK_EVENT:
    case KIND_SEEN: subscription_forward(t); break;
    case KIND_SERVING: turn_send_all(t, r); break;
    case KIND_SELECT: select_start(t); break;
    case KIND_CANCEL: cancel_start(t); break;
    case KIND_LEAVE: leave_start(t); break;
    default: turn_refuse(t, record_op(r), MSTRO_INVARG, turn_text(t, "%s is not for a client to send", record_name(r->kind)));
    }
}

/* ---- RECORD ---- */

bool ack_keeps_state(uint32_t s)
{
    return s == MSTRO_CANCELLED || s == MSTRO_PEER_LOST || s == MSTRO_TIMEOUT;
}

static void take_ack(struct turn *t)
{
    const struct record_ack *ack = &t->in->record->ack;
    struct operation *o = client_find_operation(t->client, ack->op & ~OP_OF_CANCEL);
    if (!o || (!o->forsaken && ack->op != o->op)) { /* ended here before: cancelled, or left */
        leave_heard(t, ack->op);
        return;
    }
    t->operation = o;
    t->handle = o->handle;
    if (o->forsaken) {
        forsaken_answer(t);
        return;
    }
    if (o->awaited) {
        subscription_answered(t);
        return;
    }
    if (!o->handle) {
        finish_from_ack(t);
        return;
    }
    enum life_event event = ack->status == MSTRO_OK                    ? ON_ACK
                            : ack_keeps_state(ack->status) ? ON_ACK_ENDED
                                                                     : ON_ACK_REFUSED;
    if (!life_step(t, event))
        turn_note(t, 0, "the pool answered operation %llu (%s) with %s while '" TEXT_FORMAT "' is %s", (unsigned long long)ack->op,
                  record_name(o->kind), mstro_status_name((mstro_status)ack->status), TEXT_ARGUMENTS(o->handle->name),
                  life_name(o->handle->life));
}

static void take_ticket(struct turn *t)
{
    const struct record_ticket *ticket = &t->in->record->ticket;
    t->handle = client_find_handle(t->client, ticket->handle);
    if (!t->handle)
        return; /* was under way when DISPOSE was sent: the pool has closed it */
    t->operation = handle_operation(t->handle);
    if (!life_step(t, ON_TICKET))
        turn_note(t, 0, "a ticket for '" TEXT_FORMAT "', which is %s", TEXT_ARGUMENTS(t->handle->name), life_name(t->handle->life));
}

static void take_void(struct turn *t)
{
    const struct record_ticket_void *v = &t->in->record->ticket_void;
    t->handle = client_find_handle(t->client, v->handle);
    if (t->handle && later_is(t->handle, v->ticket))
        later_drop(t->handle);
    if (!t->handle || t->handle->ticket.number != v->ticket)
        return;
    t->operation = handle_operation(t->handle);
    life_step(t, ON_VOID); /* not listed: the move had ended before */
}

static void take_record(struct turn *t)
{
    const struct record *r = t->in->record;
    if (t->client->life == SESSION_ENDED)
        return;
    switch (r->kind) {
    case KIND_WELCOME: join_welcome(t); break;
    case KIND_REFUSED: join_refused(t); break;
    case KIND_ACK: take_ack(t); break;
    case KIND_TICKET: take_ticket(t); break;
    case KIND_TICKET_VOID: take_void(t); break;
    case KIND_EVENTS: events_arrived(t); break;
    case KIND_SELECTED: select_heard(t); break;
    case KIND_SUBSCRIPTION_END: subscription_ended(t); break;
    case KIND_NOTE: turn_note(t, r->note.op, TEXT_FORMAT, TEXT_ARGUMENTS(r->note.detail)); break;
    case KIND_BYE: leave_bye(t); break;
    case KIND_OTHER_SCHEMA: schemas_other(t); break;
    default: turn_note(t, 0, "%s is not for a pool to send", record_name(r->kind));
    }
}

/* ---- the rest ---- */

static void take_moved(struct turn *t)
{
    const struct client_moved *m = &t->in->moved;
    t->handle = client_find_handle(t->client, m->handle);
    if (!t->handle)
        return;
    t->operation = handle_operation(t->handle);
    t->client->moves--;
    /* a move that was stopped because its source is gone is one that another ticket may help */
    bool again = m->again || (t->handle->ticket.voided && !t->handle->ticket.stopped);
    life_step(t, m->status == MSTRO_OK ? ON_MOVED : again ? ON_AGAIN : ON_FAILED);
    struct handle *h = client_find_handle(t->client, m->handle);
    if (h && h->later)
        later_begin(t, h);
    client_tell_end(t);
}

static void take_tick(struct turn *t)
{
    list_each(link, &t->client->pausing) {
        struct handle *h = list_entry(link, struct handle, pause);
        if (h->again_at > t->now)
            continue;
        t->handle = h;
        t->operation = handle_operation(h);
        life_step(t, ON_TIME);
    }
    heartbeat_tick(t);
}

void client_step(struct client *c, const struct client_input *in, uint64_t now, struct client_outputs *out)
{
    struct turn t = { .client = c, .in = in, .now = now, .out = out };
    switch (in->kind) {
    case CLIENT_START: take_start(&t); break;
    case CLIENT_RECORD: take_record(&t); break;
    case CLIENT_MOVED: take_moved(&t); break;
    case CLIENT_TICK: take_tick(&t); break;
    case CLIENT_LINK_LOST: client_end_session(&t, in->status, in->reason); break;
    }
}

uint64_t client_next_deadline(const struct client *c)
{
    uint64_t next = NO_DEADLINE;
    if (c->life == SESSION_JOINED || c->life == SESSION_LEAVING)
        next = c->heartbeat_at;
    for (const struct list *link = c->pausing.next; link != &c->pausing; link = link->next) {
        uint64_t at = list_entry(link, const struct handle, pause)->again_at;
        next = at < next ? at : next;
    }
    return next;
}
