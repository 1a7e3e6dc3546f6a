/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <pthread.h>

#include "lib/base/detail.h"
#include "lib/base/utf8.h"

static void failure_is_one_statement_and_leaves_its_text(void **state)
{
    (void)state;
    assert_int_equal(detail_set(MSTRO_NOENT, "no object '%s'", "t2m"), MSTRO_NOENT);
    assert_string_equal(mstro_error_detail(), "no object 't2m'");
    detail_clear();
    assert_string_equal(mstro_error_detail(), "");
}

static void long_text_is_cut_in_its_middle_and_keeps_its_reason(void **state)
{
    (void)state;
    char name[4096];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    detail_set(MSTRO_NOENT, "cannot open '%s/temperature.grib': %s", name, "No such file");
    const char *said = mstro_error_detail(), *end = "/temperature.grib': No such file";
    assert_int_equal(strlen(said), 1023);
    assert_memory_equal(said, "cannot open 'nnn", 16);
    assert_non_null(strstr(said, "nnn...nnn"));
    assert_string_equal(said + 1023 - strlen(end), end);
    detail_set(MSTRO_INVARG, "cannot rename '%s' to '%s': %s", name, name, "read only");
    assert_string_equal(mstro_error_detail() + 1023 - 14, "nnn': read only" + 1);
    detail_set(MSTRO_INVARG, "%.1023s", name);
    assert_int_equal(strspn(mstro_error_detail(), "n"), 1023); /* fits, and is whole */
}

static void names_with_control_characters_are_shown_escaped_in_one_line(void **state)
{
    (void)state;
    char name[1100];
    detail_set(MSTRO_NOENT, "no object '%s'", "a\nerror b\tc\x7f");
    assert_string_equal(mstro_error_detail(), "no object 'a\\nerror b\\x09c\\x7f'");
    memset(name, '\n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    detail_set(MSTRO_NOENT, ".%s", name);
    assert_int_equal(strlen(mstro_error_detail()), 1022); /* of two bytes each, and none is cut */
    detail_set(MSTRO_NOENT, "%s", name);
    assert_int_equal(strlen(mstro_error_detail()), 1023);
    assert_null(strstr(mstro_error_detail(), "..n"));
}

static void what_is_told_is_utf8_wherever_it_was_cut(void **state)
{
    (void)state;
    char name[3000];
    for (size_t i = 0; i < sizeof name - 1; i++)
        name[i] = i % 2 ? '\xa9' : '\xc3';
    name[sizeof name - 1] = '\0';
    detail_set(MSTRO_INVARG, "'%.3s' is not '%.5s'", name, name);
    assert_string_equal(mstro_error_detail(), "'\xc3\xa9?' is not '\xc3\xa9\xc3\xa9?'");
    detail_set(MSTRO_INVARG, "%s", name);
    assert_true(text_is_utf8(text_of(mstro_error_detail())));
    assert_int_equal(strlen(mstro_error_detail()), 1023);
    detail_set(MSTRO_INVARG, "%s", "\xe2\x82\xac a\xff\xfe\xfd b\xf0\x9f\x98");
    assert_string_equal(mstro_error_detail(), "\xe2\x82\xac a? b?");
}

static void *fail_elsewhere(void *seen)
{
    *(size_t *)seen = strlen(mstro_error_detail());
    detail_set(MSTRO_FAIL, "of another thread");
    return NULL;
}

static void each_thread_has_its_own_text(void **state)
{
    (void)state;
    pthread_t other;
    size_t seen_there = 1;
    detail_set(MSTRO_FAIL, "of this thread");
    assert_int_equal(pthread_create(&other, NULL, fail_elsewhere, &seen_there), 0);
    pthread_join(other, NULL);
    assert_int_equal(seen_there, 0);
    assert_string_equal(mstro_error_detail(), "of this thread");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_is_one_statement_and_leaves_its_text),
        cmocka_unit_test(long_text_is_cut_in_its_middle_and_keeps_its_reason),
        cmocka_unit_test(names_with_control_characters_are_shown_escaped_in_one_line),
        cmocka_unit_test(what_is_told_is_utf8_wherever_it_was_cut),
        cmocka_unit_test(each_thread_has_its_own_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
