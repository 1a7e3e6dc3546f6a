/* SPDX-License-Identifier: BSD-3-Clause */
/* select.c - SELECT: which objects are offered that match.  Every shard is asked for those that it knows. */
#include "lib/client/state.h"

void select_start(struct turn *t)
{
    const struct record_select *s = &t->in->record->select;
    struct operation *operation = client_add_operation(t, s->op, KIND_SELECT);
    if (!operation) {
        turn_refuse(t, s->op, MSTRO_NOMEM, text_of("not enough memory for an operation"));
        return;
    }
    operation->awaited = t->client->shards;
    turn_send_all(t, t->in->record);
}

void select_heard(struct turn *t)
{
    struct operation *operation = client_find_operation(t->client, t->in->record->selected.op);
    if (!operation || operation->kind != KIND_SELECT)
        return; /* ended here before */
    struct client_output *o = turn_put(t, CLIENT_NAMES);
    o->op = operation->op;
    o->operation = operation->owner;
    o->record = *t->in->record;
    if (--operation->awaited == 0)
        client_end_operation(t, operation, operation->refused, 0, 0, text_of(""));
}
