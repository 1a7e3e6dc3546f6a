/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/operation.h"
#include "lib/pool/session.h"
#include "lib/pool/shards.h"
#include "lib/pool/subscription.h"

/* False: memory is short, and the session is dismissed in this step. */
static bool say_bye(struct pool *pool, struct session *session, uint64_t op)
{
    struct record *record = answer_add(pool, session, KIND_BYE);
    if (record)
        record->bye = (struct record_bye){ .op = op, .status = MSTRO_OK };
    return record != NULL;
}

/* It needs nothing any more: two that leave and need each other's objects must not wait for each other. */
static void drop_needs(struct pool *pool, struct session *session)
{
    subscriptions_end(pool, session);
    list_each(link, &session->handles) {
        struct handle *handle = list_entry(link, struct handle, of_session);
        if (handle->require)
            require_event(pool, handle->require, REQUIRE_END);
    }
}

static void take_back_offers(struct pool *pool, struct session *session)
{
    list_each(link, &session->handles) {
        struct handle *handle = list_entry(link, struct handle, of_session);
        if (handle->offer && offer_is_prepared(handle->offer))
            group_drop(pool, handle->offer);
        else if (handle->offer && handle->offer->generation->state == GENERATION_OFFERED) {
            handle->offer->by_leave = true;
            withdraw_begin(pool, handle->offer, 0);
        }
    }
}

static void leave_begin(struct pool *pool, struct session *session, uint64_t op)
{
    session->leave = operation_make(pool, session, NULL, op, OPERATION_LEAVE);
    if (!session->leave) {
        answer_refused(pool, session, op, MSTRO_NOMEM, "the pool has no memory to let this LEAVE wait");
        return;
    }
    operation_wait(pool, session->leave);
    fact_of_session(pool, FACT_LEAVE, session);
    drop_needs(pool, session);
    take_back_offers(pool, session);
    holds_let_go(pool, session); /* what has ended by that, too */
    session->state = SESSION_LEAVING;
    if (session->offers == 0)
        list_append(&pool->drained, &session->drained);
}

/* How many of the objects that go down with a session are named to it. */
enum { NAMED_LOSSES = 64 };

/* What others still need of it: not what the pool has, which is served all the same. */
static void name_losses(struct pool *pool, struct session *session, uint64_t op)
{
    unsigned lost = 0;
    list_each(link, &session->handles) {
        struct offer *offer = list_entry(link, struct handle, of_session)->offer;
        struct require *require = offer && !offer->generation->whole ? generation_needed_by(offer->generation) : NULL;
        if (!require || ++lost > NAMED_LOSSES)
            continue;
        struct text detail = sentence(pool, "the offer of " TEXT_FORMAT " is dropped: " TEXT_FORMAT " still needed it",
                                      TEXT_ARGUMENTS(short_name(offer->handle->cdo)), TEXT_ARGUMENTS(who_is(pool, require->handle->session)));
        answer_note(pool, session, op, detail);
    }
    if (lost > NAMED_LOSSES)
        answer_note(pool, session, op, sentence(pool, "%u more offers are dropped that others still needed", lost - NAMED_LOSSES));
}

static void leave_now(struct pool *pool, struct session *session, uint64_t op)
{
    name_losses(pool, session, op);
    if (say_bye(pool, session, op))
        session_lose(pool, session, MSTRO_OK, text_of("left"));
}

void serve_leave(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_leave *asked = &record->leave;
    if (asked->force)
        leave_now(pool, session, asked->op);
    else if (session->state == SESSION_LEAVING)
        answer_refused(pool, session, asked->op, MSTRO_BUSY, "this application is leaving already");
    else
        leave_begin(pool, session, asked->op);
}

void leave_cancel(struct pool *pool, struct session *session)
{
    uint64_t op = session->leave->op;
    operation_free(pool, session->leave);
    session->leave = NULL;
    session->state = SESSION_JOINED;
    list_remove(&session->drained);
    answer_refused(pool, session, op, MSTRO_CANCELLED, "LEAVE was cancelled: what this application offers stays offered");
    list_each(link, &session->handles) {
        struct handle *handle = list_entry(link, struct handle, of_session);
        if (handle->offer && handle->offer->by_leave) {
            handle->offer->by_leave = false;
            generation_event(pool, handle->offer->generation, GENERATION_CANCEL);
        }
    }
}

void session_end(struct pool *pool, struct session *session, mstro_status status, struct text reason)
{
    fact_of_session(pool, FACT_BYE, session);
    holds_drop(pool, session);
    list_each(link, &session->operations)
        operation_free(pool, list_entry(link, struct operation, of_session));
    list_each(link, &session->handles)
        handle_free(pool, list_entry(link, struct handle, of_session));
    list_remove(&session->by_age);
    list_remove(&session->failed);
    list_remove(&session->drained);
    session->leave = NULL;
    shards_part(pool, session, status, reason);
}

void sessions_finish(struct pool *pool)
{
    list_each(link, &pool->drained) {
        struct session *session = list_entry(link, struct session, drained);
        if (!say_bye(pool, session, session->leave->op))
            continue;
        session->mute = true;
        session_end(pool, session, MSTRO_OK, text_of("left"));
    }
}
