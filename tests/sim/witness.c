/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/witness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SERIAL_STEP = 1024,
    ABOUT_APPLICATIONS = MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
                         MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE
};

static void complain(struct witness *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct witness *w, const char *format, ...)
{
    va_list arguments;
    if (w->wrong[0])
        return;
    va_start(arguments, format);
    vsnprintf(w->wrong, sizeof w->wrong, format, arguments);
    va_end(arguments);
}

static bool is_named(const struct audience *a) { return a->wanted.title[0] != '\0'; }
static bool is_shared(const struct audience *a) { return a->wanted.flags & SUBSCRIBE_SHARED; }
static bool wants_ack(const struct audience *a) { return a->wanted.options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK; }
static bool wants_before(const struct audience *a) { return a->wanted.options & MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE; }

static bool is_attended(const struct audience *a)
{
    for (int c = 0; c < W_CONSUMERS; c++)
        if (a->consumer[c].in)
            return true;
    return false;
}

/* ---- who is to be told of what ---- */

static bool selects(const struct wanted *wanted, const struct happened *fact)
{
    if (fact->event & ABOUT_APPLICATIONS)
        return true;
    return (!wanted->name[0] || strcmp(wanted->name, fact->name) == 0) && (wanted->step < 0 || wanted->step == fact->step);
}

/* Told before what is going to happen, when it was there to be told so, else when it happens; the past is told as it was. */
static bool is_for(const struct audience *a, const struct happened *fact)
{
    bool before = wants_before(a) && fact->serial > a->began;
    if (fact->event == MSTRO_POOL_EVENT_POOL_CHECKPOINT || !(a->wanted.kinds & fact->event))
        return false;
    if (fact->intent ? !before : before && fact->announced && fact->intended > a->began)
        return false;
    if ((a->wanted.options & MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS) && fact->app == a->app)
        return false;
    return selects(&a->wanted, fact);
}

static size_t fact_with(const struct witness *w, uint64_t serial) /* they have no gaps */
{
    size_t i = (size_t)(serial / SERIAL_STEP) - 1;
    return serial >= SERIAL_STEP && i < w->facts && w->fact[i].serial == serial ? i : SIZE_MAX;
}

static uint64_t newest(const struct witness *w) { return w->facts ? w->fact[w->facts - 1].serial : 0; }

/* ---- acks ---- */

static void drop_duty(struct witness *w, size_t i) { w->duty[i] = w->duty[--w->duties]; }

static void forget_duties(struct witness *w, const struct audience *a)
{
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].audience == a)
            drop_duty(w, i);
}

/* That it was late can be wrong, when the event had been dropped: then it need not be waited for here, but the pool may. */
static void let_pass(struct witness *w)
{
    for (size_t i = w->duties; i-- > 0;)
        if (!w->duty[i].excused && w->duty[i].due <= w->now) {
            w->duty[i].audience->late = true;
            drop_duty(w, i);
        }
}

static void owe_ack(struct witness *w, struct audience *a, const struct happened *fact)
{
    if (!a->in || !wants_ack(a) || !is_attended(a) || !is_for(a, fact) || (fact->intent ? !wants_before(a) : wants_before(a) || !fact->announced))
        return;
    if (w->duties == W_DUTIES)
        abort();
    struct duty *duty = &w->duty[w->duties++];
    *duty = (struct duty){ .audience = a, .app = fact->app, .serial = fact->serial, .due = fact->time + a->wanted.hold_time, .before = fact->intent,
                           .doubtful = a->late };
    memcpy(duty->name, fact->name, W_NAME);
}

/* It happened, or was answered, without those who are still owed: they have not been told of it then. */
static void excuse(struct witness *w, uint64_t app, const char *name, bool before)
{
    for (size_t i = w->duties; i-- > 0;) {
        struct duty *duty = &w->duty[i];
        if (duty->app != app || duty->before != before || strcmp(duty->name, name) != 0 || duty->doubtful)
            continue;
        duty->excused = true;
        if (!duty->told) {
            duty->audience->unwaited[fact_with(w, duty->serial)] = true;
            drop_duty(w, i);
        }
    }
}

static uint64_t last_intent(const struct witness *w, const struct happened *fact)
{
    for (size_t i = w->facts; i-- > 0;)
        if (w->fact[i].intent && w->fact[i].app == fact->app && w->fact[i].event == fact->event && strcmp(w->fact[i].name, fact->name) == 0)
            return w->fact[i].serial;
    return 0;
}

void witness_happened(struct witness *w, const struct happened *fact, uint64_t actor)
{
    if (w->facts == W_FACTS)
        abort();
    if (fact->app != actor) /* it had waited: others have run out of time by now */
        let_pass(w);
    if (fact->announced && !fact->intent)
        excuse(w, fact->app, fact->name, true);
    struct happened *kept = &w->fact[w->facts];
    *kept = *fact;
    kept->intended = fact->announced ? last_intent(w, fact) : 0;
    w->facts++;
    for (int i = 0; i < W_AUDIENCES; i++)
        owe_ack(w, &w->audience[i], kept);
}

void witness_time(struct witness *w, uint64_t now)
{
    w->now = now;
    let_pass(w);
}

void witness_answered(struct witness *w, uint64_t app, const char *name) { excuse(w, app, name, false); }

/* ---- coming and going ---- */

static struct audience *audience_of(struct witness *w, uint64_t session, uint64_t number, int *consumer)
{
    for (int i = 0; i < W_AUDIENCES; i++)
        for (int c = 0; w->audience[i].in && c < W_CONSUMERS; c++) {
            const struct consumed *who = &w->audience[i].consumer[c];
            if (who->in && who->session == session && who->number == number) {
                *consumer = c;
                return &w->audience[i];
            }
        }
    return NULL;
}

static void audience_end(struct witness *w, struct audience *a)
{
    forget_duties(w, a);
    free(a->fate);
    free(a->by);
    free(a->taken);
    free(a->order);
    *a = (struct audience){ 0 };
}

static struct audience *audience_named(struct witness *w, const char *title)
{
    for (int i = 0; title[0] && i < W_AUDIENCES; i++)
        if (w->audience[i].in && strcmp(w->audience[i].wanted.title, title) == 0)
            return &w->audience[i];
    return NULL;
}

/* What has happened last to each object: is it offered? */
static void find_standing(const struct witness *w, struct audience *a)
{
    for (size_t i = 0; i < w->facts; i++) {
        const struct happened *fact = &w->fact[i];
        if (fact->serial >= a->began || fact->intent || fact->event != MSTRO_POOL_EVENT_OFFER || !(a->wanted.kinds & fact->event) || !selects(&a->wanted, fact))
            continue;
        bool over = false;
        for (size_t k = i + 1; k < w->facts && w->fact[k].serial < a->began && !over; k++)
            over = !w->fact[k].intent && (w->fact[k].event & (MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_LOST)) &&
                   strcmp(w->fact[k].name, fact->name) == 0;
        if (!over)
            a->stood[a->standing++] = fact->serial;
    }
}

static void begin_at(const struct witness *w, struct audience *a)
{
    const struct wanted *wanted = &a->wanted;
    a->past = wanted->start != MSTRO_SUBSCRIPTION_START_NOW;
    a->last = a->began;
    if (wanted->start == MSTRO_SUBSCRIPTION_START_SERIAL || wanted->start == MSTRO_SUBSCRIPTION_START_CURSOR)
        a->last = wanted->since;
    if (wanted->start == MSTRO_SUBSCRIPTION_START_AGE) {
        a->last = 0;
        for (size_t i = 0; i < w->facts && w->fact[i].time < (wanted->since < w->now ? w->now - wanted->since : 0); i++)
            a->last = w->fact[i].serial;
    }
    if (wanted->start == MSTRO_SUBSCRIPTION_START_STANDING)
        find_standing(w, a);
    for (size_t i = 0; is_named(a) && i < w->facts && w->fact[i].serial <= a->last; i++)
        a->fate[i] = MISSED; /* before its time */
}

void witness_subscribed(struct witness *w, uint64_t session, uint64_t app, uint64_t number, const struct wanted *wanted)
{
    struct audience *a = audience_named(w, wanted->title);
    bool is_new = !a;
    uint64_t since = newest(w); /* the fact of the SUBSCRIBE: something may have happened behind it in the same step */
    int c = 0;
    for (size_t i = w->facts; i-- > 0 && (w->fact[i].event != MSTRO_POOL_EVENT_SUBSCRIBE || w->fact[i].app != app);)
        since = i ? w->fact[i - 1].serial : 0;
    for (int i = 0; !a && i < W_AUDIENCES; i++)
        if (!w->audience[i].in)
            a = &w->audience[i];
    if (!a)
        abort();
    if (is_new) {
        *a = (struct audience){ .in = true, .wanted = *wanted, .app = app, .began = since };
        if (is_named(a)) {
            a->fate = calloc(W_FACTS, 1);
            a->by = calloc(W_FACTS, 1);
            a->taken = calloc(W_FACTS, sizeof *a->taken);
            a->order = calloc(W_FACTS, sizeof *a->order);
        }
        begin_at(w, a);
    } else if (!is_shared(a) && is_attended(a))
        complain(w, "a second subscriber of a name that is not shared");
    while (c < W_CONSUMERS && a->consumer[c].in)
        c++;
    if (c == W_CONSUMERS)
        abort();
    a->consumer[c] = (struct consumed){ .session = session, .number = number, .in = true };
    for (size_t i = fact_with(w, since) + 1; i > 0 && i < w->facts; i++)
        owe_ack(w, a, &w->fact[i]);
}

static void leaves(struct witness *w, struct audience *a, int c)
{
    a->consumer[c].in = false;
    for (size_t i = 0; is_named(a) && i < w->facts; i++)
        if (a->fate[i] == TOLD && a->by[i] == c)
            a->fate[i] = NOT_TOLD;
    if (!is_attended(a))
        forget_duties(w, a);
    if (!is_attended(a) && !(a->wanted.flags & SUBSCRIBE_DURABLE))
        audience_end(w, a);
}

void witness_unsubscribed(struct witness *w, uint64_t session, uint64_t number, bool forget)
{
    int c;
    struct audience *a = audience_of(w, session, number, &c);
    if (a && forget)
        audience_end(w, a);
    else if (a) /* else the pool has ended it before */
        leaves(w, a, c);
}

void witness_lost(struct witness *w, uint64_t session, uint64_t app)
{
    for (int i = 0; i < W_AUDIENCES; i++)
        for (int c = 0; c < W_CONSUMERS; c++)
            if (w->audience[i].in && w->audience[i].consumer[c].in && w->audience[i].consumer[c].session == session)
                leaves(w, &w->audience[i], c);
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].app == app)
            drop_duty(w, i);
}

void witness_ended(struct witness *w, uint64_t session, const struct record_subscription_end *end, bool forgotten)
{
    int c;
    struct audience *a = audience_of(w, session, end->subscription, &c);
    if (!a)
        return; /* it has ended for all with the first who was told so */
    bool full = a->wanted.when_full == MSTRO_SUBSCRIPTION_FULL_END, late = a->wanted.when_late == MSTRO_SUBSCRIPTION_LATE_END;
    if (end->status == MSTRO_CANCELLED ? !forgotten : !full && !late)
        complain(w, "a subscription was ended that did not ask for that");
    if (end->status == MSTRO_OVERFLOW && !full && !a->late && a->wanted.when_full != MSTRO_SUBSCRIPTION_FULL_HOLD)
        complain(w, "a subscription was ended that was not late");
    if (end->status == MSTRO_OVERFLOW)
        audience_end(w, a);
}

/* ---- what subscribers do ---- */

void witness_seen(struct witness *w, uint64_t session, const struct record_seen *seen)
{
    int c;
    struct audience *a = audience_of(w, session, seen->subscription, &c);
    if (!a || seen->count <= a->consumer[c].seen || seen->count > a->consumer[c].told)
        return;
    a->consumer[c].seen = seen->count;
    for (size_t i = 0; is_named(a) && i < w->facts; i++)
        if (a->fate[i] == TOLD && a->by[i] == c && a->order[i] <= seen->count) {
            a->taken[i] = true;
            if (!wants_ack(a))
                a->fate[i] = SETTLED;
        }
}

void witness_acknowledged(struct witness *w, uint64_t session, const struct record_ack_event *ack)
{
    int c;
    struct audience *a = audience_of(w, session, ack->subscription, &c);
    if (!a)
        return;
    a->late = false;
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].audience == a && w->duty[i].serial == ack->serial)
            drop_duty(w, i);
    size_t at = fact_with(w, ack->serial);
    if (is_named(a) && wants_ack(a) && at != SIZE_MAX && a->fate[at] == TOLD && a->by[at] == c)
        a->fate[at] = SETTLED;
}

/* ---- what they are told ---- */

static uint64_t count_for(const struct witness *w, const struct audience *a, uint64_t first, uint64_t last)
{
    uint64_t count = 0;
    for (size_t i = first / SERIAL_STEP ? first / SERIAL_STEP - 1 : 0; i < w->facts && w->fact[i].serial <= last; i++)
        count += w->fact[i].serial >= first && is_for(a, &w->fact[i]) && !(a->fate && a->fate[i] == MISSED && w->fact[i].serial <= a->last);
    return count;
}

/* Nobody owes an ack for what it was not told of. */
static void forget_missing(struct witness *w, const struct audience *a, const struct record_event *gap)
{
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].audience == a && w->duty[i].serial >= gap->first_serial && w->duty[i].serial <= gap->serial)
            drop_duty(w, i);
}

static void check_gap(struct witness *w, struct audience *a, int c, const struct record_event *e)
{
    bool first_told = a->past && a->consumer[c].told == 1; /* of a past of some age it is not known where it would begin */
    uint64_t all = (e->serial - e->first_serial) / SERIAL_STEP + 1, missing = count_for(w, a, e->first_serial, e->serial);
    if (e->first_serial > e->serial || e->serial > newest(w) || e->count > all || e->count < missing)
        complain(w, "a gap of %" PRIu64 " from %" PRIu64 " to %" PRIu64 ", where %" PRIu64 " are missing", e->count, e->first_serial / SERIAL_STEP,
                 e->serial / SERIAL_STEP, missing);
    forget_missing(w, a, e);
    if (!is_named(a) && ((e->first_serial <= a->last && !first_told) || count_for(w, a, a->last + SERIAL_STEP, e->first_serial - 1) > 0))
        complain(w, "a gap from %" PRIu64 " that is not where the events end, at %" PRIu64, e->first_serial / SERIAL_STEP, a->last / SERIAL_STEP);
    for (size_t i = 0; is_named(a) && i < w->facts; i++) {
        if (w->fact[i].serial < e->first_serial || w->fact[i].serial > e->serial || !is_for(a, &w->fact[i]))
            continue;
        if (a->fate[i] == TOLD || a->fate[i] == SETTLED)
            complain(w, "a gap that states an event as missing that was told");
        a->fate[i] = MISSED;
    }
    if (!is_named(a))
        a->last = e->serial;
}

static void check_payload(struct witness *w, const struct happened *fact, const struct record_event *e)
{
    if (e->kind != fact->event || e->app != fact->app || e->size != fact->size || e->generation != fact->generation ||
        !text_equal(e->name, text_of(fact->name)))
        complain(w, "event %" PRIu64 " does not say what happened", e->serial / SERIAL_STEP);
}

/* Of a name: nobody has it, and nothing of its object is with somebody else, or, if it is not shared, was passed over. */
static void check_turn(struct witness *w, struct audience *a, size_t at, int c)
{
    if (a->fate[at] != NOT_TOLD)
        complain(w, "event %" PRIu64 " is told though it was %s", w->fact[at].serial / SERIAL_STEP, a->fate[at] == MISSED ? "missing" : "told");
    for (size_t i = 0; i < at; i++) {
        bool same = strcmp(w->fact[i].name, w->fact[at].name) == 0, open = is_for(a, &w->fact[i]) && (a->fate[i] == NOT_TOLD || a->fate[i] == TOLD);
        if (open && ((same && (a->fate[i] == NOT_TOLD || a->by[i] != c)) || (!is_shared(a) && a->fate[i] == NOT_TOLD)))
            complain(w, "event %" PRIu64 " is told before %" PRIu64 " is settled", w->fact[at].serial / SERIAL_STEP, w->fact[i].serial / SERIAL_STEP);
    }
}

static void check_named(struct witness *w, struct audience *a, int c, const struct record_event *e, size_t at)
{
    check_turn(w, a, at, c);
    if (e->again != a->taken[at])
        complain(w, "event %" PRIu64 " does not say rightly whether it was taken before", e->serial / SERIAL_STEP);
    a->fate[at] = TOLD;
    a->by[at] = (uint8_t)c;
    a->order[at] = a->consumer[c].told;
}

static void check_standing(struct witness *w, struct audience *a, const struct record_event *e, size_t at)
{
    if (e->serial != a->stood[0])
        complain(w, "offer %" PRIu64 " is told where %" PRIu64 " stood", e->serial / SERIAL_STEP, a->stood[0] / SERIAL_STEP);
    memmove(a->stood, a->stood + 1, --a->standing * sizeof a->stood[0]);
    check_payload(w, &w->fact[at], e);
}

static void check_next(struct witness *w, struct audience *a, const struct record_event *e)
{
    if (e->serial <= a->last)
        complain(w, "event %" PRIu64 " is told behind %" PRIu64, e->serial / SERIAL_STEP, a->last / SERIAL_STEP);
    else if (count_for(w, a, a->last + SERIAL_STEP, e->serial - 1) > 0)
        complain(w, "between %" PRIu64 " and %" PRIu64 " an event is missing", a->last / SERIAL_STEP, e->serial / SERIAL_STEP);
    a->last = e->serial;
}

/* Whoever was not waited for because there was no room for the event is not told of it as if there had been. */
static void check_duty(struct witness *w, struct audience *a, uint64_t serial)
{
    if (a->unwaited[fact_with(w, serial)])
        a->suspect = serial;
    for (size_t i = 0; i < w->duties; i++) {
        if (w->duty[i].audience == a && w->duty[i].serial == serial)
            w->duty[i].told = true;
    }
}

void witness_step_ends(struct witness *w)
{
    for (size_t i = 0; i < w->duties; i++)
        if (w->duty[i].told && w->duty[i].excused)
            complain(w, "an operation on %s has not waited for the ack of event %" PRIu64, w->duty[i].name, w->duty[i].serial / SERIAL_STEP);
    for (int i = 0; i < W_AUDIENCES; i++)
        if (w->audience[i].suspect)
            complain(w, "an operation has not waited for the ack of event %" PRIu64, w->audience[i].suspect / SERIAL_STEP);
}

static void check_event(struct witness *w, struct audience *a, int c, const struct record_event *e)
{
    size_t at = fact_with(w, e->serial);
    a->consumer[c].told++;
    w->checked++;
    if (e->kind == MSTRO_POOL_EVENT_OVERFLOW)
        check_gap(w, a, c, e);
    else if (at == SIZE_MAX)
        complain(w, "event %" PRIu64 " is of something that did not happen", e->serial / SERIAL_STEP);
    else if (e->kind == MSTRO_POOL_EVENT_POOL_CHECKPOINT) {
        if (!a->past && !is_named(a))
            complain(w, "a checkpoint that nobody is owed");
        a->past = false;
    } else if (a->standing > 0)
        check_standing(w, a, e, at);
    else if (!is_for(a, &w->fact[at]))
        complain(w, "event %" PRIu64 " was not asked for", e->serial / SERIAL_STEP);
    else {
        check_payload(w, &w->fact[at], e);
        check_duty(w, a, e->serial);
        if (is_named(a))
            check_named(w, a, c, e, at);
        else
            check_next(w, a, e);
    }
}

void witness_told(struct witness *w, uint64_t session, const struct record_events *events)
{
    int c;
    struct audience *a = audience_of(w, session, events->subscription, &c);
    if (!a)
        complain(w, "events for a subscription that is not there, or not any more");
    for (uint32_t i = 0; a && i < events->events.count; i++)
        check_event(w, a, c, &events->events.at[i]);
    uint64_t on_its_way = a ? a->consumer[c].told - a->consumer[c].seen : 0;
    if (a && on_its_way > a->wanted.max_events)
        complain(w, "%" PRIu64 " events are on their way to somebody who wanted %" PRIu64 " at most", on_its_way, a->wanted.max_events);
}

void witness_end(struct witness *w)
{
    for (int i = 0; i < W_AUDIENCES; i++) {
        struct audience *a = &w->audience[i];
        if (!a->in || !is_attended(a))
            continue;
        if (a->standing || (a->past && !is_named(a) && (a->wanted.kinds & MSTRO_POOL_EVENT_POOL_CHECKPOINT)))
            complain(w, "somebody has not been told what stood, or that this was it");
        if (!is_named(a) && count_for(w, a, a->last + SERIAL_STEP, UINT64_MAX) > 0)
            complain(w, "somebody was not told what happened behind %" PRIu64, a->last / SERIAL_STEP);
        for (size_t k = 0; is_named(a) && k < w->facts; k++)
            if (is_for(a, &w->fact[k]) && (a->fate[k] == NOT_TOLD || a->fate[k] == TOLD))
                complain(w, "event %" PRIu64 " of a name is not settled", w->fact[k].serial / SERIAL_STEP);
    }
}

void witness_release(struct witness *w)
{
    for (int i = 0; i < W_AUDIENCES; i++)
        if (w->audience[i].in)
            audience_end(w, &w->audience[i]);
}
