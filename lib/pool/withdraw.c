/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/operation.h"

mstro_status withdraw_begin(struct pool *pool, struct offer *offer, uint64_t op)
{
    struct generation *generation = offer->generation;
    if (generation->whole || !generation_needed_by(generation)) {
        offer->withdraw_op = op;
        generation_event(pool, generation, GENERATION_RETURN);
        generation_settle(pool, generation);
        return MSTRO_OK;
    }
    if (op) {
        offer->withdrawal = operation_make(pool, offer->handle->session, offer->handle, op, OPERATION_WITHDRAW);
        if (!offer->withdrawal)
            return MSTRO_NOMEM;
        operation_wait(pool, offer->withdrawal);
    }
    offer->withdraw_op = op;
    offer->announced = facts_announced(pool);
    generation_event(pool, generation, GENERATION_WITHDRAW);
    return MSTRO_OK;
}

void withdraw_cancel(struct pool *pool, struct offer *offer)
{
    struct session *session = offer->handle->session;
    uint64_t op = offer->withdraw_op;
    operation_free(pool, offer->withdrawal);
    offer->withdrawal = NULL;
    offer->withdraw_op = 0;
    offer->announced = 0;
    answer_refused(pool, session, op, MSTRO_CANCELLED, "WITHDRAW of " TEXT_FORMAT " was cancelled",
                   TEXT_ARGUMENTS(short_name(offer->handle->cdo)));
    if (session->state == SESSION_LEAVING)
        offer->by_leave = true; /* its LEAVE wants it back all the same */
    else
        generation_event(pool, offer->generation, GENERATION_CANCEL);
}

/* Nobody waits for those who need it: they are told that it is lost. */
static void withdraw_by_force(struct pool *pool, struct offer *offer, uint64_t op)
{
    struct session *session = offer->handle->session;
    offer_take_back(pool, offer);
    answer_done(pool, session, op);
}

void serve_withdraw(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_withdraw *asked = &record->withdraw;
    struct handle *handle = handle_find(pool, session, asked->handle);
    if (!handle)
        answer_refused(pool, session, asked->op, MSTRO_NOENT, "handle %" PRIu64 " is not known", asked->handle);
    else if (!handle->offer)
        answer_refused(pool, session, asked->op, MSTRO_INVARG, TEXT_FORMAT " is not offered by this handle",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (handle->offer->generation->state == GENERATION_WITHDRAWING)
        answer_refused(pool, session, asked->op, MSTRO_BUSY, TEXT_FORMAT " is being withdrawn", TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (!asked->force && group_is_committing(handle->offer))
        group_withdraw_later(pool, handle->offer, asked->op);
    else if (offer_is_prepared(handle->offer)) {
        group_drop(pool, handle->offer);
        answer_done(pool, session, asked->op);
    } else if (asked->force && !handle->offer->generation->whole)
        withdraw_by_force(pool, handle->offer, asked->op);
    else if (withdraw_begin(pool, handle->offer, asked->op) != MSTRO_OK)
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory to let this WITHDRAW wait");
}
