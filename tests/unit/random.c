/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/random.h"

static void one_seed_gives_one_sequence(void **state)
{
    (void)state;
    struct random_seed a, b, c;
    struct random_source one = random_seeded(&a, 7), same = random_seeded(&b, 7), other = random_seeded(&c, 8);
    for (int i = 0; i < 100; i++) {
        uint64_t word = random_word(one);
        assert_true(word == random_word(same));
        assert_true(word != random_word(other));
    }
}

static void sequence_of_a_seed_never_changes(void **state)
{
    (void)state;
    struct random_seed seed;
    struct random_source source = random_seeded(&seed, 0); /* the published first values of SplitMix64 */
    assert_true(random_word(source) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(random_word(source) == UINT64_C(0x6e789e6aa1b965f4));
}

static void kernel_fills_every_byte(void **state)
{
    (void)state;
    unsigned char seen[257] = { 0 }, bytes[257];
    for (int round = 0; round < 64; round++) {
        random_fill(random_kernel, bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++)
            seen[i] |= bytes[i];
    }
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_not_equal(seen[i], 0);
}

static void fill_stays_within_its_length(void **state)
{
    (void)state;
    struct random_seed seed;
    unsigned char bytes[16] = { 0 };
    random_fill(random_seeded(&seed, 3), bytes, 11);
    for (int i = 11; i < 16; i++)
        assert_int_equal(bytes[i], 0);
}

static void below_a_limit_everything_occurs_and_nothing_else(void **state)
{
    (void)state;
    struct random_seed seed;
    struct random_source source = random_seeded(&seed, 1);
    int seen[10] = { 0 };
    for (int i = 0; i < 10000; i++)
        seen[random_below(source, 10)]++;
    for (int i = 0; i < 10; i++)
        assert_in_range(seen[i], 850, 1150);
    assert_int_equal(random_below(source, 1), 0);
    assert_int_equal(random_below(source, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_sequence),
        cmocka_unit_test(sequence_of_a_seed_never_changes),
        cmocka_unit_test(kernel_fills_every_byte),
        cmocka_unit_test(fill_stays_within_its_length),
        cmocka_unit_test(below_a_limit_everything_occurs_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
