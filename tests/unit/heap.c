/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/heap.h"
#include "lib/base/random.h"

enum { MEMBERS = 300, ROUNDS = 20000 };

struct member { struct heap_link link; bool in; };

static struct member members[MEMBERS];

static struct member *earliest(void)
{
    struct member *first = NULL;
    for (int i = 0; i < MEMBERS; i++)
        if (members[i].in && (!first || members[i].link.due < first->link.due))
            first = &members[i];
    return first;
}

static void empty_heap_has_no_first(void **state)
{
    (void)state;
    struct heap heap = { 0 };
    assert_null(heap_first(&heap));
}

static void first_is_due_first_whatever_goes_in_and_out(void **state)
{
    (void)state;
    struct heap heap = { 0 };
    struct random_seed seed;
    struct random_source random = random_seeded(&seed, 7);
    for (int round = 0; round < ROUNDS; round++) {
        struct member *member = &members[random_below(random, MEMBERS)];
        if (random_below(random, 4) == 0 && heap_first(&heap))
            member = heap_entry(heap_first(&heap), struct member, link);
        if (member->in)
            heap_remove(&heap, &member->link);
        else
            heap_insert(&heap, &member->link, random_below(random, 1000));
        member->in = !member->in;
        struct heap_link *first = heap_first(&heap);
        struct member *expected = earliest();
        assert_int_equal(first != NULL, expected != NULL);
        if (first)
            assert_int_equal(first->due, expected->link.due);
    }
}

static void members_come_out_in_the_order_in_which_they_are_due(void **state)
{
    (void)state;
    struct heap heap = { 0 };
    uint64_t last = 0;
    for (uint64_t i = 0; i < MEMBERS; i++)
        heap_insert(&heap, &members[i].link, i * 7919 % MEMBERS);
    for (int i = 0; i < MEMBERS; i++) {
        struct heap_link *first = heap_first(&heap);
        assert_non_null(first);
        assert_true(first->due >= last);
        last = first->due;
        heap_remove(&heap, first);
    }
    assert_null(heap_first(&heap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_heap_has_no_first),
        cmocka_unit_test(first_is_due_first_whatever_goes_in_and_out),
        cmocka_unit_test(members_come_out_in_the_order_in_which_they_are_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
