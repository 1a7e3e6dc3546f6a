/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/subscription.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/pool/answer.h"
#include "lib/pool/hold.h"
#include "lib/pool/index.h"
#include "lib/query/selector.h"

/* What one subscriber may ask for; events and bytes that it does not name are bounded by the pool's window and QUEUE_BYTES. */
enum { MOST_EVENTS = 1 << 20, MOST_BYTES = 64 * 1024 * 1024, QUEUE_BYTES = 1024 * 1024 };

/* ---- names ---- */

static bool name_matches(const struct map_link *link, const void *key)
{
    return text_equal(seal_name(map_entry(link, const struct subscription_extra, by_name)->name), *(const struct text *)key);
}

static struct subscription *subscription_named(const struct pool *pool, struct text name)
{
    struct map_link *link = name.length ? map_find(&pool->names, hash_text(0, name), name_matches, &name) : NULL;
    return link ? map_entry(link, struct subscription_extra, by_name)->subscription : NULL;
}

/* ---- making and ending ---- */

/* Which kinds does anybody want to be told of?  Counted, so that the end of one subscription costs nothing. */
static void want(struct pool *pool, const struct subscription *subscription, int more)
{
    bool before = subscription->options & MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE;
    uint32_t *wanted = before ? &pool->wanted_before : &pool->wanted, *count = before ? pool->wanting_before : pool->wanting;
    for (uint32_t bit = 0; bit < 32; bit++)
        if (subscription->kinds & UINT32_C(1) << bit) {
            count[bit] += (uint32_t)more;
            *wanted = count[bit] ? *wanted | UINT32_C(1) << bit : *wanted & ~(UINT32_C(1) << bit);
        }
}

static void extra_free(struct pool *pool, struct subscription_extra *extra)
{
    if (!extra)
        return;
    seal_release(pool, extra->name);
    seal_release(pool, extra->attributes);
    memory_give(pool, extra, sizeof *extra);
}

/* The keys one behind the other, each with its NUL. */
static struct seal *seal_keys(struct pool *pool, const struct record_subscribe *asked)
{
    size_t length = 0, at = 0;
    for (uint32_t i = 0; i < asked->attributes.count; i++)
        length += asked->attributes.at[i].key.length + 1;
    char *keys = arena_take(&pool->out->arena, length);
    if (!keys)
        return NULL;
    for (uint32_t i = 0; i < asked->attributes.count; i++) {
        struct text key = asked->attributes.at[i].key;
        if (key.length)
            memcpy(keys + at, key.at, key.length);
        keys[at + key.length] = '\0';
        at += key.length + 1;
    }
    return seal_make(pool, (struct text){ 0 }, bytes_of(keys, length));
}

/* False when memory is short. */
static bool extra_make(struct pool *pool, struct subscription *subscription, const struct record_subscribe *asked)
{
    if (asked->name.length == 0 && asked->attributes.count == 0)
        return true;
    struct subscription_extra *extra = memory_take(pool, sizeof *extra);
    if (!extra)
        return false;
    extra->subscription = subscription;
    extra->name = asked->name.length ? seal_make(pool, asked->name, (struct bytes){ 0 }) : NULL;
    extra->attributes = asked->attributes.count ? seal_keys(pool, asked) : NULL;
    if ((asked->name.length && !extra->name) || (asked->attributes.count && !extra->attributes)) {
        extra_free(pool, extra);
        return false;
    }
    subscription->extra = extra;
    return true;
}

static uint64_t or_default(uint64_t asked, uint64_t otherwise) { return asked ? asked : otherwise; }

static void subscription_fill(const struct pool *pool, struct subscription *subscription, const struct record_subscribe *asked)
{
    subscription->kinds = asked->kinds;
    subscription->options = (uint8_t)asked->options;
    subscription->flags = asked->flags;
    subscription->when_full = asked->when_full;
    subscription->when_late = asked->when_late;
    subscription->max_events = or_default(asked->max_events, pool->settings.event_window);
    subscription->max_bytes = or_default(asked->max_bytes, QUEUE_BYTES);
    subscription->hold_time = or_default(asked->hold_time, pool->settings.ack_timeout);
    list_init(&subscription->consumers);
    list_init(&subscription->telling);
    list_init(&subscription->ending);
    list_init(&subscription->awaited);
    list_init(&subscription->queue.waiting);
}

/* It is in no index or map; 'selector' becomes its own. */
static struct subscription *subscription_make(struct pool *pool, const struct record_subscribe *asked, struct selector *selector)
{
    struct subscription *subscription = memory_take(pool, sizeof *subscription);
    if (!subscription)
        return NULL;
    subscription->number = ++pool->last_subscription;
    subscription_fill(pool, subscription, asked);
    if (!extra_make(pool, subscription, asked)) {
        memory_give(pool, subscription, sizeof *subscription);
        return NULL;
    }
    subscription->selector = selector;
    pool->memory += selector_memory(selector);
    return subscription;
}

static void subscription_free(struct pool *pool, struct subscription *subscription)
{
    queue_release(pool, subscription);
    list_remove(&subscription->telling);
    list_remove(&subscription->ending);
    pool->memory -= selector_memory(subscription->selector);
    selector_destroy(subscription->selector);
    extra_free(pool, subscription->extra);
    memory_give(pool, subscription, sizeof *subscription);
}

static void subscription_enter(struct pool *pool, struct subscription *subscription)
{
    struct subscription_extra *extra = subscription->extra;
    if (extra && extra->name)
        map_insert(&pool->names, &extra->by_name, hash_text(0, seal_name(extra->name)));
    index_add(pool, subscription);
    want(pool, subscription, 1);
}

void subscription_close(struct pool *pool, struct subscription *subscription)
{
    struct subscription_extra *extra = subscription->extra;
    while (!list_empty(&subscription->consumers))
        consumer_end(pool, list_entry(subscription->consumers.next, struct consumer, of_subscription));
    hold_forgive(pool, subscription);
    want(pool, subscription, -1);
    index_remove(pool, subscription);
    if (extra && extra->name)
        map_remove(&pool->names, &extra->by_name);
    subscription_free(pool, subscription);
}

/* ---- SUBSCRIBE ---- */

static const char *what_is_wrong(const struct record_subscribe *asked)
{
    bool named = asked->name.length > 0, shared = asked->flags & SUBSCRIBE_SHARED;
    if (asked->kinds == 0)
        return "to no kind of event";
    if (named != (asked->flags != 0) || asked->flags > (SUBSCRIBE_DURABLE | SUBSCRIBE_SHARED))
        return "has a name exactly if it is durable or shared";
    if (shared && (asked->options & MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS))
        return "that is shared has no local events to leave out";
    if (asked->when_full > MSTRO_SUBSCRIPTION_FULL_END || asked->when_late > MSTRO_SUBSCRIPTION_LATE_END ||
        asked->start > MSTRO_SUBSCRIPTION_START_STANDING)
        return "on terms that this pool does not know";
    return NULL;
}

static bool is_within_limits(struct pool *pool, struct session *session, const struct record_subscribe *asked)
{
    const struct pool_settings *settings = &pool->settings;
    if (settings->subscriptions && session->subscribed >= settings->subscriptions)
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "this application has %" PRIu32 " subscriptions: no more are granted", session->subscribed);
    else if (settings->subscriptions && asked->name.length && pool->names.count >= settings->subscriptions && !subscription_named(pool, asked->name))
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "this pool has %zu names of subscriptions: no more are granted, forget one", pool->names.count);
    else if (asked->max_events > MOST_EVENTS || asked->max_bytes > MOST_BYTES)
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "a queue of more than %d events or %d bytes is not granted", MOST_EVENTS, MOST_BYTES);
    else if (asked->hold_time > settings->ack_timeout)
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "operations wait for a subscriber for %" PRIu64 " ms at most: the pool's ack timeout",
                       settings->ack_timeout / NANOSECONDS_PER_MILLISECOND);
    else if (!memory_allows(pool, sizeof(struct subscription) + sizeof(struct consumer) + asked->selector.length))
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "the pool's memory budget of %" PRIu64 " bytes is used up", settings->memory_budget);
    else
        return true;
    return false;
}

static bool subscribe_is_possible(struct pool *pool, struct session *session, const struct record_subscribe *asked)
{
    const char *wrong = what_is_wrong(asked);
    if (asked->subscription == 0 || consumer_find(pool, session, asked->subscription))
        answer_refused(pool, session, asked->op, MSTRO_INVMSG, "%" PRIu64 " is not the number of a new subscription", asked->subscription);
    else if (wrong)
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "a subscription %s", wrong);
    else
        return is_within_limits(pool, session, asked);
    return false;
}

/* Up to where who takes from it now has been told all: what waits comes behind it. */
static uint64_t position_of(const struct pool *pool, const struct consumer *consumer)
{
    const struct subscription *subscription = consumer->subscription;
    const struct queue *queue = &subscription->queue;
    uint64_t next = facts_newest(pool) + SLOT_COUNT;
    if (!list_empty(&queue->waiting)) {
        const struct told *first = list_entry(queue->waiting.next, struct told, link);
        next = first->event == MSTRO_POOL_EVENT_OVERFLOW ? first->fact.time : first->fact.serial;
    } else if (queue->gap_count)
        next = queue->gap_first;
    return consumer->made || subscription->replays ? subscription->position : fact_serial(pool, fact_counter(next) - 1);
}

/* What the subscriber has been told when it has been told nothing yet.  Before the answer: who has that may ask for it. */
static void say_position(struct pool *pool, struct consumer *consumer)
{
    struct record *record = answer_add(pool, consumer->session, KIND_EVENTS);
    if (record)
        record->events = (struct record_events){ .subscription = consumer->number, .position = position_of(pool, consumer) };
}

/* What the first shard says, and the others are told, of who is granted a name: a higher number than before, or, where several may have
 * it, that with which it has begun.  0: nothing. */
static uint64_t grant(const struct pool *pool, struct consumer *consumer, const struct record_subscribe *asked)
{
    struct subscription *subscription = consumer->subscription;
    if (asked->name.length == 0 || pool->settings.shards == 1)
        return 0;
    if (pool->settings.shard != 0 && asked->granted > subscription->extra->granted)
        subscription->extra->granted = asked->granted;
    if (pool->settings.shard != 0)
        return 0;
    if (consumer->made || !(subscription->flags & SUBSCRIBE_SHARED))
        subscription->extra->granted = facts_newest(pool);
    return subscription->extra->granted;
}

static void subscribed(struct pool *pool, struct consumer *consumer, const struct record_subscribe *asked)
{
    uint64_t granted = grant(pool, consumer, asked);
    say_position(pool, consumer);
    answer_ack(pool, consumer->session, asked->op, MSTRO_OK, 0, granted, (struct text){ 0 });
    tell_soon(pool, consumer->subscription); /* there may be something already */
}

static bool bytes_are_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* Who else has a name that only one can have, NULL: nobody.  Shard 0 says who gets it; in another shard it may be that the end of the one
 * before has not come there yet, or that it is his SUBSCRIBE which comes only now. */
static struct consumer *other_consumer(struct pool *pool, struct subscription *known, uint64_t granted)
{
    if ((known->flags & SUBSCRIBE_SHARED) || list_empty(&known->consumers))
        return NULL;
    struct consumer *other = list_entry(known->consumers.next, struct consumer, of_subscription);
    if (pool->settings.shard == 0 || granted < known->extra->granted)
        return other;
    consumer_end(pool, other);
    return NULL;
}

static bool asks_for_the_same(const struct subscription *subscription, const struct record_subscribe *asked)
{
    struct bytes selector = subscription->selector ? selector_bytes(subscription->selector) : (struct bytes){ 0 };
    return subscription->kinds == asked->kinds && subscription->options == asked->options && subscription->flags == asked->flags &&
           bytes_are_equal(selector, asked->selector);
}

/* The first shard has ended it and granted the name anew: whoever has it here yet need not be told so, and shall not end the new one. */
static bool is_over(const struct pool *pool, const struct subscription *known, const struct record_subscribe *asked)
{
    return pool->settings.shard != 0 && asked->granted > known->extra->granted && ((known->flags & SUBSCRIBE_SHARED) || !asks_for_the_same(known, asked));
}

/* A name that is there: take from what waits under it. */
static void subscribe_to_known(struct pool *pool, struct session *session, const struct record_subscribe *asked, struct subscription *known)
{
    if (pool->settings.shard != 0 && (known->flags & SUBSCRIBE_SHARED) && asked->granted < known->extra->granted) {
        answer_refused(pool, session, asked->op, MSTRO_CONFLICT, "the subscription " TEXT_FORMAT " has been ended, and begun anew by others, since "
                       "it was asked for: ask for it again", TEXT_ARGUMENTS(text_cut(asked->name)));
        return;
    }
    if (!asks_for_the_same(known, asked)) {
        answer_refused(pool, session, asked->op, MSTRO_CONFLICT, "the subscription " TEXT_FORMAT " is of other kinds, options or another selector: "
                       "end it first, or choose another name", TEXT_ARGUMENTS(text_cut(asked->name)));
        return;
    }
    const struct consumer *other = other_consumer(pool, known, asked->granted);
    if (other) {
        answer_refused(pool, session, asked->op, MSTRO_CONFLICT, "the subscription " TEXT_FORMAT " is that of " TEXT_FORMAT " at present, and not shared",
                       TEXT_ARGUMENTS(text_cut(asked->name)), TEXT_ARGUMENTS(who_is(pool, other->session)));
        return;
    }
    struct consumer *consumer = consumer_make(pool, session, known, asked->subscription);
    if (!consumer) {
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory for one more subscription");
        return;
    }
    fact_of_session(pool, FACT_SUBSCRIBE, session);
    subscribed(pool, consumer, asked);
}

/* MSTRO_OK: it is there, as if from before this call; its SUBSCRIBE is a fact. */
static mstro_status subscription_begin(struct pool *pool, struct session *session, const struct record_subscribe *asked, struct consumer **result)
{
    struct selector *selector = NULL;
    mstro_status status = asked->selector.length ? selector_decode(asked->selector, &selector) : MSTRO_OK;
    if (status != MSTRO_OK)
        return status;
    struct subscription *subscription = subscription_make(pool, asked, selector);
    if (!subscription) {
        selector_destroy(selector);
        return MSTRO_NOMEM;
    }
    *result = consumer_make(pool, session, subscription, asked->subscription);
    status = *result ? replay_begin(pool, subscription, asked) : MSTRO_NOMEM;
    if (status == MSTRO_OK)
        return MSTRO_OK;
    if (*result)
        consumer_end(pool, *result);
    subscription_free(pool, subscription);
    return status;
}

static void refuse(struct pool *pool, struct session *session, uint64_t op, mstro_status status)
{
    if (status == MSTRO_NOMEM)
        answer_refused(pool, session, op, status, "the pool has no memory for one more subscription");
    else if (status == MSTRO_STALE_EPOCH)
        answer_refused(pool, session, op, status, "this pool has not come so far yet: the position is of another pool, or of another run of it");
    else if (status == MSTRO_TOO_EXPENSIVE)
        answer_refused(pool, session, op, status, "the selector takes more than %d steps on an object that is offered", SELECTOR_STEPS_MAX);
    else if (status == MSTRO_QUOTA)
        answer_refused(pool, session, op, status, "the pool's memory budget does not allow to tell all that is offered");
    else
        answer_refused(pool, session, op, status, "the pool does not understand the selector: %s", mstro_error_detail());
}

void serve_subscribe(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_subscribe *asked = &record->subscribe;
    struct consumer *consumer = NULL;
    if (!subscribe_is_possible(pool, session, asked))
        return;
    struct subscription *known = subscription_named(pool, asked->name);
    if (known && is_over(pool, known, asked)) {
        subscription_close(pool, known);
        known = NULL;
    }
    if (known) {
        subscribe_to_known(pool, session, asked, known);
        return;
    }
    mstro_status status = subscription_begin(pool, session, asked, &consumer);
    if (status != MSTRO_OK) {
        refuse(pool, session, asked->op, status);
        return;
    }
    consumer->made = true;
    fact_of_session(pool, FACT_SUBSCRIBE, session);
    replay_begun(pool, consumer->subscription, asked);
    subscription_enter(pool, consumer->subscription);
    subscribed(pool, consumer, asked);
}

/* ---- the end ---- */

/* Who leaves takes the subscription along, unless its name stays or others have it. */
static void leave(struct pool *pool, struct consumer *consumer, bool unmake)
{
    struct subscription *subscription = consumer->subscription;
    bool stays = (subscription->flags & SUBSCRIBE_DURABLE) && !(unmake && consumer->made);
    consumer_end(pool, consumer);
    if (list_empty(&subscription->consumers) && !stays)
        subscription_close(pool, subscription);
}

static void say_end(struct pool *pool, struct subscription *subscription, mstro_status status, struct text detail)
{
    list_each(link, &subscription->consumers) {
        struct consumer *consumer = list_entry(link, struct consumer, of_subscription);
        struct record *record = answer_add(pool, consumer->session, KIND_SUBSCRIPTION_END);
        if (record)
            record->subscription_end = (struct record_subscription_end){ .subscription = consumer->number, .status = status, .detail = detail };
    }
}

void serve_unsubscribe(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_unsubscribe *asked = &record->unsubscribe;
    struct consumer *consumer = consumer_find(pool, session, asked->subscription);
    if (!consumer) {
        answer_refused(pool, session, asked->op, MSTRO_NOENT, "subscription %" PRIu64 " is not known", asked->subscription);
        return;
    }
    if (asked->forget == FORGET_NAME) {
        struct subscription *subscription = consumer->subscription;
        consumer_end(pool, consumer);
        say_end(pool, subscription, MSTRO_CANCELLED, sentence(pool, TEXT_FORMAT " has ended this subscription", TEXT_ARGUMENTS(who_is(pool, session))));
        subscription_close(pool, subscription);
    } else
        leave(pool, consumer, asked->forget == FORGET_MADE);
    fact_of_session(pool, FACT_UNSUBSCRIBE, session);
    answer_done(pool, session, asked->op);
}

void subscriptions_end(struct pool *pool, struct session *session)
{
    while (!list_empty(&session->subscriptions))
        leave(pool, list_entry(session->subscriptions.next, struct consumer, of_session), false);
}

static void forget_durable(struct map_link *link, void *context)
{
    subscription_close(context, map_entry(link, struct subscription_extra, by_name)->subscription);
}

void subscriptions_forget_durable(struct pool *pool)
{
    if (pool->names.bucket)
        map_each(&pool->names, forget_durable, pool);
}

void subscription_close_soon(struct pool *pool, struct subscription *subscription, mstro_status status, struct text reason)
{
    if (!list_empty(&subscription->ending))
        return;
    subscription->end = status;
    subscription->end_reason = reason;
    subscription->replays = false;
    list_append(&pool->ending, &subscription->ending);
}

void subscriptions_end_soon(struct pool *pool)
{
    while (!list_empty(&pool->ending)) {
        struct subscription *subscription = list_entry(pool->ending.next, struct subscription, ending);
        queue_linger_no_more(pool, subscription);
        say_end(pool, subscription, subscription->end, subscription->end_reason);
        subscription_close(pool, subscription);
    }
}
