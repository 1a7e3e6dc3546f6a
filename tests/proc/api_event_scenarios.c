/* SPDX-License-Identifier: BSD-3-Clause */
/* api_event_scenarios.c - every kind of event, with what its payload says
 *
 * Four do one thing after the other, and one is told.  What must be told of each object, and of each application, is a table: in that
 * order, once each, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/proc/api_play.h"

#define STEP ".maestro.ecmwf.step"

enum { FIELD = 100000, MEMBER = 8000, LIST = -2, PULSES = 5, OF_THE_DEAD_APPS = 6, FIRST_MISSED = 2, FIELD_STEP = 12, NO_STEP = -1, PASSING_INDEX = 5, TOLD_MAX = 200 };

enum who { NOBODY, WATCHER, PRODUCER, CONSUMER, PASSING, PASSING_AGAIN, WHO };

/* Where the roles are threads, all of it is done by one application. */
static const struct { const char *component; int64_t index; } who_is[WHO] = {
    [WATCHER] = { "watcher", 0 }, [PRODUCER] = { "producer", 0 }, [CONSUMER] = { "consumer", 0 }, [PASSING] = { "passing", 0 },
    [PASSING_AGAIN] = { "passing", PASSING_INDEX },
};

struct expected { const char *name; mstro_pool_event_kind kind; enum who who; int64_t size; uint64_t generation; int64_t step; };

#define E(kind) MSTRO_POOL_EVENT_##kind
static const struct expected of_objects[] = {
    { "field", E(DECLARE), CONSUMER, -1, 0, NO_STEP },
    { "field", E(SEAL), CONSUMER, -1, 0, NO_STEP },
    { "field", E(REQUIRE), CONSUMER, -1, 0, NO_STEP },
    { "field", E(DECLARE), PRODUCER, -1, 0, FIELD_STEP },
    { "field", E(SEAL), PRODUCER, -1, 0, FIELD_STEP },
    { "field", E(OFFER), PRODUCER, FIELD, 1, FIELD_STEP },
    { "field", E(DEMAND), CONSUMER, -1, 0, FIELD_STEP },
    { "field", E(TRANSPORT_INIT), PRODUCER, FIELD, 1, FIELD_STEP },
    { "field", E(TRANSPORT_TICKET), CONSUMER, FIELD, 1, FIELD_STEP },
    { "field", E(TRANSPORT_COMPLETED), CONSUMER, FIELD, 1, FIELD_STEP },
    { "field", E(DISPOSE), CONSUMER, -1, 0, FIELD_STEP },
    { "field", E(WITHDRAW), PRODUCER, FIELD, 1, FIELD_STEP },
    { "field", E(DISPOSE), PRODUCER, -1, 0, FIELD_STEP },
    { "field", E(DECLARE), CONSUMER, -1, 0, NO_STEP },
    { "field", E(SEAL), CONSUMER, -1, 0, NO_STEP },
    { "field", E(REQUIRE), CONSUMER, -1, 0, NO_STEP },
    { "field", E(RETRACT), CONSUMER, -1, 0, NO_STEP },
    { "field", E(DISPOSE), CONSUMER, -1, 0, NO_STEP },
    { "set", E(DECLARE), PRODUCER, -1, 0, NO_STEP },
    { "set", E(SEAL_GROUP), PRODUCER, -1, 0, NO_STEP },
    { "set", E(OFFER), PRODUCER, LIST, 1, NO_STEP },
    { "set", E(WITHDRAW), PRODUCER, LIST, 1, NO_STEP },
    { "set", E(DISPOSE), PRODUCER, -1, 0, NO_STEP },
    { "member", E(DECLARE), PRODUCER, -1, 0, NO_STEP },
    { "member", E(SEAL), PRODUCER, -1, 0, NO_STEP },
    { "member", E(OFFER), PRODUCER, MEMBER, 1, NO_STEP },
    { "member", E(WITHDRAW), PRODUCER, MEMBER, 1, NO_STEP },
    { "member", E(DISPOSE), PRODUCER, -1, 0, NO_STEP },
    { NULL, 0, NOBODY, 0, 0, 0 },
};

/* Of a process that comes again and then dies. */
static const struct expected of_the_dead[] = {
    { "lost set", E(DECLARE), PASSING_AGAIN, -1, 0, NO_STEP },
    { "lost set", E(SEAL_GROUP), PASSING_AGAIN, -1, 0, NO_STEP },
    { "lost set", E(OFFER), PASSING_AGAIN, LIST, 1, NO_STEP },
    { "lost set", E(GROUP_LOST), PASSING_AGAIN, LIST, 1, NO_STEP },
    { "lost member", E(DECLARE), PASSING_AGAIN, -1, 0, NO_STEP },
    { "lost member", E(SEAL), PASSING_AGAIN, -1, 0, NO_STEP },
    { "lost member", E(OFFER), PASSING_AGAIN, MEMBER, 1, NO_STEP },
    { "lost member", E(LOST), PASSING_AGAIN, MEMBER, 1, NO_STEP },
    { "", E(APP_LEAVE), PASSING, 0, 0, NO_STEP },
    { "", E(APP_BYE), PASSING, 0, 0, NO_STEP },
    { "", E(APP_JOIN), PASSING_AGAIN, 0, 0, NO_STEP },
    { "", E(APP_WELCOME), PASSING_AGAIN, 0, 0, NO_STEP },
    { "", E(APP_LEAVE), PASSING_AGAIN, 0, 0, NO_STEP },
    { "", E(APP_BYE), PASSING_AGAIN, 0, 0, NO_STEP },
    { NULL, 0, NOBODY, 0, 0, 0 },
};

static const struct expected of_subscribers[] = {
    { "", E(SUBSCRIBE), CONSUMER, 0, 0, NO_STEP },
    { "", E(UNSUBSCRIBE), CONSUMER, 0, 0, NO_STEP },
    { NULL, 0, NOBODY, 0, 0, 0 },
};

enum {
    OF_APPLICATIONS = E(APP_JOIN) | E(APP_WELCOME) | E(APP_LEAVE) | E(APP_BYE),
    OF_SUBSCRIBERS = E(SUBSCRIBE) | E(UNSUBSCRIBE),
    OF_NO_OBJECT = OF_APPLICATIONS | OF_SUBSCRIBERS | E(POOL_CHECKPOINT) | E(OVERFLOW),
    EVERYTHING = (E(GROUP_LOST) << 1) - 1
};

/* ---- those of whom is told ---- */

/* A DISPOSE is not waited for.  A subscription goes to every shard, behind it. */
static const char *flush(void)
{
    mstro_subscription sub;
    OK(mstro_subscribe(NULL, E(LOST), MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    OK(mstro_subscription_dispose(sub));
    return NULL;
}

static const char *demand_field(struct stage *s)
{
    mstro_cdo cdo;
    void *data;
    OK(mstro_cdo_declare(name_of(s, "field"), MSTRO_ATTR_DEFAULT, &cdo));
    meet(s); /* everybody is in */
    meet(s); /* and is watched */
    OK(mstro_cdo_require(cdo));
    meet(s);
    meet(s); /* it is offered */
    OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_access_ptr(cdo, &data, NULL));
    OK(mstro_cdo_dispose(cdo));
    free(data);
    const char *wrong = flush();
    meet(s);
    meet(s); /* it is withdrawn, and nobody has a handle of it */
    OK(mstro_cdo_declare(name_of(s, "field"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_require(cdo));
    OK(mstro_cdo_retract(cdo));
    OK(mstro_cdo_dispose(cdo));
    meet(s);
    return wrong;
}

static const char *offer_set(struct stage *s, const char *name, const char *member_name, void *data, mstro_group *group, mstro_cdo *member)
{
    OK(mstro_group_declare(name_of(s, name), group));
    OK(declare_with(name_of(s, member_name), data, MEMBER, member));
    OK(mstro_group_add(*group, *member));
    OK(mstro_group_offer(*group));
    return NULL;
}

static const char *offer_pulses(struct stage *s)
{
    for (int i = 0; i < PULSES; i++) {
        mstro_cdo cdo;
        OK(mstro_cdo_declare(name_of(s, "pulse"), MSTRO_ATTR_DEFAULT, &cdo));
        OK(mstro_cdo_offer(cdo));
        OK(mstro_cdo_withdraw(cdo));
        OK(mstro_cdo_dispose(cdo));
    }
    return NULL;
}

static const char *produce(struct stage *s)
{
    static unsigned char data[FIELD];
    int64_t step = FIELD_STEP;
    mstro_cdo cdo, member;
    mstro_group group;
    OK(declare_with(name_of(s, "field"), data, FIELD, &cdo));
    OK(mstro_cdo_attribute_set(cdo, STEP, &step, true, false));
    meet(s);
    meet(s);
    meet(s); /* it is required */
    OK(mstro_cdo_offer(cdo));
    meet(s);
    meet(s); /* and demanded */
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    const char *wrong = offer_set(s, "set", "member", data, &group, &member);
    if (wrong)
        return wrong;
    OK(mstro_group_withdraw(group));
    OK(mstro_group_dispose(group));
    OK(mstro_cdo_dispose(member));
    wrong = offer_pulses(s);
    if (!wrong)
        wrong = flush();
    meet(s);
    meet(s);
    return wrong;
}

/* Leaves, comes again, and dies with a group that is offered.  Where it is a thread it only meets the others. */
static const char *pass(struct stage *s)
{
    static unsigned char data[MEMBER];
    mstro_cdo member;
    mstro_group group;
    for (int i = 0; i < 6; i++)
        meet(s);
    if (!s->one_process) {
        OK(mstro_finalize());
        OK(mstro_init(NULL, who_is[PASSING_AGAIN].component, PASSING_INDEX));
        const char *wrong = offer_set(s, "lost set", "lost member", data, &group, &member);
        if (wrong)
            return wrong;
    }
    meet(s);
    if (!s->one_process)
        _exit(0);
    return NULL;
}

/* ---- who is told ---- */

struct told { mstro_pool_event event[TOLD_MAX]; int count; bool used[TOLD_MAX]; mstro_pool_event lists[TOLD_MAX]; int list_count; };

static bool is_object(mstro_pool_event e) { return !((int)e->kind & OF_NO_OBJECT); }

/* Is it of this play?  Others have names of their own; of who comes and goes only one is asked for. */
static bool is_about(const struct stage *s, mstro_pool_event e, const char *name)
{
    char whole[128];
    snprintf(whole, sizeof whole, "%s %s", s->prefix, name);
    return is_object(e) && strcmp(e->offer.cdo_name, whole) == 0;
}

static bool was_done_by(const struct stage *s, mstro_pool_event e, enum who who)
{
    const char *component = s->one_process ? "threads" : who_is[who].component;
    int64_t index = s->one_process ? 0 : who_is[who].index;
    return strcmp(e->join.component_name, component) == 0 && (is_object(e) ? e->offer.component_index : e->join.component_index) == index;
}

/* The next that was told of 'name'; of applications: of that kind, by him. */
static mstro_pool_event next_told(const struct stage *s, struct told *told, const struct expected *must)
{
    for (int i = 0; i < told->count; i++) {
        mstro_pool_event e = told->event[i];
        bool fits = must->name[0] ? is_about(s, e, must->name) : e->kind == must->kind && was_done_by(s, e, must->who);
        if (told->used[i] || !fits)
            continue;
        told->used[i] = true;
        return e;
    }
    return NULL;
}

static const char *check_step(mstro_pool_event e, int64_t step)
{
    const void *value;
    if (step == NO_STEP) {
        EXPECT(mstro_pool_event_attribute_get(e, STEP, NULL, &value), MSTRO_NOENT);
        return NULL;
    }
    enum mstro_cdo_attr_value_type type;
    OK(mstro_pool_event_attribute_get(e, STEP, &type, &value));
    CHECK(type == MSTRO_CDO_ATTR_VALUE_int64 && *(const int64_t *)value == step);
    return NULL;
}

static const char *check_object(mstro_pool_event e, const struct expected *must)
{
    CHECK(must->size == LIST ? e->offer.size > 0 && e->offer.size < MEMBER : e->offer.size == must->size);
    CHECK(e->offer.generation == must->generation);
    CHECK(e->offer.cdo_id[0] || e->offer.cdo_id[1]);
    return check_step(e, must->step);
}

/* One application has one number, and another another. */
static const char *check_app(const struct stage *s, mstro_pool_event e, enum who who, mstro_app_id app[WHO])
{
    CHECK(e->join.appid != 0);
    CHECK(!app[who] || app[who] == e->join.appid);
    app[who] = e->join.appid;
    for (int other = 0; other < WHO; other++)
        CHECK(other == (int)who || !app[other] || (app[other] == e->join.appid) == s->one_process);
    return NULL;
}

static const char *check_told(const struct stage *s, struct told *told, const struct expected *must, mstro_app_id app[WHO])
{
    uint64_t id[2] = { 0, 0 };
    for (const char *name = NULL; must->name; name = must->name, must++) {
        mstro_pool_event e = next_told(s, told, must);
        if (!e || e->kind != must->kind || !was_done_by(s, e, must->who)) {
            static _Thread_local char text[300];
            snprintf(text, sizeof text, "%s of '%s' should be told of %s, not %s of %s", mstro_pool_event_description(must->kind), must->name,
                     who_is[must->who].component, e ? mstro_pool_event_description(e->kind) : "nothing", e ? e->join.component_name : "nobody");
            return text;
        }
        const char *wrong = check_app(s, e, must->who, app);
        if (!wrong && must->name[0])
            wrong = check_object(e, must);
        if (wrong)
            return wrong;
        if (name && must->name[0]) /* the same name has one id, another another */
            CHECK((memcmp(id, e->offer.cdo_id, sizeof id) == 0) == (strcmp(name, must->name) == 0));
        if (must->name[0])
            memcpy(id, e->offer.cdo_id, sizeof id);
    }
    return NULL;
}

/* In each shard in order, and no two alike. */
static const char *check_serials(const struct told *told)
{
    for (int i = 0; i < told->count; i++)
        for (int k = 0; k < i; k++)
            CHECK((told->event[i]->serial & 1023) != (told->event[k]->serial & 1023) || told->event[i]->serial > told->event[k]->serial);
    return NULL;
}

static const char *check_checkpoints(struct told *told, mstro_app_id watcher)
{
    int count = 0;
    for (int i = 0; i < told->count; i++) {
        mstro_pool_event e = told->event[i];
        if (e->kind != E(POOL_CHECKPOINT))
            continue;
        CHECK(e->checkpoint.appid == watcher && e->checkpoint.cdo_name[0] == '\0' && e->checkpoint.component_name[0] == '\0');
        count++;
    }
    CHECK(count > 0);
    return NULL;
}

/* What did not fit is said by an OVERFLOW in its place: which serials it had is known from whoever was told. */
static const char *check_overflow(struct stage *s, const struct told *told, mstro_subscription slow)
{
    uint64_t serial[PULSES];
    int count = 0;
    mstro_pool_event e, events;
    for (int i = 0; i < told->count; i++)
        if (told->event[i]->kind == E(OFFER) && is_about(s, told->event[i], "pulse") && count < PULSES)
            serial[count++] = told->event[i]->serial;
    CHECK(count == PULSES);
    for (int i = 0; i < FIRST_MISSED; i++) {
        OK(mstro_subscription_wait(slow, &events));
        CHECK(events->kind == E(OFFER) && events->serial == serial[i] && !events->next);
        OK(mstro_pool_event_dispose(events));
    }
    OK(mstro_subscription_wait(slow, &events));
    e = events;
    CHECK(e->kind == E(OVERFLOW) && !e->next);
    CHECK(e->overflow.count == PULSES - FIRST_MISSED);
    CHECK(e->overflow.first_serial == serial[FIRST_MISSED] && e->overflow.last_serial == serial[PULSES - 1] && e->serial == serial[PULSES - 1]);
    CHECK(e->overflow.appid == 0 && e->overflow.cdo_name[0] == '\0' && e->overflow.component_name[0] == '\0');
    OK(mstro_pool_event_dispose(events));
    return NULL;
}

static bool is_last(const struct stage *s, mstro_pool_event e)
{
    return s->one_process ? e->kind == E(UNSUBSCRIBE) : e->kind == E(APP_BYE) && was_done_by(s, e, PASSING_AGAIN);
}

static size_t count_of(const struct expected *must)
{
    size_t count = 0;
    while (must[count].name)
        count++;
    return count;
}

static const mstro_pool_event_kind of_pulse[] = { E(DECLARE), E(SEAL), E(OFFER), E(WITHDRAW), E(DISPOSE) };
enum { PULSE_KINDS = sizeof of_pulse / sizeof of_pulse[0] };

/* Until the last thing has happened, and all that happened to objects has come, from other shards too. */
static const char *take_all(struct stage *s, mstro_subscription sub, struct told *told)
{
    bool over = false;
    size_t left = count_of(of_objects) + PULSES * PULSE_KINDS + (s->one_process ? 0 : count_of(of_the_dead) - OF_THE_DEAD_APPS);
    while (!over || left > 0) {
        mstro_pool_event events;
        OK(mstro_subscription_wait(sub, &events));
        told->lists[told->list_count++] = events;
        for (mstro_pool_event e = events; e; e = e->next) {
            CHECK(told->count < TOLD_MAX);
            told->event[told->count++] = e;
            over |= is_last(s, e);
            left -= left > 0 && is_object(e);
        }
    }
    return NULL;
}

static const char *check_all(struct stage *s, struct told *told, mstro_subscription slow)
{
    mstro_app_id app[WHO] = { 0 };
    const char *wrong = check_serials(told);
    if (!wrong)
        wrong = check_overflow(s, told, slow);
    if (!wrong)
        wrong = check_told(s, told, of_objects, app);
    if (!wrong)
        wrong = check_told(s, told, of_subscribers, app);
    if (!wrong && !s->one_process)
        wrong = check_told(s, told, of_the_dead, app);
    for (int i = 0; !wrong && i < told->count; i++) {
        mstro_pool_event e = told->event[i];
        if (e->kind == E(SUBSCRIBE) && was_done_by(s, e, WATCHER)) /* of 'slow' */
            app[WATCHER] = e->subscribe.appid;
        CHECK(told->used[i] || !is_object(e) || is_about(s, e, "pulse"));
    }
    return wrong ? wrong : check_checkpoints(told, app[WATCHER]);
}

static const char *be_told_of_everything(struct stage *s)
{
    static const char *const wanted[] = { STEP };
    const struct mstro_subscription_terms past = { .start = MSTRO_SUBSCRIPTION_START_AGE, .age = 1, .attributes = wanted, .attribute_count = 1 };
    const struct mstro_subscription_terms one = { .max_events = 1 };
    static struct told told;
    char query[200];
    mstro_cdo_selector selector;
    mstro_subscription sub, slow;
    meet(s);
    OK(mstro_subscribe_with(NULL, (mstro_pool_event_kind)EVERYTHING, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &past, &sub));
    snprintf(query, sizeof query, "(.maestro.core.cdo.name = \"%s\")", name_of(s, "pulse"));
    OK(mstro_cdo_selector_create(NULL, NULL, query, &selector));
    OK(mstro_subscribe_with(selector, E(OFFER), MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &one, &slow));
    OK(mstro_cdo_selector_dispose(selector));
    for (int i = 0; i < 6; i++)
        meet(s);
    const char *wrong = take_all(s, sub, &told);
    if (!wrong)
        wrong = check_all(s, &told, slow);
    for (int i = 0; i < told.list_count; i++)
        OK(mstro_pool_event_dispose(told.lists[i]));
    OK(mstro_subscription_dispose(slow));
    OK(mstro_subscription_dispose(sub));
    return wrong;
}

const struct scenario api_event_scenarios[] = {
    { "every_kind_of_event_is_told_with_what_its_payload_says",
      { { "watcher", be_told_of_everything }, { "producer", produce }, { "consumer", demand_field }, { "passing", pass } } },
    { NULL, { { NULL, NULL } } },
};
