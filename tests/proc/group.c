/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups between processes, some of which are killed or stand still. */
#include "tests/lib/check.h"

#include <signal.h>
#include <stdlib.h>

#include "maestro/subscription.h"
#include "tests/proc/stage.h"

enum { PATIENT = 20000 };

static struct process *a, *b, *c;

static int open_stage(void **state)
{
    stage_begin(state);
    a = stage_actor(&stage, "producer");
    b = stage_actor(&stage, "consumer");
    c = stage_actor(&stage, "watcher");
    return 0;
}

static void kill_and_wait(struct process *p)
{
    process_kill(p, SIGKILL);
    assert_int_equal(process_wait(p, PATIENT), 128 + SIGKILL);
}

/* Three members of these sizes and a group of them. */
static void make_set(struct process *p, unsigned seed)
{
    static const int size[] = { 100, 50000, 2000000 };
    for (int i = 0; i < 3; i++) {
        char line[100];
        snprintf(line, sizeof line, "declare %d member %d", i, i);
        expect(p, line, "MSTRO_OK");
        snprintf(line, sizeof line, "fill %d %d %u", i, size[i], seed + (unsigned)i);
        expect(p, line, "MSTRO_OK");
    }
    expect(p, "group declare set", "MSTRO_OK");
    for (int i = 0; i < 3; i++) {
        char line[100];
        snprintf(line, sizeof line, "group add %d", i);
        expect(p, line, "MSTRO_OK");
    }
}

static void check_set(struct process *p, unsigned seed)
{
    static const int size[] = { 100, 50000, 2000000 };
    for (int i = 0; i < 3; i++) {
        char line[100];
        snprintf(line, sizeof line, "group take %d", i);
        expect(p, line, "MSTRO_OK");
        snprintf(line, sizeof line, "check %d %d %u", i, size[i], seed + (unsigned)i);
        expect(p, line, "MSTRO_OK right");
    }
    expect(p, "group take 9", "MSTRO_NOENT");
}

static void subscribe(struct process *p, int kinds, int options)
{
    char line[100];
    snprintf(line, sizeof line, "subscribe %d %d", kinds, options);
    expect(p, line, "MSTRO_OK");
}

/* Events of 'p' until one says 'what'; how many said it. */
static int count_until(struct process *p, const char *what, const char *until)
{
    int count = 0;
    for (bool found = false; !found;) {
        expect(p, "event 20000", "MSTRO_OK");
        found = strstr(p->answer, until);
        for (const char *at = p->answer; (at = strstr(at, what)); at++)
            count++;
    }
    return count;
}

/* ---- the producer dies ---- */

static void a_group_whose_producer_is_killed_is_lost_once(void **state)
{
    (void)state;
    subscribe(c, MSTRO_POOL_EVENT_GROUP_LOST | MSTRO_POOL_EVENT_LOST | MSTRO_POOL_EVENT_APP_BYE, 0);
    make_set(a, 1);
    expect(b, "group declare set", "MSTRO_OK");
    expect(b, "group require", "MSTRO_OK");
    expect(a, "group offer", "MSTRO_OK");
    kill_and_wait(a);
    expect(b, "group demand", "MSTRO_PEER_LOST");
    assert_non_null(strstr(b->answer, "producer"));
    assert_int_equal(count_until(c, "GROUP_LOST(set)", "APP_BYE(producer)"), 1);
    tell(b, "group demand"); /* told once: this one waits for another offer */
    hear_nothing(b, 200);
    struct process *again = stage_actor(&stage, "producer");
    make_set(again, 7);
    expect(again, "group offer", "MSTRO_OK");
    expect_within(b, "MSTRO_OK", PATIENT);
    check_set(b, 7);
}

/* A subscriber that acknowledges nothing holds the offer of a member. */
static void a_producer_killed_before_the_commit_has_offered_nothing(void **state)
{
    (void)state;
    struct process *d = stage_actor(&stage, "holder");
    subscribe(d, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE | MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK);
    subscribe(c, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_DECLARE | MSTRO_POOL_EVENT_LOST | MSTRO_POOL_EVENT_GROUP_LOST | MSTRO_POOL_EVENT_APP_BYE, 0);
    make_set(a, 1);
    tell(a, "group offer");
    expect(d, "event 20000", "MSTRO_OK"); /* some of it is on its way */
    hear_nothing(a, 100);
    kill_and_wait(a);
    assert_int_equal(count_until(c, "member", "APP_BYE(producer)"), 0);
    expect(d, "finalize", "MSTRO_OK");
    expect(b, "declare 0 member 1", "MSTRO_OK");
    expect(b, "offer 0", "MSTRO_OK"); /* the name is free */
}

/* A subscriber that acknowledges nothing holds the answer; the group is there. */
static void a_producer_killed_after_the_commit_has_offered_all_of_it(void **state)
{
    (void)state;
    subscribe(c, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK);
    make_set(a, 1);
    expect(b, "group declare set", "MSTRO_OK");
    expect(b, "group require", "MSTRO_OK");
    tell(a, "group offer");
    count_until(c, "OFFER", "OFFER(set)");
    expect(b, "group demand", "MSTRO_OK");
    check_set(b, 1);
    expect(b, "group require", "MSTRO_OK");
    kill_and_wait(a);
    expect(b, "group demand", "MSTRO_PEER_LOST");
}

/* ---- who required is served though nobody calls the library ---- */

static void a_withdraw_waits_until_an_idle_consumer_has_all_members(void **state)
{
    (void)state;
    expect(b, "group declare set", "MSTRO_OK");
    expect(b, "group require", "MSTRO_OK");
    make_set(a, 1);
    expect(a, "group offer", "MSTRO_OK");
    expect(a, "group withdraw", "MSTRO_OK");
    expect(a, "fill 0 100 50", "MSTRO_OK");
    expect(a, "fill 1 50000 50", "MSTRO_OK");
    expect(a, "fill 2 2000000 50", "MSTRO_OK");
    expect(b, "group demand", "MSTRO_OK");
    check_set(b, 1);
    expect(b, "group dispose", "MSTRO_OK");
    expect(a, "group dispose", "MSTRO_OK");
}

static void a_finalize_waits_until_who_required_the_group_has_it(void **state)
{
    (void)state;
    expect(b, "group declare set", "MSTRO_OK");
    expect(b, "group require", "MSTRO_OK");
    make_set(a, 1);
    expect(a, "group offer", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
    expect(b, "group demand", "MSTRO_OK");
    check_set(b, 1);
}

static void a_withdraw_of_a_group_ends_when_who_required_it_is_killed(void **state)
{
    (void)state;
    expect(b, "group declare set", "MSTRO_OK");
    expect(b, "group require", "MSTRO_OK");
    make_set(a, 1);
    expect(a, "group offer", "MSTRO_OK");
    process_stop(b);
    tell(a, "group withdraw");
    hear_nothing(a, 200);
    kill_and_wait(b);
    expect_within(a, "MSTRO_OK", PATIENT);
}

static void a_group_can_be_disposed_when_the_manager_is_gone(void **state)
{
    (void)state;
    expect(b, "group declare set", "MSTRO_OK");
    expect(b, "group require", "MSTRO_OK");
    make_set(a, 1);
    expect(a, "group offer", "MSTRO_OK");
    kill_and_wait(&stage.manager);
    expect(b, "group demand", "MSTRO_POOL_LOST");
    expect(b, "group dispose", "MSTRO_OK");
    expect(a, "group withdraw", "MSTRO_POOL_LOST");
    expect(a, "group dispose", "MSTRO_OK");
    expect(a, "dispose 0", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_");
    expect(b, "finalize", "MSTRO_");
    stage_manager(&stage, NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_stage, stage_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_group_whose_producer_is_killed_is_lost_once),
        CASE(a_producer_killed_before_the_commit_has_offered_nothing),
        CASE(a_producer_killed_after_the_commit_has_offered_all_of_it),
        CASE(a_withdraw_waits_until_an_idle_consumer_has_all_members),
        CASE(a_finalize_waits_until_who_required_the_group_has_it),
        CASE(a_withdraw_of_a_group_ends_when_who_required_it_is_killed),
        CASE(a_group_can_be_disposed_when_the_manager_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
