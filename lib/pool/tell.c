/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/hold.h"
#include "lib/pool/index.h"
#include "lib/pool/subscription.h"
#include "lib/query/selector.h"

enum { ABOUT_APPLICATIONS = INDEX_OF_APPLICATIONS };

/* What is to be told, and to whom. */
struct telling {
    const struct fact *fact;
    const struct fact_of *of;
    struct query_subject subject;
    uint32_t event;
    enum tell whom;
};

static struct query_subject subject_of(const struct fact *fact)
{
    return (struct query_subject){ .name = seal_name(fact->sealed), .component = fact->by ? seal_name(fact->by->component) : (struct text){ 0 },
                                   .size = fact->size, .block = seal_rest(fact->sealed) };
}

/* Has the process that has the subscription done it itself? */
static bool is_local(const struct subscription *subscription, const struct fact *fact)
{
    if (list_empty(&subscription->consumers))
        return false;
    return list_entry(subscription->consumers.next, struct consumer, of_subscription)->session->participant == fact->by;
}

static enum selector_answer matches(struct pool *pool, const struct subscription *subscription, const struct fact *fact, uint32_t event,
                                    const struct query_subject *subject)
{
    if (!(subscription->kinds & event))
        return SELECTOR_NO;
    if ((subscription->options & MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS) && is_local(subscription, fact))
        return SELECTOR_NO;
    if (!subscription->selector || (event & ABOUT_APPLICATIONS))
        return SELECTOR_YES;
    pool->effort.selectors++;
    return selector_matches(subscription->selector, subject);
}

enum selector_answer subscription_matches(struct pool *pool, const struct subscription *subscription, const struct fact *fact, uint32_t event)
{
    struct query_subject subject = subject_of(fact);
    return matches(pool, subscription, fact, event, &subject);
}

void subscription_too_expensive(struct pool *pool, struct subscription *subscription, const struct fact *fact)
{
    if (list_empty(&subscription->consumers))
        queue_skip(pool, subscription, fact->serial, fact->serial, 1);
    else
        subscription_close_soon(pool, subscription, MSTRO_TOO_EXPENSIVE,
                                sentence(pool, "this subscription was ended: its selector takes more than %d steps on " TEXT_FORMAT
                                         "; anchor its regular expressions, or ask for less", SELECTOR_STEPS_MAX, TEXT_ARGUMENTS(text_cut(seal_name(fact->sealed)))));
}

static enum queue_answer put(struct pool *pool, struct subscription *subscription, const struct telling *telling)
{
    if (!subscription->replays)
        return queue_put(pool, subscription, telling->fact, telling->event);
    tell_soon(pool, subscription); /* it reads of it in the ring */
    return QUEUE_HAS_ROOM;
}

void subscription_unheld(struct pool *pool, struct subscription *subscription, struct text name)
{
    subscription_close_soon(pool, subscription, MSTRO_NOMEM,
                            sentence(pool, "this subscription was ended: the pool has no memory to let an operation on " TEXT_FORMAT " wait for it",
                                     TEXT_ARGUMENTS(text_cut(name))));
}

/* No memory to let the operation wait: it goes on, and the subscriber is told so instead of being told of it. */
static void tell_unheld(struct pool *pool, struct subscription *subscription, const struct telling *telling)
{
    if (!subscription->replays)
        queue_skip_last(pool, subscription);
    else /* the ring has it: it will be read of there as if it had waited */
        subscription_unheld(pool, subscription, seal_name(telling->fact->sealed));
}

static void tell(struct pool *pool, struct subscription *subscription, const struct telling *telling, bool may_hold)
{
    const struct fact_of *of = telling->of;
    enum queue_answer answer = put(pool, subscription, telling);
    if (answer == QUEUE_ENDS)
        subscription_close_soon(pool, subscription, MSTRO_OVERFLOW,
                                sentence(pool, "this subscription was ended: %" PRIu64 " events wait for it already", subscription->queue.count));
    if (answer == QUEUE_ENDS || answer == QUEUE_DROPS || !may_hold || !of->op || of->session->state == SESSION_LEAVING || subscription->late ||
        list_empty(&subscription->consumers))
        return;
    bool wants_ack = subscription->options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK;
    if ((wants_ack || answer == QUEUE_IS_FULL) &&
        !hold_await(pool, of->session, of->op, subscription, telling->fact->serial, !wants_ack))
        tell_unheld(pool, subscription, telling);
}

static void consider(struct pool *pool, struct subscription *subscription, void *context)
{
    const struct telling *telling = context;
    bool before = subscription->options & MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, in_time = before == (telling->whom == TELL_BEFORE);
    bool late = before && telling->whom == TELL_AFTER && pool->announced && subscription->began >= pool->announced;
    if ((!in_time && !late && telling->whom != TELL_ALL) || !list_empty(&subscription->ending))
        return;
    pool->effort.subscriptions++;
    enum selector_answer answer = matches(pool, subscription, telling->fact, telling->event, &telling->subject);
    if (answer == SELECTOR_YES)
        tell(pool, subscription, telling, in_time);
    else if (answer == SELECTOR_TOO_EXPENSIVE && !subscription->replays)
        subscription_too_expensive(pool, subscription, telling->fact);
}

void subscriptions_tell(struct pool *pool, const struct fact *fact, const struct fact_of *of, enum tell whom)
{
    struct telling telling = { .fact = fact, .of = of, .event = fact_event(fact->kind), .whom = whom, .subject = subject_of(fact) };
    index_visit(pool, telling.event, &telling.subject, consider, &telling);
}
