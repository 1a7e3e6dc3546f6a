/* SPDX-License-Identifier: BSD-3-Clause */
/* The checker of histories, on histories that are right and on some that no object can have. */
#include "tests/lib/check.h"

#include "lib/base/random.h"
#include "tests/lib/history.h"

enum { A, B, C };

#define GOOD(...) assert_true(linearizable((const struct history_operation[]){ __VA_ARGS__ }, sizeof((const struct history_operation[]){ __VA_ARGS__ })))
#define BAD(...) assert_false(linearizable((const struct history_operation[]){ __VA_ARGS__ }, sizeof((const struct history_operation[]){ __VA_ARGS__ })))

static bool linearizable(const struct history_operation *operations, size_t size)
{
    return history_linearizable(operations, size / sizeof *operations, NULL);
}

static void what_happens_one_after_the_other_is_taken_as_it_is(void **state)
{
    (void)state;
    GOOD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_DEMAND, B, 1, 2, 3 }, { HISTORY_WITHDRAW, A, 1, 4, 5 }, { HISTORY_OFFER, B, 2, 6, 7 }, { HISTORY_DEMAND, A, 2, 8, 9 });
}

static void a_demand_may_wait_for_an_offer_that_comes_later(void **state)
{
    (void)state;
    GOOD({ HISTORY_DEMAND, B, 1, 0, 9 }, { HISTORY_OFFER, A, 1, 3, 4 });
    BAD({ HISTORY_DEMAND, B, 1, 0, 2 }, { HISTORY_OFFER, A, 1, 3, 4 });
}

static void a_demand_does_not_bring_what_was_withdrawn_before(void **state)
{
    (void)state;
    BAD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_WITHDRAW, A, 1, 2, 3 }, { HISTORY_OFFER, A, 2, 4, 5 }, { HISTORY_DEMAND, B, 1, 6, 7 });
    GOOD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_WITHDRAW, A, 1, 2, 6 }, { HISTORY_OFFER, A, 2, 7, 8 }, { HISTORY_DEMAND, B, 1, 5, 9 });
}

static void two_do_not_offer_at_once(void **state)
{
    (void)state;
    BAD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_OFFER, B, 2, 2, 3 });
    BAD({ HISTORY_OFFER, A, 1, 0, 5 }, { HISTORY_OFFER, B, 2, 2, 3 }, { HISTORY_DEMAND, C, 2, 6, 7 });
    GOOD({ HISTORY_OFFER, A, 1, 0, 5 }, { HISTORY_CONFLICT, B, 2, 2, 6 });
    GOOD({ HISTORY_OFFER, A, 1, 0, 5 }, { HISTORY_WITHDRAW, A, 1, 6, 9 }, { HISTORY_OFFER, B, 2, 7, 8 });
}

static void an_offer_is_refused_only_while_another_stands(void **state)
{
    (void)state;
    BAD({ HISTORY_CONFLICT, B, 2, 0, 1 });
    BAD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_WITHDRAW, A, 1, 2, 3 }, { HISTORY_CONFLICT, B, 2, 4, 5 });
    GOOD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_WITHDRAW, A, 1, 2, 6 }, { HISTORY_CONFLICT, B, 2, 4, 5 });
}

/* Two demands that overlap see the two values in one order, not each in its own. */
static void all_see_one_order(void **state)
{
    (void)state;
    BAD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_WITHDRAW, A, 1, 2, 20 }, { HISTORY_OFFER, A, 2, 2, 20 }, { HISTORY_DEMAND, B, 2, 3, 4 }, { HISTORY_DEMAND, C, 1, 5, 6 });
    GOOD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_WITHDRAW, A, 1, 2, 20 }, { HISTORY_OFFER, A, 2, 2, 20 }, { HISTORY_DEMAND, B, 1, 3, 4 }, { HISTORY_DEMAND, C, 2, 5, 6 });
}

static void what_never_returned_may_have_happened_or_not(void **state)
{
    (void)state;
    GOOD({ HISTORY_OFFER, A, 1, 0, HISTORY_OPEN }, { HISTORY_DEMAND, B, 1, 5, 6 });
    GOOD({ HISTORY_OFFER, A, 1, 0, HISTORY_OPEN }, { HISTORY_OFFER, B, 2, 5, 6 });
    BAD({ HISTORY_OFFER, A, 1, 7, HISTORY_OPEN }, { HISTORY_DEMAND, B, 1, 5, 6 });
}

static void a_death_takes_with_it_what_was_offered(void **state)
{
    (void)state;
    GOOD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_LOSS, A, 1, 2, HISTORY_OPEN }, { HISTORY_OFFER, B, 2, 5, 6 });
    GOOD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_LOSS, A, 1, 2, HISTORY_OPEN }, { HISTORY_CONFLICT, B, 2, 5, 6 });
    BAD({ HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_LOSS, A, 1, 7, HISTORY_OPEN }, { HISTORY_OFFER, B, 2, 5, 6 });
}

static void where_it_ends_is_told(void **state)
{
    const struct history_operation operations[] = { { HISTORY_OFFER, A, 1, 0, 1 }, { HISTORY_DEMAND, B, 1, 2, 3 }, { HISTORY_DEMAND, C, 7, 4, 5 }, { HISTORY_WITHDRAW, A, 1, 6, 7 } };
    size_t last;
    (void)state;
    assert_false(history_linearizable(operations, 4, &last));
    assert_int_equal(last, 2);
}

/* A real order of many, blurred: each operation's moment is anywhere between its call and its return. */
static void long_histories_of_many_processes_are_searched(void **state)
{
    enum { MANY = 3000, PROCESSES = 8 };
    static struct history_operation operations[MANY];
    struct random_seed seed;
    struct random_source random = random_seeded(&seed, 7);
    uint32_t holder = PROCESSES;
    uint64_t value = 0, busy[PROCESSES] = { 0 };
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        uint64_t now = 1000 * (i + 1);
        uint32_t process = (uint32_t)random_below(random, PROCESSES);
        struct history_operation *o = &operations[i];
        *o = (struct history_operation){ .process = process, .value = value, .begin = now - random_below(random, 6000), .end = now + random_below(random, 6000) };
        o->begin = o->begin > now || o->begin < busy[process] ? busy[process] : o->begin;
        o->begin = o->begin > now ? now : o->begin;
        o->kind = holder == process ? HISTORY_WITHDRAW : holder == PROCESSES ? HISTORY_OFFER : random_below(random, 2) ? HISTORY_DEMAND : HISTORY_CONFLICT;
        if (o->kind == HISTORY_OFFER) {
            o->value = ++value;
            holder = process;
        } else if (o->kind == HISTORY_WITHDRAW)
            holder = PROCESSES;
        busy[process] = o->end;
    }
    assert_true(history_linearizable(operations, MANY, NULL));
    size_t demand = MANY / 2;
    while (operations[demand].kind != HISTORY_DEMAND)
        demand++;
    operations[demand].value -= 20; /* long withdrawn */
    assert_false(history_linearizable(operations, MANY, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_one_after_the_other_is_taken_as_it_is),
        cmocka_unit_test(a_demand_may_wait_for_an_offer_that_comes_later),
        cmocka_unit_test(a_demand_does_not_bring_what_was_withdrawn_before),
        cmocka_unit_test(two_do_not_offer_at_once),
        cmocka_unit_test(an_offer_is_refused_only_while_another_stands),
        cmocka_unit_test(all_see_one_order),
        cmocka_unit_test(what_never_returned_may_have_happened_or_not),
        cmocka_unit_test(a_death_takes_with_it_what_was_offered),
        cmocka_unit_test(where_it_ends_is_told),
        cmocka_unit_test(long_histories_of_many_processes_are_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
