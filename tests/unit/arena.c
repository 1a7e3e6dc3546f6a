/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/arena.h"

static void what_is_taken_is_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char *one = arena_take(&a, 1), *two = arena_take(&a, 33), *three = arena_take(&a, 100000);
    assert_int_equal((uintptr_t)one % 16, 0);
    assert_int_equal((uintptr_t)two % 16, 0);
    assert_int_equal((uintptr_t)three % 16, 0);
    memset(one, 1, 1);
    memset(two, 2, 33);
    memset(three, 3, 100000);
    assert_int_equal(one[0], 1);
    assert_int_equal(two[0], 2);
    assert_int_equal(two[32], 2);
    assert_int_equal(three[99999], 3);
    arena_release(&a);
    assert_null(a.block);
}

static void copies_do_not_depend_on_the_original(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char original[] = "wind";
    struct text copy = arena_copy_text(&a, text_of(original));
    original[0] = 'm';
    assert_true(text_equal(copy, text_of("wind")));
    assert_int_equal(arena_copy(&a, bytes_of(NULL, 0)).length, 0);
    arena_release(&a);
}

static void reset_arena_uses_its_memory_again(void **state)
{
    (void)state;
    struct arena a = { 0 };
    void *first = arena_take(&a, 64);
    arena_reset(&a);
    assert_ptr_equal(arena_take(&a, 64), first);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_take(&a, 4000));
    arena_reset(&a);
    struct arena_block *kept = a.block;
    assert_non_null(arena_take(&a, 4000));
    assert_ptr_equal(a.block, kept);
    arena_release(&a);
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct arena a = { 0 };
    volatile size_t absurd = SIZE_MAX;
    assert_null(arena_take(&a, absurd));
    assert_null(arena_take(&a, absurd - 15));
    assert_null(arena_take(&a, absurd - 31));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_aligned_and_apart),
        cmocka_unit_test(copies_do_not_depend_on_the_original),
        cmocka_unit_test(reset_arena_uses_its_memory_again),
        cmocka_unit_test(absurd_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
