/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/histogram.h"

static void assert_near(uint64_t found, uint64_t truth)
{
    uint64_t apart = found > truth ? found - truth : truth - found;
    if (apart > truth / 32)
        fail_msg("%llu is not within 1/32 of %llu", (unsigned long long)found, (unsigned long long)truth);
}

static void empty_histogram_answers_zero(void **state)
{
    (void)state;
    static struct histogram h;
    assert_int_equal(histogram_percentile(&h, 0.5), 0);
    assert_int_equal(histogram_mean(&h), 0);
}

static void percentiles_are_close_to_the_truth(void **state)
{
    (void)state;
    static struct histogram h;
    for (uint64_t v = 1; v <= 100000; v++)
        histogram_add(&h, v * 1000);
    assert_near(histogram_percentile(&h, 0.5), 50000000);
    assert_near(histogram_percentile(&h, 0.99), 99000000);
    assert_near(histogram_percentile(&h, 0.999), 99900000);
    assert_int_equal(histogram_percentile(&h, 0), 1000);
    assert_int_equal(histogram_percentile(&h, 1), 100000000);
    assert_int_equal(histogram_mean(&h), 50000500);
}

static void single_value_of_any_size_comes_back(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++)
        for (uint64_t below = 0; below < 2; below++) {
            struct histogram h = { 0 };
            uint64_t value = (UINT64_C(1) << bit) - below;
            histogram_add(&h, value);
            assert_true(histogram_percentile(&h, 0.5) == value);
        }
    struct histogram h = { 0 };
    histogram_add(&h, UINT64_MAX);
    assert_true(histogram_percentile(&h, 0.5) == UINT64_MAX);
}

static void any_value_is_within_its_class(void **state)
{
    (void)state;
    for (uint64_t value = 1; value < UINT64_MAX / 3; value = value * 3 / 2 + 1) {
        struct histogram h = { 0 };
        histogram_add(&h, 0);
        histogram_add(&h, value);
        histogram_add(&h, UINT64_MAX);
        assert_near(histogram_percentile(&h, 0.5), value);
    }
}

static void merged_histograms_count_what_both_saw(void **state)
{
    (void)state;
    static struct histogram one, two, empty;
    for (int i = 0; i < 90; i++)
        histogram_add(&one, 10);
    for (int i = 0; i < 10; i++)
        histogram_add(&two, 5000);
    histogram_merge(&one, &two);
    histogram_merge(&one, &empty);
    assert_int_equal(one.count, 100);
    assert_int_equal(histogram_percentile(&one, 0.9), 10);
    assert_near(histogram_percentile(&one, 0.91), 5000);
    assert_int_equal(one.largest, 5000);
    assert_int_equal(one.smallest, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_histogram_answers_zero),
        cmocka_unit_test(percentiles_are_close_to_the_truth),
        cmocka_unit_test(single_value_of_any_size_comes_back),
        cmocka_unit_test(any_value_is_within_its_class),
        cmocka_unit_test(merged_histograms_count_what_both_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
