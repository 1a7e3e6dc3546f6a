/* SPDX-License-Identifier: BSD-3-Clause */
/* cancel.c - CANCEL: what runs here is stopped here, what waits in the pool is ended by the pool */
#include "lib/client/state.h"

static void done(struct turn *t, mstro_status status)
{
    turn_refuse(t, t->in->record->cancel.op, status, text_of(""));
}

void cancel_start(struct turn *t)
{
    const struct record_cancel *cancel = &t->in->record->cancel;
    struct operation *target = client_find_operation(t->client, cancel->target);
    if (!target) {
        done(t, MSTRO_NOENT);
        return;
    }
    t->handle = target->handle;
    t->operation = target;
    if (target->handle && life_step(t, ON_CANCEL)) {
        done(t, MSTRO_OK);
        return;
    }
    struct operation *mine = client_add_operation(t, cancel->op, KIND_CANCEL);
    if (!mine) {
        done(t, MSTRO_NOMEM);
        return;
    }
    mine->shard = target->shard;
    turn_send(t, target->shard, t->in->record);
}
