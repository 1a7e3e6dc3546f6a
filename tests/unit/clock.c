/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/clock.h"
#include "lib/base/condition.h"

static void time_does_not_go_back(void **state)
{
    (void)state;
    uint64_t last = clock_now();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_now();
        assert_true(now >= last);
        last = now;
    }
}

static void wall_time_in_the_future_is_as_far_away_on_the_monotonic_clock(void **state)
{
    (void)state;
    struct timespec wall = clock_to_timespec(clock_wall() + 5 * NANOSECONDS_PER_SECOND);
    uint64_t target = clock_from_wall(&wall), now = clock_now();
    assert_true(target > now + 4 * NANOSECONDS_PER_SECOND);
    assert_true(target <= now + 5 * NANOSECONDS_PER_SECOND);
}

static void past_is_now_and_the_far_future_is_never(void **state)
{
    (void)state;
    struct timespec past = { .tv_sec = 1 }, before_1970 = { .tv_sec = -1 }, far = { .tv_sec = INT64_MAX };
    uint64_t now = clock_now();
    assert_true(clock_from_wall(&past) - now < NANOSECONDS_PER_SECOND);
    assert_true(clock_from_wall(&before_1970) - now < NANOSECONDS_PER_SECOND);
    assert_true(clock_from_wall(&far) == NO_DEADLINE);
}

static void nanoseconds_become_a_timespec(void **state)
{
    (void)state;
    struct timespec t = clock_to_timespec(3 * NANOSECONDS_PER_SECOND + 7);
    assert_int_equal(t.tv_sec, 3);
    assert_int_equal(t.tv_nsec, 7);
}

struct bell { pthread_mutex_t lock; pthread_cond_t condition; bool rung; };

static void *ring(void *argument)
{
    struct bell *bell = argument;
    pthread_mutex_lock(&bell->lock);
    bell->rung = true;
    pthread_cond_signal(&bell->condition);
    pthread_mutex_unlock(&bell->lock);
    return NULL;
}

static void wait_for_a_condition_ends_by_this_clock_or_when_it_is_woken(void **state)
{
    (void)state;
    struct bell bell = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t ringer;
    condition_init(&bell.condition);
    pthread_mutex_lock(&bell.lock);
    uint64_t until = clock_now() + 3 * NANOSECONDS_PER_MILLISECOND;
    while (condition_wait(&bell.condition, &bell.lock, until))
        ;
    assert_true(clock_now() >= until);
    assert_false(condition_wait(&bell.condition, &bell.lock, 0));
    pthread_create(&ringer, NULL, ring, &bell);
    while (!bell.rung)
        assert_true(condition_wait(&bell.condition, &bell.lock, NO_DEADLINE));
    pthread_mutex_unlock(&bell.lock);
    pthread_join(ringer, NULL);
    pthread_cond_destroy(&bell.condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_does_not_go_back),
        cmocka_unit_test(wall_time_in_the_future_is_as_far_away_on_the_monotonic_clock),
        cmocka_unit_test(past_is_now_and_the_far_future_is_never),
        cmocka_unit_test(nanoseconds_become_a_timespec),
        cmocka_unit_test(wait_for_a_condition_ends_by_this_clock_or_when_it_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
