/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/record.h"

#include <stddef.h>

/* Where a record that begins an operation has its number. */
static uint64_t *op_place(struct record *r)
{
    switch (r->kind) {
    case KIND_JOIN: return &r->join.op;
    case KIND_OFFER: return &r->offer.op;
    case KIND_REQUIRE: return &r->require.op;
    case KIND_RETRACT: return &r->retract.op;
    case KIND_DEMAND: return &r->demand.op;
    case KIND_WITHDRAW: return &r->withdraw.op;
    case KIND_DISPOSE: return &r->dispose.op;
    case KIND_CANCEL: return &r->cancel.op;
    case KIND_SUBSCRIBE: return &r->subscribe.op;
    case KIND_UNSUBSCRIBE: return &r->unsubscribe.op;
    case KIND_LEAVE: return &r->leave.op;
    case KIND_SELECT: return &r->select.op;
    default: return NULL;
    }
}

uint64_t record_op(const struct record *record)
{
    const uint64_t *op = op_place((struct record *)(uintptr_t)record);
    return op ? *op : 0;
}

void record_set_op(struct record *record, uint64_t op)
{
    uint64_t *place = op_place(record);
    if (place)
        *place = op;
}
