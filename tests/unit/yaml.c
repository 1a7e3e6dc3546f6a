/* SPDX-License-Identifier: BSD-3-Clause */
/* yaml.c - the bounded reader of YAML, and what it refuses */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/schema/nearest.h"
#include "lib/schema/yaml.h"
#include "tests/lib/cost.h"

static void reads(struct yaml *y, const char *text)
{
    if (yaml_read_text(y, text_of(text), "file", MSTRO_SCHEMA) != MSTRO_OK)
        fail_msg("%s", mstro_error_detail());
}

static void refused(const char *text, const char *why)
{
    struct yaml y;
    assert_int_equal(yaml_read_text(&y, text_of(text), "file", MSTRO_INVARG), MSTRO_INVARG);
    if (!strstr(mstro_error_detail(), why))
        fail_msg("'%s' lacks '%s'", mstro_error_detail(), why);
}

static void tree_has_what_the_text_says_with_its_places(void **state)
{
    (void)state;
    struct yaml y;
    reads(&y, "name: run\nstages:\n  - {command: [a, 'b c'], count: 3}\n  - x\nempty: ''\n");
    assert_int_equal(y.root->kind, YAML_MAPPING);
    assert_int_equal(y.root->count, 3);
    const struct yaml_node *stages = yaml_find(&y, y.root, "stages");
    assert_int_equal(stages->kind, YAML_SEQUENCE);
    assert_int_equal(stages->count, 2);
    const struct yaml_node *command = yaml_find(&y, stages->first, "command");
    assert_string_equal(command->first->next->text.at, "b c");
    assert_true(command->first->next->quoted);
    assert_int_equal(command->line, 3);
    assert_int_equal(command->column, 15);
    assert_int_equal(command->key_column, 6);
    int64_t count;
    assert_true(yaml_int(yaml_find(&y, stages->first, "count"), &count));
    assert_int_equal(count, 3);
    assert_int_equal(yaml_find(&y, y.root, "empty")->text.length, 0);
    assert_null(yaml_find(&y, y.root, "count"));
    yaml_release(&y);
}

static void what_is_not_plain_yaml_is_refused_with_its_place(void **state)
{
    (void)state;
    refused("a: 1\nb: &x 2\n", "file:2:4: anchors");
    refused("a: *x\n", "file:1:4: aliases");
    refused("a: !!int 5\n", "file:1:4: tags");
    refused("a: 1\nb: 2\na: 3\n", "file:3:1: duplicate key 'a', first in line 1");
    refused("[a]: 1\n", "a key must be a plain word");
    refused("a: 1\n---\nb: 2\n", "file:2:1: a second document");
    refused("", "file:1:1: nothing in it");
    refused("# only a comment\n", "nothing in it");
    refused("a: [1, 2\n", "file:2:1:");
    refused("a: \"x\\0y\"\n", "a zero byte");
    refused("a:\n\t- b\n", "file:2:1:");
    refused("a: \xff\n", "file:1:4: ");
    refused("a: 1\nb: \xc3\xa4\xff\n", "file:2:5: "); /* characters, not bytes */
    refused("a: 1\n\nb: \x1b\n", "file:3:4: control characters");
}

static void byte_order_mark_is_no_part_of_the_text(void **state)
{
    (void)state;
    struct yaml y;
    reads(&y, "\xef\xbb\xbfname: run\nother: x\n");
    assert_string_equal(yaml_find(&y, y.root, "name")->text.at, "run");
    yaml_release(&y);
    refused("\xef\xbb\xbf", "file:1:1: nothing in it");
}

static void unknown_key_suggests_the_nearest(void **state)
{
    (void)state;
    static const char *const known[] = { "command", "environment", NULL };
    struct yaml y;
    reads(&y, "command: x\nenviroment: y\n");
    assert_int_equal(yaml_expect_keys(&y, y.root, "a stage", known), MSTRO_SCHEMA);
    assert_string_equal(mstro_error_detail(), "file:2:1: a stage has no key 'enviroment'; did you mean 'environment'?");
    yaml_release(&y);
    reads(&y, "zzz: x\n");
    assert_int_equal(yaml_expect_keys(&y, y.root, "a stage", known), MSTRO_SCHEMA);
    assert_string_equal(mstro_error_detail(), "file:1:1: a stage has no key 'zzz'");
    yaml_release(&y);
}

static void nearest_counts_swapped_letters_as_one_edit(void **state)
{
    (void)state;
    struct nearest n = nearest_to(text_of("setp"));
    nearest_offer(&n, text_of("sets"));
    nearest_offer(&n, text_of("step"));
    assert_int_equal(n.distance, 1);
    n = nearest_to(text_of("completely"));
    nearest_offer(&n, text_of("different"));
    assert_int_equal(n.best.length, 0);
}

static void bomb(const char *name, const char *begin, const char *part, size_t count, const char *end)
{
    size_t length = strlen(part);
    char *text = malloc(strlen(begin) + count * length + strlen(end) + 1), *at = stpcpy(text, begin);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, part);
    strcpy(at, end);
    struct yaml y;
    struct cost begun = cost_begin();
    mstro_status status = yaml_read_text(&y, text_of(text), name, MSTRO_SCHEMA);
    struct cost spent = cost_since(begun);
    if (status != MSTRO_SCHEMA)
        fail_msg("%s is accepted", name);
    char place[64];
    snprintf(place, sizeof place, "%s:1:", name);
    if (!strstr(mstro_error_detail(), place))
        fail_msg("%s: no place in '%s'", name, mstro_error_detail());
    if (spent.ms > 10 * COST_SLOWER || spent.bytes > 1 << 20)
        fail_msg("%s takes %.1f ms and %zu bytes", name, spent.ms, spent.bytes);
    free(text);
}

static void bombs_are_refused_within_10_ms_and_1_mib(void **state)
{
    (void)state;
    bomb("brackets-small", "", "[", 60000, "");
    bomb("brackets", "", "[", 100000, "");
    bomb("braces", "", "{a: ", 15000, "");
    bomb("aliases", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n", "c: &c [*b,*b]\n", 1000, "");
    bomb("values", "[", "1,", 30000, "]");
    bomb("large", "a: ", "x", 1 << 20, "");
    bomb("questions", "", "? ", 30000, "");
    bomb("dashes", "", "- ", 30000, "");
    bomb("same-keys", "{", "a: 1,", 5000, "}");
}

/* The largest text that is accepted: many keys in one mapping. */
static void largest_tree_is_found_in_time_and_space(void **state)
{
    (void)state;
    char *text = malloc(YAML_SIZE_MAX), *at = text;
    for (int i = 0; i < YAML_NODES_MAX - 1; i++)
        at += sprintf(at, "%x: 1\n", i);
    struct yaml y;
    struct cost begun = cost_begin();
    reads(&y, text);
    struct cost spent = cost_since(begun);
    assert_int_equal(y.root->count, YAML_NODES_MAX - 1);
    assert_non_null(yaml_find(&y, y.root, "f9e"));
    yaml_release(&y);
    free(text);
    if (spent.ms > 10 * COST_SLOWER || spent.bytes > 1 << 20)
        fail_msg("it takes %.1f ms and %zu bytes", spent.ms, spent.bytes);
}

static void fifo_in_place_of_a_file_does_not_hang(void **state)
{
    (void)state;
    char folder[] = "/tmp/maestro-yaml-XXXXXX", path[64];
    struct yaml y;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(yaml_read_file(&y, path, MSTRO_SCHEMA), MSTRO_IO);
    assert_non_null(strstr(mstro_error_detail(), "is not a regular file"));
    unlink(path);
    assert_int_equal(yaml_read_file(&y, path, MSTRO_SCHEMA), MSTRO_NOENT);
    assert_int_equal(yaml_read_file(&y, folder, MSTRO_SCHEMA), MSTRO_IO);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_has_what_the_text_says_with_its_places),
        cmocka_unit_test(what_is_not_plain_yaml_is_refused_with_its_place),
        cmocka_unit_test(byte_order_mark_is_no_part_of_the_text),
        cmocka_unit_test(unknown_key_suggests_the_nearest),
        cmocka_unit_test(nearest_counts_swapped_letters_as_one_edit),
        cmocka_unit_test(bombs_are_refused_within_10_ms_and_1_mib),
        cmocka_unit_test(largest_tree_is_found_in_time_and_space),
        cmocka_unit_test(fifo_in_place_of_a_file_does_not_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
