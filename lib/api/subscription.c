/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription.c - being told what happens in the pool */
#include "maestro/subscription.h"

#include <string.h>

#include "lib/api/cursor.h"
#include "lib/api/process.h"
#include "lib/api/selector.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"
#include "lib/base/hash.h"
#include "lib/base/utf8.h"

#define ALL_KINDS ((MSTRO_POOL_EVENT_GROUP_LOST << 1) - 1)
enum { MAX_WANTED = 64 }; /* attributes: the limit of a SUBSCRIBE */

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

static mstro_status check_kinds(uint32_t kinds, uint32_t options)
{
    if (!kinds || (kinds & ~(uint32_t)ALL_KINDS))
        return detail_set(MSTRO_INVARG, "subscribe: 0x%x is no set of event kinds", (unsigned)kinds);
    if (options & ~(uint32_t)ALL_OPTIONS)
        return detail_set(MSTRO_INVARG, "subscribe: 0x%x is no set of options", (unsigned)options);
    return MSTRO_OK;
}

static mstro_status fill_selector(struct record_subscribe *r, mstro_cdo_selector selector)
{
    if (selector)
        r->selector = selector_bytes(selector_of_handle(selector));
    if (r->selector.length > MAX_SELECTOR)
        return detail_set(MSTRO_TOO_EXPENSIVE, "subscribe: the selector has %zu bytes when compiled, %d are allowed", r->selector.length,
                          MAX_SELECTOR);
    return MSTRO_OK;
}

/* What a SUBSCRIBE shows that is made for the length of a call. */
struct subscribe_room { struct record_key key[MAX_WANTED]; struct record_position position[SLOT_COUNT]; };

static mstro_status check_wanted(struct text key)
{
    const struct schema *schema = process_schema();
    const struct schema_entry *entry = schema_find(schema, key);
    if (entry && entry->local)
        return detail_set(MSTRO_INVARG, "subscribe: '" TEXT_FORMAT "' does not travel: no event can carry it", TEXT_ARGUMENTS(key));
    return entry || schema_drops_unknown(schema) ? MSTRO_OK : schema_has_not(schema, key);
}

static mstro_status fill_attributes(struct record_subscribe *r, const struct mstro_subscription_terms *terms, struct record_key *key)
{
    if (terms->attribute_count > MAX_WANTED)
        return detail_set(MSTRO_INVARG, "subscribe: %zu attributes are asked for, %d are allowed", terms->attribute_count, MAX_WANTED);
    if (terms->attribute_count && !terms->attributes)
        return detail_set(MSTRO_INVARG, "subscribe: the list of attributes is NULL");
    for (size_t i = 0; i < terms->attribute_count; i++) {
        const char *wanted = terms->attributes[i];
        if (!wanted || !*wanted || strlen(wanted) > MAX_KEY)
            return detail_set(MSTRO_INVARG, "subscribe: attribute %zu of those asked for is none", i);
        mstro_status s = check_wanted(text_of(wanted));
        if (s != MSTRO_OK)
            return s;
        key[i].key = text_of(wanted);
    }
    r->attributes.at = key;
    r->attributes.count = (uint32_t)terms->attribute_count;
    return MSTRO_OK;
}

static mstro_status fill_name(struct record_subscribe *r, const struct mstro_subscription_terms *terms)
{
    size_t length = terms->name ? strlen(terms->name) : 0;
    if (length > MAX_SUBSCRIPTION_NAME || (terms->name && (length == 0 || !text_is_utf8(text_of(terms->name)))))
        return detail_set(MSTRO_INVARG, "subscribe: a name has 1 to %d bytes of UTF-8", MAX_SUBSCRIPTION_NAME);
    if ((length > 0) != (terms->durable || terms->shared))
        return detail_set(MSTRO_INVARG, "subscribe: a subscription has a name exactly if it is durable or shared");
    r->name = (struct text){ terms->name, length };
    r->flags = (terms->durable ? SUBSCRIBE_DURABLE : 0) | (terms->shared ? SUBSCRIBE_SHARED : 0);
    return MSTRO_OK;
}

static mstro_status fill_start(struct record_subscribe *r, const struct mstro_subscription_terms *terms, struct record_position *position)
{
    struct client_membership here = session_membership(process_session());
    size_t count = 0;
    r->start = (uint8_t)terms->start;
    r->since = terms->start == MSTRO_SUBSCRIPTION_START_AGE ? terms->age : terms->serial;
    if (terms->start != MSTRO_SUBSCRIPTION_START_CURSOR)
        return MSTRO_OK;
    uint64_t serial[SLOT_COUNT];
    mstro_status s = cursor_read(terms->cursor, here.pool, here.epoch, serial, SLOT_COUNT, &count);
    for (size_t i = 0; i < count; i++)
        position[i].serial = serial[i];
    r->positions.at = position;
    r->positions.count = (uint32_t)count;
    return s;
}

static mstro_status fill_terms(struct record_subscribe *r, const struct mstro_subscription_terms *terms, struct subscribe_room *room)
{
    if ((unsigned)terms->when_full > MSTRO_SUBSCRIPTION_FULL_END || (unsigned)terms->when_late > MSTRO_SUBSCRIPTION_LATE_END ||
        (unsigned)terms->start > MSTRO_SUBSCRIPTION_START_STANDING)
        return detail_set(MSTRO_INVARG, "subscribe: when_full, when_late or start has a value that is none of theirs");
    r->max_events = terms->max_events;
    r->max_bytes = terms->max_bytes;
    r->hold_time = terms->hold_time;
    r->when_full = (uint8_t)terms->when_full;
    r->when_late = (uint8_t)terms->when_late;
    mstro_status s = fill_attributes(r, terms, room->key);
    if (s == MSTRO_OK)
        s = fill_name(r, terms);
    return s == MSTRO_OK ? fill_start(r, terms, room->position) : s;
}

static mstro_status begin(struct record *r, mstro_subscription *result)
{
    struct mstro_subscription_ *sub;
    mstro_status s = subscription_create(&sub, session_number(process_session()));
    if (s != MSTRO_OK)
        return s;
    process_add_subscription(sub);
    r->subscribe.subscription = sub->number;
    s = run(r, sub);
    if (s == MSTRO_OK)
        *result = sub;
    else {
        process_remove_subscription(sub);
        subscription_destroy(sub);
    }
    return s;
}

static mstro_status subscribe(mstro_cdo_selector selector, uint32_t kinds, uint32_t options, const struct mstro_subscription_terms *terms,
                              mstro_subscription *result)
{
    struct record r = { .kind = KIND_SUBSCRIBE, .subscribe = { .kinds = kinds, .options = options } };
    struct subscribe_room room;
    mstro_status s = check_kinds(kinds, options);
    if (s == MSTRO_OK)
        s = fill_selector(&r.subscribe, selector);
    if (s == MSTRO_OK && terms)
        s = fill_terms(&r.subscribe, terms, &room);
    return s == MSTRO_OK ? begin(&r, result) : s;
}

API mstro_status mstro_subscribe_with(mstro_cdo_selector s, mstro_pool_event_kind kinds, enum mstro_subscription_opts opts,
                                      const struct mstro_subscription_terms *terms, mstro_subscription *result)
{
    if (!result)
        return detail_set(MSTRO_INVOUT, "subscribe: no place for the subscription");
    *result = NULL;
    mstro_status status = process_enter();
    if (status != MSTRO_OK)
        return status;
    status = subscribe(s, kinds, opts, terms, result);
    process_leave();
    return status;
}

API mstro_status mstro_subscribe(mstro_cdo_selector s, mstro_pool_event_kind kinds, enum mstro_subscription_opts opts, mstro_subscription *result)
{
    return mstro_subscribe_with(s, kinds, opts, NULL, result);
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

static mstro_status dispose(mstro_subscription sub, uint8_t forget)
{
    if (!sub)
        return MSTRO_OK;
    mstro_status s = take(sub);
    if (s != MSTRO_OK)
        return s;
    struct record r = { .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = sub->number, .forget = forget } };
    run(&r, sub); /* whatever the pool says: the subscription is gone */
    process_remove_subscription(sub);
    subscription_destroy(sub);
    process_leave();
    return MSTRO_OK;
}

API mstro_status mstro_subscription_dispose(mstro_subscription sub) { return dispose(sub, FORGET_NOTHING); }
API mstro_status mstro_subscription_forget(mstro_subscription sub) { return dispose(sub, FORGET_NAME); }

API mstro_status mstro_subscription_cursor(mstro_subscription sub, char **text)
{
    uint64_t serial[SLOT_COUNT];
    if (!text)
        return detail_set(MSTRO_INVOUT, "no place for the cursor");
    *text = NULL;
    mstro_status s = take(sub);
    if (s != MSTRO_OK)
        return s;
    struct client_membership here = session_membership(process_session());
    size_t count = subscription_cursor(sub, serial, SLOT_COUNT);
    *text = cursor_write(here.pool, here.epoch, serial, count);
    return give_back(sub, *text ? MSTRO_OK : detail_set(MSTRO_NOMEM, "not enough memory for a cursor"));
}

/* ---- events ---- */

/* Why nothing more will come, or MSTRO_OK. */
static mstro_status end_of_events(mstro_subscription sub)
{
    mstro_status ended = subscription_status(sub);
    if (ended != MSTRO_OK)
        return ended;
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
        mstro_status s = end_of_events(sub);
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
    *event = subscription_take(sub, process_session());
    if (!*event) {
        session_drive(process_session());
        *event = subscription_take(sub, process_session());
    }
    return give_back(sub, *event ? MSTRO_OK : end_of_events(sub));
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

API mstro_status mstro_pool_event_attribute_get(mstro_pool_event event, const char *key, enum mstro_cdo_attr_value_type *type, const void **val)
{
    if (!val)
        return detail_set(MSTRO_INVOUT, "no place for the value");
    *val = NULL;
    if (!event || !key)
        return detail_set(MSTRO_INVARG, "%s is NULL", event ? "the key" : "the event");
    return event_attribute(event, key, type, val);
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
