/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/audience.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ABOUT_APPLICATIONS = MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
                         MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE
};

void complain(struct witness *w, const char *format, ...)
{
    va_list arguments;
    if (w->wrong[0])
        return;
    va_start(arguments, format);
    vsnprintf(w->wrong, sizeof w->wrong, format, arguments);
    va_end(arguments);
}

bool is_attended(const struct audience *a)
{
    for (int c = 0; c < W_CONSUMERS; c++)
        if (a->consumer[c].in)
            return true;
    return false;
}

bool selects(const struct wanted *wanted, const struct happened *fact)
{
    if (fact->event & ABOUT_APPLICATIONS)
        return true;
    return (!wanted->name[0] || strcmp(wanted->name, fact->name) == 0) && (wanted->step < 0 || wanted->step == fact->step);
}

bool is_for(const struct audience *a, const struct happened *fact)
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

size_t fact_with(const struct witness *w, uint64_t serial) /* they have no gaps */
{
    size_t i = (size_t)(serial / SERIAL_STEP) - 1;
    return serial >= SERIAL_STEP && i < w->facts && w->fact[i].serial == serial ? i : SIZE_MAX;
}

uint64_t witness_newest(const struct witness *w) { return w->facts ? w->fact[w->facts - 1].serial : 0; }

struct passage *passage_of(struct audience *a, size_t fact)
{
    if (fact >= a->passages) {
        size_t room = fact + fact / 2 + 64;
        struct passage *more = realloc(a->passage, room * sizeof *more);
        if (!more)
            abort();
        memset(more + a->passages, 0, (room - a->passages) * sizeof *more);
        a->passage = more;
        a->passages = room;
    }
    return &a->passage[fact];
}

uint64_t count_for(const struct witness *w, struct audience *a, uint64_t first, uint64_t last)
{
    uint64_t count = 0;
    for (size_t i = first / SERIAL_STEP ? first / SERIAL_STEP - 1 : 0; i < w->facts && w->fact[i].serial <= last; i++)
        count += w->fact[i].serial >= first && is_for(a, &w->fact[i]) &&
                 !(is_named(a) && passage_of(a, i)->fate == MISSED && w->fact[i].serial <= a->last);
    return count;
}

size_t first_open(const struct witness *w, struct audience *a)
{
    while (a->floor < w->facts && (passage_of(a, a->floor)->fate >= SETTLED || !is_for(a, &w->fact[a->floor])))
        a->floor++;
    return a->floor;
}

struct audience *audience_of(struct witness *w, uint64_t session, uint64_t number, int *consumer)
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

void drop_duty(struct witness *w, size_t i) { w->duty[i] = w->duty[--w->duties]; }

void audience_end(struct witness *w, struct audience *a)
{
    for (size_t i = w->duties; i-- > 0;)
        if (w->duty[i].audience == a)
            drop_duty(w, i);
    free(a->passage);
    *a = (struct audience){ 0 };
}
