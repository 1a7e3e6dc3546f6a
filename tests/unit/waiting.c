/* SPDX-License-Identifier: BSD-3-Clause */
/* waiting.c - the chair, the bench and the chores, without a session */
#include "tests/lib/check.h"

#include <pthread.h>
#include <sched.h>

#include "lib/base/clock.h"
#include "lib/client/waiting.h"

static void nothing(struct link *link) { (void)link; }

static void sleep_never(struct link *link, uint64_t until)
{
    (void)link;
    (void)until;
    fail();
}

static void a_thread_dismissed_before_it_sits_down_does_not_sit_down(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    _Atomic uint64_t deadline = NO_DEADLINE;
    waiting_init(&waiting, &link);
    waiting_dismiss(&waiting);
    assert_false(waiting_attend(&waiting, &deadline));
    waiting_release(&waiting);
}

static void a_thread_does_not_sit_down_while_there_is_a_chore_for_it(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    struct chore chore = { .whose = NULL };
    _Atomic uint64_t deadline = NO_DEADLINE;
    waiting_init(&waiting, &link);
    waiting_add_chore(&waiting, &chore);
    assert_true(waiting_attend(&waiting, &deadline));
    assert_ptr_equal(waiting_take_chore(&waiting, NULL, WORK_ANY), &chore);
    waiting_release(&waiting);
}

static void the_threads_place_follows_from_what_it_sees(void **state)
{
    (void)state;
    assert_int_equal(waiting_attendance(true, true, true, true).how, ATTENDANCE_ENDS);
    assert_int_equal(waiting_attendance(false, true, true, true).how, ATTENDANCE_WORKS);
    assert_int_equal(waiting_attendance(false, false, false, true).how, ATTENDANCE_SITS);
    assert_int_equal(waiting_attendance(false, false, false, false).how, ATTENDANCE_SITS);
    struct attending idle = waiting_attendance(false, false, true, false), lending = waiting_attendance(false, false, true, true);
    assert_int_equal(idle.how, ATTENDANCE_AWAY);
    assert_int_equal(lending.how, ATTENDANCE_AWAY);
    assert_int_equal(idle.away, NANOSECONDS_PER_MILLISECOND);
    assert_int_equal(lending.away, NANOSECONDS_PER_MILLISECOND / 5); /* a reader is held up no longer than that */
}

static void chore_that_who_waits_does_not_do_is_for_the_sessions_thread(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    struct waitable mine = { 0 };
    struct chore chore = { .whose = &mine }, other = { .whose = NULL };
    waiting_init(&waiting, &link);
    waiting_add_chore(&waiting, &other);
    waiting_add_chore(&waiting, &chore);
    assert_null(waiting_take_chore(&waiting, &mine, WORK_NONE));
    assert_ptr_equal(waiting_take_chore(&waiting, &mine, WORK_OWN), &chore);
    assert_null(waiting_take_chore(&waiting, &mine, WORK_OWN));
    assert_ptr_equal(waiting_take_chore(&waiting, NULL, WORK_ANY), &other);
    waiting_release(&waiting);
}

struct bencher { struct waiting *waiting; struct waitable what; pthread_t thread; enum next next; bool left_empty; };

static void *sit_on_bench(void *argument)
{
    struct bencher *b = argument;
    b->next = waiting_enter(b->waiting, &b->what, WORK_ANY, NO_DEADLINE);
    b->left_empty = b->next == NEXT_DRIVES && waiting_leave(b->waiting, true);
    return NULL;
}

/* Returns when it is on the bench. */
static void send_to_bench(struct bencher *b, struct waiting *waiting)
{
    *b = (struct bencher){ .waiting = waiting };
    assert_int_equal(pthread_create(&b->thread, NULL, sit_on_bench, b), 0);
    while (atomic_load(&b->what.state) != WAITABLE_SLEEPING)
        sched_yield();
    pthread_mutex_lock(&waiting->lock); /* it joins with this held */
    pthread_mutex_unlock(&waiting->lock);
}

static void take_chair(struct waiting *waiting, struct link *link)
{
    struct waitable mine = { 0 };
    waiting_init(waiting, link);
    assert_int_equal(waiting_enter(waiting, &mine, WORK_ANY, NO_DEADLINE), NEXT_DRIVES);
    assert_true(waiting_awake(waiting));
}

static void who_is_done_is_off_the_bench_at_once_and_woken_with_the_others(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    struct bencher a, b;
    struct calls calls = { 0 };
    take_chair(&waiting, &link);
    send_to_bench(&a, &waiting);
    send_to_bench(&b, &waiting);
    waiting_ready(&waiting, &b.what, &calls);
    waiting_ready(&waiting, &a.what, &calls);
    assert_true(list_empty(&waiting.bench));
    assert_int_equal(waiting_wake(&waiting, &calls), 2);
    pthread_join(a.thread, NULL);
    pthread_join(b.thread, NULL);
    assert_int_equal(a.next, NEXT_IS_DONE);
    assert_int_equal(b.next, NEXT_IS_DONE);
    assert_true(waiting_leave(&waiting, true));
    waiting_release(&waiting);
}

static void the_chair_goes_to_the_first_on_the_bench_and_to_nobody_else(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    struct bencher first, second;
    take_chair(&waiting, &link);
    send_to_bench(&first, &waiting);
    send_to_bench(&second, &waiting);
    assert_false(waiting_leave(&waiting, true));
    pthread_join(first.thread, NULL);
    pthread_join(second.thread, NULL); /* it had it from the first */
    assert_int_equal(first.next, NEXT_DRIVES);
    assert_int_equal(second.next, NEXT_DRIVES);
    assert_false(first.left_empty);
    assert_true(second.left_empty);
    assert_false(waiting_awake(&waiting));
    waiting_release(&waiting);
}

static void who_gives_up_on_the_bench_is_called_no_more(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    struct waitable what = { 0 };
    take_chair(&waiting, &link);
    assert_int_equal(waiting_enter(&waiting, &what, WORK_ANY, clock_now() + NANOSECONDS_PER_MILLISECOND), NEXT_LOOKS);
    assert_true(list_empty(&waiting.bench));
    assert_int_equal(atomic_load(&what.state), WAITABLE_PENDING);
    assert_true(waiting_leave(&waiting, true));
    waiting_release(&waiting);
}

static void the_sessions_thread_stays_away_while_a_caller_drives_until_something_is_due(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    _Atomic uint64_t deadline = clock_now() + 3 * NANOSECONDS_PER_MILLISECOND;
    take_chair(&waiting, &link);
    assert_true(waiting_attend(&waiting, &deadline));
    assert_true(clock_now() >= deadline);
    assert_true(waiting_awake(&waiting));
    assert_true(waiting_leave(&waiting, true));
    waiting_release(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_dismissed_before_it_sits_down_does_not_sit_down),
        cmocka_unit_test(a_thread_does_not_sit_down_while_there_is_a_chore_for_it),
        cmocka_unit_test(the_threads_place_follows_from_what_it_sees),
        cmocka_unit_test(chore_that_who_waits_does_not_do_is_for_the_sessions_thread),
        cmocka_unit_test(who_is_done_is_off_the_bench_at_once_and_woken_with_the_others),
        cmocka_unit_test(the_chair_goes_to_the_first_on_the_bench_and_to_nobody_else),
        cmocka_unit_test(who_gives_up_on_the_bench_is_called_no_more),
        cmocka_unit_test(the_sessions_thread_stays_away_while_a_caller_drives_until_something_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
