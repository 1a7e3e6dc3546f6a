/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of names that a group is: what is written is read again, and what is none is told apart. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "lib/wire/names.h"

static uint8_t memory[MAX_INLINE];

static void what_is_written_is_read_again_in_its_order(void **state)
{
    (void)state;
    static const char *const name[] = { "forecast/t/1", "forecast/t/12", "forecast/u/1", "x", "forecast", "f\xc3\xbc", "f\xc3\xa9" };
    enum { COUNT = sizeof name / sizeof name[0] };
    static struct names_writer w;
    static struct names_reader r;
    names_begin(&w, memory, sizeof memory);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(names_put(&w, text_of(name[i]), i % 2 ? NAME_OWN : NAME_COMMIT, i << 40));
    assert_int_equal(w.count, COUNT);
    names_open(&r, names_written(&w));
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(names_next(&r));
        assert_true(text_equal((struct text){ r.name, r.length }, text_of(name[i])));
        assert_int_equal(r.flags, i % 2 ? NAME_OWN : NAME_COMMIT);
        assert_int_equal(r.commit, i % 2 ? 0 : i << 40);
    }
    assert_false(names_next(&r));
    assert_null(names_fault(&r));
}

static void a_list_without_names_is_a_list(void **state)
{
    (void)state;
    static struct names_writer w;
    static struct names_reader r;
    names_begin(&w, memory, sizeof memory);
    names_open(&r, names_written(&w));
    assert_int_equal(names_written(&w).length, 1);
    assert_false(names_next(&r));
    assert_null(names_fault(&r));
}

/* 91 levels of 16 parameters, as a model names them. */
static void the_fields_of_a_forecast_step_fit_a_list(void **state)
{
    (void)state;
    static struct names_writer w;
    names_begin(&w, memory, sizeof memory);
    for (int param = 0; param < 16; param++)
        for (int level = 1; level <= 91; level++) {
            char name[100];
            snprintf(name, sizeof name, "od/oper/0001/fc/20261120T000000/step 24/param %d/levtype ml/level %d", 130 + param, level);
            assert_true(names_put(&w, text_of(name), NAME_OWN, 0));
        }
}

static void a_name_that_does_not_fit_leaves_the_list_as_it_was(void **state)
{
    (void)state;
    static struct names_writer w;
    static struct names_reader r;
    names_begin(&w, memory, 1 + 2 * (5 + 3));
    assert_true(names_put(&w, text_of("abc"), 0, 0));
    assert_false(names_put(&w, text_of("uvwx"), 0, 0));
    assert_true(names_put(&w, text_of("xyz"), 0, 0));
    assert_false(names_put(&w, text_of("x"), 0, 0));
    names_open(&r, names_written(&w));
    assert_true(names_next(&r) && names_next(&r));
    assert_memory_equal(r.name, "xyz", 3);
    assert_false(names_next(&r));
    assert_null(names_fault(&r));
}

/* Few bytes must not stand for many. */
static void a_list_does_not_grow_beyond_what_it_may_hold(void **state)
{
    (void)state;
    static struct names_writer w;
    static struct names_reader r;
    static char name[MAX_NAME];
    memset(name, 'n', sizeof name);
    names_begin(&w, memory, sizeof memory);
    while (names_put(&w, (struct text){ name, sizeof name }, 0, 0))
        ;
    assert_int_equal(w.count, NAMES_TOTAL / MAX_NAME);
    uint8_t more[] = { 0, 0xff, 0x0f, 1, 0, 'n' };
    memcpy(memory + names_written(&w).length, more, sizeof more);
    names_open(&r, bytes_of(memory, names_written(&w).length + sizeof more));
    while (names_next(&r))
        ;
    assert_string_equal(names_fault(&r), "holds more than a list may");
}

static const char *fault_of(const void *list, size_t length)
{
    static struct names_reader r;
    names_open(&r, bytes_of(list, length));
    while (names_next(&r))
        ;
    return names_fault(&r);
}

static void what_is_no_list_is_refused_by_name(void **state)
{
    (void)state;
#define FAULT(bytes) fault_of(bytes, sizeof bytes - 1)
    assert_string_equal(FAULT(""), "ends too early");
    assert_string_equal(FAULT("\1"), "is of a version that is not known");
    assert_string_equal(FAULT("\2\0\0\0\1"), "ends too early");
    assert_string_equal(FAULT("\2\0\0\0\3\0ab"), "ends too early");
    assert_string_equal(FAULT("\2\0\1\0\1\0a"), "holds a name that is too long");
    assert_string_equal(FAULT("\2\0\0\0\1\0a\0\2\0\0\0"), "holds a name that is too long");
    assert_string_equal(FAULT("\2\0\0\0\0\0"), "holds what is no name");
    assert_string_equal(FAULT("\2\0\0\0\3\0a\0b"), "holds what is no name");
    assert_string_equal(FAULT("\2\0\0\0\1\0\xc3"), "holds what is no name");
    assert_null(FAULT("\2\0\0\0\2\0\xc3\xa9"));
    assert_string_equal(FAULT("\2\2\0\0\1\0a\1\2\3\4\5\6\7"), "ends too early");
    assert_null(FAULT("\2\2\0\0\1\0a\1\2\3\4\5\6\7\10"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again_in_its_order),
        cmocka_unit_test(a_list_without_names_is_a_list),
        cmocka_unit_test(the_fields_of_a_forecast_step_fit_a_list),
        cmocka_unit_test(a_name_that_does_not_fit_leaves_the_list_as_it_was),
        cmocka_unit_test(a_list_does_not_grow_beyond_what_it_may_hold),
        cmocka_unit_test(what_is_no_list_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
