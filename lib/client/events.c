/* SPDX-License-Identifier: BSD-3-Clause */
/* events.c - SUBSCRIBE, UNSUBSCRIBE, EVENTS and what a subscriber answers
 *
 * Subscriptions concern every shard: the first one spreads them.  An answer to an event goes to the shard whose serial it has. */
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
    turn_send(t, 0, t->in->record);
}

/* From here on no event is handed out, whatever is still under way. */
void unsubscribe_start(struct turn *t)
{
    const struct record_unsubscribe *u = &t->in->record->unsubscribe;
    struct subscription_entry *entry = client_find_subscription(t->client, u->subscription);
    if (!entry || !client_add_operation(t, u->op, KIND_UNSUBSCRIBE)) {
        turn_refuse(t, u->op, entry ? MSTRO_NOMEM : MSTRO_NOENT, text_of("there is no such subscription"));
        return;
    }
    client_drop_subscription(t->client, entry);
    turn_send(t, 0, t->in->record);
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
