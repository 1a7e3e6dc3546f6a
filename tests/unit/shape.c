/* SPDX-License-Identifier: BSD-3-Clause */
/* shape.c - tables that are filled alike are sealed by what was learnt of the first: nobody sees a difference */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/schema/shape.h"
#include "tests/unit/attribute_table.h"

static const char user_yaml[] =
    "schema-name: mine\n"
    "schema-version: 3\n"
    "schema-namespace: \".maestro.my.\"\n"
    "maestro-attributes:\n"
    "  - {key: must, type: str(), required: true}\n"
    "  - {key: level, type: int32(), default: 7}\n"
    "  - {key: names, type: list(str())}\n"
    "  - {key: note, type: str(), local: true}\n";

static struct attributes *empty;

static int begin(void **state)
{
    attribute_table_open(user_yaml, "an object", (struct schema **)state, &empty);
    return 0;
}

static int end(void **state)
{
    attribute_table_close(*state, empty);
    return 0;
}

/* A table with these attributes, set in this order. */
static struct attributes *filled(struct schema *schema, const char *yaml)
{
    struct attributes *a;
    assert_int_equal(attributes_create(schema, "another object", &a), MSTRO_OK);
    assert_int_equal(attributes_set_yaml(a, yaml), MSTRO_OK);
    return a;
}

static struct attributes *sealed(struct schema *schema, const char *yaml)
{
    struct attributes *a = filled(schema, yaml);
    assert_int_equal(attributes_seal(a), MSTRO_OK);
    return a;
}

static bool is_known(const struct attributes *a)
{
    const struct attribute *member[SHAPE_MAX];
    return shape_find(a, member) != NULL;
}

static void assert_same_block(const struct attributes *one, const struct attributes *other)
{
    struct bytes a = attributes_block(one), b = attributes_block(other);
    assert_int_equal(block_check(a), MSTRO_OK);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.at, b.at, a.length);
}

static void second_of_a_kind_has_the_block_that_it_would_have_alone(void **state)
{
    struct schema *schema = *state;
    struct attributes *first = sealed(schema, "{.maestro.ecmwf.step: 1, .maestro.ecmwf.class: od, .maestro.core.cdo.lifetime: long, .maestro.ecmwf.expver: a}");
    struct attributes *second = filled(schema, "{.maestro.ecmwf.step: 77, .maestro.ecmwf.class: e, .maestro.core.cdo.lifetime: '', .maestro.ecmwf.expver: 0001}");
    struct attributes *other = filled(schema, "{.maestro.ecmwf.expver: 0001, .maestro.core.cdo.lifetime: '', .maestro.ecmwf.class: e, .maestro.ecmwf.step: 77}");
    assert_true(is_known(second));
    assert_false(is_known(other));
    assert_int_equal(attributes_seal(second), MSTRO_OK);
    assert_int_equal(attributes_seal(other), MSTRO_OK);
    assert_same_block(second, other);
    attributes_destroy(first);
    attributes_destroy(second);
    attributes_destroy(other);
}

static void defaults_are_filled_in_for_each_of_a_kind(void **state)
{
    struct schema *schema = *state;
    struct value value;
    for (int i = 0; i < 3; i++) {
        struct attributes *a = sealed(schema, "{.maestro.my.must: here, .maestro.my.note: stays}");
        assert_true(block_find(attributes_block(a), text_of(".maestro.my.level"), &value));
        assert_int_equal(value.integer, 7);
        assert_false(block_find(attributes_block(a), text_of(".maestro.my.note"), &value));
        attributes_destroy(a);
    }
}

static void what_others_had_does_not_make_up_for_what_is_missing(void **state)
{
    struct schema *schema = *state;
    struct attributes *whole = sealed(schema, "{.maestro.my.must: here, .maestro.my.level: 1}");
    struct attributes *lacks = filled(schema, "{.maestro.my.note: there, .maestro.my.level: 1}");
    assert_int_equal(attributes_seal(lacks), MSTRO_SCHEMA);
    attributes_destroy(whole);
    attributes_destroy(lacks);
}

static void values_of_a_known_kind_are_checked_and_bounded_as_others_are(void **state)
{
    struct schema *schema = *state;
    static char large[BLOCK_MAX + 1];
    memset(large, 'x', BLOCK_MAX);
    struct attributes *first = sealed(schema, "{.maestro.core.cdo.layout.order: 1, .maestro.ecmwf.expver: a}");
    struct attributes *wrong = filled(schema, "{.maestro.core.cdo.layout.order: 2, .maestro.ecmwf.expver: a}");
    struct attributes *long_one = filled(schema, "{.maestro.core.cdo.layout.order: 1, .maestro.ecmwf.expver: a}");
    char *text = large;
    assert_int_equal(attributes_set(long_one, ".maestro.ecmwf.expver", &text, true, true), MSTRO_OK);
    assert_true(is_known(long_one));
    assert_int_equal(attributes_seal(wrong), MSTRO_SCHEMA);
    assert_int_equal(attributes_seal(long_one), MSTRO_QUOTA);
    attributes_destroy(first);
    attributes_destroy(wrong);
    attributes_destroy(long_one);
}

/* As many orders as make every place taken, and more: each has the same block. */
static void more_kinds_than_are_remembered_are_sealed_all_the_same(void **state)
{
    static const char *const keys[] = { "must", "level", "names", "note" };
    static const char *const values[] = { "here", "3", "[a, b]", "stays" };
    struct schema *schema = *state;
    struct attributes *first = sealed(schema, "{.maestro.my.must: here, .maestro.my.level: 3, .maestro.my.names: [a, b], .maestro.my.note: stays}");
    for (int order = 0; order < 256; order++) {
        char yaml[256] = "{";
        bool used[4] = { false };
        for (int i = 0, at = order; i < 4; i++, at /= 4) {
            int k = at % 4;
            while (used[k])
                k = (k + 1) % 4;
            used[k] = true;
            snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "%s.maestro.my.%s: %s", i ? ", " : "", keys[k], values[k]);
        }
        struct attributes *a = sealed(schema, strcat(yaml, "}"));
        assert_same_block(first, a);
        attributes_destroy(a);
    }
    attributes_destroy(first);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(second_of_a_kind_has_the_block_that_it_would_have_alone),
        CASE(defaults_are_filled_in_for_each_of_a_kind),
        CASE(what_others_had_does_not_make_up_for_what_is_missing),
        CASE(values_of_a_known_kind_are_checked_and_bounded_as_others_are),
        CASE(more_kinds_than_are_remembered_are_sealed_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
