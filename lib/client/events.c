/* SPDX-License-Identifier: BSD-3-Clause */
/* events.c - SUBSCRIBE, UNSUBSCRIBE, EVENTS and what a subscriber answers
 *
 * Subscriptions concern every shard: each is asked, and it is done when all have answered.  An answer to an event goes to the shard
 * whose serial it has. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/client/state.h"

static uint16_t shard_of_serial(uint64_t serial) { return (uint16_t)(serial & (SLOT_COUNT - 1)); }

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
    *entry = (struct subscription_entry){ .number = s->subscription, .object = t->in->object };
    map_insert(&t->client->subscriptions, &entry->link, entry->number);
    operation->subscription = entry;
    operation->awaited = t->client->shards;
    turn_send_all(t, t->in->record);
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
    client_drop_subscription(t->client, entry);
    operation->awaited = t->client->shards;
    turn_send_all(t, t->in->record);
}

/* What some shards have refused is none: those that took it forget it. */
static void subscription_refused(struct turn *t)
{
    struct operation *operation = t->operation;
    struct subscription_entry *entry = operation->subscription;
    struct record r = { .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = entry->number } };
    if (t->client->shards > 1)
        turn_send_all(t, &r);
    client_end_operation(t, operation, operation->refused, 0, 0, turn_text(t, "%s", entry->refusal));
    client_drop_subscription(t->client, entry);
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
    if (--operation->awaited > 0)
        return;
    if (entry && operation->refused != MSTRO_OK)
        subscription_refused(t);
    else
        client_end_operation(t, operation, operation->refused, 0, 0, ack->detail);
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

/* It stays known here until its owner ends it, too. */
void subscription_ended(struct turn *t)
{
    const struct record_subscription_end *end = &t->in->record->subscription_end;
    struct subscription_entry *entry = client_find_subscription(t->client, end->subscription);
    if (!entry)
        return;
    struct client_output *o = turn_put(t, CLIENT_SUBSCRIPTION_ENDED);
    o->object = entry->object;
    o->status = (mstro_status)end->status;
    o->detail = end->detail;
}
