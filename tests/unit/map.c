/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "lib/base/map.h"

struct member { int value; struct map_link link; };

static bool has_value(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct member, link)->value == *(const int *)key;
}

static struct member *find(const struct map *m, uint64_t hash, int value)
{
    struct map_link *link = map_find(m, hash, has_value, &value);
    return link ? map_entry(link, struct member, link) : NULL;
}

static uint64_t hash_of(int value)
{
    return (uint64_t)value * UINT64_C(0x9e3779b97f4a7c15);
}

static void thousands_are_found_again(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct map m;
    static struct member members[MANY];
    assert_true(map_init(&m));
    for (int i = 0; i < MANY; i++) {
        members[i].value = i;
        map_insert(&m, &members[i].link, hash_of(i));
    }
    assert_int_equal(m.count, MANY);
    assert_true(m.buckets >= MANY / 2);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(find(&m, hash_of(i), i), &members[i]);
    for (int i = 0; i < MANY; i += 2)
        map_remove(&m, &members[i].link);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(find(&m, hash_of(i), i), i % 2 ? &members[i] : NULL);
    map_release(&m);
}

static void members_with_one_hash_are_told_apart_by_the_key(void **state)
{
    (void)state;
    struct map m;
    struct member one = { .value = 1 }, two = { .value = 2 };
    assert_true(map_init(&m));
    map_insert(&m, &one.link, 42);
    map_insert(&m, &two.link, 42);
    assert_ptr_equal(find(&m, 42, 1), &one);
    assert_ptr_equal(find(&m, 42, 2), &two);
    assert_null(find(&m, 42, 3));
    assert_null(find(&m, 43, 1));
    map_remove(&m, &one.link);
    assert_null(find(&m, 42, 1));
    assert_ptr_equal(find(&m, 42, 2), &two);
    map_release(&m);
}

static void removal_of_what_is_not_in_it_changes_nothing(void **state)
{
    (void)state;
    struct map m;
    struct member in = { .value = 1 }, out = { .value = 2, .link.hash = 7 };
    assert_true(map_init(&m));
    map_insert(&m, &in.link, 7);
    map_remove(&m, &out.link);
    assert_int_equal(m.count, 1);
    assert_ptr_equal(find(&m, 7, 1), &in);
    map_release(&m);
}

struct emptying { struct map *map; int visited; };

static void remove_and_free(struct map_link *link, void *context)
{
    struct emptying *e = context;
    map_remove(e->map, link);
    free(map_entry(link, struct member, link));
    e->visited++;
}

static void visitor_may_free_the_member_it_is_given(void **state)
{
    (void)state;
    struct map m;
    struct emptying e = { .map = &m };
    assert_true(map_init(&m));
    for (int i = 0; i < 100; i++) {
        struct member *member = calloc(1, sizeof *member);
        assert_non_null(member);
        map_insert(&m, &member->link, hash_of(i % 10));
    }
    map_each(&m, remove_and_free, &e);
    assert_int_equal(e.visited, 100);
    assert_int_equal(m.count, 0);
    map_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_are_found_again),
        cmocka_unit_test(members_with_one_hash_are_told_apart_by_the_key),
        cmocka_unit_test(removal_of_what_is_not_in_it_changes_nothing),
        cmocka_unit_test(visitor_may_free_the_member_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
