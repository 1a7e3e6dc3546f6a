/* SPDX-License-Identifier: BSD-3-Clause */
/* A pool manager that stands still (SIGSTOP), and what this process, which has joined it, gets back from its calls, and when.
 *
 * A call with a deadline ends within it + 100 ms, in one of three tries (tries.h).  When the manager
 * goes on, it and this process agree about everything, and nothing has been written to memory that the caller had back. */
#include "tests/lib/check.h"

#include <maestro/maestro.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "tests/proc/stage.h"
#include "tests/proc/tries.h"

#define MS NANOSECONDS_PER_MILLISECOND
#define OK(call) assert_int_equal(call, MSTRO_OK)

enum { DEADLINE = 200, SIZE = 100000 };

static unsigned char lent[SIZE], other[SIZE], room[SIZE];

static uint64_t called_at;

/* The call ended with 'status', within 'ms' and the 100 that are allowed beside. */
static void ended(mstro_status got, mstro_status status, unsigned ms)
{
    if (got != status)
        print_error("%s: %s\n", mstro_status_name(got), mstro_error_detail());
    assert_int_equal(got, status);
    tries_took(clock_now() - called_at, (ms + 100) * MS);
}

#define ENDS(call, status, ms) \
    do { \
        called_at = clock_now(); \
        ended(call, status, ms); \
    } while (0)

static int open_stage(void **state)
{
    stage_begin(state);
    setenv("MSTRO_POOL_MANAGER_INFO", stage.info, 1);
    setenv("MSTRO_WORKFLOW_NAME", stage.workflow, 1);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    process_kill(&stage.manager, SIGCONT);
    mstro_finalize();
    unsetenv("MSTRO_OPERATION_TIMEOUT");
    unsetenv("MSTRO_FINALIZE_TIMEOUT");
    stage_close(&stage);
    return 0;
}

static void join_with(const char *variable, const char *value)
{
    if (variable)
        setenv(variable, value, 1);
    OK(mstro_init(NULL, "patient", 0));
}

static void stand_still(void) { process_stop(&stage.manager); }
static void go_on(void) { process_kill(&stage.manager, SIGCONT); }

static mstro_cdo declare(const char *name, unsigned char *data)
{
    int64_t size = SIZE;
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo));
    if (data) {
        OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, data, false, true));
        OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false));
    }
    return cdo;
}

static mstro_cdo offered(const char *name, unsigned char *data)
{
    mstro_cdo cdo = declare(name, data);
    OK(mstro_cdo_offer(cdo));
    return cdo;
}

static mstro_cdo required(const char *name, unsigned char *data)
{
    mstro_cdo cdo = declare(name, data);
    OK(mstro_cdo_require(cdo));
    return cdo;
}

static void only(const unsigned char *at, int value)
{
    for (int i = 0; i < SIZE; i++)
        assert_int_equal(at[i], value);
}

/* What is demanded of 'name' by a fresh handle are bytes of this value. */
static void everybody_reads(const char *name, int value)
{
    mstro_cdo cdo = declare(name, NULL);
    void *data;
    int64_t size;
    OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_access_ptr(cdo, &data, &size));
    assert_int_equal(size, SIZE);
    only(data, value);
    OK(mstro_cdo_dispose(cdo));
    free(data);
}

/* ---- offering ---- */

static void offer_ends_in_time_and_is_taken_back(void **state)
{
    (void)state;
    join_with("MSTRO_OPERATION_TIMEOUT", "200ms");
    memset(lent, 1, SIZE);
    mstro_cdo cdo = declare("late", lent), signal = declare("signal", NULL), waiting = required("late", NULL);
    stand_still();
    ENDS(mstro_cdo_offer(cdo), MSTRO_TIMEOUT, DEADLINE);
    ENDS(mstro_cdo_offer(signal), MSTRO_TIMEOUT, DEADLINE);
    memset(lent, 2, SIZE); /* it is ours */
    ENDS(mstro_cdo_offer(cdo), MSTRO_TIMEOUT, DEADLINE); /* once more: still nobody answers */
    ENDS(mstro_cdo_dispose(signal), MSTRO_OK, 0);
    memset(lent, 3, SIZE);
    go_on();
    mstro_status told = mstro_cdo_demand(waiting); /* it was there for a moment, or was never seen */
    assert_true(told == MSTRO_PEER_LOST || told == MSTRO_TIMEOUT);
    OK(mstro_cdo_offer(cdo));
    everybody_reads("late", 3);
    OK(mstro_cdo_demand(waiting));
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    OK(mstro_cdo_dispose(waiting));
    OK(mstro_finalize());
}

static void withdraw_ends_in_time_and_is_done_or_not_when_asked_again(void **state)
{
    (void)state;
    join_with("MSTRO_OPERATION_TIMEOUT", "200ms");
    memset(lent, 1, SIZE);
    memset(other, 2, SIZE);
    mstro_cdo unneeded = offered("unneeded", lent), needed = offered("needed", other);
    mstro_cdo who = required("needed", NULL);
    stand_still();
    ENDS(mstro_cdo_withdraw(unneeded), MSTRO_TIMEOUT, DEADLINE); /* granted when the manager wakes */
    ENDS(mstro_cdo_withdraw(needed), MSTRO_TIMEOUT, DEADLINE);
    ENDS(mstro_cdo_withdraw(unneeded), MSTRO_TIMEOUT, DEADLINE);
    go_on();
    OK(mstro_cdo_withdraw(unneeded));
    OK(mstro_cdo_offer(unneeded));
    everybody_reads("unneeded", 1);
    OK(mstro_cdo_withdraw(unneeded));
    OK(mstro_cdo_demand(who));
    OK(mstro_cdo_withdraw(needed));
    OK(mstro_cdo_dispose(who));
    OK(mstro_cdo_dispose(needed));
    OK(mstro_cdo_dispose(unneeded));
    OK(mstro_finalize());
}

/* ---- needing ---- */

static void demand_ends_in_time_and_the_next_has_the_bytes(void **state)
{
    (void)state;
    join_with("MSTRO_OPERATION_TIMEOUT", "200ms");
    memset(lent, 1, SIZE);
    mstro_cdo producer = offered("there", lent), cdo = required("there", room), later = required("later", NULL);
    stand_still();
    ENDS(mstro_cdo_demand(cdo), MSTRO_TIMEOUT, DEADLINE);
    ENDS(mstro_cdo_demand(cdo), MSTRO_TIMEOUT, DEADLINE);
    ENDS(mstro_cdo_demand(later), MSTRO_TIMEOUT, DEADLINE);
    go_on();
    OK(mstro_cdo_demand(cdo));
    only(room, 1);
    OK(mstro_cdo_withdraw(producer));
    assert_int_equal(mstro_cdo_demand(later), MSTRO_TIMEOUT); /* nobody offers it */
    OK(mstro_cdo_retract(later));
    OK(mstro_cdo_dispose(cdo));
    OK(mstro_cdo_dispose(later));
    OK(mstro_cdo_dispose(producer));
    OK(mstro_finalize());
}

static void nothing_is_written_to_the_buffer_of_a_handle_that_was_disposed(void **state)
{
    (void)state;
    join_with("MSTRO_OPERATION_TIMEOUT", "200ms");
    memset(lent, 1, SIZE);
    mstro_cdo producer = offered("there", lent), demanded = required("there", room), required_late = declare("there", other);
    stand_still();
    ENDS(mstro_cdo_demand(demanded), MSTRO_TIMEOUT, DEADLINE); /* its ticket comes when the manager wakes */
    ENDS(mstro_cdo_dispose(demanded), MSTRO_OK, 0);
    ENDS(mstro_cdo_require(required_late), MSTRO_TIMEOUT, DEADLINE);
    ENDS(mstro_cdo_dispose(required_late), MSTRO_OK, 0);
    memset(room, 7, SIZE);
    memset(other, 7, SIZE);
    go_on();
    OK(mstro_cdo_withdraw(producer)); /* nobody needs it any more */
    only(room, 7);
    only(other, 7);
    OK(mstro_cdo_dispose(producer));
    OK(mstro_finalize());
}

static void require_and_retract_end_in_time(void **state)
{
    (void)state;
    join_with("MSTRO_OPERATION_TIMEOUT", "200ms");
    memset(lent, 1, SIZE);
    mstro_cdo producer = offered("there", lent), first = declare("there", NULL), second = required("there", NULL);
    stand_still();
    ENDS(mstro_cdo_require(first), MSTRO_TIMEOUT, DEADLINE);
    ENDS(mstro_cdo_retract(second), MSTRO_TIMEOUT, DEADLINE);
    go_on();
    OK(mstro_cdo_retract(second)); /* had taken effect */
    OK(mstro_cdo_withdraw(producer)); /* no requirement is left of either */
    OK(mstro_cdo_offer(producer));
    OK(mstro_cdo_demand(first));
    OK(mstro_cdo_withdraw(producer));
    OK(mstro_cdo_dispose(first));
    OK(mstro_cdo_dispose(second));
    OK(mstro_cdo_dispose(producer));
    OK(mstro_finalize());
}

/* ---- requests ---- */

static void request_is_cancelled_at_once_whatever_it_is(void **state)
{
    (void)state;
    mstro_request request[5];
    join_with(NULL, NULL);
    memset(lent, 1, SIZE);
    memset(other, 2, SIZE);
    mstro_cdo offer = declare("offer", lent), withdraw = offered("withdraw", other), demand = required("withdraw", NULL);
    mstro_cdo require = declare("require", NULL), retract = required("retract", NULL);
    stand_still();
    OK(mstro_cdo_offer_async(offer, &request[0]));
    OK(mstro_cdo_withdraw_async(withdraw, &request[1]));
    OK(mstro_cdo_demand_async(demand, &request[2]));
    OK(mstro_cdo_require_async(require, &request[3]));
    OK(mstro_cdo_retract_async(retract, &request[4]));
    for (int i = 0; i < 5; i++) {
        struct timespec until;
        bool done;
        ENDS(mstro_request_test(request[i], &done), MSTRO_OK, 0);
        assert_false(done);
        clock_gettime(CLOCK_REALTIME, &until);
        ENDS(mstro_request_timedwait(request[i], &until), MSTRO_TIMEOUT, 0);
        ENDS(mstro_request_cancel(request[i]), MSTRO_CANCELLED, 0);
    }
    go_on();
    OK(mstro_cdo_demand(demand));
    OK(mstro_cdo_withdraw(withdraw));
    OK(mstro_cdo_offer(offer));
    everybody_reads("offer", 1);
    OK(mstro_cdo_withdraw(offer));
    OK(mstro_cdo_require(require));
    OK(mstro_cdo_retract(require));
    OK(mstro_cdo_retract(retract));
    OK(mstro_finalize());
}

/* ---- being told ---- */

static void subscribing_and_its_end_take_no_longer_than_the_lease(void **state)
{
    (void)state;
    enum { LEASE = 2000 };
    mstro_subscription before, late = NULL;
    mstro_pool_event events;
    join_with(NULL, NULL);
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &before));
    stand_still();
    ENDS(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &late), MSTRO_TIMEOUT, LEASE);
    assert_null(late);
    assert_non_null(strstr(mstro_error_detail(), "stands still"));
    ENDS(mstro_subscription_poll(before, &events), MSTRO_OK, 0);
    ENDS(mstro_subscription_timedwait(before, &(struct timespec){ .tv_sec = 1 }, &events), MSTRO_TIMEOUT, 0);
    ENDS(mstro_subscription_dispose(before), MSTRO_OK, LEASE);
    go_on();
    mstro_cdo cdo = declare("held by nobody", lent);
    OK(mstro_cdo_offer(cdo)); /* the subscription that was given up does not hold it */
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_finalize());
}

/* ---- the end ---- */

/* A process that logs to a file and offers something of each kind. */
static void offer_all_kinds(const char *patience)
{
    char log[128];
    snprintf(log, sizeof log, "%s/log", stage.directory);
    setenv("MSTRO_LOG_DST", log, 1);
    join_with("MSTRO_FINALIZE_TIMEOUT", patience);
    unsetenv("MSTRO_LOG_DST");
    offered("big", lent);
    offered("unneeded", other);
    offered("signal", NULL);
    mstro_cdo small;
    int64_t size = 10;
    OK(mstro_cdo_declare("small", MSTRO_ATTR_DEFAULT, &small));
    OK(mstro_cdo_attribute_set(small, MSTRO_ATTR_CORE_CDO_RAW_PTR, other, false, true));
    OK(mstro_cdo_attribute_set(small, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false));
    OK(mstro_cdo_offer(small));
}

static const char *what_was_logged(void)
{
    static char text[8192];
    char log[128];
    snprintf(log, sizeof log, "%s/log", stage.directory);
    FILE *file = fopen(log, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    remove(log);
    return text;
}

static void finalize_without_patience_names_what_others_needed_and_who(void **state)
{
    (void)state;
    static const char *const names[] = { "big", "signal", "small" };
    char line[64];
    struct process *consumer = stage_actor(&stage, "consumer");
    offer_all_kinds("0");
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "declare %d %s", i, names[i]);
        expect(consumer, line, "MSTRO_OK");
        snprintf(line, sizeof line, "room %d 5", i); /* too small: it cannot be served ahead */
        expect(consumer, line, "MSTRO_OK");
        snprintf(line, sizeof line, "require %d", i);
        expect(consumer, line, "MSTRO_OK");
    }
    assert_int_equal(mstro_finalize(), MSTRO_TIMEOUT);
    const char *text = what_was_logged();
    assert_non_null(strstr(text, "the offer of big is dropped: consumer.0"));
    assert_null(strstr(text, "signal"));
    assert_null(strstr(text, "small"));
    assert_null(strstr(text, "unneeded"));
    expect(consumer, "demand 1", "MSTRO_OK");
    expect(consumer, "finalize", "MSTRO_OK");
}

/* It says of the offer that the manager has what it needs to serve it. */
static bool is_with_the_manager(const char *text, const char *name)
{
    char line[64];
    snprintf(line, sizeof line, "the offer of '%s'", name);
    const char *at = strstr(text, line);
    assert_non_null(at);
    const char *said = strstr(at, "it serves who has required it"), *end = strchr(at, '\n');
    return said && said < end;
}

static void finalize_ends_in_time_and_names_what_others_may_have_needed(void **state)
{
    (void)state;
    offer_all_kinds("300ms");
    required("required", room);
    stand_still();
    called_at = clock_now();
    mstro_status status = mstro_finalize();
    uint64_t took = clock_now() - called_at;
    assert_int_equal(status, MSTRO_TIMEOUT);
    assert_true(took >= 300 * MS);
    tries_took(took, (300 + 1000) * MS);
    const char *text = what_was_logged();
    assert_non_null(strstr(text, "'big'"));
    assert_non_null(strstr(text, "'unneeded'")); /* nobody can know */
    assert_false(is_with_the_manager(text, "big"));
    assert_true(is_with_the_manager(text, "signal"));
    assert_true(is_with_the_manager(text, "small"));
    assert_null(strstr(text, "'required'"));
    go_on();
    join_with(NULL, NULL); /* the manager knows that who had the name is gone */
    OK(mstro_finalize());
}

#define CASE(test) TRIED(open_stage, test, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(offer_ends_in_time_and_is_taken_back),
        CASE(withdraw_ends_in_time_and_is_done_or_not_when_asked_again),
        CASE(demand_ends_in_time_and_the_next_has_the_bytes),
        CASE(nothing_is_written_to_the_buffer_of_a_handle_that_was_disposed),
        CASE(require_and_retract_end_in_time),
        CASE(request_is_cancelled_at_once_whatever_it_is),
        CASE(subscribing_and_its_end_take_no_longer_than_the_lease),
        CASE(finalize_without_patience_names_what_others_needed_and_who),
        CASE(finalize_ends_in_time_and_names_what_others_may_have_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
