/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.c - being told what happens in the pool */
#include "maestro/subscription.h"

#include "lib/api/process.h"
#include "lib/api/selector.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"

#define ALL_KINDS ((MSTRO_POOL_EVENT_GROUP_LOST << 1) - 1)
#define ALL_OPTIONS (MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE | MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS)

/* ---- begin and end ---- */

static mstro_status run(struct record *r, struct mstro_subscription_ *sub)
{
    struct session *session = process_session();
    struct mstro_request_ request;
    request_init(&request, r, NULL);
    request.object = sub;
    session_start(session, &request);
    bool late = !session_wait(session, &request.done, process_pool_deadline());
    if (late) {
        session_cancel(session, &request);
        session_wait(session, &request.done, NO_DEADLINE);
    }
    mstro_status s = request.status;
    if (late && s == MSTRO_CANCELLED && !process_ends())
        s = detail_set(MSTRO_TIMEOUT, "the pool manager did not answer in time: it stands still, or cannot be reached");
    else if (s != MSTRO_OK)
        detail_set(s, "%s", request.detail ? request.detail : "");
    request_release(&request);
    return s;
}

static mstro_status subscribe(mstro_cdo_selector selector, uint32_t kinds, uint32_t options, struct mstro_subscription_ *sub)
{
    struct record r = { .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = sub->number, .kinds = kinds, .options = options } };
    if (selector)
        r.subscribe.selector = selector_bytes(selector_of_handle(selector));
    if (r.subscribe.selector.length > MAX_SELECTOR)
        return detail_set(MSTRO_TOO_EXPENSIVE, "subscribe: the selector has %zu bytes when compiled, %d are allowed",
                          r.subscribe.selector.length, MAX_SELECTOR);
    return run(&r, sub);
}

API mstro_status mstro_subscribe(mstro_cdo_selector s, mstro_pool_event_kind kinds, enum mstro_subscription_opts opts, mstro_subscription *result)
{
    if (!result)
        return detail_set(MSTRO_INVOUT, "subscribe: no place for the subscription");
    *result = NULL;
    mstro_status status = process_enter();
    if (status != MSTRO_OK)
        return status;
    struct mstro_subscription_ *sub = NULL;
    if (!kinds || ((uint32_t)kinds & ~(uint32_t)ALL_KINDS))
        status = detail_set(MSTRO_INVARG, "subscribe: 0x%x is no set of event kinds", (unsigned)kinds);
    else if ((uint32_t)opts & ~(uint32_t)ALL_OPTIONS)
        status = detail_set(MSTRO_INVARG, "subscribe: 0x%x is no set of options", (unsigned)opts);
    else
        status = subscription_create(&sub, session_number(process_session()));
    if (status == MSTRO_OK) {
        process_add_subscription(sub);
        status = subscribe(s, kinds, opts, sub);
    }
    if (status == MSTRO_OK)
        *result = sub;
    else if (sub) {
        process_remove_subscription(sub);
        subscription_destroy(sub);
    }
    process_leave();
    return status;
}

static mstro_status take(mstro_subscription sub)
{
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    if (!sub)
        s = detail_set(MSTRO_INVARG, "the subscription is NULL");
    else if (atomic_exchange(&sub->busy, true))
        s = detail_set(MSTRO_BUSY, "another call is using this subscription");
    if (s != MSTRO_OK)
        process_leave();
    return s;
}

static mstro_status give_back(mstro_subscription sub, mstro_status s)
{
    atomic_store(&sub->busy, false);
    process_leave();
    return s;
}

API mstro_status mstro_subscription_dispose(mstro_subscription sub)
{
    if (!sub)
        return MSTRO_OK;
    mstro_status s = take(sub);
    if (s != MSTRO_OK)
        return s;
    struct record r = { .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = sub->number } };
    run(&r, sub); /* whatever the pool says: the subscription is gone */
    process_remove_subscription(sub);
    subscription_destroy(sub);
    process_leave();
    return MSTRO_OK;
}

/* ---- events ---- */

/* Why nothing more will come, or MSTRO_OK. */
static mstro_status end_of_events(void)
{
    if (process_ends())
        return detail_set(MSTRO_CANCELLED, "mstro_finalize is running");
    mstro_status s = session_status(process_session());
    return s == MSTRO_OK ? MSTRO_OK : detail_set(s, "the session with the pool has ended");
}

static mstro_status wait_for_events(mstro_subscription sub, uint64_t deadline, mstro_pool_event *event)
{
    struct session *session = process_session();
    for (;;) {
        *event = subscription_take(sub, session);
        if (*event)
            return MSTRO_OK;
        mstro_status s = end_of_events();
        if (s != MSTRO_OK)
            return s;
        if (!session_watch(session, &sub->news, deadline))
            return detail_set(MSTRO_TIMEOUT, "no event came in time");
    }
}

API mstro_status mstro_subscription_poll(mstro_subscription sub, mstro_pool_event *event)
{
    if (!event)
        return detail_set(MSTRO_INVOUT, "no place for the events");
    *event = NULL;
    mstro_status s = take(sub);
    if (s != MSTRO_OK)
        return s;
    session_drive(process_session());
    *event = subscription_take(sub, process_session());
    return give_back(sub, *event ? MSTRO_OK : end_of_events());
}

API mstro_status mstro_subscription_wait(mstro_subscription sub, mstro_pool_event *event)
{
    if (!event)
        return detail_set(MSTRO_INVOUT, "no place for the events");
    *event = NULL;
    mstro_status s = take(sub);
    return s == MSTRO_OK ? give_back(sub, wait_for_events(sub, process_deadline(), event)) : s;
}

API mstro_status mstro_subscription_timedwait(mstro_subscription sub, const struct timespec *abstime, mstro_pool_event *event)
{
    if (!event)
        return detail_set(MSTRO_INVOUT, "no place for the events");
    *event = NULL;
    if (!abstime || abstime->tv_nsec < 0 || abstime->tv_nsec >= (long)NANOSECONDS_PER_SECOND)
        return detail_set(MSTRO_INVARG, "the time to wait until is not valid");
    mstro_status s = take(sub);
    return s == MSTRO_OK ? give_back(sub, wait_for_events(sub, clock_from_wall(abstime), event)) : s;
}

API mstro_status mstro_subscription_ack(mstro_subscription sub, mstro_pool_event event)
{
    mstro_status s = take(sub);
    if (s != MSTRO_OK)
        return s;
    return give_back(sub, event ? subscription_acknowledge(sub, process_session(), event) : MSTRO_OK);
}

API mstro_status mstro_subscription_fd(mstro_subscription sub, int *fd)
{
    if (!fd)
        return detail_set(MSTRO_INVOUT, "no place for the descriptor");
    *fd = -1;
    mstro_status s = take(sub);
    return s == MSTRO_OK ? give_back(sub, subscription_bell(sub, fd)) : s;
}

API mstro_status mstro_pool_event_dispose(mstro_pool_event event)
{
    event_list_free(event);
    return MSTRO_OK;
}

API const char *mstro_pool_event_description(mstro_pool_event_kind kind)
{
    static const char *const names[] = {
        "DECLARE", "SEAL", "SEAL_GROUP", "OFFER", "REQUIRE", "RETRACT", "DEMAND", "WITHDRAW", "DISPOSE", "TRANSPORT_INIT",
        "TRANSPORT_TICKET", "TRANSPORT_COMPLETED", "APP_JOIN", "APP_WELCOME", "APP_LEAVE", "APP_BYE", "SUBSCRIBE", "UNSUBSCRIBE",
        "POOL_CHECKPOINT", "LOST", "OVERFLOW", "GROUP_LOST",
    };
    for (size_t bit = 0; bit < sizeof names / sizeof names[0]; bit++)
        if ((uint32_t)kind == UINT32_C(1) << bit)
            return names[bit];
    return "?";
}
