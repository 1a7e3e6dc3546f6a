/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/session.h"
#include "lib/pool/subscription.h"

struct seal *session_epitaph(struct pool *pool, const struct session *session)
{
    return seal_share(session->epitaph ? session->epitaph : pool->nameless);
}

static void write_epitaph(struct pool *pool, struct session *session, struct text reason)
{
    struct text text = sentence(pool, "its holder " TEXT_FORMAT " " TEXT_FORMAT, TEXT_ARGUMENTS(who_is(pool, session)), TEXT_ARGUMENTS(reason));
    seal_release(pool, session->epitaph);
    session->epitaph = NULL;
    if (text.length)
        session->epitaph = seal_make(pool, text, (struct bytes){ 0 });
}

void offer_take_back(struct pool *pool, struct offer *offer)
{
    struct session *session = offer->handle->session;
    write_epitaph(pool, session, text_of("has taken it back"));
    offer_lose(pool, offer);
    seal_release(pool, session->epitaph); /* the holder lives: this was of one object */
    session->epitaph = NULL;
}

static void drop_requires(struct pool *pool, struct session *session)
{
    list_each(link, &session->handles) {
        struct handle *handle = list_entry(link, struct handle, of_session);
        if (handle->require)
            require_event(pool, handle->require, REQUIRE_END);
    }
}

static void lose_offers(struct pool *pool, struct session *session)
{
    list_each(link, &session->handles) {
        struct handle *handle = list_entry(link, struct handle, of_session);
        if (handle->offer)
            offer_lose(pool, handle->offer);
    }
}

/* Readers that may be asleep in the middle of their reading must not see what is written later. */
static void mark_cut(struct session *session)
{
    list_each(link, &session->handles) {
        struct require *require = list_entry(link, struct handle, of_session)->require;
        if (require && require->ticket)
            require->generation->cut = true;
    }
}

void session_lose(struct pool *pool, struct session *session, mstro_status status, struct text reason)
{
    session->mute = true;
    session->state = SESSION_ABSENT;
    write_epitaph(pool, session, sentence(pool, "is gone: " TEXT_FORMAT, TEXT_ARGUMENTS(reason)));
    if (status == MSTRO_STALE_EPOCH) /* it was silent */
        mark_cut(session);
    fact_of_session(pool, FACT_LEAVE, session);
    subscriptions_end(pool, session);
    drop_requires(pool, session); /* first, so that nothing it offers is given to itself */
    lose_offers(pool, session);
    session_end(pool, session, status, reason);
}

void session_dismiss(struct pool *pool, struct session *session, mstro_status status, struct text reason)
{
    struct text detail = sentence(pool, "the pool has ended this session: " TEXT_FORMAT, TEXT_ARGUMENTS(reason));
    struct record *record = pool->settings.shard == 0 ? answer_add(pool, session, KIND_BYE) : NULL;
    if (record)
        record->bye = (struct record_bye){ .status = status, .detail = detail };
    session_lose(pool, session, status, reason);
}

void session_fail(struct pool *pool, struct session *session)
{
    if (list_empty(&session->failed))
        list_append(&pool->failed, &session->failed);
}

void sessions_drop_failed(struct pool *pool)
{
    while (!list_empty(&pool->failed)) {
        struct session *session = list_entry(pool->failed.next, struct session, failed);
        session->mute = false; /* for the BYE, if there is memory for it */
        session_dismiss(pool, session, MSTRO_NOMEM, text_of("the pool had no memory for what it must know"));
    }
}

void sessions_evict(struct pool *pool)
{
    uint64_t lease = pool->settings.lease;
    while (lease && !list_empty(&pool->by_age)) {
        struct session *session = list_entry(pool->by_age.next, struct session, by_age);
        if (pool->now - session->heard <= lease)
            return;
        if (session->number == pool->settings.home || session->state == SESSION_ADMITTING) {
            session_heard(pool, session); /* it lives as long as we do; it waits for us */
            continue;
        }
        session_dismiss(pool, session, MSTRO_STALE_EPOCH,
                        sentence(pool, "silent for %" PRIu64 " ms", (pool->now - session->heard) / NANOSECONDS_PER_MILLISECOND));
    }
}

uint64_t sessions_deadline(const struct pool *pool)
{
    uint64_t lease = pool->settings.lease;
    const struct list *first = pool->by_age.next, *last = pool->by_age.previous;
    if (!lease || list_empty(&pool->by_age))
        return NO_DEADLINE;
    if (first == last && list_entry(first, const struct session, by_age)->number == pool->settings.home)
        return NO_DEADLINE;
    uint64_t over = list_entry(pool->by_age.next, struct session, by_age)->heard + lease + 1;
    uint64_t look = pool->now + lease / 8; /* often enough to tell an idle pool from one that was stopped */
    return over < look ? over : look;
}

void sessions_excuse(struct pool *pool, uint64_t pause)
{
    list_each(link, &pool->by_age)
        list_entry(link, struct session, by_age)->heard += pause;
}
