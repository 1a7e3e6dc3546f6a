/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "lib/base/slab.h"

enum { MANY = 5000 };

static void pieces_are_zeroed_and_do_not_overlap(void **state)
{
    (void)state;
    static unsigned char *piece[MANY];
    struct slab slab;
    slab_init(&slab, 72);
    for (int i = 0; i < MANY; i++) {
        piece[i] = slab_take(&slab);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 8, 0);
        for (int b = 0; b < 72; b++)
            assert_int_equal(piece[i][b], 0);
        memset(piece[i], i & 0xff, 72);
    }
    for (int i = 0; i < MANY; i++)
        for (int b = 0; b < 72; b++)
            assert_int_equal(piece[i][b], i & 0xff);
    for (int i = 0; i < MANY; i++)
        slab_give(&slab, piece[i]);
    slab_release(&slab);
}

static void piece_that_came_back_is_used_again_and_is_zeroed(void **state)
{
    (void)state;
    void *piece[300];
    struct slab slab;
    slab_init(&slab, 1024);
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 300; i++) {
            piece[i] = slab_take(&slab);
            assert_non_null(piece[i]);
            assert_int_equal(((unsigned char *)piece[i])[1023], 0);
            memset(piece[i], 255, 1024);
        }
        for (size_t i = 0; i < 300; i++) /* not in the order in which they were taken */
            slab_give(&slab, piece[(i * 7 + (size_t)round) % 300]);
    }
    slab_give(&slab, NULL);
    slab_release(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_and_do_not_overlap),
        cmocka_unit_test(piece_that_came_back_is_used_again_and_is_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
