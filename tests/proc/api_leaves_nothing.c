/* SPDX-License-Identifier: BSD-3-Clause */
/* api_leaves_nothing.c - a process that joins a manager and leaves it, again and again, has what it had before */
#include "tests/lib/check.h"

#include <pthread.h>

#include "maestro/maestro.h"
#include "tests/lib/entries.h"
#include "tests/proc/stage.h"

#define OK(call) assert_int_equal(call, MSTRO_OK)

enum { TIMES = 12, WARM = 2, SIZE = 100000 };

static char data[SIZE];

static mstro_cdo offer(const char *name)
{
    mstro_cdo cdo = NULL;
    int64_t size = SIZE;
    OK(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, data, false, true));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false));
    OK(mstro_cdo_offer(cdo));
    return cdo;
}

/* Join, use the pool, leave; libfabric keeps some descriptors from its first use on. */
static void repeat(void (*use)(void))
{
    int descriptors = 0, threads = entries_of("/proc/self/task");
    for (int i = 0; i < TIMES; i++) {
        OK(mstro_init(NULL, "again", 0));
        use();
        OK(mstro_finalize());
        if (i < WARM)
            descriptors = entries_of("/proc/self/fd");
        assert_int_equal(entries_of("/proc/self/fd"), descriptors);
        assert_true(entries_come_to("/proc/self/task", threads));
    }
}

static void withdraw_all(void)
{
    mstro_cdo cdo = offer("tidy");
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
}

/* A subscription, an offer that stands, a handle that has required: finalize takes all of them. */
static void leave_all_behind(void)
{
    mstro_subscription sub;
    mstro_cdo consumer;
    int fd;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    OK(mstro_subscription_fd(sub, &fd));
    offer("untidy");
    OK(mstro_cdo_declare("nobody's", MSTRO_ATTR_DEFAULT, &consumer));
    OK(mstro_cdo_require(consumer));
}

static void who_tidies_up_leaves_no_descriptor_and_no_thread(void **state)
{
    (void)state;
    repeat(withdraw_all);
}

static void who_does_not_tidy_up_leaves_no_descriptor_and_no_thread_either(void **state)
{
    (void)state;
    repeat(leave_all_behind);
}

/* ThreadSanitizer has a thread of its own from the first that is started on: one that is there all the time comes before any is counted. */
static pthread_mutex_t all_the_time = PTHREAD_MUTEX_INITIALIZER;

static void *stay(void *argument)
{
    pthread_mutex_lock(&all_the_time);
    pthread_mutex_unlock(&all_the_time);
    return argument;
}

int main(void)
{
    pthread_t first;
    pthread_mutex_lock(&all_the_time);
    if (pthread_create(&first, NULL, stay, NULL) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_tidies_up_leaves_no_descriptor_and_no_thread),
        cmocka_unit_test(who_does_not_tidy_up_leaves_no_descriptor_and_no_thread_either),
    };
    int failed = cmocka_run_group_tests(tests, stage_begin, stage_end);
    pthread_mutex_unlock(&all_the_time);
    pthread_join(first, NULL);
    return failed;
}
