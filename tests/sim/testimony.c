/* SPDX-License-Identifier: BSD-3-Clause */
/* testimony.c - what subscribers are told, held against what they must be told */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/schema/block.h"
#include "tests/sim/audience.h"

/* Nobody owes an ack for what it was not told of. */
static void forget_missing(struct witness *w, const struct audience *a, const struct record_event *gap)
{
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].audience == a && w->duty[i].serial >= gap->first_serial && w->duty[i].serial <= gap->serial)
            drop_duty(w, i);
}

/* What must have waited already, and what can have, when a fact happened: of the events before it those that were told later, or not
 * sooner.  Bytes: at least what they say, and at most what it may take to keep them. */
struct backlog { uint64_t count, bytes; };
enum { KEEPING = 256 };

static uint64_t bytes_of_event(const struct audience *a, const struct happened *fact)
{
    bool carries = a->wanted.attributes && fact->step >= 0;
    return strlen(fact->name) + (carries ? strlen(W_STEP_KEY) + sizeof(int64_t) : 0);
}

static struct backlog backlog_at(const struct witness *w, struct audience *a, size_t at, bool surely)
{
    struct backlog backlog = { 0 };
    uint64_t gap = 0;
    for (size_t i = at; i-- > 0 && w->fact[i].serial > (surely ? a->live : 0);) {
        const struct passage *passage = passage_of(a, i);
        if (!is_for(a, &w->fact[i]))
            continue;
        if (surely ? passage->told_in <= w->fact[at].moment : passage->told_in < w->fact[at].moment)
            break; /* those before it were told before it */
        backlog.count += passage->fate != MISSED || passage->order != gap; /* a gap takes one place */
        backlog.bytes += (passage->fate != MISSED ? bytes_of_event(a, &w->fact[i]) : 0) + (surely ? 0 : KEEPING);
        gap = passage->fate == MISSED ? passage->order : 0;
    }
    return backlog;
}

/* Under a name what was told may come back: surely what was first told later waited, perhaps all that was told once more. */
static struct backlog named_backlog_at(const struct witness *w, struct audience *a, size_t at, bool surely)
{
    struct backlog backlog = { .count = !surely, .bytes = surely ? 0 : KEEPING }; /* a gap that is not told */
    uint64_t moment = w->fact[at].moment;
    int settled = 0; /* of so many in a row none waited: those before them are not looked at, where the least is asked for */
    for (size_t i = at; i-- > 0 && !(surely && settled > 64);) {
        const struct passage *passage = passage_of(a, i);
        if (!is_for(a, &w->fact[i]) || (passage->fate == MISSED && surely))
            continue;
        settled++;
        if (surely ? passage->first_in <= moment + 1 : passage->fate != NOT_TOLD && passage->told_in < moment)
            continue;
        settled = 0;
        backlog.count++;
        backlog.bytes += bytes_of_event(a, &w->fact[i]) + (surely ? 0 : KEEPING);
    }
    return backlog;
}

bool may_be_full(const struct witness *w, struct audience *a)
{
    struct backlog backlog = { .count = 1 + a->standing, .bytes = KEEPING }; /* a gap, and what stood */
    for (size_t i = 0; i < a->standing; i++)
        backlog.bytes += bytes_of_event(a, &w->fact[fact_with(w, a->stood[i])]) + KEEPING;
    for (size_t i = w->facts; i-- > 0 && w->fact[i].serial > a->last;)
        if (is_for(a, &w->fact[i]) && !(is_named(a) && passage_of(a, i)->fate != NOT_TOLD)) {
            backlog.count++;
            backlog.bytes += bytes_of_event(a, &w->fact[i]) + KEEPING;
        }
    return backlog.count >= a->wanted.max_events || (a->wanted.max_bytes && backlog.bytes > a->wanted.max_bytes);
}

/* What was told when it happened, and not read in the past. */
static bool has_backlog(const struct witness *w, const struct audience *a, size_t at) { return a->live && w->fact[at].serial > a->live; }

static struct backlog backlog_of(const struct witness *w, struct audience *a, size_t at, bool surely)
{
    return is_named(a) ? named_backlog_at(w, a, at, surely) : backlog_at(w, a, at, surely);
}

static void check_bounds(struct witness *w, struct audience *a, size_t at)
{
    uint64_t times = a->wanted.when_full == MSTRO_SUBSCRIPTION_FULL_HOLD ? 2 : 1, bytes = bytes_of_event(a, &w->fact[at]);
    if (!has_backlog(w, a, at))
        return;
    struct backlog backlog = backlog_of(w, a, at, true);
    if (backlog.count >= times * a->wanted.max_events)
        complain(w, "event %" PRIu64 " is told, though %" PRIu64 " waited already of at most %" PRIu64, w->fact[at].serial / SERIAL_STEP,
                 backlog.count, times * a->wanted.max_events);
    if (a->wanted.max_bytes && backlog.count && backlog.bytes + bytes > times * a->wanted.max_bytes)
        complain(w, "event %" PRIu64 " is told, though %" PRIu64 " bytes waited already of at most %" PRIu64, w->fact[at].serial / SERIAL_STEP,
                 backlog.bytes, times * a->wanted.max_bytes);
}

/* The first that is missing was dropped for want of room: with one place for the gap before it. */
static void check_need(struct witness *w, struct audience *a, uint64_t first)
{
    size_t at = fact_with(w, first);
    uint64_t bytes = a->wanted.max_bytes ? a->wanted.max_bytes : UINT64_MAX;
    if (at == SIZE_MAX || !has_backlog(w, a, at) || (a->wanted.start == MSTRO_SUBSCRIPTION_START_STANDING && (a->standing || a->stood_in >= w->fact[at].moment)))
        return;
    struct backlog backlog = backlog_of(w, a, at, false);
    if (backlog.count + 1 < a->wanted.max_events && backlog.bytes + bytes_of_event(a, &w->fact[at]) + 2 * KEEPING <= bytes)
        complain(w, "event %" PRIu64 " was dropped, though only %" PRIu64 " waited of %" PRIu64, first / SERIAL_STEP, backlog.count, a->wanted.max_events);
}

/* Of what was dropped: how much; of what is not kept any more: how much there can have been.  Only who asks for the past meets that. */
static void check_size(struct witness *w, struct audience *a, const struct record_event *e)
{
    uint64_t all = (e->serial - e->first_serial) / SERIAL_STEP + 1, missing = count_for(w, a, e->first_serial, e->serial);
    bool past = a->wanted.start != MSTRO_SUBSCRIPTION_START_NOW;
    if (e->first_serial > e->serial || e->serial > witness_newest(w) || (missing == 0 && !past))
        complain(w, "a gap from %" PRIu64 " to %" PRIu64 " of nothing", e->first_serial / SERIAL_STEP, e->serial / SERIAL_STEP);
    else if (e->count != missing && !(past && e->count == all))
        complain(w, "a gap of %" PRIu64 " from %" PRIu64 " to %" PRIu64 ", where %" PRIu64 " are missing", e->count, e->first_serial / SERIAL_STEP,
                 e->serial / SERIAL_STEP, missing);
}

static void miss(struct witness *w, struct audience *a, const struct record_event *e, uint64_t order)
{
    for (size_t i = fact_with(w, e->first_serial); i < w->facts && w->fact[i].serial <= e->serial; i++) {
        struct passage *passage = passage_of(a, i);
        if (!is_for(a, &w->fact[i]))
            continue;
        if (passage->fate == TOLD || passage->fate == SETTLED)
            complain(w, "a gap that states an event as missing that was told");
        passage->fate = MISSED;
        passage->told_in = w->moment;
        passage->order = order;
    }
}

static void check_gap(struct witness *w, struct audience *a, int c, const struct record_event *e)
{
    w->met.gaps++;
    if (e->app || e->name.length || e->component.length || e->generation || e->size != -1)
        complain(w, "a gap says more than what is missing");
    bool first_told = a->past && a->consumer[c].told == 1; /* of a past of some age it is not known where it would begin */
    check_size(w, a, e);
    check_need(w, a, e->first_serial);
    forget_missing(w, a, e);
    if (!is_named(a) && ((e->first_serial <= a->last && !first_told) || count_for(w, a, a->last + SERIAL_STEP, e->first_serial - 1) > 0))
        complain(w, "a gap from %" PRIu64 " that is not where the events end, at %" PRIu64, e->first_serial / SERIAL_STEP, a->last / SERIAL_STEP);
    miss(w, a, e, a->consumer[c].told);
    if (!is_named(a))
        a->last = e->serial;
}

/* Those that were asked for and that the object has, and no other. */
static void check_attributes(struct witness *w, const struct audience *a, const struct happened *fact, const struct record_event *e)
{
    struct value value;
    bool carries = a->wanted.attributes && fact->step >= 0;
    if (carries != (e->attributes.length > 0))
        complain(w, "event %" PRIu64 " %s", e->serial / SERIAL_STEP, carries ? "has no attributes" : "has attributes that nobody asked for");
    else if (carries && (block_count(e->attributes) != 1 || !block_find(e->attributes, text_of(W_STEP_KEY), &value) || value.integer != fact->step))
        complain(w, "event %" PRIu64 " has other attributes than its object", e->serial / SERIAL_STEP);
}

/* Who did it, and to what. */
static void check_origin(struct witness *w, const struct happened *fact, const struct record_event *e)
{
    char component[W_NAME] = "";
    struct id cdo = { 0 };
    if (fact->index >= 0)
        snprintf(component, sizeof component, W_COMPONENT, (int)fact->index);
    if (fact->name[0])
        cdo = id_of_name((struct id){ 1, 2 }, text_of(fact->name));
    if (!text_equal(e->component, text_of(component)) || e->index != (fact->index >= 0 ? fact->index : 0))
        complain(w, "event %" PRIu64 " is of " TEXT_FORMAT " %" PRId64 ", where %s did it", e->serial / SERIAL_STEP, TEXT_ARGUMENTS(e->component), e->index, component);
    if (e->cdo.high != cdo.high || e->cdo.low != cdo.low)
        complain(w, "event %" PRIu64 " of %s has the id of another object", e->serial / SERIAL_STEP, fact->name);
}

static void check_payload(struct witness *w, const struct audience *a, const struct happened *fact, const struct record_event *e)
{
    if (e->kind != fact->event || e->app != fact->app || e->size != fact->size || e->generation != fact->generation ||
        !text_equal(e->name, text_of(fact->name)))
        complain(w, "event %" PRIu64 " does not say what happened", e->serial / SERIAL_STEP);
    check_origin(w, fact, e);
    check_attributes(w, a, fact, e);
}

/* Of a name: nobody has it, and nothing of its object is with somebody else, or was passed over, or, if it is not shared, anything else.
 * In a shared one what is missing may be stated to another consumer, and later: what was passed over must turn out to be that. */
static void check_turn(struct witness *w, struct audience *a, size_t at, int c)
{
    const struct passage *told = passage_of(a, at);
    if (told->fate != NOT_TOLD || told->overtaken)
        complain(w, "event %" PRIu64 " is told %s", w->fact[at].serial / SERIAL_STEP,
                 told->fate == MISSED ? "though it was missing" : told->fate != NOT_TOLD ? "though it was told" : "behind a later one of its object");
    for (size_t i = first_open(w, a); i < at; i++) {
        struct passage *passage = passage_of(a, i);
        bool same = strcmp(w->fact[i].name, w->fact[at].name) == 0;
        if (!is_for(a, &w->fact[i]) || passage->fate >= SETTLED)
            continue;
        if (passage->fate == NOT_TOLD && same && is_shared(a))
            passage->overtaken = true;
        else if ((same && (passage->fate == NOT_TOLD || passage->by != c)) || (!is_shared(a) && passage->fate == NOT_TOLD))
            complain(w, "event %" PRIu64 " is told before %" PRIu64 " is settled", w->fact[at].serial / SERIAL_STEP, w->fact[i].serial / SERIAL_STEP);
    }
}

static void check_named(struct witness *w, struct audience *a, int c, const struct record_event *e, size_t at)
{
    check_turn(w, a, at, c);
    struct passage *passage = passage_of(a, at);
    if (e->again != passage->taken)
        complain(w, "event %" PRIu64 " does not say rightly whether it was taken before", e->serial / SERIAL_STEP);
    if (!passage->first_in) {
        check_bounds(w, a, at);
        passage->first_in = w->moment + 1;
    }
    passage->told_in = w->moment;
    passage->fate = TOLD;
    passage->by = (uint8_t)c;
    passage->order = a->consumer[c].told;
}

static void stand_no_more(struct audience *a) { memmove(a->stood, a->stood + 1, --a->standing * sizeof a->stood[0]); }

/* What was on its way back to its holder may stand, or not. */
static void pass_going(const struct witness *w, struct audience *a, uint64_t serial)
{
    while (a->standing > 0 && a->stood[0] != serial && w->fact[fact_with(w, a->stood[0])].going)
        stand_no_more(a);
}

static void check_standing(struct witness *w, struct audience *a, const struct record_event *e, size_t at)
{
    if (e->serial != a->stood[0])
        complain(w, "offer %" PRIu64 " is told where %" PRIu64 " stood", e->serial / SERIAL_STEP, a->stood[0] / SERIAL_STEP);
    stand_no_more(a);
    a->stood_in = w->moment;
    check_payload(w, a, &w->fact[at], e);
}

static uint64_t first_for(const struct witness *w, const struct audience *a, uint64_t since)
{
    size_t i = fact_with(w, since);
    while (i < w->facts && !is_for(a, &w->fact[i]))
        i++;
    return i < w->facts ? w->fact[i].serial : 0;
}

static void check_next(struct witness *w, struct audience *a, const struct record_event *e, size_t at)
{
    if (e->serial <= a->last)
        complain(w, "event %" PRIu64 " is told behind %" PRIu64, e->serial / SERIAL_STEP, a->last / SERIAL_STEP);
    else if (count_for(w, a, a->last + SERIAL_STEP, e->serial - 1) > 0)
        complain(w, "event %" PRIu64 " is told behind %" PRIu64 ", and %" PRIu64 " is missing", e->serial / SERIAL_STEP, a->last / SERIAL_STEP,
                 first_for(w, a, a->last + SERIAL_STEP) / SERIAL_STEP);
    a->last = e->serial;
    passage_of(a, at)->told_in = w->moment;
    passage_of(a, at)->fate = TOLD;
    check_bounds(w, a, at);
}

/* Whoever was not waited for because there was no room for the event is not told of it as if there had been. */
static void check_duty(struct witness *w, struct audience *a, uint64_t serial)
{
    if (passage_of(a, fact_with(w, serial))->unwaited)
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
    w->moment++;
}

static void check_event(struct witness *w, struct audience *a, int c, const struct record_event *e)
{
    size_t at = fact_with(w, e->serial);
    a->consumer[c].told++;
    w->met.events++;
    pass_going(w, a, e->serial);
    if (e->kind == MSTRO_POOL_EVENT_OVERFLOW)
        check_gap(w, a, c, e);
    else if (at == SIZE_MAX)
        complain(w, "event %" PRIu64 " is of something that did not happen", e->serial / SERIAL_STEP);
    else if (e->kind == MSTRO_POOL_EVENT_POOL_CHECKPOINT) {
        if (!a->past && !is_named(a))
            complain(w, "a checkpoint that nobody is owed");
        a->past = false;
        if (!a->live)
            a->live = e->serial;
    } else if (a->standing > 0)
        check_standing(w, a, e, at);
    else if (!is_for(a, &w->fact[at]))
        complain(w, "event %" PRIu64 " was not asked for", e->serial / SERIAL_STEP);
    else {
        check_payload(w, a, &w->fact[at], e);
        check_duty(w, a, e->serial);
        if (is_named(a))
            check_named(w, a, c, e, at);
        else
            check_next(w, a, e, at);
    }
}

/* What he has not settled. */
static uint64_t open_at(const struct witness *w, struct audience *a, int c)
{
    uint64_t open = 0;
    if (!is_named(a) || !wants_ack(a))
        return a->consumer[c].told - a->consumer[c].seen;
    for (size_t i = first_open(w, a); i < w->facts; i++)
        open += passage_of(a, i)->fate == TOLD && passage_of(a, i)->by == c;
    return open;
}

static void say_to_whom(struct witness *w, uint64_t session, uint64_t number)
{
    size_t length = strlen(w->wrong);
    snprintf(w->wrong + length, sizeof w->wrong - length, " (session %" PRIu64 ", subscription %" PRIu64 ")", session, number);
}

/* Nothing up to there is to be told any more.  What shares a name is told in another order. */
void witness_positioned(struct witness *w, uint64_t session, const struct record_events *events)
{
    int c;
    struct audience *a = audience_of(w, session, events->subscription, &c);
    if (!a || is_shared(a) || a->standing)
        return;
    size_t i = is_named(a) ? first_open(w, a) : fact_with(w, a->last) + 1; /* none: the first */
    while (i < w->facts && (!is_for(a, &w->fact[i]) || (is_named(a) && passage_of(a, i)->fate != NOT_TOLD)))
        i++;
    if ((i < w->facts && events->position >= w->fact[i].serial) || (w->facts && events->position / SERIAL_STEP > w->facts))
        complain(w, "subscription %" PRIu64 " of session %" PRIu64 " is said to be at %" PRIu64 ", where %zu is to be told yet", events->subscription, session,
                 events->position / SERIAL_STEP, i + 1);
}

void witness_told(struct witness *w, uint64_t session, const struct record_events *events)
{
    int c;
    bool good = !w->wrong[0];
    struct audience *a = audience_of(w, session, events->subscription, &c);
    if (!a)
        complain(w, "events for a subscription that is not there, or not any more");
    for (uint32_t i = 0; a && i < events->events.count; i++)
        check_event(w, a, c, &events->events.at[i]);
    witness_positioned(w, session, events);
    uint64_t on_its_way = a ? open_at(w, a, c) : 0;
    if (a && on_its_way > a->wanted.max_events)
        complain(w, "%" PRIu64 " events are on their way to somebody who wanted %" PRIu64 " at most", on_its_way, a->wanted.max_events);
    if (good && w->wrong[0])
        say_to_whom(w, session, events->subscription);
}

void witness_end(struct witness *w)
{
    for (int i = 0; i < W_AUDIENCES; i++) {
        struct audience *a = &w->audience[i];
        if (!a->in || !is_attended(a))
            continue;
        pass_going(w, a, UINT64_MAX);
        if (a->standing || (a->past && !is_named(a) && (a->wanted.kinds & MSTRO_POOL_EVENT_POOL_CHECKPOINT)))
            complain(w, "somebody has not been told what stood, or that this was it");
        if (!is_named(a) && count_for(w, a, a->last + SERIAL_STEP, UINT64_MAX) > 0)
            complain(w, "somebody was not told of %" PRIu64, first_for(w, a, a->last ? a->last + SERIAL_STEP : w->fact[0].serial) / SERIAL_STEP);
        for (size_t k = is_named(a) ? first_open(w, a) : w->facts; k < w->facts; k++)
            if (is_for(a, &w->fact[k]) && passage_of(a, k)->fate < SETTLED)
                complain(w, "event %" PRIu64 " of a name is not settled", w->fact[k].serial / SERIAL_STEP);
    }
}

static bool ends_group(const struct happened *fact, const struct happened *offer)
{
    return !fact->intent && fact->app == offer->app && strcmp(fact->name, offer->name) == 0 &&
           (fact->event & (MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_GROUP_LOST));
}

void witness_groups_end(struct witness *w, uint64_t app)
{
    for (size_t i = 0; i < w->facts; i++) {
        const struct happened *offer = &w->fact[i];
        size_t k = i + 1;
        if (!offer->whole || offer->intent || (app && offer->app != app) || offer->event != MSTRO_POOL_EVENT_OFFER)
            continue;
        while (k < w->facts && !ends_group(&w->fact[k], offer))
            k++;
        if (k == w->facts || w->fact[k].event == MSTRO_POOL_EVENT_OFFER)
            complain(w, "the group %s, offered at %" PRIu64 ", was neither taken back nor lost", offer->name, offer->serial / SERIAL_STEP);
    }
}
