/* SPDX-License-Identifier: BSD-3-Clause */
/* Stages of the forecast demo that depend on what else is there.  An inventory is the same whenever its stage joins.  The coordinator between a real forecast and real jobs: a job starts when its level set is whole, and not before.
 *
 * The test holds the forecast in the middle of its work by being asked before one field is offered.  What it wants to know of the
 * coordinator meanwhile it sees in the order of events: two objects of its own, which the coordinator has to acknowledge, come after
 * everything that it had to do for the fields before. */
#include "config.h"

#include "tests/lib/check.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <maestro/maestro.h>

#include "tests/lib/slowness.h"
#include "tests/proc/forecast_made.h"
#include "tests/proc/forecast_sample.h"
#include "tests/proc/stage.h"

enum { PATIENCE = 20 }; /* s */

static const char last_of_wind[] = "field/v/isobaricInhPa=500/2011-01-10T12+120h";
static const char wind_group[] = "levels/1/wind/2011-01-10T12+120h";

static mstro_subscription watch, gate;
static mstro_pool_event events, at; /* that the watch has told, and which one of them is being looked at */
static struct process *coordinator, *forecast;

/* ---- what the pool tells */

static bool is_offer(mstro_pool_event e, const char *name)
{
    return e->kind == MSTRO_POOL_EVENT_OFFER && strcmp(e->payload.offer.cdo_name, name) == 0;
}

static bool is_start(mstro_pool_event e)
{
    return (e->kind == MSTRO_POOL_EVENT_OFFER && strncmp(e->payload.offer.cdo_name, "levels/", 7) == 0)
        || (e->kind == MSTRO_POOL_EVENT_APP_JOIN && strcmp(e->payload.join.component_name, "levels") == 0);
}

static bool is_join(mstro_pool_event e, const char *component)
{
    return e->kind == MSTRO_POOL_EVENT_APP_JOIN && strcmp(e->payload.join.component_name, component) == 0;
}

static mstro_pool_event wait_for(mstro_subscription from)
{
    struct timespec until;
    mstro_pool_event told = NULL;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE * SLOWER;
    assert_int_equal(mstro_subscription_timedwait(from, &until, &told), MSTRO_OK);
    return told;
}

/* The next event, one at a time; valid until the next call. */
static mstro_pool_event next_event(void)
{
    at = at ? at->next : NULL;
    if (!at) {
        mstro_pool_event_dispose(events);
        events = NULL;
        at = events = wait_for(watch);
    }
    return at;
}

/* Wait until 'name' was offered.  True when, before, a group was offered or a job had joined. */
static bool started_before(const char *name)
{
    bool started = false;
    mstro_pool_event e;
    while (!is_offer(e = next_event(), name))
        started = started || is_start(e);
    return started;
}

static void await_job(void)
{
    while (!is_join(next_event(), "levels"))
        ;
}

/* ---- what the test does */

static void open_watch(void)
{
    mstro_cdo_selector selector;
    char query[256];
    assert_int_equal(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_APP_JOIN, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &watch),
                     MSTRO_OK);
    snprintf(query, sizeof query, "(.maestro.core.cdo.name = \"%s\")", last_of_wind);
    assert_int_equal(mstro_cdo_selector_create(NULL, NULL, query, &selector), MSTRO_OK);
    assert_int_equal(mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER,
                                     MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, &gate),
                     MSTRO_OK);
    mstro_cdo_selector_dispose(selector);
}

/* Offer an object that the coordinator's selector matches and no level set has: it is back when the coordinator has acknowledged it. */
static void offer_stranger(const char *name)
{
    mstro_cdo cdo;
    char pressure[] = "pl", *levtype = pressure;
    int64_t param = 131;
    assert_int_equal(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.levtype", &levtype, true, false), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.param", &param, true, false), MSTRO_OK);
    assert_int_equal(mstro_cdo_offer(cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_withdraw(cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_dispose(cdo), MSTRO_OK);
}

static struct process *start(const char *program, const char *const arguments[])
{
    struct process *p = &stage.actors[stage.count++];
    process_start(p, program, arguments, NULL);
    return p;
}

/* What it says on stderr is heard, too. */
static struct process *start_aloud(const char *program, const char *first, const char *second)
{
    char output[128];
    snprintf(output, sizeof output, "--output=%s", made_folder);
    return start("/bin/sh", (const char *const[]){"-c", "exec \"$@\" 2>&1", "sh", built(program), output, first, second, NULL});
}

static void start_both(const char *const job[2])
{
    static char pace[] = "--pace=1";
    coordinator = start_aloud("examples/forecast/coordinator", job[0], job[1]);
    forecast = start(built("examples/forecast/forecast"), (const char *const[]){pace, "--expect=coordinator", made_input, NULL});
}

/* The last field of the wind is about to be offered, and the coordinator has done all that the others gave it to do. */
static mstro_pool_event reach_last_field(void)
{
    mstro_pool_event held = wait_for(gate);
    offer_stranger("field/stranger/1");
    offer_stranger("field/stranger/2");
    return held;
}

static int begin_pool(void **state)
{
    (void)state;
    stage_open(&stage);
    stage_manager(&stage, (const char *const[]){"--ack-timeout", "60s", NULL});
    assert_int_equal(mstro_init(NULL, "observer", 0), MSTRO_OK);
    open_watch();
    return 0;
}

static int end_pool(void **state)
{
    mstro_pool_event_dispose(events);
    at = events = NULL;
    assert_int_equal(mstro_subscription_dispose(gate), MSTRO_OK);
    if (watch)
        assert_int_equal(mstro_subscription_dispose(watch), MSTRO_OK);
    assert_int_equal(mstro_finalize(), MSTRO_OK);
    return stage_end(state);
}

/* ---- tests */

static void job_starts_when_the_last_field_is_offered_and_not_before(void **state)
{
    (void)state;
    char program[4096], output[128], line[256];
    snprintf(program, sizeof program, "%s", built("examples/forecast/levels"));
    snprintf(output, sizeof output, "--output=%s", made_folder);
    start_both((const char *const[]){program, output});

    mstro_pool_event held = reach_last_field();
    assert_false(started_before("field/stranger/2"));
    hear_nothing(coordinator, 0);

    assert_int_equal(mstro_subscription_ack(gate, held), MSTRO_OK);
    mstro_pool_event_dispose(held);
    assert_false(started_before(last_of_wind));
    started_before(wind_group);
    await_job();
    snprintf(line, sizeof line, "%s: all 4 fields have been offered", wind_group);
    expect_within(coordinator, line, PATIENCE * 1000);
    assert_int_equal(process_wait(coordinator, PATIENCE * 1000), 0);
    assert_int_equal(process_wait(forecast, PATIENCE * 1000), 0);
    assert_int_equal(made_ask(verify_levels, made_input), 0);
}

/* An inventory, as instance 'index'. */
static struct process *start_inventory(char *index)
{
    static char output[128];
    struct process *p = &stage.actors[stage.count++];
    snprintf(output, sizeof output, "--output=%s", made_folder);
    process_start(p, built("examples/forecast/inventory"), (const char *const[]){output, NULL}, (char *const[]){index, NULL});
    return p;
}

/* The inventory that instance 'index' has written; the caller frees it. */
static char *inventory_of(unsigned index)
{
    char name[32], path[MADE_PATH_MAX], *text = NULL;
    size_t room = 0;
    snprintf(name, sizeof name, "inventory-%u.txt", index);
    made_path(name, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(getdelim(&text, &room, '\0', file) > 0);
    fclose(file);
    return text;
}

static void who_joins_late_has_the_inventory_of_who_was_there(void **state)
{
    (void)state;
    static char there[] = "MSTRO_COMPONENT_INDEX=0", half[] = "MSTRO_COMPONENT_INDEX=1", late[] = "MSTRO_COMPONENT_INDEX=2";
    struct process *first = start_inventory(there);
    forecast = start(built("examples/forecast/forecast"), (const char *const[]){"--pace=1", "--expect=inventory", made_input, NULL});

    mstro_pool_event held = wait_for(gate);
    struct process *second = start_inventory(half);
    started_before("ready/inventory/1");
    assert_int_equal(mstro_subscription_ack(gate, held), MSTRO_OK);
    mstro_pool_event_dispose(held);
    assert_int_equal(process_wait(forecast, PATIENCE * 1000), 0);
    struct process *third = start_inventory(late);
    assert_int_equal(process_wait(first, PATIENCE * 1000), 0);
    assert_int_equal(process_wait(second, PATIENCE * 1000), 0);
    assert_int_equal(process_wait(third, PATIENCE * 1000), 0);

    char *whole = inventory_of(0);
    size_t lines = 0;
    for (const char *end = whole; (end = strchr(end, '\n')); end++)
        lines++;
    assert_int_equal(lines, 1 + SAMPLE_MESSAGES + SAMPLE_FIELDS);
    for (unsigned i = 1; i < 3; i++) {
        char *other = inventory_of(i);
        assert_string_equal(other, whole);
        free(other);
    }
    free(whole);
}

static void producer_that_dies_before_the_set_is_whole_gets_no_job_started(void **state)
{
    (void)state;
    char line[256];
    start_both((const char *const[]){"/bin/echo", "job"});

    mstro_pool_event held = reach_last_field();
    process_kill(forecast, SIGKILL);
    assert_int_equal(process_wait(forecast, PATIENCE * 1000), 128 + SIGKILL);
    mstro_pool_event_dispose(held);

    expect_within(coordinator, "coordinator: forecast is gone", PATIENCE * 1000);
    snprintf(line, sizeof line, "coordinator: %s: 3 of 4 fields have been offered, its job is not started", wind_group);
    expect_within(coordinator, line, PATIENCE * 1000);
    expect_within(coordinator, "coordinator: levels/2/geopotential/2011-01-10T12+120h: 0 of 2 fields", PATIENCE * 1000);
    assert_int_equal(process_wait(coordinator, PATIENCE * 1000), 1);
    offer_stranger("field/stranger/3");
    assert_false(started_before("field/stranger/3"));
}

static void inventory_of_a_forecast_that_dies_says_how_much_is_missing(void **state)
{
    (void)state;
    struct process *inventory = start_aloud("examples/forecast/inventory", NULL, NULL);
    forecast = start(built("examples/forecast/forecast"), (const char *const[]){"--pace=1", "--expect=inventory", made_input, NULL});
    mstro_pool_event held = wait_for(gate);
    process_kill(forecast, SIGKILL);
    mstro_pool_event_dispose(held);
    expect_within(inventory, "inventory: forecast is gone after ", PATIENCE * 1000);
    assert_non_null(strstr(inventory->answer, "the inventory is not whole"));
    assert_int_equal(process_wait(inventory, PATIENCE * 1000), 1);
}

/* More than the pool remembers has happened before it comes. */
static void inventory_that_comes_too_late_for_what_the_pool_remembers_says_so(void **state)
{
    (void)state;
    enum { MANY = 512, ROUNDS = 140 };
    mstro_cdo many[MANY];
    for (size_t i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "past/%zu", i);
        assert_int_equal(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &many[i]), MSTRO_OK);
    }
    assert_int_equal(mstro_subscription_dispose(watch), MSTRO_OK);
    watch = NULL;
    for (int round = 0; round < ROUNDS; round++) {
        assert_int_equal(mstro_cdo_offer_all(MANY, many, NULL), MSTRO_OK);
        assert_int_equal(mstro_cdo_withdraw_all(MANY, many, NULL), MSTRO_OK);
    }
    assert_int_equal(mstro_cdo_dispose_all(MANY, many, NULL), MSTRO_OK);
    struct process *inventory = start_aloud("examples/forecast/inventory", NULL, NULL);
    expect_within(inventory, "inventory: the pool does not keep ", PATIENCE * 1000);
    assert_int_equal(process_wait(inventory, PATIENCE * 1000), 1);
}

/* Of a set whose bytes were freed while they were lent, what is read is the pattern that MALLOC_PERTURB_ has malloc write. */
static void who_required_a_set_whose_job_cannot_be_started_gets_its_bytes(void **state)
{
    (void)state;
    mstro_group group;
    mstro_cdo member;
    size_t members;
    setenv("MALLOC_PERTURB_", "85", 1);
    start_both((const char *const[]){"/nonexistent/job", "of nobody"});
    unsetenv("MALLOC_PERTURB_");
    assert_int_equal(mstro_group_declare(wind_group, &group), MSTRO_OK);
    assert_int_equal(mstro_group_require(group), MSTRO_OK);

    mstro_pool_event held = wait_for(gate);
    assert_int_equal(mstro_subscription_ack(gate, held), MSTRO_OK);
    mstro_pool_event_dispose(held);
    expect_within(coordinator, "coordinator: cannot start /nonexistent/job", PATIENCE * 1000);
    expect_within(coordinator, "coordinator: levels/2/geopotential/2011-01-10T12+120h: 0 of 2 fields", PATIENCE * 1000);
    hear_nothing(coordinator, 300);

    assert_int_equal(mstro_group_demand(group), MSTRO_OK);
    assert_int_equal(mstro_group_size_get(group, &members), MSTRO_OK);
    assert_int_equal(members, 4);
    while (mstro_group_next(group, &member) == MSTRO_OK) {
        void *bytes;
        int64_t size;
        assert_int_equal(mstro_cdo_access_ptr(member, &bytes, &size), MSTRO_OK);
        assert_true(size > 0);
        for (int64_t i = 0; i < size / (int64_t)sizeof(double); i++)
            assert_true(((const double *)bytes)[i] < 1e6);
        free(bytes);
    }
    assert_int_equal(mstro_group_dispose(group), MSTRO_OK);
    assert_int_equal(process_wait(coordinator, PATIENCE * 1000), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(job_starts_when_the_last_field_is_offered_and_not_before, begin_pool, end_pool),
        cmocka_unit_test_setup_teardown(who_joins_late_has_the_inventory_of_who_was_there, begin_pool, end_pool),
        cmocka_unit_test_setup_teardown(producer_that_dies_before_the_set_is_whole_gets_no_job_started, begin_pool, end_pool),
        cmocka_unit_test_setup_teardown(inventory_of_a_forecast_that_dies_says_how_much_is_missing, begin_pool, end_pool),
        cmocka_unit_test_setup_teardown(inventory_that_comes_too_late_for_what_the_pool_remembers_says_so, begin_pool, end_pool),
        cmocka_unit_test_setup_teardown(who_required_a_set_whose_job_cannot_be_started_gets_its_bytes, begin_pool, end_pool),
    };
    return cmocka_run_group_tests(tests, made_begin, made_end);
}
