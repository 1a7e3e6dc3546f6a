/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <string.h>

#include "lib/base/spare.h"

enum { SIZE = 200, MOST = 8, MANY = 3 * MOST };

static void pieces_do_not_overlap_and_come_again_up_to_a_number(void **state)
{
    (void)state;
    unsigned char *piece[MANY];
    struct spares spares;
    spares_init(&spares, SIZE, MOST);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            piece[i] = spares_take(&spares);
            assert_non_null(piece[i]);
            memset(piece[i], i, SIZE);
        }
        assert_int_equal(spares.count, 0);
        for (int i = 0; i < MANY; i++)
            for (int b = 0; b < SIZE; b++)
                assert_int_equal(piece[i][b], i);
        for (int i = 0; i < MANY; i++)
            spares_give(&spares, piece[i]);
        assert_int_equal(spares.count, spares.most); /* 0 in sanitizer builds */
    }
    spares_give(&spares, NULL);
    assert_int_equal(spares.count, spares.most);
    spares_release(&spares);
}

static void *take_and_give(void *of)
{
    struct spares *spares = of;
    for (int round = 0; round < 20000; round++) {
        uint64_t *one = spares_take(spares), *two = spares_take(spares);
        *one = (uintptr_t)one;
        *two = (uintptr_t)two;
        if (*one != (uintptr_t)one || one == two)
            return spares;
        spares_give(spares, one);
        spares_give(spares, two);
    }
    return NULL;
}

static void threads_never_get_the_same_piece(void **state)
{
    (void)state;
    pthread_t thread[4];
    struct spares spares;
    spares_init(&spares, SIZE, MOST);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, take_and_give, &spares), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        assert_int_equal(pthread_join(thread[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_true(spares.count <= MOST);
    spares_release(&spares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap_and_come_again_up_to_a_number),
        cmocka_unit_test(threads_never_get_the_same_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
