/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <pthread.h>

#include "lib/base/clock.h"
#include "lib/base/eventcount.h"

static void who_read_the_word_before_it_changed_does_not_sleep(void **state)
{
    (void)state;
    struct eventcount e = { 0 };
    uint32_t seen = eventcount_read(&e);
    eventcount_wake(&e, 2); /* another's bit */
    assert_int_not_equal(eventcount_read(&e), seen);
    assert_true(eventcount_wait(&e, seen, 1, NO_DEADLINE));
}

static void a_sleep_that_nobody_ends_is_over_at_its_time(void **state)
{
    (void)state;
    struct eventcount e = { 0 };
    uint64_t until = clock_now() + 2 * NANOSECONDS_PER_MILLISECOND;
    while (eventcount_wait(&e, eventcount_read(&e), 1, until))
        ;
    assert_true(clock_now() >= until);
}

enum { ROUNDS = 2000, SLEEPERS = 4 };

/* Handed round: whose turn it is. */
static struct eventcount baton_word;
static atomic_uint baton;

static void *run(void *number)
{
    unsigned me = *(unsigned *)number;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (;;) {
            uint32_t seen = eventcount_read(&baton_word);
            if (atomic_load(&baton) % SLEEPERS == me)
                break;
            eventcount_wait(&baton_word, seen, 1u << me, NO_DEADLINE);
        }
        unsigned next = atomic_fetch_add(&baton, 1) + 1;
        eventcount_wake(&baton_word, 1u << next % SLEEPERS);
    }
    return NULL;
}

static void whom_one_call_is_for_is_woken_whoever_else_sleeps_at_the_word(void **state)
{
    (void)state;
    pthread_t threads[SLEEPERS];
    unsigned numbers[SLEEPERS];
    for (unsigned i = 0; i < SLEEPERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < SLEEPERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&baton), ROUNDS * SLEEPERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_read_the_word_before_it_changed_does_not_sleep),
        cmocka_unit_test(a_sleep_that_nobody_ends_is_over_at_its_time),
        cmocka_unit_test(whom_one_call_is_for_is_woken_whoever_else_sleeps_at_the_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
