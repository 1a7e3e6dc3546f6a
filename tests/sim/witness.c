/* SPDX-License-Identifier: BSD-3-Clause */
/* witness.c - who is there to be told, and who waits for whom; testimony.c: what they are told */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/audience.h"

/* One more fits. */
static void *grown(void *at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return at;
    *room = *room * 2 + 64;
    if (!(at = realloc(at, *room * size)))
        abort();
    return at;
}

/* ---- acks ---- */

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
            w->met.late += !w->duty[i].doubtful;
            drop_duty(w, i);
        }
}

/* Does its operation wait for his ack? */
static bool must_wait(const struct audience *a, const struct happened *fact)
{
    return fact->intent ? wants_before(a) && !fact->unheld : !wants_before(a) && fact->op;
}

static void owe_ack(struct witness *w, struct audience *a, const struct happened *fact)
{
    if (!a->in || !wants_ack(a) || !is_attended(a) || !is_for(a, fact) || !must_wait(a, fact))
        return;
    w->duty = grown(w->duty, w->duties, &w->duty_room, sizeof *w->duty);
    struct duty *duty = &w->duty[w->duties++];
    *duty = (struct duty){ .audience = a, .app = fact->app, .number = fact->intent ? fact->handle : fact->op, .serial = fact->serial,
                           .due = fact->time + a->wanted.hold_time, .before = fact->intent, .doubtful = a->late || fact->vague };
    duty->excused = fact->intent && !fact->handle && !duty->doubtful; /* it has not waited for anybody */
    memcpy(duty->name, fact->name, W_NAME);
}

/* It happened, or was answered, without those who are still owed: they have not been told of it then. */
static void excuse(struct witness *w, uint64_t app, uint64_t number, bool before)
{
    for (size_t i = w->duties; i-- > 0;) {
        struct duty *duty = &w->duty[i];
        if (duty->app != app || duty->before != before || duty->number != number || !number || duty->doubtful)
            continue;
        duty->excused = true;
        if (!duty->told) {
            passage_of(duty->audience, fact_with(w, duty->serial))->unwaited = true;
            drop_duty(w, i);
        }
    }
}

static struct group *group_of(const struct witness *w, uint64_t app, const char *name)
{
    for (size_t i = 0; i < w->groups; i++)
        if (w->group[i].app == app && strcmp(w->group[i].name, name) == 0)
            return &w->group[i];
    return NULL;
}

void witness_group_begins(struct witness *w, uint64_t app, const char *name)
{
    struct group *group = group_of(w, app, name);
    if (!group) {
        w->group = grown(w->group, w->groups, &w->group_room, sizeof *w->group);
        group = &w->group[w->groups++];
        *group = (struct group){ .app = app };
        snprintf(group->name, sizeof group->name, "%s", name);
    }
    group->over = false;
}

/* Once each time that it is offered: taken back, or lost with its holder. */
static void group_ends(struct witness *w, const struct happened *fact)
{
    struct group *group = group_of(w, fact->app, fact->name);
    if (fact->event == MSTRO_POOL_EVENT_GROUP_LOST && (!group || group->over))
        complain(w, "the group %s is lost at %" PRIu64 ", where it was lost or taken back before", fact->name, fact->serial / SERIAL_STEP);
    w->met.lost_groups += fact->event == MSTRO_POOL_EVENT_GROUP_LOST;
    if (group)
        group->over = true;
}

void witness_adds(struct witness *w, const struct happened *fact)
{
    w->fact = grown(w->fact, w->facts, &w->fact_room, sizeof *w->fact);
    w->fact[w->facts] = *fact;
    w->fact[w->facts++].moment = w->moment;
}

void witness_happened(struct witness *w, size_t at, uint64_t actor)
{
    const struct happened *fact = &w->fact[at];
    if (fact->app != actor) /* it had waited: others have run out of time by now */
        let_pass(w);
    if (!fact->intent && (fact->event == MSTRO_POOL_EVENT_GROUP_LOST || (fact->whole && fact->event == MSTRO_POOL_EVENT_WITHDRAW)))
        group_ends(w, fact);
    w->met.lost += fact->event == MSTRO_POOL_EVENT_LOST;
    if (fact->whole && fact->event == MSTRO_POOL_EVENT_LOST)
        complain(w, "the group %s is lost as if it were a single object", fact->name);
    if (fact->intent && fact->event == MSTRO_POOL_EVENT_WITHDRAW)
        witness_takes_back(w, fact->app, fact->name);
    for (int i = 0; i < W_AUDIENCES; i++)
        owe_ack(w, &w->audience[i], fact);
}

void witness_time(struct witness *w, uint64_t now)
{
    w->now = now;
    let_pass(w);
}

void witness_answered(struct witness *w, uint64_t app, uint64_t op) { excuse(w, app, op, false); }

void witness_gone_on(struct witness *w, uint64_t app, uint64_t handle)
{
    let_pass(w);
    excuse(w, app, handle, true);
}

/* ---- coming and going ---- */

static const struct audience *audience_named(const struct witness *w, const char *title)
{
    for (int i = 0; title[0] && i < W_AUDIENCES; i++)
        if (w->audience[i].in && strcmp(w->audience[i].wanted.title, title) == 0)
            return &w->audience[i];
    return NULL;
}

static void stand(struct audience *a, uint64_t serial)
{
    if (a->standing == sizeof a->stood / sizeof a->stood[0])
        abort();
    a->stood[a->standing++] = serial;
}

static bool ends_offer(const struct happened *fact, const struct happened *offer)
{
    return !fact->intent && (fact->event & (MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_LOST | MSTRO_POOL_EVENT_GROUP_LOST)) &&
           strcmp(fact->name, offer->name) == 0;
}

/* What has happened last to each object: is it offered? */
static void find_standing(const struct witness *w, struct audience *a)
{
    for (size_t i = 0; i < w->facts && w->fact[i].serial <= a->began; i++) {
        const struct happened *fact = &w->fact[i];
        bool local = (a->wanted.options & MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS) && fact->app == a->app;
        if (fact->intent || local || fact->event != MSTRO_POOL_EVENT_OFFER || !(a->wanted.kinds & fact->event) || !selects(&a->wanted, fact))
            continue;
        bool over = false;
        for (size_t k = i + 1; k < w->facts && w->fact[k].serial <= a->began && !over; k++)
            over = ends_offer(&w->fact[k], fact);
        if (!over)
            stand(a, fact->serial);
    }
}

void witness_takes_back(struct witness *w, uint64_t app, const char *name)
{
    for (size_t i = w->facts; i-- > 0;) {
        struct happened *fact = &w->fact[i];
        if (fact->intent || fact->event != MSTRO_POOL_EVENT_OFFER || fact->app != app || (name && strcmp(fact->name, name) != 0))
            continue;
        fact->going = true;
        if (name)
            return;
    }
}

static void begin_at(const struct witness *w, struct audience *a)
{
    const struct wanted *wanted = &a->wanted;
    a->past = wanted->start != MSTRO_SUBSCRIPTION_START_NOW;
    a->last = a->began;
    a->live = a->past ? 0 : a->began;
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
        passage_of(a, i)->fate = MISSED; /* before its time */
}

/* The fact of its SUBSCRIBE, where that is one: something may have happened behind it in the same step. */
static uint64_t fact_of_subscribe(const struct witness *w, uint64_t app, uint64_t newest)
{
    for (size_t i = w->facts; i-- > 0 && w->fact[i].serial > newest;)
        if (w->fact[i].event == MSTRO_POOL_EVENT_SUBSCRIBE && w->fact[i].app == app)
            return w->fact[i].serial;
    return newest;
}

static struct audience *audience_made(struct witness *w, uint64_t app, const struct wanted *wanted, uint64_t since)
{
    struct audience *a = w->audience;
    while (a < w->audience + W_AUDIENCES && a->in)
        a++;
    if (a == w->audience + W_AUDIENCES)
        abort();
    *a = (struct audience){ .in = true, .wanted = *wanted, .app = app, .began = since };
    begin_at(w, a);
    return a;
}

void witness_subscribed(struct witness *w, uint64_t session, uint64_t app, uint64_t number, const struct wanted *wanted, uint64_t newest)
{
    struct audience *a = (struct audience *)audience_named(w, wanted->title);
    bool is_new = !a;
    w->met.names += wanted->title[0] != '\0';
    uint64_t since = fact_of_subscribe(w, app, newest);
    int c = 0;
    if (is_new)
        a = audience_made(w, app, wanted, since);
    else if (!is_shared(a) && is_attended(a))
        complain(w, "a second subscriber of a name that is not shared");
    while (c < W_CONSUMERS && a->consumer[c].in)
        c++;
    if (c == W_CONSUMERS)
        abort();
    a->consumer[c] = (struct consumed){ .session = session, .number = number, .in = true, .made = is_new };
    if (is_new)
        a->granted = wanted->granted;
    else if (is_shared(a) && wanted->granted && wanted->granted != a->granted)
        complain(w, "%s is shared by two who were granted another name of that name", wanted->title);
    for (size_t i = since ? fact_with(w, since) + 1 : 0; i < w->facts; i++)
        owe_ack(w, a, &w->fact[i]);
}

/* Who shares a name is granted the same, who does not, or begins it anew, more than anybody before. */
void witness_granted(struct witness *w, uint64_t session, uint64_t number, uint64_t granted)
{
    int c;
    struct audience *a = audience_of(w, session, number, &c);
    bool same = a && is_shared(a) && a->granted;
    if (!a || !is_named(a) || !granted)
        return;
    if (same ? granted != a->granted : granted <= w->granted)
        complain(w, "%s is granted with %" PRIu64 ", %" PRIu64 " was granted before", a->wanted.title, granted, same ? a->granted : w->granted);
    a->granted = granted;
    w->granted = granted > w->granted ? granted : w->granted;
}

static bool has_begun_anew(const struct audience *a, const struct wanted *wanted) { return a && is_shared(a) && wanted->granted && wanted->granted < a->granted; }

void witness_refused(struct witness *w, const struct wanted *wanted, mstro_status status)
{
    const struct consumed *holder = witness_holder(w, wanted->title);
    if (status != MSTRO_CONFLICT || (!holder && !has_begun_anew(audience_named(w, wanted->title), wanted)))
        complain(w, "a SUBSCRIBE is refused (%s) for which there is no reason", mstro_status_name(status));
}

static void leaves(struct witness *w, struct audience *a, int c, bool unmake)
{
    bool stays = (a->wanted.flags & SUBSCRIBE_DURABLE) && !(unmake && a->consumer[c].made);
    a->consumer[c].in = false;
    for (size_t i = is_named(a) ? first_open(w, a) : w->facts; i < w->facts; i++) {
        struct passage *passage = passage_of(a, i);
        if (passage->fate == TOLD && passage->by == c)
            passage->fate = NOT_TOLD;
    }
    if (!is_attended(a))
        forget_duties(w, a);
    if (!is_attended(a) && !stays)
        audience_end(w, a);
}

void witness_unsubscribed(struct witness *w, uint64_t session, uint64_t number, unsigned forget)
{
    int c;
    struct audience *a = audience_of(w, session, number, &c);
    if (a && forget == FORGET_NAME)
        audience_end(w, a);
    else if (a) /* else the pool has ended it before */
        leaves(w, a, c, forget == FORGET_MADE);
}

void witness_left(struct witness *w, uint64_t session)
{
    for (int i = 0; i < W_AUDIENCES; i++)
        for (int c = 0; c < W_CONSUMERS; c++)
            if (w->audience[i].in && w->audience[i].consumer[c].in && w->audience[i].consumer[c].session == session)
                leaves(w, &w->audience[i], c, false);
}

void witness_lost(struct witness *w, uint64_t session, uint64_t app)
{
    witness_left(w, session);
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].app == app && app)
            drop_duty(w, i);
}

void witness_let_go(struct witness *w, uint64_t app, uint64_t number, bool before)
{
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].app == app && w->duty[i].before == before && w->duty[i].number == number)
            drop_duty(w, i);
}

void witness_lets_all_go(struct witness *w, uint64_t app)
{
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].app == app)
            drop_duty(w, i);
}

void witness_late(struct witness *w, uint64_t session, uint64_t number)
{
    int c;
    struct audience *a = audience_of(w, session, number, &c);
    if (a)
        a->late = true;
}

const struct consumed *witness_holder(const struct witness *w, const char *title)
{
    const struct audience *a = audience_named(w, title);
    for (int c = 0; a && !is_shared(a) && c < W_CONSUMERS; c++)
        if (a->consumer[c].in)
            return &a->consumer[c];
    return NULL;
}

bool witness_knows(struct witness *w, uint64_t session, uint64_t number)
{
    int c;
    return audience_of(w, session, number, &c) != NULL;
}

void witness_displaced(struct witness *w, uint64_t session, uint64_t number)
{
    int c;
    struct audience *a = audience_of(w, session, number, &c);
    if (a)
        leaves(w, a, c, false);
}

void witness_begins_anew(struct witness *w, const struct wanted *wanted)
{
    struct audience *a = (struct audience *)audience_named(w, wanted->title);
    if (a && is_shared(a) && a->granted < wanted->granted)
        audience_end(w, a);
}

bool witness_may_wait(struct witness *w, uint64_t app, uint64_t number, bool before)
{
    for (size_t i = 0; i < w->duties; i++)
        if (w->duty[i].app == app && w->duty[i].before == before && (w->duty[i].number == number || w->duty[i].doubtful))
            return true;
    for (int i = 0; i < W_AUDIENCES; i++) {
        struct audience *a = &w->audience[i];
        if (a->in && a->wanted.when_full == MSTRO_SUBSCRIPTION_FULL_HOLD && wants_before(a) == before && is_attended(a) && may_be_full(w, a))
            return true;
    }
    return false;
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
    w->met.ends++;
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
    for (size_t i = is_named(a) ? first_open(w, a) : w->facts; i < w->facts; i++) {
        struct passage *passage = passage_of(a, i);
        if (passage->fate != TOLD || passage->by != c || passage->order > seen->count)
            continue;
        passage->taken = true;
        if (!wants_ack(a))
            passage->fate = SETTLED;
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
        if (w->duty[i].audience == a && w->duty[i].serial == ack->serial) {
            w->met.acks += !w->duty[i].doubtful;
            drop_duty(w, i);
        }
    size_t at = fact_with(w, ack->serial);
    if (is_named(a) && wants_ack(a) && at != SIZE_MAX && passage_of(a, at)->fate == TOLD && passage_of(a, at)->by == c)
        passage_of(a, at)->fate = SETTLED;
}

void witness_release(struct witness *w)
{
    for (int i = 0; i < W_AUDIENCES; i++)
        if (w->audience[i].in)
            audience_end(w, &w->audience[i]);
    free(w->fact);
    free(w->duty);
    free(w->group);
    *w = (struct witness){ 0 };
}
