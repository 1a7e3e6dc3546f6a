/* SPDX-License-Identifier: BSD-3-Clause */
/* client_subscription.c - events that have come for a subscriber, and those for which there was no memory */
#include "tests/lib/check.h"

#include <poll.h>

#include "lib/client/subscription.h"

enum { NUMBER = 7, SHARD_BITS = 10 };

static bool memory_is_short;
static struct waiting waiting;
static struct mstro_subscription_ *sub;
static int bell;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return memory_is_short ? NULL : __real_malloc(size); }

static int begin(void **state)
{
    (void)state;
    assert_int_equal(subscription_create(&sub, NUMBER), MSTRO_OK);
    assert_int_equal(subscription_bell(sub, &bell), MSTRO_OK);
    subscription_push(sub, &(struct record_events){ .subscription = NUMBER, .position = 1 << SHARD_BITS }, &waiting); /* where it begins */
    return 0;
}

static int end(void **state)
{
    (void)state;
    memory_is_short = false;
    subscription_destroy(sub);
    return 0;
}

static void comes(uint64_t serial, bool fits)
{
    struct record_event event = { .kind = MSTRO_POOL_EVENT_OFFER, .serial = serial << SHARD_BITS, .name = text_of("object") };
    memory_is_short = !fits;
    subscription_push(sub, &(struct record_events){ .subscription = NUMBER, .position = serial << SHARD_BITS, .events = { 1, &event } }, &waiting);
    memory_is_short = false;
}

static bool readable(void)
{
    return poll(&(struct pollfd){ .fd = bell, .events = POLLIN }, 1, 0) == 1;
}

static void is_gap(mstro_pool_event e, uint64_t first, uint64_t last, uint64_t count)
{
    assert_int_equal(e->kind, MSTRO_POOL_EVENT_OVERFLOW);
    assert_int_equal(e->serial, last << SHARD_BITS);
    assert_int_equal(e->overflow.first_serial, first << SHARD_BITS);
    assert_int_equal(e->overflow.last_serial, last << SHARD_BITS);
    assert_int_equal(e->overflow.count, count);
}

/* Without a session to tell what was taken: the pool knows it already. */
static mstro_pool_event take(void)
{
    sub->seen_queued = true;
    return subscription_take(sub, NULL);
}

static void event_without_memory_is_a_gap_at_once(void **state)
{
    (void)state;
    comes(2, false);
    assert_true(readable());
    comes(3, false);
    mstro_pool_event events = take();
    is_gap(events, 2, 3, 2);
    assert_null(events->next);
    assert_false(readable());
    assert_int_equal(sub->sources[0].taken, 2); /* the pool sends others in their place */
    event_list_free(events);
}

static void gap_stands_where_the_events_were(void **state)
{
    (void)state;
    comes(2, true);
    comes(3, false);
    comes(4, true);
    comes(5, false);
    mstro_pool_event events = take();
    assert_int_equal(events->serial, 2 << SHARD_BITS);
    is_gap(events->next, 3, 3, 1);
    assert_int_equal(events->next->next->serial, 4 << SHARD_BITS);
    is_gap(events->next->next->next, 5, 5, 1);
    event_list_free(events);
}

static void gap_that_came_is_counted_as_what_it_stands_for(void **state)
{
    (void)state;
    struct record_event gap = { .kind = MSTRO_POOL_EVENT_OVERFLOW, .first_serial = 2 << SHARD_BITS, .serial = 9 << SHARD_BITS, .count = 8 };
    memory_is_short = true;
    subscription_push(sub, &(struct record_events){ .subscription = NUMBER, .position = 9 << SHARD_BITS, .events = { 1, &gap } }, &waiting);
    comes(10, false);
    mstro_pool_event events = take();
    is_gap(events, 2, 10, 9);
    event_list_free(events);
}

static void subscription_that_cannot_even_state_a_gap_ends(void **state)
{
    (void)state;
    comes(2, false);
    event_list_free(take());
    comes(3, false); /* the spare one is away, and no other to be had */
    assert_true(readable());
    assert_int_equal(subscription_status(sub), MSTRO_NOMEM);
}

int main(void)
{
    waiting_init(&waiting, NULL);
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(event_without_memory_is_a_gap_at_once),
        CASE(gap_stands_where_the_events_were),
        CASE(gap_that_came_is_counted_as_what_it_stands_for),
        CASE(subscription_that_cannot_even_state_a_gap_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
