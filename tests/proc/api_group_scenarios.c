/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays about groups: what is offered as one is seen, required, lost and withdrawn as one. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/proc/api_play.h"

/* ---- sets of objects ---- */

enum { MEMBERS = 5, SIGNAL = 2 };

static const int64_t sizes[MEMBERS] = { 1, 4096, -1, 70000, 1 << 20 };

struct set { mstro_group group; mstro_cdo member[MEMBERS]; unsigned char *data[MEMBERS]; };

static const char *member_name(struct stage *s, const char *set, int i)
{
    char what[64];
    snprintf(what, sizeof what, "%.40s member %d", set, i);
    return name_of(s, what);
}

static void set_fill(struct set *set, unsigned seed)
{
    for (int i = 0; i < MEMBERS; i++)
        if (i != SIGNAL)
            fill(set->data[i], (size_t)sizes[i], seed + (unsigned)i);
}

static const char *set_make(struct stage *s, const char *name, struct set *set)
{
    *set = (struct set){ 0 };
    for (int i = 0; i < MEMBERS; i++) {
        if (i != SIGNAL)
            CHECK(posix_memalign((void **)&set->data[i], 64, (size_t)sizes[i]) == 0);
        OK(declare_with(member_name(s, name, i), set->data[i], sizes[i], &set->member[i]));
    }
    OK(mstro_group_declare(name_of(s, name), &set->group));
    for (int i = 0; i < MEMBERS; i++)
        OK(mstro_group_add(set->group, set->member[i]));
    return NULL;
}

static const char *set_end(struct set *set)
{
    OK(mstro_group_dispose(set->group));
    for (int i = 0; i < MEMBERS; i++) {
        OK(mstro_cdo_dispose(set->member[i]));
        free(set->data[i]);
    }
    return NULL;
}

/* All that the group has, in its order, and of one seed, which is returned in *seed. */
static const char *set_check(struct stage *s, const char *name, mstro_group g, unsigned *seed)
{
    size_t count;
    mstro_cdo member;
    OK(mstro_group_size_get(g, &count));
    CHECK(count == MEMBERS);
    for (int i = 0; i < MEMBERS; i++) {
        void *data;
        int64_t size;
        OK(mstro_group_next(g, &member));
        CHECK(strcmp(mstro_cdo_name(member), member_name(s, name, i)) == 0);
        if (i == SIGNAL) {
            EXPECT(mstro_cdo_access_ptr(member, &data, &size), MSTRO_NOENT);
            continue;
        }
        OK(mstro_cdo_access_ptr(member, &data, &size));
        CHECK(size == sizes[i]);
        if (i == 0)
            *seed = *(unsigned char *)data;
        CHECK(holds(data, (size_t)size, *seed + (unsigned)i));
        free(data);
    }
    EXPECT(mstro_group_next(g, &member), MSTRO_NOENT);
    CHECK(!member);
    OK(mstro_group_next(g, &member)); /* from the beginning again */
    return NULL;
}

#define PLAY(call) \
    do { \
        const char *wrong_ = (call); \
        if (wrong_) \
            return wrong_; \
    } while (0)

/* ---- offered and demanded as one ---- */

static const char *lend_set(struct stage *s)
{
    struct set set;
    size_t count;
    mstro_cdo member;
    PLAY(set_make(s, "set", &set));
    set_fill(&set, 7);
    OK(mstro_group_size_get(set.group, &count));
    CHECK(count == MEMBERS);
    OK(mstro_group_next(set.group, &member));
    CHECK(member == set.member[0]);
    meet(s);
    OK(mstro_group_offer(set.group));
    meet(s); /* demanded, or required */
    OK(mstro_group_withdraw(set.group));
    set_fill(&set, 100); /* ours again */
    meet(s);
    PLAY(set_end(&set));
    return NULL;
}

static const char *demand_set_early(struct stage *s)
{
    mstro_group g;
    size_t count;
    unsigned seed;
    OK(mstro_group_declare(name_of(s, "set"), &g));
    OK(mstro_group_require(g));
    EXPECT(mstro_group_size_get(g, &count), MSTRO_INVARG); /* nobody knows yet */
    meet(s);
    OK(mstro_group_demand(g));
    PLAY(set_check(s, "set", g, &seed));
    CHECK(seed == 7);
    meet(s);
    meet(s);
    OK(mstro_group_dispose(g));
    return NULL;
}

static const char *demand_set_late(struct stage *s)
{
    mstro_group g;
    unsigned seed;
    OK(mstro_group_declare(name_of(s, "set"), &g));
    OK(mstro_group_require(g));
    meet(s);
    meet(s);
    meet(s); /* withdrawn, and overwritten */
    OK(mstro_group_demand(g));
    PLAY(set_check(s, "set", g, &seed));
    CHECK(seed == 7);
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- one member's name is taken ---- */

static const char *lend_in_vain(struct stage *s)
{
    struct set set;
    mstro_cdo again;
    PLAY(set_make(s, "vain", &set));
    set_fill(&set, 1);
    meet(s); /* the other has offered one of them */
    EXPECT(mstro_group_offer(set.group), MSTRO_CONFLICT);
    CHECK(strstr(mstro_error_detail(), member_name(s, "vain", 3)));
    CHECK(strstr(mstro_error_detail(), name_of(s, "vain")));
    OK(declare_with(member_name(s, "vain", 0), NULL, 0, &again)); /* its name is free */
    OK(mstro_cdo_offer(again));
    OK(mstro_cdo_withdraw(again));
    OK(mstro_cdo_dispose(again));
    meet(s); /* the other takes its own back */
    meet(s);
    OK(mstro_group_offer(set.group));
    EXPECT(mstro_group_dispose(set.group), MSTRO_INVARG);
    EXPECT(mstro_group_offer(set.group), MSTRO_INVARG);
    meet(s);
    meet(s);
    OK(mstro_group_withdraw(set.group));
    PLAY(set_end(&set));
    return NULL;
}

static bool is_of(struct stage *s, const char *name) { return strncmp(name, name_of(s, "vain"), strlen(name_of(s, "vain"))) == 0; }

static const char *take_a_name(struct stage *s)
{
    mstro_cdo cdo;
    mstro_group g;
    mstro_subscription sub;
    mstro_pool_event events;
    OK(declare_with(member_name(s, "vain", 3), NULL, 0, &cdo));
    OK(mstro_cdo_offer(cdo));
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_SEAL_GROUP | MSTRO_POOL_EVENT_DECLARE, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    meet(s);
    meet(s); /* it was refused */
    OK(mstro_subscription_poll(sub, &events));
    for (mstro_pool_event e = events; e; e = e->next)
        CHECK(!is_of(s, e->declare.cdo_name) || strcmp(e->declare.cdo_name, member_name(s, "vain", 0)) == 0); /* but for the one that was free */
    OK(mstro_pool_event_dispose(events));
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    meet(s);
    meet(s); /* offered */
    OK(mstro_group_declare(name_of(s, "vain"), &g));
    OK(mstro_group_demand(g));
    unsigned seed;
    PLAY(set_check(s, "vain", g, &seed));
    OK(mstro_group_dispose(g));
    meet(s);
    int offers = 0, seals = 0;
    while (offers < MEMBERS + 1) {
        OK(mstro_subscription_wait(sub, &events));
        for (mstro_pool_event e = events; e; e = e->next) {
            offers += e->kind == MSTRO_POOL_EVENT_OFFER && is_of(s, e->offer.cdo_name);
            seals += e->kind == MSTRO_POOL_EVENT_SEAL_GROUP && strcmp(e->seal_group.cdo_name, name_of(s, "vain")) == 0;
        }
        OK(mstro_pool_event_dispose(events));
    }
    CHECK(seals == 1);
    OK(mstro_subscription_dispose(sub));
    return NULL;
}

/* ---- what others offer: by name, by selector, groups in groups ---- */

static const char *offer_parts(struct stage *s)
{
    struct set set;
    mstro_cdo other[3];
    int64_t step = 4711;
    PLAY(set_make(s, "inner", &set));
    set_fill(&set, 3);
    OK(mstro_group_offer(set.group));
    for (int i = 0; i < 3; i++) {
        OK(declare_with(member_name(s, "other", i), NULL, 0, &other[i]));
        OK(mstro_cdo_attribute_set(other[i], ".maestro.ecmwf.step", &step, true, false));
        OK(mstro_cdo_offer(other[i]));
    }
    meet(s);
    meet(s); /* served */
    for (int i = 0; i < 3; i++) {
        OK(mstro_cdo_withdraw(other[i]));
        OK(mstro_cdo_dispose(other[i]));
    }
    OK(mstro_group_withdraw(set.group));
    PLAY(set_end(&set));
    meet(s);
    return NULL;
}

static const char *collect_parts(struct stage *s)
{
    mstro_group g;
    mstro_cdo own;
    mstro_cdo_selector selector;
    size_t count;
    OK(mstro_cdo_selector_create(NULL, NULL, "(.maestro.ecmwf.step = 4711)", &selector));
    OK(declare_with(name_of(s, "own"), NULL, 0, &own));
    OK(mstro_group_declare(name_of(s, "outer"), &g));
    OK(mstro_group_add(g, own));
    OK(mstro_group_add_by_name(g, name_of(s, "inner")));
    OK(mstro_group_add_by_name(g, member_name(s, "other", 1))); /* the selector will find it too */
    EXPECT(mstro_group_add_by_name(g, name_of(s, "inner")), MSTRO_INVARG);
    EXPECT(mstro_group_add_by_name(g, ""), MSTRO_INVARG);
    CHECK(strcmp(mstro_error_detail(), "add: an object needs a name") == 0);
    EXPECT(mstro_group_add_by_name(g, name_of(s, "outer")), MSTRO_INVARG);
    EXPECT(mstro_group_add(g, own), MSTRO_INVARG);
    OK(mstro_group_add_by_selector(g, selector));
    OK(mstro_cdo_selector_dispose(selector));
    meet(s);
    OK(mstro_group_offer(g));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 5);
    meet(s);
    OK(mstro_group_withdraw(g));
    meet(s); /* nothing of that is there any more */
    OK(mstro_group_offer(g));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 3); /* those that were named */
    OK(mstro_group_withdraw(g));
    OK(mstro_group_dispose(g));
    OK(mstro_cdo_dispose(own));
    return NULL;
}

static const char *find_parts(struct stage *s)
{
    mstro_group g, inner;
    mstro_cdo member;
    int found = 0, others = 0;
    unsigned seed;
    OK(mstro_group_declare(name_of(s, "outer"), &g));
    OK(mstro_group_declare(name_of(s, "inner"), &inner));
    OK(mstro_group_require(inner));
    meet(s);
    OK(mstro_group_demand(g));
    while (mstro_group_next(g, &member) == MSTRO_OK) {
        found += strcmp(mstro_cdo_name(member), name_of(s, "own")) == 0 || strcmp(mstro_cdo_name(member), name_of(s, "inner")) == 0;
        for (int i = 0; i < 3; i++)
            others += strcmp(mstro_cdo_name(member), member_name(s, "other", i)) == 0;
        EXPECT(mstro_cdo_dispose(member), MSTRO_INVARG);
        EXPECT(mstro_cdo_demand(member), MSTRO_INVARG);
    }
    CHECK(found == 2 && others == 3);
    OK(mstro_group_demand(inner));
    PLAY(set_check(s, "inner", inner, &seed));
    CHECK(seed == 3);
    OK(mstro_group_dispose(inner));
    OK(mstro_group_dispose(g));
    meet(s);
    meet(s);
    return NULL;
}

/* ---- many generations, read as they come ---- */

enum { GENERATIONS = 40 };

static const char *lend_again_and_again(struct stage *s)
{
    struct set set;
    PLAY(set_make(s, "series", &set));
    for (unsigned i = 1; i <= GENERATIONS; i++) {
        set_fill(&set, i);
        OK(mstro_group_offer(set.group));
        if (i == GENERATIONS)
            meet(s); /* the last one is read by everybody */
        OK(mstro_group_withdraw(set.group));
    }
    PLAY(set_end(&set));
    return NULL;
}

static const char *read_as_they_come(struct stage *s)
{
    mstro_group g;
    unsigned seed = 0;
    OK(mstro_group_declare(name_of(s, "series"), &g));
    while (seed != GENERATIONS) {
        unsigned before = seed;
        OK(mstro_group_demand(g));
        PLAY(set_check(s, "series", g, &seed)); /* all of one offer, */
        CHECK(seed >= before);                  /* and never an earlier one */
    }
    meet(s);
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- what is not permitted ---- */

static const char *misuse_groups(struct stage *s)
{
    mstro_group g, empty;
    mstro_cdo cdo, offered, itself;
    size_t count;
    EXPECT(mstro_group_declare("", &g), MSTRO_INVARG);
    EXPECT(mstro_group_declare(NULL, &g), MSTRO_INVARG);
    EXPECT(mstro_group_declare(name_of(s, "g"), NULL), MSTRO_INVOUT);
    EXPECT(mstro_group_offer(NULL), MSTRO_INVARG);
    EXPECT(mstro_group_size_get(NULL, &count), MSTRO_INVARG);
    OK(mstro_group_declare(name_of(s, "g"), &g));
    OK(mstro_cdo_declare(name_of(s, "m"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_declare(name_of(s, "o"), MSTRO_ATTR_DEFAULT, &offered));
    OK(mstro_cdo_offer(offered));
    EXPECT(mstro_group_add(g, offered), MSTRO_INVARG);
    EXPECT(mstro_group_add(g, NULL), MSTRO_INVARG);
    OK(mstro_cdo_declare(name_of(s, "g"), MSTRO_ATTR_DEFAULT, &itself));
    EXPECT(mstro_group_add(g, itself), MSTRO_INVARG);
    CHECK(strstr(mstro_error_detail(), "own member"));
    OK(mstro_cdo_dispose(itself));
    EXPECT(mstro_group_add_by_name(g, ""), MSTRO_INVARG);
    EXPECT(mstro_group_add_by_selector(g, NULL), MSTRO_INVARG);
    OK(mstro_group_add(g, cdo));
    EXPECT(mstro_cdo_offer(cdo), MSTRO_INVARG);
    EXPECT(mstro_cdo_require(cdo), MSTRO_INVARG);
    EXPECT(mstro_cdo_dispose(cdo), MSTRO_INVARG);
    EXPECT(mstro_group_require(g), MSTRO_INVARG);
    EXPECT(mstro_group_demand(g), MSTRO_INVARG);
    EXPECT(mstro_group_retract(g), MSTRO_INVARG);
    EXPECT(mstro_group_withdraw(g), MSTRO_INVARG);
    OK(mstro_group_seal(g));
    OK(mstro_group_seal(g));
    EXPECT(mstro_group_add_by_name(g, "late"), MSTRO_INVARG);
    EXPECT(mstro_cdo_attribute_set_yaml(cdo, "{.maestro.core.cdo.lifetime: 3}"), MSTRO_INVARG); /* sealed with it */
    OK(mstro_group_offer(g));
    EXPECT(mstro_cdo_withdraw(cdo), MSTRO_INVARG);
    OK(mstro_group_withdraw(g));
    OK(mstro_group_dispose(g));
    OK(mstro_cdo_offer(cdo)); /* it is the user's again */
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));

    OK(mstro_group_declare(name_of(s, "empty"), &empty));
    OK(mstro_group_offer(empty));
    OK(mstro_group_declare(name_of(s, "empty"), &g));
    OK(mstro_group_demand(g));
    OK(mstro_group_size_get(g, &count));
    CHECK(count == 0);
    EXPECT(mstro_group_next(g, &cdo), MSTRO_NOENT);
    EXPECT(mstro_group_offer(g), MSTRO_INVARG);
    OK(mstro_group_dispose(g));
    OK(mstro_group_withdraw(empty));
    OK(mstro_group_dispose(empty));

    OK(mstro_group_declare(name_of(s, "o"), &g)); /* which is an object */
    EXPECT(mstro_group_demand(g), MSTRO_INVARG);
    CHECK(strstr(mstro_error_detail(), "no group"));
    OK(mstro_group_retract(g));
    EXPECT(mstro_group_retract(g), MSTRO_INVARG);
    OK(mstro_group_require(g));
    EXPECT(mstro_group_require(g), MSTRO_INVARG);
    OK(mstro_group_dispose(g));
    OK(mstro_cdo_withdraw(offered));
    OK(mstro_cdo_dispose(offered));
    return NULL;
}

static void *demand_group(void *group) { return (void *)(intptr_t)mstro_group_demand(group); }

static const char *use_a_group_in_two_threads(struct stage *s)
{
    mstro_group wanted;
    struct set set;
    pthread_t thread;
    size_t count;
    void *result;
    OK(mstro_group_declare(name_of(s, "awaited"), &wanted));
    CHECK(pthread_create(&thread, NULL, demand_group, wanted) == 0);
    while (mstro_group_size_get(wanted, &count) != MSTRO_BUSY)
        sched_yield();
    EXPECT(mstro_group_dispose(wanted), MSTRO_BUSY);
    CHECK(strstr(mstro_error_detail(), "awaited"));
    PLAY(set_make(s, "awaited", &set));
    OK(mstro_group_offer(set.group));
    CHECK(pthread_join(thread, &result) == 0);
    CHECK((intptr_t)result == MSTRO_OK);
    OK(mstro_group_size_get(wanted, &count));
    CHECK(count == MEMBERS);
    OK(mstro_group_dispose(wanted));
    OK(mstro_group_withdraw(set.group));
    PLAY(set_end(&set));
    return NULL;
}

static const char *list_more_names_than_an_offer_can_carry(struct stage *s)
{
    enum { NAMES = 90, LENGTH = 200 };
    mstro_group g;
    char name[LENGTH];
    OK(mstro_group_declare(name_of(s, "long"), &g));
    memset(name, 'n', sizeof name);
    name[LENGTH - 1] = '\0';
    for (int i = 0; i < NAMES; i++) {
        name[0] = (char)(' ' + 1 + i); /* none begins as the one before */
        OK(mstro_group_add_by_name(g, name));
    }
    EXPECT(mstro_group_offer(g), MSTRO_QUOTA);
    CHECK(strstr(mstro_error_detail(), "16384"));
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- retract ---- */

static const char *lend_to_who_retracts(struct stage *s)
{
    struct set set;
    PLAY(set_make(s, "unwanted", &set));
    OK(mstro_group_offer(set.group));
    meet(s); /* required */
    meet(s); /* retracted */
    OK(mstro_group_withdraw(set.group));
    PLAY(set_end(&set));
    return NULL;
}

static const char *retract_set(struct stage *s)
{
    mstro_group g;
    OK(mstro_group_declare(name_of(s, "unwanted"), &g));
    OK(mstro_group_require(g));
    meet(s);
    OK(mstro_group_retract(g));
    meet(s);
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- a coordinator starts a job when all fields of a set are there ---- */

static const char *lend_when_acknowledged(struct stage *s)
{
    struct set set;
    PLAY(set_make(s, "held", &set));
    set_fill(&set, 9);
    meet(s);
    OK(mstro_group_offer(set.group)); /* returns when the coordinator has required it */
    OK(mstro_group_withdraw(set.group));
    set_fill(&set, 200);
    meet(s);
    PLAY(set_end(&set));
    return NULL;
}

static const char *coordinate(struct stage *s)
{
    mstro_group g;
    mstro_subscription sub;
    unsigned seed;
    bool required = false;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &sub));
    OK(mstro_group_declare(name_of(s, "held"), &g));
    meet(s);
    while (!required) {
        mstro_pool_event events;
        OK(mstro_subscription_wait(sub, &events));
        for (mstro_pool_event e = events; e && !required; e = e->next)
            if (strcmp(e->offer.cdo_name, name_of(s, "held")) == 0) {
                OK(mstro_group_require(g));
                required = true;
            }
        OK(mstro_subscription_ack(sub, events));
        OK(mstro_pool_event_dispose(events));
    }
    OK(mstro_subscription_dispose(sub));
    meet(s);
    OK(mstro_group_demand(g));
    PLAY(set_check(s, "held", g, &seed));
    CHECK(seed == 9);
    OK(mstro_group_dispose(g));
    return NULL;
}

/* ---- left to mstro_finalize ---- */

static const char *leave_groups_behind(struct stage *s)
{
    static struct set set; /* its memory is needed until the end */
    mstro_group here, waits;
    unsigned seed;
    PLAY(set_make(s, "left", &set));
    set_fill(&set, 5);
    OK(mstro_group_offer(set.group));
    OK(mstro_group_declare(name_of(s, "left"), &here));
    OK(mstro_group_demand(here)); /* by the thread that offers it: nobody else brings the bytes */
    PLAY(set_check(s, "left", here, &seed));
    CHECK(seed == 5);
    OK(mstro_group_declare(name_of(s, "never"), &waits));
    OK(mstro_group_require(waits));
    return NULL;
}

const struct scenario api_group_scenarios[] = {
    { "a_group_is_demanded_as_one_and_who_required_it_has_it_though_it_was_withdrawn",
      { { "producer", lend_set }, { "early", demand_set_early }, { "late", demand_set_late } } },
    { "a_conflict_on_one_member_leaves_nothing_of_the_group", { { "producer", lend_in_vain }, { "other", take_a_name } } },
    { "members_are_listed_named_selected_and_nested", { { "parts", offer_parts }, { "collector", collect_parts }, { "consumer", find_parts } } },
    { "who_reads_a_group_sees_all_of_one_offer", { { "producer", lend_again_and_again }, { "reader 0", read_as_they_come }, { "reader 1", read_as_they_come } } },
    { "a_group_that_is_not_in_a_state_for_a_call_says_so", { { "both", misuse_groups } } },
    { "a_group_that_another_thread_uses_is_busy", { { "both", use_a_group_in_two_threads } } },
    { "a_group_of_more_names_than_an_offer_can_carry_is_refused", { { "both", list_more_names_than_an_offer_can_carry } } },
    { "a_withdraw_of_a_group_does_not_wait_for_who_has_retracted_it", { { "producer", lend_to_who_retracts }, { "consumer", retract_set } } },
    { "a_coordinator_that_holds_offers_by_ack_gets_the_whole_group", { { "producer", lend_when_acknowledged }, { "coordinator", coordinate } } },
    { "groups_that_nobody_has_disposed_of_end_with_the_library", { { "both", leave_groups_behind } } },
    { NULL, { { NULL, NULL } } },
};
