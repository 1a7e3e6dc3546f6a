/* SPDX-License-Identifier: BSD-3-Clause */
/* events.c - SUBSCRIBE, UNSUBSCRIBE, EVENTS and what a subscriber answers
 *
 * Subscriptions concern every shard: each is asked, and it is done when all have answered.  A name is at home in the first shard: that is
 * asked before the others who may have it, and let go of it after them, so that who is granted it there finds it free elsewhere.  An
 * answer to an event goes to the shard whose serial it has. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/client/state.h"
#include "lib/wire/copy.h"

enum { HOME_OF_NAMES = 0 };

static void send_to_others(struct turn *t, const struct record *r)
{
    for (uint16_t shard = 0; shard < t->client->shards; shard++)
        if (shard != HOME_OF_NAMES)
            turn_send(t, shard, r);
}

/* The record goes to all shards; under a name to its home first, or last, and the rest waits.  False when memory is short. */
static bool send_in_turn(struct turn *t, struct operation *operation, bool named, bool home_first)
{
    const struct record *r = t->in->record;
    uint16_t shards = t->client->shards;
    operation->awaited = shards;
    if (!named || shards == 1) {
        turn_send_all(t, r);
        return true;
    }
    operation->rest = record_keep(r);
    operation->awaited = home_first ? 1 : shards - 1;
    if (operation->rest && home_first)
        turn_send(t, HOME_OF_NAMES, r);
    else if (operation->rest)
        send_to_others(t, r);
    return operation->rest != NULL;
}

/* Those whose turn it was have answered.  False when memory is short. */
static bool send_rest(struct turn *t, struct operation *operation)
{
    struct record r;
    bool subscribes = operation->kind == KIND_SUBSCRIBE, copied = record_copy(&t->out->arena, &operation->rest->record, &r);
    record_drop(operation->rest);
    operation->rest = NULL;
    operation->awaited = subscribes ? t->client->shards - 1 : 1;
    if (copied && subscribes) {
        r.subscribe.granted = operation->granted;
        send_to_others(t, &r);
    } else if (copied)
        turn_send(t, HOME_OF_NAMES, &r);
    return copied;
}

void unsubscribe_at_once(struct turn *t, struct operation *operation)
{
    if (operation->rest && operation->kind == KIND_UNSUBSCRIBE)
        send_rest(t, operation);
}

void client_drop_subscription(struct client *c, struct subscription_entry *entry)
{
    map_remove(&c->subscriptions, &entry->link);
    free(entry);
}

void subscribe_start(struct turn *t)
{
    const struct record_subscribe *s = &t->in->record->subscribe;
    struct subscription_entry *entry = malloc(sizeof *entry);
    struct operation *operation = entry ? client_add_operation(t, s->op, KIND_SUBSCRIBE) : NULL;
    if (!operation) {
        free(entry);
        turn_refuse(t, s->op, MSTRO_NOMEM, text_of("not enough memory for a subscription"));
        return;
    }
    *entry = (struct subscription_entry){ .number = s->subscription, .object = t->in->object, .named = s->name.length > 0 };
    map_insert(&t->client->subscriptions, &entry->link, entry->number);
    operation->subscription = entry;
    if (send_in_turn(t, operation, entry->named, true))
        return;
    client_drop_subscription(t->client, entry);
    client_end_operation(t, operation, MSTRO_NOMEM, 0, 0, text_of("not enough memory for a subscription"));
}

/* From here on no event is handed out, whatever is still under way. */
void unsubscribe_start(struct turn *t)
{
    const struct record_unsubscribe *u = &t->in->record->unsubscribe;
    struct subscription_entry *entry = client_find_subscription(t->client, u->subscription);
    struct operation *operation = entry ? client_add_operation(t, u->op, KIND_UNSUBSCRIBE) : NULL;
    if (!operation) {
        turn_refuse(t, u->op, entry ? MSTRO_NOMEM : MSTRO_NOENT, text_of("there is no such subscription"));
        return;
    }
    bool named = entry->named;
    client_drop_subscription(t->client, entry);
    if (!send_in_turn(t, operation, named, false)) {
        turn_send_all(t, t->in->record);
        operation->awaited = t->client->shards;
    }
}

void subscription_give_up(struct turn *t, struct subscription_entry *entry)
{
    struct record r = { .kind = KIND_UNSUBSCRIBE,
                        .unsubscribe = { .subscription = entry->number, .forget = entry->made ? FORGET_NOTHING : FORGET_MADE } };
    turn_send_all(t, &r);
    client_drop_subscription(t->client, entry);
}

/* What some shards have refused is none: those that took it forget it. */
static void subscription_refused(struct turn *t, mstro_status status, struct text detail)
{
    struct operation *operation = t->operation;
    struct subscription_entry *entry = operation->subscription;
    bool others = t->client->shards > 1 && !operation->rest;
    if (entry && others)
        subscription_give_up(t, entry);
    else if (entry)
        client_drop_subscription(t->client, entry);
    client_end_operation(t, operation, status, 0, 0, detail);
}

static void subscription_done(struct turn *t, struct text detail)
{
    if (t->operation->subscription)
        t->operation->subscription->made = true;
    client_end_operation(t, t->operation, t->operation->refused, 0, 0, detail);
}

void subscription_answered(struct turn *t)
{
    struct operation *operation = t->operation;
    const struct record_ack *ack = &t->in->record->ack;
    struct subscription_entry *entry = operation->subscription;
    if (ack->status != MSTRO_OK && operation->refused == MSTRO_OK) {
        operation->refused = (mstro_status)ack->status;
        if (entry)
            snprintf(entry->refusal, sizeof entry->refusal, TEXT_FORMAT, TEXT_ARGUMENTS(ack->detail));
    }
    if (operation->rest)
        operation->granted = ack->generation;
    if (--operation->awaited > 0)
        return;
    if (entry && operation->refused != MSTRO_OK)
        subscription_refused(t, operation->refused, turn_text(t, "%s", entry->refusal));
    else if (!operation->rest)
        subscription_done(t, ack->detail);
    else if (!send_rest(t, operation))
        subscription_refused(t, MSTRO_NOMEM, text_of("not enough memory for a subscription"));
}

void subscription_forward(struct turn *t)
{
    const struct record *r = t->in->record;
    uint64_t serial = r->kind == KIND_SEEN ? r->seen.serial : r->ack_event.serial;
    turn_send(t, shard_of_serial(serial), r);
}

void events_arrived(struct turn *t)
{
    struct subscription_entry *entry = client_find_subscription(t->client, t->in->record->events.subscription);
    if (!entry)
        return; /* ended while they were under way */
    struct client_output *o = turn_put(t, CLIENT_EVENTS);
    o->object = entry->object;
    o->record = *t->in->record;
}

/* One shard has ended it: no other shall hold an operation for it, or keep its name.  It stays known here until its owner ends it, too. */
void subscription_ended(struct turn *t)
{
    const struct record_subscription_end *end = &t->in->record->subscription_end;
    struct subscription_entry *entry = client_find_subscription(t->client, end->subscription);
    if (!entry)
        return;
    struct record r = { .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = entry->number, .forget = entry->named ? FORGET_NAME : FORGET_NOTHING } };
    if (t->client->shards > 1 && !entry->ended)
        turn_send_all(t, &r);
    entry->ended = true;
    struct client_output *o = turn_put(t, CLIENT_SUBSCRIPTION_ENDED);
    o->object = entry->object;
    o->status = (mstro_status)end->status;
    o->detail = end->detail;
}
