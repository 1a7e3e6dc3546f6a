/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/subscription.h"

#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/hold.h"
#include "lib/query/selector.h"

enum { ABOUT_APPLICATIONS = MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
                            MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE };

struct subscription_key { const struct session *session; uint64_t number; };

static bool subscription_matches(const struct map_link *link, const void *key)
{
    const struct subscription *subscription = map_entry(link, const struct subscription, by_number);
    const struct subscription_key *wanted = key;
    return subscription->session == wanted->session && subscription->number == wanted->number;
}

struct subscription *subscription_find(const struct pool *pool, const struct session *session, uint64_t number)
{
    struct subscription_key key = { session, number };
    struct map_link *link = map_find(&pool->subscriptions, hash_mix(session->number, number), subscription_matches, &key);
    return link ? map_entry(link, struct subscription, by_number) : NULL;
}

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

static struct subscription *subscription_make(struct pool *pool, struct session *session, const struct record_subscribe *asked)
{
    struct subscription *subscription = memory_take(pool, sizeof *subscription);
    if (!subscription)
        return NULL;
    subscription->session = session;
    subscription->number = asked->subscription;
    subscription->kinds = asked->kinds;
    subscription->options = asked->options;
    list_init(&subscription->telling);
    list_init(&subscription->awaited);
    return subscription;
}

static void subscription_enter(struct pool *pool, struct subscription *subscription)
{
    map_insert(&pool->subscriptions, &subscription->by_number, hash_mix(subscription->session->number, subscription->number));
    list_append(&subscription->session->subscriptions, &subscription->of_session);
    index_add(pool, subscription);
    want(pool, subscription, 1);
}

static void subscription_end(struct pool *pool, struct subscription *subscription)
{
    want(pool, subscription, -1);
    map_remove(&pool->subscriptions, &subscription->by_number);
    index_remove(pool, subscription);
    list_remove(&subscription->of_session);
    list_remove(&subscription->telling);
    hold_forgive(pool, subscription);
    queue_release(pool, subscription);
    selector_destroy(subscription->selector);
    memory_give(pool, subscription, sizeof *subscription);
}

static bool subscribe_is_possible(struct pool *pool, struct session *session, const struct record_subscribe *asked)
{
    if (asked->subscription == 0 || subscription_find(pool, session, asked->subscription))
        answer_refused(pool, session, asked->op, MSTRO_INVMSG, "%" PRIu64 " is not the number of a new subscription", asked->subscription);
    else if (asked->kinds == 0)
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "a subscription to no kind of event");
    else if (!memory_allows(pool, sizeof(struct subscription) + asked->selector.length))
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "the pool's memory budget of %" PRIu64 " bytes is used up",
                       pool->settings.memory_budget);
    else
        return true;
    return false;
}

void serve_subscribe(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_subscribe *asked = &record->subscribe;
    struct selector *selector = NULL;
    if (!subscribe_is_possible(pool, session, asked))
        return;
    mstro_status status = asked->selector.length ? selector_decode(asked->selector, &selector) : MSTRO_OK;
    if (status != MSTRO_OK) {
        answer_refused(pool, session, asked->op, status, "the pool does not understand the selector: %s", mstro_error_detail());
        return;
    }
    struct subscription *subscription = subscription_make(pool, session, asked);
    if (!subscription) {
        selector_destroy(selector);
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory for one more subscription");
        return;
    }
    subscription->selector = selector;
    fact_of_session(pool, FACT_SUBSCRIBE, session);
    subscription_enter(pool, subscription);
    answer_done(pool, session, asked->op);
}

void serve_unsubscribe(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_unsubscribe *asked = &record->unsubscribe;
    struct subscription *subscription = subscription_find(pool, session, asked->subscription);
    if (!subscription) {
        answer_refused(pool, session, asked->op, MSTRO_NOENT, "subscription %" PRIu64 " is not known", asked->subscription);
        return;
    }
    subscription_end(pool, subscription);
    fact_of_session(pool, FACT_UNSUBSCRIBE, session);
    answer_done(pool, session, asked->op);
}

void serve_seen(struct pool *pool, struct session *session, const struct record *record)
{
    struct subscription *subscription = subscription_find(pool, session, record->seen.subscription);
    if (subscription)
        queue_seen(pool, subscription, record->seen.serial);
}

void subscriptions_end(struct pool *pool, struct session *session)
{
    list_each(link, &session->subscriptions)
        subscription_end(pool, list_entry(link, struct subscription, of_session));
}

/* What is to be told, and to whom. */
struct telling {
    const struct fact *fact;
    const struct fact_of *of;
    struct query_subject subject;
    uint32_t event;
    enum tell whom;
};

static enum selector_answer matches(const struct subscription *subscription, const struct telling *telling)
{
    if (!(subscription->kinds & telling->event))
        return SELECTOR_NO;
    if ((subscription->options & MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS) && telling->of->session == subscription->session)
        return SELECTOR_NO;
    if (!subscription->selector || (telling->event & ABOUT_APPLICATIONS))
        return SELECTOR_YES;
    return selector_matches(subscription->selector, &telling->subject);
}

static void tell(struct pool *pool, struct subscription *subscription, const struct telling *telling, bool may_hold)
{
    const struct fact_of *of = telling->of;
    if (!queue_put(pool, subscription, telling->fact, of->session->component, telling->event))
        return;
    bool wants_ack = (subscription->options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK) && !subscription->late;
    if (wants_ack && may_hold && of->op)
        hold_await(pool, of->session, of->op, subscription, telling->fact->serial);
}

static void consider(struct pool *pool, struct subscription *subscription, void *context)
{
    const struct telling *telling = context;
    bool before = subscription->options & MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, in_time = before == (telling->whom == TELL_BEFORE);
    if (!in_time && telling->whom != TELL_ALL)
        return;
    enum selector_answer answer = matches(subscription, telling);
    if (answer == SELECTOR_YES)
        tell(pool, subscription, telling, in_time);
    else if (answer == SELECTOR_TOO_EXPENSIVE)
        queue_skip(subscription, telling->fact->serial); /* whether it matches is not known: a gap */
}

struct announcement { struct pool *pool; struct telling *telling; };

static void consider_each(struct map_link *link, void *context)
{
    const struct announcement *all = context;
    consider(all->pool, map_entry(link, struct subscription, by_number), all->telling);
}

void subscriptions_tell(struct pool *pool, const struct fact *fact, const struct fact_of *of, enum tell whom)
{
    struct telling telling = { .fact = fact, .of = of, .event = fact_event(fact->kind), .whom = whom };
    telling.subject = (struct query_subject){ .name = seal_name(fact->sealed), .component = seal_name(of->session->component),
                                              .size = fact->size, .block = seal_rest(fact->sealed) };
    struct announcement all = { pool, &telling };
    if (telling.event & ABOUT_APPLICATIONS) /* whatever the selectors say */
        map_each(&pool->subscriptions, consider_each, &all);
    else
        index_visit(pool, &telling.subject, consider, &telling);
}
