/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays about groups that list what others offer: it is kept for those who have required the group. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/proc/api_play.h"

enum { PART = 70000, SMALL = 100, STEP = 4712, STEP_AFTER = 4713, STEP_OF_TWO = 4714 };

#define PLAY(call) \
    do { \
        const char *wrong_ = (call); \
        if (wrong_) \
            return wrong_; \
    } while (0)

static const char *offer_part(struct stage *s, const char *what, unsigned char *data, int64_t size, int64_t step, mstro_cdo *part)
{
    fill(data, (size_t)size, (unsigned)step);
    OK(declare_with(name_of(s, what), data, size, part));
    OK(mstro_cdo_attribute_set(*part, ".maestro.ecmwf.step", &step, true, false));
    OK(mstro_cdo_offer(*part));
    return NULL;
}

static const char *end_part(mstro_cdo part)
{
    OK(mstro_cdo_withdraw(part));
    OK(mstro_cdo_dispose(part));
    return NULL;
}

static const char *list_step(const char *group, int64_t step, mstro_group *g)
{
    char query[64];
    mstro_cdo_selector selector;
    snprintf(query, sizeof query, "(.maestro.ecmwf.step = %d)", (int)step);
    OK(mstro_cdo_selector_create(NULL, NULL, query, &selector));
    OK(mstro_group_declare(group, g));
    OK(mstro_group_add_by_selector(*g, selector));
    OK(mstro_cdo_selector_dispose(selector));
    return NULL;
}

static const char *list_name(struct stage *s, const char *group, const char *member, mstro_group *g)
{
    OK(mstro_group_declare(name_of(s, group), g));
    OK(mstro_group_add_by_name(*g, name_of(s, member)));
    return NULL;
}

/* All that it has is one member of these bytes. */
static const char *brings(mstro_group g, int64_t size, int64_t step)
{
    size_t count;
    mstro_cdo member;
    void *data;
    int64_t got;
    OK(mstro_group_demand(g));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 1);
    OK(mstro_group_next(g, &member));
    OK(mstro_cdo_access_ptr(member, &data, &got));
    CHECK(got == size && holds(data, (size_t)size, (unsigned)step));
    free(data);
    return NULL;
}

/* The pool knows whatever this application has asked of the object before. */
static const char *wait_for_pool(struct stage *s, const char *what)
{
    mstro_cdo again;
    OK(mstro_cdo_declare(name_of(s, what), MSTRO_ATTR_DEFAULT, &again));
    OK(mstro_cdo_require(again));
    OK(mstro_cdo_retract(again));
    OK(mstro_cdo_dispose(again));
    return NULL;
}

static const char *is_awaited(mstro_request request)
{
    bool done;
    OK(mstro_request_test(request, &done));
    CHECK(!done);
    return NULL;
}

/* ---- its WITHDRAW waits for the group ---- */

static const char *want_part_back(struct stage *s)
{
    static unsigned char data[PART];
    mstro_cdo part;
    mstro_request back;
    PLAY(offer_part(s, "part", data, PART, STEP, &part));
    meet(s); /* 1: offered */
    meet(s); /* 2: listed, and the group is required */
    OK(mstro_cdo_withdraw_async(part, &back));
    PLAY(wait_for_pool(s, "part"));
    PLAY(is_awaited(back));
    meet(s); /* 3: wanted back */
    meet(s); /* 4: brought to one, required by another */
    PLAY(wait_for_pool(s, "part"));
    PLAY(is_awaited(back));
    meet(s); /* 5: the group is going to be withdrawn */
    OK(mstro_request_wait(back));
    memset(data, 0, sizeof data);
    OK(mstro_cdo_dispose(part));
    PLAY(offer_part(s, "part", data, PART, STEP_AFTER, &part));
    meet(s); /* 6: another one */
    meet(s);
    PLAY(end_part(part));
    return NULL;
}

static const char *list_part(struct stage *s)
{
    mstro_group g;
    size_t count;
    PLAY(list_step(name_of(s, "parts"), STEP, &g));
    meet(s);
    OK(mstro_group_offer(g));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 1);
    meet(s); /* 2 */
    meet(s);
    meet(s);
    meet(s); /* 5 */
    OK(mstro_group_withdraw(g));
    meet(s); /* 6 */
    OK(mstro_group_offer(g));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 0); /* what stands under that name is not looked for */
    meet(s); /* 7 */
    OK(mstro_group_withdraw(g));
    OK(mstro_group_dispose(g));
    return NULL;
}

static const char *require_part_in_time(struct stage *s)
{
    mstro_group early, late;
    OK(mstro_group_declare(name_of(s, "parts"), &early));
    OK(mstro_group_declare(name_of(s, "parts"), &late));
    OK(mstro_group_require(early));
    meet(s);
    meet(s);
    meet(s); /* 3 */
    PLAY(brings(early, PART, STEP)); /* though it is wanted back */
    OK(mstro_group_require(late));
    meet(s); /* 4 */
    meet(s);
    meet(s); /* 6: back, overwritten, and its name is another's */
    PLAY(brings(late, PART, STEP));
    OK(mstro_group_dispose(early));
    OK(mstro_group_dispose(late));
    meet(s);
    return NULL;
}

/* ---- what the pool has itself ---- */

static const char *offer_small_twice(struct stage *s)
{
    static unsigned char data[2][SMALL];
    mstro_cdo small;
    PLAY(offer_part(s, "small", data[0], SMALL, STEP, &small));
    meet(s);
    meet(s); /* 2: listed */
    PLAY(end_part(small)); /* at once */
    PLAY(offer_part(s, "small", data[1], SMALL, STEP_AFTER, &small));
    meet(s); /* 3: another one */
    PLAY(end_part(small));
    return NULL;
}

static const char *list_small(struct stage *s)
{
    mstro_group g;
    PLAY(list_name(s, "smalls", "small", &g));
    meet(s);
    OK(mstro_group_offer(g));
    meet(s);
    meet(s);
    OK(mstro_group_withdraw(g));
    OK(mstro_group_dispose(g));
    return NULL;
}

static const char *read_small(struct stage *s)
{
    mstro_group g;
    OK(mstro_group_declare(name_of(s, "smalls"), &g));
    OK(mstro_group_require(g));
    meet(s);
    meet(s);
    meet(s);
    PLAY(brings(g, SMALL, STEP));
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- gone before it could be kept ---- */

static bool is_of(mstro_pool_event e, const char *name) { return strcmp(e->require.cdo_name, name) == 0; }

/* Told before they are kept for the group, one of them goes. */
static const char *take_back_when_it_is_listed(struct stage *s)
{
    static unsigned char data[2][PART];
    mstro_cdo stays, goes;
    mstro_subscription sub;
    int told = 0;
    PLAY(offer_part(s, "stays", data[0], PART, STEP_OF_TWO, &stays));
    PLAY(offer_part(s, "goes", data[1], PART, STEP_OF_TWO, &goes));
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_REQUIRE, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, &sub));
    meet(s);
    while (told < 2) {
        mstro_pool_event events;
        OK(mstro_subscription_wait(sub, &events));
        for (mstro_pool_event e = events; e; e = e->next) {
            told += is_of(e, name_of(s, "stays")) || is_of(e, name_of(s, "goes"));
            if (is_of(e, name_of(s, "goes")))
                PLAY(end_part(goes));
        }
        OK(mstro_subscription_ack(sub, events));
        OK(mstro_pool_event_dispose(events));
    }
    OK(mstro_subscription_dispose(sub));
    meet(s); /* 2: refused */
    PLAY(end_part(stays)); /* nobody keeps it */
    meet(s);
    return NULL;
}

static const char *list_in_vain(struct stage *s)
{
    mstro_group g;
    mstro_cdo own, again;
    size_t count;
    PLAY(list_step(name_of(s, "both"), STEP_OF_TWO, &g));
    OK(mstro_cdo_declare(name_of(s, "own"), MSTRO_ATTR_DEFAULT, &own));
    OK(mstro_group_add(g, own));
    meet(s);
    EXPECT(mstro_group_offer(g), MSTRO_PEER_LOST);
    CHECK(strstr(mstro_error_detail(), name_of(s, "goes")));
    CHECK(strstr(mstro_error_detail(), name_of(s, "both")));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 1); /* its own */
    OK(mstro_cdo_declare(name_of(s, "own"), MSTRO_ATTR_DEFAULT, &again)); /* whose name is free */
    OK(mstro_cdo_offer(again));
    PLAY(end_part(again));
    meet(s);
    meet(s);
    OK(mstro_group_offer(g));
    OK(mstro_group_withdraw(g));
    OK(mstro_group_dispose(g));
    OK(mstro_cdo_dispose(own));
    return NULL;
}

/* ---- a group of what its own process offers with other handles ---- */

static const char *list_what_is_offered_here(struct stage *s)
{
    static unsigned char data[PART];
    mstro_group g;
    mstro_cdo part;
    mstro_request back;
    PLAY(offer_part(s, "mine", data, PART, STEP, &part));
    PLAY(list_name(s, "ours", "mine", &g));
    OK(mstro_group_offer(g));
    meet(s);
    meet(s); /* required */
    OK(mstro_cdo_withdraw_async(part, &back));
    PLAY(wait_for_pool(s, "mine"));
    PLAY(is_awaited(back));
    OK(mstro_group_withdraw(g));
    OK(mstro_request_wait(back));
    OK(mstro_cdo_offer(part));
    OK(mstro_group_offer(g)); /* and the other way round */
    OK(mstro_group_withdraw(g));
    PLAY(end_part(part));
    OK(mstro_group_dispose(g));
    meet(s);
    return NULL;
}

static const char *require_ours(struct stage *s)
{
    mstro_group g;
    OK(mstro_group_declare(name_of(s, "ours"), &g));
    meet(s);
    OK(mstro_group_require(g));
    meet(s);
    meet(s);
    PLAY(brings(g, PART, STEP));
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- what nobody offers when the group is ---- */

static const char *offer_later(struct stage *s)
{
    static unsigned char data[PART];
    mstro_cdo part;
    meet(s);
    PLAY(offer_part(s, "later", data, PART, STEP, &part));
    meet(s); /* 2: brought */
    PLAY(end_part(part)); /* it is not kept for the group */
    meet(s);
    return NULL;
}

static const char *list_later(struct stage *s)
{
    mstro_group g;
    PLAY(list_name(s, "someday", "later", &g));
    OK(mstro_group_offer(g));
    meet(s);
    meet(s);
    meet(s);
    OK(mstro_group_withdraw(g));
    OK(mstro_group_dispose(g));
    return NULL;
}

static const char *read_later(struct stage *s)
{
    mstro_group g;
    OK(mstro_group_declare(name_of(s, "someday"), &g));
    meet(s);
    PLAY(brings(g, PART, STEP));
    meet(s);
    meet(s);
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- left to mstro_finalize ---- */

static const char *leave_part(struct stage *s)
{
    static unsigned char data[PART];
    mstro_cdo part;
    PLAY(offer_part(s, "left", data, PART, STEP, &part));
    meet(s);
    meet(s);
    return NULL;
}

static const char *leave_list(struct stage *s)
{
    mstro_group g;
    meet(s);
    PLAY(list_name(s, "lefts", "left", &g));
    OK(mstro_group_offer(g));
    meet(s);
    return NULL;
}

static const char *require_what_is_left(struct stage *s)
{
    mstro_group g;
    OK(mstro_group_declare(name_of(s, "lefts"), &g));
    OK(mstro_group_require(g));
    meet(s);
    meet(s);
    PLAY(brings(g, PART, STEP));
    OK(mstro_group_dispose(g));
    return NULL;
}

const struct scenario api_listed_scenarios[] = {
    { "who_has_required_a_group_in_time_has_what_it_lists_though_that_is_wanted_back",
      { { "other", want_part_back }, { "collector", list_part }, { "consumer", require_part_in_time } } },
    { "of_what_a_group_lists_the_pool_keeps_its_copy",
      { { "other", offer_small_twice }, { "collector", list_small }, { "consumer", read_small } } },
    { "a_group_that_cannot_keep_what_it_lists_is_not_offered", { { "other", take_back_when_it_is_listed }, { "collector", list_in_vain } } },
    { "a_group_lists_what_its_own_process_offers_with_another_handle",
      { { "both", list_what_is_offered_here }, { "consumer", require_ours } } },
    { "a_name_that_nobody_offers_yet_is_brought_when_somebody_does_and_not_kept",
      { { "other", offer_later }, { "collector", list_later }, { "consumer", read_later } } },
    { "groups_of_what_others_offer_end_with_the_library",
      { { "other", leave_part }, { "collector", leave_list }, { "consumer", require_what_is_left } } },
    { NULL, { { NULL, NULL } } },
};
