/* SPDX-License-Identifier: BSD-3-Clause */
/* outline.c - schemas of one namespace that disagree, and how that is said */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"
#include "lib/schema/outline.h"

#define HEAD(version) "schema-name: mine\nschema-version: " version "\nschema-namespace: .maestro.my.\nmaestro-attributes:\n"

static struct outlines *outlines_of(const char *text)
{
    struct schema *s;
    struct outlines *o = NULL;
    if (schema_read_text(text_of(text), "mine.yaml", &s) != MSTRO_OK)
        fail_msg("%s", mstro_error_detail());
    assert_int_equal(outlines_create(s, &o), MSTRO_OK);
    schema_release(s);
    return o;
}

static char *words; /* of the last comparison */

static enum outline_verdict compared(const char *mine, const char *theirs)
{
    struct outlines *a = outlines_of(mine), *b = outlines_of(theirs);
    enum outline_verdict verdict = OUTLINE_EQUAL;
    free(words);
    if (outline_compare(&a->at[0], &b->at[0], "here", "in b.0", &verdict, &words) != MSTRO_OK)
        fail_msg("%s", mstro_error_detail());
    outlines_destroy(a);
    outlines_destroy(b);
    return verdict;
}

static void says(const char *what)
{
    if (!words || !strstr(words, what))
        fail_msg("'%s' lacks '%s'", words ? words : "(nothing)", what);
}

static int forget(void **state)
{
    (void)state;
    free(words);
    words = NULL;
    return 0;
}

static void spelling_order_and_documentation_make_no_difference(void **state)
{
    (void)state;
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int(), documentation: One.}\n  - {key: b, type: 'list(enum(x, \"y z\"))', default: [x]}\n",
                              HEAD("1") "  - {key: b, type: ' list( enum( \"x\",y z) )', default: ['x']}\n  - {key: a, type: int64(), documentation: Uno.}\n"),
                     OUTLINE_EQUAL);
    assert_null(words);
}

static void what_stays_on_a_handle_makes_no_difference(void **state)
{
    (void)state;
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int()}\n  - {key: note, type: str(), local: true}\n",
                              HEAD("1") "  - {key: a, type: int()}\n  - {key: note, type: int(), local: true}\n  - {key: p, type: pointer()}\n"),
                     OUTLINE_EQUAL);
}

static void a_key_is_one_wherever_files_end_their_namespace(void **state)
{
    (void)state;
    static const char whole[] = "schema-name: mine\nschema-version: 1\nschema-namespace: ''\nmaestro-attributes:\n  - {key: .maestro.my.a, type: int()}\n";
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int()}\n", whole), OUTLINE_EQUAL);
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: str()}\n", whole), OUTLINE_INCOMPATIBLE);
    says("'.maestro.my.a' is str() here and int() in b.0");
}

static void a_key_that_ends_with_a_dot_has_a_row(void **state)
{
    (void)state;
    struct schema *schema;
    struct outlines *o;
    const char *yaml = "schema-name: odd\nschema-namespace: ''\nmaestro-attributes:\n  - {key: .a.b., type: int()}\n  - {key: .., type: int()}\n";
    assert_int_equal(schema_read_text(text_of(yaml), "odd.yaml", &schema), MSTRO_OK);
    assert_int_equal(outlines_create(schema, &o), MSTRO_OK);
    for (size_t i = 0; i < o->count; i++) {
        assert_int_equal(o->at[i].keys, 1);
        assert_int_equal(block_check(o->at[i].rows), MSTRO_OK);
    }
    outlines_destroy(o);
    schema_release(schema);
}

static void other_version_and_keys_are_told_and_are_compatible(void **state)
{
    (void)state;
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int()}\n  - {key: mine, type: int()}\n",
                              HEAD("2") "  - {key: a, type: int()}\n  - {key: colour, type: str()}\n  - {key: size, type: int()}\n"),
                     OUTLINE_COMPATIBLE);
    assert_string_equal(words, "the schemas of '.maestro.my.' differ, version 1 here and version 2 in b.0; only here: mine; only in b.0: colour, size; "
                               "compatible: nothing is misread\n");
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int()}\n", HEAD("2") "  - {key: a, type: int()}\n"), OUTLINE_COMPATIBLE);
    says("version 1 here and version 2 in b.0; compatible");
}

static void other_default_and_requirement_are_told(void **state)
{
    (void)state;
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int(), default: 3}\n  - {key: b, type: int(), required: true}\n",
                              HEAD("1") "  - {key: a, type: int(), default: 4}\n  - {key: b, type: int()}\n"),
                     OUTLINE_COMPATIBLE);
    says("; required by one only: b; another default: a; compatible");
}

static void defaults_that_are_not_equal_are_told_however_alike_they_look(void **state)
{
    (void)state;
    static const char *const pairs[][3] = {
        { "list(str())", "['x, y']", "[x, y]" }, { "list(str())", "['']", "[]" }, { "list(str())", "['\"a\"']", "[a]" },
        { "list(str())", "[' a']", "[a]" }, { "list(list(str()))", "[[a], [b]]", "[[a, b]]" }, { "str()", "''", NULL }, { "str()", "'\"\"'", "''" },
        { "list(str())", "['a\\\", \"b']", "['a\\', b]" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char one[300], other[300];
        snprintf(one, sizeof one, HEAD("1") "  - {key: a, type: '%s', default: %s}\n", pairs[i][0], pairs[i][1]);
        snprintf(other, sizeof other, HEAD("1") "  - {key: a, type: '%s'%s%s}\n", pairs[i][0], pairs[i][2] ? ", default: " : "", pairs[i][2] ? pairs[i][2] : "");
        assert_int_equal(compared(one, other), OUTLINE_COMPATIBLE);
        says("; another default: a; compatible");
    }
}

static void key_with_two_types_has_a_line_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(compared(HEAD("1") "  - {key: a, type: int()}\n  - {key: date, type: timestamp()}\n  - {key: pair, type: 'tuple(int(), str())'}\n",
                              HEAD("2") "  - {key: a, type: int()}\n  - {key: date, type: str()}\n  - {key: pair, type: 'tuple(int(), int())'}\n"),
                     OUTLINE_INCOMPATIBLE);
    says("; another type: date, pair\n'.maestro.my.date' is timestamp() here and str() in b.0:");
    says("\n'.maestro.my.pair' is tuple(int(), str()) here and tuple(int(), int()) in b.0:");
}

/* 'count' keys of the type, named k0000 ... */
static char *many(const char *version, const char *type, int count)
{
    char *text = malloc(200 + (size_t)count * 60), *at = text + sprintf(text, "schema-name: m\nschema-version: %s\nschema-namespace: .maestro.my.\nmaestro-attributes:\n", version);
    for (int i = 0; i < count; i++)
        at += sprintf(at, "  - {key: k%04d, type: %s}\n", i, type);
    return text;
}

static void many_differences_are_cut_and_counted(void **state)
{
    (void)state;
    char *a = many("1", "int()", 300), *b = many("2", "str()", 300), *none = many("3", "int()", 1);
    size_t lines = 0;
    assert_int_equal(compared(a, b), OUTLINE_INCOMPATIBLE);
    for (const char *at = words; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 17);
    assert_int_equal(compared(a, none), OUTLINE_COMPATIBLE);
    says("; only here: k0001, k0002, ");
    says(" more; compatible");
    for (char *line = strtok(words, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= OUTLINE_LINE_MAX);
    free(a);
    free(b);
    free(none);
}

/* What fits no record is compared as far as it is known, and still has another digest. */
static void outline_that_does_not_fit_is_cut_and_not_taken_for_shorter(void **state)
{
    (void)state;
    char *large = many("1", "int()", 1300);
    struct outlines *a = outlines_of(large), *b;
    assert_int_equal(a->at[0].keys, 1300);
    assert_true(block_count(a->at[0].rows) < 1300);
    assert_true(a->at[0].rows.length <= BLOCK_MAX);
    assert_int_equal(block_check(a->at[0].rows), MSTRO_OK);
    memcpy(strstr(large, "k1299, type: int") + 13, "str", 3);
    b = outlines_of(large);
    assert_true(a->at[0].digest != b->at[0].digest);
    enum outline_verdict verdict;
    assert_int_equal(outline_compare(&a->at[0], &b->at[0], "here", "there", &verdict, &words), MSTRO_OK);
    assert_int_equal(verdict, OUTLINE_INCOMPATIBLE); /* both are at hand as a whole */
    assert_non_null(strstr(words, "k1299' is int() here and str() there"));
    assert_null(strstr(words, "only"));
    free(words);
    struct outline sent = { .nspace = b->at[0].nspace, .digest = b->at[0].digest, .keys = b->at[0].keys, .rows = b->at[0].rows };
    char come[80];
    assert_int_equal(outline_compare(&a->at[0], &sent, "here", "there", &verdict, &words), MSTRO_OK);
    assert_int_equal(verdict, OUTLINE_UNKNOWN);
    snprintf(come, sizeof come, "of 1300 keys there only the first %zu have come", block_count(sent.rows));
    assert_non_null(strstr(words, come));
    assert_null(strstr(words, "compatible"));
    assert_null(strstr(words, "; only"));
    outlines_destroy(a);
    outlines_destroy(b);
    free(large);
}

static void every_namespace_has_one_outline(void **state)
{
    (void)state;
    struct schema *all, *one;
    struct outlines *o;
    assert_int_equal(catalogue_load_from(NULL, NULL, &all), MSTRO_OK);
    assert_int_equal(schema_read_text(text_of(HEAD("1") "  - {key: a, type: int()}\n"), "one.yaml", &one), MSTRO_OK);
    assert_int_equal(schema_merge(all, one), MSTRO_OK);
    schema_release(one);
    assert_int_equal(schema_read_text(text_of(HEAD("7") "  - {key: b, type: int()}\n"), "two.yaml", &one), MSTRO_OK);
    assert_int_equal(schema_merge(all, one), MSTRO_OK);
    schema_release(one);
    assert_int_equal(outlines_create(all, &o), MSTRO_OK);
    assert_int_equal(o->count, 3);
    const struct outline *mine = outlines_find(o, text_of(".maestro.my."));
    assert_int_equal(mine->keys, 2);
    assert_true(text_equal(mine->version, text_of("1, 7")));
    assert_int_equal(outlines_find(o, text_of(".maestro.ecmwf."))->keys, 21);
    assert_null(outlines_find(o, text_of(".maestro.")));
    outlines_destroy(o);
    schema_release(all);
}

/* Every bit of a good one flipped: refused, or compared. */
static void outline_from_anywhere_does_no_harm(void **state)
{
    (void)state;
    struct outlines *a = outlines_of(HEAD("1") "  - {key: a, type: int()}\n  - {key: b, type: 'enum(x, y)', default: y}\n");
    struct outline other = a->at[0];
    unsigned char *copy = malloc(other.rows.length);
    unsigned refused = 0, compared_too = 0;
    other.digest++;
    other.row = NULL;
    for (size_t i = 0; i < other.rows.length * 8; i++) {
        enum outline_verdict verdict;
        memcpy(copy, a->at[0].rows.at, other.rows.length);
        copy[i / 8] ^= (unsigned char)(1u << i % 8);
        other.rows.at = copy;
        free(words);
        mstro_status status = outline_compare(&a->at[0], &other, "here", "there", &verdict, &words);
        assert_true(status == MSTRO_OK || status == MSTRO_INVMSG);
        refused += status != MSTRO_OK;
        compared_too += status == MSTRO_OK;
    }
    assert_true(refused > 0 && compared_too > 0);
    struct block_item number = { text_of("a"), { .kind = VALUE_INT64, .count = 1, .integer = 5 } };
    enum outline_verdict verdict;
    block_write(&number, 1, copy);
    other.rows.length = block_size(&number, 1);
    assert_int_equal(outline_compare(&a->at[0], &other, "here", "there", &verdict, &words), MSTRO_INVMSG);
    free(copy);
    outlines_destroy(a);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, forget)
    const struct CMUnitTest tests[] = {
        CASE(spelling_order_and_documentation_make_no_difference),
        CASE(what_stays_on_a_handle_makes_no_difference),
        CASE(a_key_is_one_wherever_files_end_their_namespace),
        CASE(a_key_that_ends_with_a_dot_has_a_row),
        CASE(other_version_and_keys_are_told_and_are_compatible),
        CASE(other_default_and_requirement_are_told),
        CASE(defaults_that_are_not_equal_are_told_however_alike_they_look),
        CASE(key_with_two_types_has_a_line_of_its_own),
        CASE(many_differences_are_cut_and_counted),
        CASE(outline_that_does_not_fit_is_cut_and_not_taken_for_shorter),
        CASE(every_namespace_has_one_outline),
        CASE(outline_from_anywhere_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
