/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/list.h"

struct member { int value; struct list link; };

static void order_is_that_of_appending(void **state)
{
    (void)state;
    struct list head;
    struct member members[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };
    list_init(&head);
    assert_true(list_empty(&head));
    for (int i = 0; i < 3; i++)
        list_append(&head, &members[i].link);
    int expected = 1;
    list_each(link, &head)
        assert_int_equal(list_entry(link, struct member, link)->value, expected++);
    assert_int_equal(expected, 4);
}

static void removal_may_be_repeated(void **state)
{
    (void)state;
    struct list head;
    struct member one, two;
    list_init(&head);
    list_append(&head, &one.link);
    list_append(&head, &two.link);
    list_remove(&one.link);
    list_remove(&one.link);
    assert_ptr_equal(head.next, &two.link);
    assert_ptr_equal(head.previous, &two.link);
    assert_true(list_empty(&one.link));
}

static void walk_survives_the_removal_of_every_member(void **state)
{
    (void)state;
    struct list head;
    struct member members[5];
    list_init(&head);
    for (int i = 0; i < 5; i++)
        list_append(&head, &members[i].link);
    int seen = 0;
    list_each(link, &head) {
        list_remove(link);
        seen++;
    }
    assert_int_equal(seen, 5);
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_that_of_appending),
        cmocka_unit_test(removal_may_be_repeated),
        cmocka_unit_test(walk_survives_the_removal_of_every_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
