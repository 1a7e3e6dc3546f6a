/* SPDX-License-Identifier: BSD-3-Clause */
/* thread_shortage.c - a process that cannot start a thread, whichever it is: it says so, loses nothing, and goes on when there is one */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "maestro/maestro.h"
#include "tests/lib/entries.h"
#include "tests/lib/thread_shortage.h"
#include "tests/proc/stage.h"

#define OK(call) assert_int_equal(call, MSTRO_OK)

enum { SIZE = 100000, MOST = 16 };

static char data[SIZE];

static int open_empty(void **state)
{
    (void)state;
    stage_open(&stage);
    return 0;
}

static int close_stage(void **state)
{
    threads_left(-1);
    mstro_finalize();
    return stage_end(state);
}

static void says_which_thread_is_missing(mstro_status status)
{
    assert_int_equal(status, MSTRO_NOMEM);
    assert_non_null(strstr(mstro_error_detail(), "no thread can be started for "));
    assert_non_null(strstr(mstro_error_detail(), "ulimit -u"));
}

static mstro_cdo offer(const char *name, int64_t size)
{
    mstro_cdo cdo = NULL;
    OK(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, data, false, true));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false));
    OK(mstro_cdo_offer(cdo));
    return cdo;
}

/* Another process has what is offered here. */
static void is_had_by(struct process *other, const char *name)
{
    char line[64];
    snprintf(line, sizeof line, "declare 0 %s", name);
    expect(other, line, "MSTRO_OK");
    expect(other, "demand 0", "MSTRO_OK");
    expect(other, "whole 0", "MSTRO_OK");
    expect(other, "dispose 0", "MSTRO_OK");
}

static void who_gets_no_thread_to_join_with_joins_when_there_is_one(void **state)
{
    (void)state;
    struct process *bystander = stage_actor(&stage, "bystander");
    expect(bystander, "declare 1 theirs", "MSTRO_OK");
    expect(bystander, "offer 1", "MSTRO_OK");
    int threads = entries_of("/proc/self/task"), failed = 0;
    OK(mstro_init(NULL, "short of threads", 0)); /* libfabric keeps some descriptors from its first use on */
    OK(mstro_finalize());
    assert_true(entries_come_to("/proc/self/task", threads)); /* one that is detached may end later */
    int descriptors = entries_of("/proc/self/fd");
    mstro_status status;
    for (;; failed++) {
        threads_left(failed);
        status = mstro_init(NULL, "short of threads", 0);
        threads_left(-1);
        if (status == MSTRO_OK)
            break;
        assert_true(failed < MOST);
        says_which_thread_is_missing(status);
        assert_int_equal(entries_of("/proc/self/fd"), descriptors);
        assert_true(entries_come_to("/proc/self/task", threads));
    }
    assert_in_range(failed, 2, MOST); /* that of the watch, and that of the connection */
    mstro_cdo cdo = offer("ours", SIZE);
    is_had_by(bystander, "ours");
    OK(mstro_cdo_withdraw(cdo));
    expect(bystander, "withdraw 1", "MSTRO_OK");
}

static void a_pool_that_gets_no_thread_to_serve_loses_nothing_and_serves_when_there_is_one(void **state)
{
    (void)state;
    char *info;
    OK(mstro_init(NULL, "short of threads", 0));
    mstro_cdo small = offer("small", 100), large = offer("large", SIZE), consumer = NULL;
    int failed = 0;
    for (;; failed++) {
        threads_left(failed);
        mstro_status status = mstro_pm_start();
        threads_left(-1);
        if (status == MSTRO_OK)
            break;
        assert_true(failed < MOST);
        says_which_thread_is_missing(status);
        assert_int_equal(mstro_pm_getinfo(&info), MSTRO_NO_PM);
        OK(mstro_cdo_declare("large", MSTRO_ATTR_DEFAULT, &consumer));
        OK(mstro_cdo_demand(consumer));
        OK(mstro_cdo_dispose(consumer));
    }
    assert_in_range(failed, 3, MOST); /* those of the pool, of its door, and of the connection */
    OK(mstro_pm_getinfo(&info));
    setenv("MSTRO_POOL_MANAGER_INFO", info, 1);
    struct process *guest = stage_actor(&stage, "guest");
    unsetenv("MSTRO_POOL_MANAGER_INFO");
    is_had_by(guest, "small");
    is_had_by(guest, "large");
    expect(guest, "finalize", "MSTRO_OK");
    OK(mstro_cdo_withdraw(small));
    OK(mstro_cdo_withdraw(large));
    free(info);
}

/* Whoever has required says nothing of its own, and is served by the thread of its connection or by who waits. */
static void who_reads_needs_no_more_threads_than_it_has_joined_with(void **state)
{
    (void)state;
    mstro_cdo consumer = NULL;
    struct process *producer = stage_actor(&stage, "producer");
    OK(mstro_init(NULL, "short of threads", 0));
    threads_left(0);
    OK(mstro_cdo_declare("theirs", MSTRO_ATTR_DEFAULT, &consumer));
    OK(mstro_cdo_require(consumer));
    expect(producer, "declare 0 theirs", "MSTRO_OK");
    expect(producer, "fill 0 100000 3", "MSTRO_OK");
    expect(producer, "offer 0", "MSTRO_OK");
    OK(mstro_cdo_demand(consumer));
    OK(mstro_cdo_dispose(consumer));
    expect(producer, "withdraw 0", "MSTRO_OK");
}

static int open_reading_stage(void **state)
{
    setenv("MSTRO_TRANSPORT_DEFAULT", "RDMA", 1);
    return stage_begin(state);
}

static int close_reading_stage(void **state)
{
    unsetenv("MSTRO_TRANSPORT_DEFAULT");
    return close_stage(state);
}

#define on(opened, test, closed) cmocka_unit_test_setup_teardown(test, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on(stage_begin, who_gets_no_thread_to_join_with_joins_when_there_is_one, close_stage),
        on(open_empty, a_pool_that_gets_no_thread_to_serve_loses_nothing_and_serves_when_there_is_one, close_stage),
        on(open_reading_stage, who_reads_needs_no_more_threads_than_it_has_joined_with, close_reading_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
