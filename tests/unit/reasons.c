/* SPDX-License-Identifier: BSD-3-Clause */
/* reasons.c - what a call says of its failure when it quotes what another one has said: also the end of it, however long the names are */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "maestro/maestro.h"

static int begin(void **state)
{
    (void)state;
    char component[201] = "test";
    memset(component + strlen(component), 'c', sizeof component - 1 - strlen(component));
    component[sizeof component - 1] = '\0';
    unsetenv("MSTRO_POOL_MANAGER_INFO");
    return mstro_init("reasons", component, 0) == MSTRO_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return mstro_finalize() == MSTRO_OK ? 0 : -1;
}

static void assert_detail_ends_with(const char *end)
{
    const char *said = mstro_error_detail();
    if (strlen(said) < strlen(end) || strcmp(said + strlen(said) - strlen(end), end) != 0)
        fail_msg("'%s' does not end with '%s'", said, end);
}

static mstro_cdo declare(const char *name)
{
    mstro_cdo cdo;
    int64_t size = 0;
    assert_int_equal(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false), MSTRO_OK);
    return cdo;
}

static void group_that_is_not_offered_says_why_of_a_member_with_a_long_name(void **state)
{
    (void)state;
    char name[4000], title[200];
    memset(name, 'm', sizeof name - 1);
    memset(title, 'g', sizeof title - 1);
    name[sizeof name - 1] = title[sizeof title - 1] = '\0';
    mstro_cdo held = declare(name), again = declare(name);
    mstro_group g;
    assert_int_equal(mstro_cdo_offer(held), MSTRO_OK);
    assert_int_equal(mstro_group_declare(title, &g), MSTRO_OK);
    assert_int_equal(mstro_group_add(g, again), MSTRO_OK);
    assert_int_equal(mstro_group_offer(g), MSTRO_CONFLICT);
    assert_non_null(strstr(mstro_error_detail(), " is offered by test"));
    assert_detail_ends_with(")");
    assert_int_equal(mstro_group_dispose(g), MSTRO_OK);
    assert_int_equal(mstro_cdo_dispose(again), MSTRO_OK);
    assert_int_equal(mstro_cdo_withdraw(held), MSTRO_OK);
    assert_int_equal(mstro_cdo_dispose(held), MSTRO_OK);
}

/* Of a type of 700 bytes, with a default or without. */
static mstro_status parse(const char *fallback, mstro_schema *schema)
{
    char path[] = "/tmp/maestro-reasons-XXXXXX";
    char words[701] = "";
    for (size_t i = 0; i < 700; i++)
        words[i] = i % 100 == 99 ? ',' : (char)('a' + i / 100);
    words[699] = 'x';
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fprintf(file, "schema-name: mine\nschema-namespace: .my.\nmaestro-attributes:\n  - {key: word, type: 'enum(%s,last)'%s%s}\n", words,
            fallback ? ", default: " : "", fallback ? fallback : "");
    fclose(file);
    mstro_status s = mstro_schema_parse_from_file(path, schema);
    unlink(path);
    return s;
}

static void value_and_query_and_default_that_do_not_fit_a_long_type_say_all_of_it(void **state)
{
    (void)state;
    mstro_schema schema;
    mstro_cdo_selector s;
    assert_int_equal(parse("none", &schema), MSTRO_SCHEMA);
    assert_detail_ends_with(",last)");
    assert_int_equal(parse(NULL, &schema), MSTRO_OK);
    assert_int_equal(mstro_cdo_selector_create(schema, NULL, "(.my.word = none)", &s), MSTRO_SELECTOR);
    assert_detail_ends_with(",last)");
    assert_int_equal(mstro_schema_dispose(schema), MSTRO_OK);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(group_that_is_not_offered_says_why_of_a_member_with_a_long_name),
        CASE(value_and_query_and_default_that_do_not_fit_a_long_type_say_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
