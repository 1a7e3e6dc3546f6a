/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "lib/base/utf8.h"

static bool good(const char *string)
{
    return text_is_utf8(text_of(string));
}

static void text_of_every_length_of_character_is_accepted(void **state)
{
    (void)state;
    assert_true(good(""));
    assert_true(good("t2m"));
    assert_true(good("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x8c\x8d"));
    assert_true(good("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80"));
    assert_true(text_is_utf8((struct text){ "a\0b", 3 }));
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {
        "\x80", "\xbf", "a\xff", "\xfe", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", /* stray and overlong */
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",                     /* surrogates, too large */
        "\xc3", "\xe2\x82", "\xf0\x9f\x8c", "\xc3\x28", "\xe2\x28\xa1", "\xe2\x82\x28", "\xf0\x90\x80\xc0", /* cut short */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(good(bad[i]));
}

static void nothing_behind_the_end_is_read(void **state)
{
    (void)state;
    assert_false(text_is_utf8((struct text){ "\xe2\x82\xac", 2 }));
    assert_true(text_is_utf8((struct text){ "ab\xff", 2 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_every_length_of_character_is_accepted),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(nothing_behind_the_end_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
