/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/setting.h"

#define VARIABLE "MAESTRO_TEST_SETTING"

static uint64_t duration(const char *text)
{
    uint64_t nanoseconds = 77;
    assert_true(setting_duration(text_of(text), &nanoseconds));
    return nanoseconds;
}

static uint64_t size(const char *text)
{
    uint64_t bytes = 77;
    assert_true(setting_size(text_of(text), &bytes));
    return bytes;
}

static void durations_have_units_and_plain_numbers_are_seconds(void **state)
{
    (void)state;
    assert_true(duration("2s") == 2 * NANOSECONDS_PER_SECOND);
    assert_true(duration("250ms") == 250 * NANOSECONDS_PER_MILLISECOND);
    assert_true(duration(" 1.5 s\t") == 1500 * NANOSECONDS_PER_MILLISECOND);
    assert_true(duration("60") == 60 * NANOSECONDS_PER_SECOND);
    assert_true(duration(".25") == 250 * NANOSECONDS_PER_MILLISECOND);
    assert_true(duration("10us") == 10000);
    assert_true(duration("5ns") == 5);
    assert_true(duration("3min") == 180 * NANOSECONDS_PER_SECOND);
    assert_true(duration("1h") == 3600 * NANOSECONDS_PER_SECOND);
    assert_true(duration("0") == 0);
    assert_true(duration("Never") == NO_DEADLINE);
}

static void sizes_have_units(void **state)
{
    (void)state;
    assert_true(size("4096") == 4096);
    assert_true(size("4KiB") == 4096);
    assert_true(size("4K") == 4096);
    assert_true(size("4kB") == 4000);
    assert_true(size("1.5MiB") == 3 * 512 * 1024);
    assert_true(size("2 GiB") == UINT64_C(2) << 30);
}

static void nonsense_is_refused_and_writes_nothing(void **state)
{
    (void)state;
    const char *const bad[] = { "", " ", "s", "2x", "-1", "1..5", "1.5.5", ".", "2s 3s", "1e9", "0x10", "99999999999999999999999s",
                                "2\n", "0000000000000000000000000000000000000000000000000000000000000001s" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t value = 77;
        assert_false(setting_duration(text_of(bad[i]), &value));
        assert_false(setting_size(text_of(bad[i]), &value));
        assert_int_equal(value, 77);
    }
    int64_t integer = 77;
    bool flag = true;
    assert_false(setting_integer(text_of("12a"), &integer));
    assert_false(setting_integer(text_of("9223372036854775808"), &integer));
    assert_false(setting_bool(text_of("maybe"), &flag));
    assert_int_equal(integer, 77);
    assert_true(flag);
}

static void integers_and_truths(void **state)
{
    (void)state;
    int64_t value;
    bool flag;
    assert_true(setting_integer(text_of(" -17 "), &value));
    assert_int_equal(value, -17);
    assert_true(setting_bool(text_of("YES"), &flag) && flag);
    assert_true(setting_bool(text_of("off"), &flag) && !flag);
}

static void unset_variable_gives_the_fallback(void **state)
{
    (void)state;
    uint64_t value;
    int64_t integer;
    bool flag;
    unsetenv(VARIABLE);
    assert_int_equal(setting_read_duration(VARIABLE, 5, &value), MSTRO_OK);
    assert_int_equal(value, 5);
    assert_int_equal(setting_read_size(VARIABLE, 6, &value), MSTRO_OK);
    assert_int_equal(value, 6);
    assert_int_equal(setting_read_integer(VARIABLE, -7, &integer), MSTRO_OK);
    assert_int_equal(integer, -7);
    assert_int_equal(setting_read_bool(VARIABLE, true, &flag), MSTRO_OK);
    assert_true(flag);
    assert_null(setting_read_text(VARIABLE));
    setenv(VARIABLE, "", 1);
    assert_int_equal(setting_read_size(VARIABLE, 6, &value), MSTRO_OK);
    assert_int_equal(value, 6);
}

static void bad_variable_is_named_with_what_may_stand_there(void **state)
{
    (void)state;
    uint64_t value;
    setenv(VARIABLE, "soon", 1);
    assert_int_equal(setting_read_duration(VARIABLE, 5, &value), MSTRO_INVARG);
    assert_int_equal(value, 5);
    assert_non_null(strstr(mstro_error_detail(), VARIABLE "=soon"));
    assert_non_null(strstr(mstro_error_detail(), "250ms"));
    setenv(VARIABLE, "3s", 1);
    assert_int_equal(setting_read_duration(VARIABLE, 5, &value), MSTRO_OK);
    assert_true(value == 3 * NANOSECONDS_PER_SECOND);
    unsetenv(VARIABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_units_and_plain_numbers_are_seconds),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(nonsense_is_refused_and_writes_nothing),
        cmocka_unit_test(integers_and_truths),
        cmocka_unit_test(unset_variable_gives_the_fallback),
        cmocka_unit_test(bad_variable_is_named_with_what_may_stand_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
