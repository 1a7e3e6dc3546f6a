/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "maestro/status.h"

static void success_is_zero_and_has_a_sentence(void **state)
{
    (void)state;
    assert_int_equal(MSTRO_OK, 0);
    assert_string_equal(mstro_status_description(MSTRO_OK), "success");
    assert_string_equal(mstro_status_name(MSTRO_OK), "MSTRO_OK");
}

static void status_out_of_the_list_still_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(mstro_status_name(MSTRO_IO), "MSTRO_IO");
    assert_non_null(mstro_status_description((mstro_status)100000));
    assert_non_null(mstro_status_description((mstro_status)-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_zero_and_has_a_sentence),
        cmocka_unit_test(status_out_of_the_list_still_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
