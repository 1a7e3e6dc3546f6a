/* SPDX-License-Identifier: BSD-3-Clause */
/* selector_api.c - selectors and schemas as a program has them: events of the pool inside the process, chosen by metadata */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "maestro/maestro.h"

static int begin(void **state)
{
    (void)state;
    unsetenv("MSTRO_POOL_MANAGER_INFO");
    return mstro_init("selectors", "test", 0) == MSTRO_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return mstro_finalize() == MSTRO_OK ? 0 : -1;
}

/* A signal object with a step; offered and taken back at once. */
static void pass_by(const char *name, int64_t step)
{
    mstro_cdo cdo;
    int64_t size = 0;
    assert_int_equal(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.step", &step, true, false), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false), MSTRO_OK);
    assert_int_equal(mstro_cdo_offer(cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_withdraw(cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_dispose(cdo), MSTRO_OK);
}

/* The names in the events of OFFER that a subscriber with this selector gets, in order. */
static void heard(mstro_cdo_selector selector, const char *expected)
{
    mstro_subscription sub;
    mstro_pool_event head;
    char names[256] = "";
    assert_int_equal(mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub), MSTRO_OK);
    if (selector)
        assert_int_equal(mstro_cdo_selector_dispose(selector), MSTRO_OK); /* may go at once */
    pass_by("t/0", 0);
    pass_by("t/6", 6);
    pass_by("u/6", 6);
    pass_by("u/7", 7);
    assert_int_equal(mstro_subscription_poll(sub, &head), MSTRO_OK);
    for (mstro_pool_event e = head; e; e = e->next) {
        strcat(names, e->payload.offer.cdo_name);
        strcat(names, " ");
    }
    assert_int_equal(mstro_pool_event_dispose(head), MSTRO_OK);
    assert_int_equal(mstro_subscription_dispose(sub), MSTRO_OK);
    assert_string_equal(names, expected);
}

static mstro_cdo_selector selector(mstro_schema schema, const char *nspace, const char *query)
{
    mstro_cdo_selector s = NULL;
    if (mstro_cdo_selector_create(schema, nspace, query, &s) != MSTRO_OK)
        fail_msg("%s: %s", query ? query : "(none)", mstro_error_detail());
    return s;
}

static void subscriber_hears_only_of_what_matches(void **state)
{
    (void)state;
    heard(NULL, "t/0 t/6 u/6 u/7 ");
    heard(selector(NULL, NULL, NULL), "t/0 t/6 u/6 u/7 ");
    heard(selector(NULL, NULL, "(.maestro.ecmwf.step = 6)"), "t/6 u/6 ");
    heard(selector(NULL, ".maestro.ecmwf.", "(step = 0/to/12/by/6)"), "t/0 t/6 u/6 ");
    heard(selector(NULL, ".maestro.ecmwf.", "(and (step >= 6)(.maestro.core.cdo.name ~= ^u))"), "u/6 u/7 ");
    heard(selector(NULL, NULL, "(.maestro.core.cdo.name glob */0)"), "t/0 ");
    heard(selector(NULL, NULL, "(.maestro.core.cdo.component = test)"), "t/0 t/6 u/6 u/7 ");
    heard(selector(NULL, NULL, "(has .maestro.ecmwf.class)"), "");
}

static void mistake_in_a_query_makes_no_selector(void **state)
{
    (void)state;
    mstro_cdo_selector s = (mstro_cdo_selector)&s;
    assert_int_equal(mstro_cdo_selector_create(NULL, NULL, "(.maestro.ecmwf.setp = 6)", &s), MSTRO_SELECTOR);
    assert_null(s);
    assert_non_null(strstr(mstro_error_detail(), "column 2: no schema has '.maestro.ecmwf.setp'; did you mean '.maestro.ecmwf.step'?"));
    assert_int_equal(mstro_cdo_selector_create(NULL, NULL, NULL, NULL), MSTRO_INVOUT);
    assert_int_equal(mstro_cdo_selector_dispose(NULL), MSTRO_OK);
}

static void query_is_typed_by_the_schema_given_with_it(void **state)
{
    (void)state;
    char path[] = "/tmp/maestro-selector-XXXXXX";
    int file = mkstemp(path);
    static const char text[] = "schema-name: own\nschema-namespace: .own.\nmaestro-attributes:\n  - {key: level, type: int()}\n";
    assert_true(file >= 0);
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    close(file);
    mstro_schema schema;
    mstro_cdo_selector s;
    assert_int_equal(mstro_schema_parse_from_file(path, &schema), MSTRO_OK);
    unlink(path);
    assert_int_equal(mstro_cdo_selector_create(NULL, NULL, "(.own.level = 5)", &s), MSTRO_SELECTOR);
    assert_int_equal(mstro_cdo_selector_create(schema, NULL, "(.own.level = five)", &s), MSTRO_SELECTOR);
    assert_int_equal(mstro_cdo_selector_create(schema, NULL, "(and (.own.level = 5)(.maestro.ecmwf.step = 6))", &s), MSTRO_OK);
    assert_int_equal(mstro_schema_dispose(schema), MSTRO_OK);
    heard(s, "");
}

static void selector_needs_the_library_and_outlives_it(void **state)
{
    (void)state;
    mstro_cdo_selector s = selector(NULL, NULL, "(has .maestro.ecmwf.step)"), none;
    assert_int_equal(mstro_finalize(), MSTRO_OK);
    assert_int_equal(mstro_cdo_selector_create(NULL, NULL, NULL, &none), MSTRO_UNINIT);
    assert_int_equal(mstro_cdo_selector_dispose(s), MSTRO_OK);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(subscriber_hears_only_of_what_matches),
        CASE(mistake_in_a_query_makes_no_selector),
        CASE(query_is_typed_by_the_schema_given_with_it),
        CASE(selector_needs_the_library_and_outlives_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
