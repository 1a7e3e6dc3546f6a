/* SPDX-License-Identifier: BSD-3-Clause */
/* Metadata from one process to another through a manager: every type, and processes whose schemas disagree. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/proc/stage.h"

#define HEAD(version) "schema-name: mine\nschema-version: " version "\nschema-namespace: .maestro.my.\nmaestro-attributes:\n"

static char folder[64];

static int open_stage(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/maestro-schemas-XXXXXX");
    assert_non_null(mkdtemp(folder));
    stage_open(&stage);
    stage_manager(&stage, NULL);
    return 0;
}

static int close_stage(void **state)
{
    static const char *const names[] = { "one.yaml", "two.yaml", "a.log", "b.log", "c.log" };
    (void)state;
    unsetenv("MSTRO_SCHEMA_LIST");
    unsetenv("MSTRO_LOG_DST");
    stage_close(&stage);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void write_schema(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A process with the schema in this file (NULL: none), whose log is NAME.log. */
static struct process *actor(const char *name, const char *schema)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s.log", folder, name);
    setenv("MSTRO_LOG_DST", path, 1);
    snprintf(path, sizeof path, "%s/%s", folder, schema ? schema : "");
    if (schema)
        setenv("MSTRO_SCHEMA_LIST", path, 1);
    else
        unsetenv("MSTRO_SCHEMA_LIST");
    return stage_actor(&stage, name);
}

static const char *log_of(const char *name)
{
    static char text[65536];
    char path[128];
    snprintf(path, sizeof path, "%s/%s.log", folder, name);
    FILE *file = fopen(path, "r");
    text[0] = '\0';
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}

/* It is in the log now. */
static void was_told(const char *name, const char *what)
{
    const char *log = log_of(name);
    if (!strstr(log, what))
        fail_msg("the log of %s lacks '%s':\n%s", name, what, log);
}

/* It comes. */
static void is_told(const char *name, const char *what)
{
    uint64_t end = clock_now() + 10 * NANOSECONDS_PER_SECOND;
    while (!strstr(log_of(name), what) && clock_now() < end)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    was_told(name, what);
}

static void declare(struct process *p, const char *name)
{
    tell(p, "declare 0 %s", name);
    expect_within(p, "MSTRO_OK", 20000);
}

/* An object with these attributes comes from a to b. */
static void pass_on(struct process *a, struct process *b, const char *name, const char *yaml)
{
    declare(a, name);
    declare(b, name);
    tell(a, "yaml 0 %s", yaml);
    expect_within(a, "MSTRO_OK", 20000);
    expect(a, "fill 0 100 1", "MSTRO_OK");
    expect(b, "require 0", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect(b, "demand 0", "MSTRO_OK");
}

static void part(struct process *a, struct process *b)
{
    expect(a, "withdraw 0", "MSTRO_OK");
    expect(a, "dispose 0", "MSTRO_OK");
    expect(b, "dispose 0", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
    expect(b, "finalize", "MSTRO_OK");
}

static const char all_types[] = HEAD("1")
    "  - {key: bool, type: bool()}\n  - {key: int, type: int()}\n  - {key: uint, type: uint()}\n  - {key: int32, type: int32()}\n"
    "  - {key: int64, type: int64()}\n  - {key: uint32, type: uint32()}\n  - {key: uint64, type: uint64()}\n  - {key: float, type: float()}\n"
    "  - {key: double, type: double()}\n  - {key: str, type: str()}\n  - {key: timestamp, type: timestamp()}\n  - {key: blob, type: blob()}\n"
    "  - {key: enum, type: 'enum(red, green)'}\n  - {key: regex, type: 'regex([a-z]{4})'}\n  - {key: tuple, type: 'tuple(int(), str())'}\n"
    "  - {key: list, type: list(str())}\n  - {key: nested, type: list(list(int32()))}\n  - {key: pointer, type: pointer()}\n"
    "  - {key: note, type: str(), local: true}\n  - {key: default, type: int(), default: 7}\n";

static const char all_values[] =
    "{.maestro.my.bool: true, .maestro.my.int: -9223372036854775808, .maestro.my.uint: 18446744073709551615, .maestro.my.int32: -5, "
    ".maestro.my.int64: 5000000000, .maestro.my.uint32: 4294967295, .maestro.my.uint64: 7, .maestro.my.float: 0.5, .maestro.my.double: -1e300, "
    ".maestro.my.str: 'a \xc3\xa4 \"b\"', .maestro.my.timestamp: 2026-11-21T12:00:00.5+01:00, .maestro.my.blob: aGVsbG8=, .maestro.my.enum: green, "
    ".maestro.my.regex: abcd, .maestro.my.tuple: [3, three], .maestro.my.list: [one, two, three], .maestro.my.nested: [[1, 2], [], [3]], "
    ".maestro.my.note: stays}";

static void every_type_arrives_and_is_read_and_printed_by_the_consumer(void **state)
{
    static const struct { const char *key, *value; } values[] = {
        { "bool", "bool 1" }, { "int", "int64 -9223372036854775808" }, { "uint", "uint64 18446744073709551615" }, { "int32", "int32 -5" },
        { "int64", "int64 5000000000" }, { "uint32", "uint32 4294967295" }, { "uint64", "uint64 7" }, { "float", "float 0.5" },
        { "double", "double -1e+300" }, { "str", "cstring a \xc3\xa4 \"b\"" }, { "timestamp", "timestamp 1795258800 500000000 60" },
        { "blob", "blob 5 hello" }, { "enum", "cstring green" }, { "regex", "cstring abcd" }, { "tuple", "list 2" }, { "list", "list 3" },
        { "nested", "list 3" }, { "default", "int64 7" } };
    static const char *const printed[] = {
        ".maestro.core.cdo.name: all", ".maestro.my.bool: true", ".maestro.my.int: -9223372036854775808", ".maestro.my.uint: 18446744073709551615",
        ".maestro.my.int32: -5", ".maestro.my.float: 0.5", ".maestro.my.double: -1e+300", ".maestro.my.str: a \xc3\xa4 \"b\"",
        ".maestro.my.timestamp: 2026-11-21T12:00:00.5+01:00", ".maestro.my.blob: aGVsbG8=", ".maestro.my.enum: green",
        ".maestro.my.tuple: [3, three]", ".maestro.my.list: [one, two, three]", ".maestro.my.nested: [[1, 2], [], [3]]", ".maestro.my.default: 7",
        ".maestro.core.cdo.scope.local-size: 100", ".maestro.core.cdo.component: a" };
    (void)state;
    write_schema("one.yaml", all_types);
    struct process *a = actor("a", "one.yaml"), *b = actor("b", "one.yaml");
    pass_on(a, b, "all", all_values);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char line[128], answer[256];
        snprintf(line, sizeof line, "read 0 .maestro.my.%s", values[i].key);
        snprintf(answer, sizeof answer, "MSTRO_OK %s", values[i].value);
        expect(b, line, answer);
    }
    expect(b, "read 0 .maestro.my.note", "MSTRO_NOENT");
    expect(b, "read 0 .maestro.my.pointer", "MSTRO_NOENT");
    char all[ANSWER_MAX] = "";
    tell(b, "print 0");
    for (const char *line; strncmp(line = hear(b, 20000), "MSTRO_OK", 8) != 0;)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s\n", line);
    for (size_t i = 0; i < sizeof printed / sizeof printed[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s\n", printed[i]);
        if (!strstr(all, line))
            fail_msg("'%s' is not printed:\n%s", printed[i], all);
    }
    assert_null(strstr(all, "note"));
    part(a, b);
    assert_string_equal(log_of("a"), ""); /* who agrees is told nothing */
    assert_string_equal(log_of("b"), "");
}

static void who_joins_with_another_schema_is_told_and_so_are_those_who_are_there(void **state)
{
    (void)state;
    write_schema("one.yaml", HEAD("1") "  - {key: level, type: int()}\n  - {key: old, type: str()}\n");
    write_schema("two.yaml", HEAD("2") "  - {key: level, type: int()}\n  - {key: colour, type: str()}\n");
    struct process *a = actor("a", "one.yaml"), *b = actor("b", "two.yaml"), *c = actor("c", NULL);
    char here[64];
    snprintf(here, sizeof here, " %d)", (int)a->pid);
    was_told("b", "the schemas of '.maestro.my.' differ, version 2 here and version 1 in a.0 ("); /* mstro_init has returned */
    was_told("b", here);
    was_told("b", "; only here: colour; only in a.0 (");
    was_told("b", "): old; compatible: nothing is misread");
    is_told("a", "the schemas of '.maestro.my.' differ, version 1 here and version 2 in b.0 (");
    pass_on(a, b, "compatible", "{.maestro.my.level: 500, .maestro.my.old: x}");
    expect(b, "read 0 .maestro.my.level", "MSTRO_OK int64 500");
    expect(b, "read 0 .maestro.my.old", "MSTRO_OK cstring x");
    part(a, b);
    expect(c, "finalize", "MSTRO_OK");
    assert_string_equal(log_of("c"), ""); /* it knows nothing of that namespace */
}

static void key_with_two_types_is_a_warning_at_join_and_an_error_where_it_would_be_misread(void **state)
{
    (void)state;
    write_schema("one.yaml", HEAD("1") "  - {key: date, type: str()}\n  - {key: level, type: int()}\n");
    write_schema("two.yaml", HEAD("1") "  - {key: date, type: timestamp()}\n  - {key: level, type: int()}\n");
    struct process *a = actor("a", "one.yaml"), *b = actor("b", "two.yaml");
    was_told("b", "[W:schema]");
    was_told("b", "'.maestro.my.date' is timestamp() here and str() in a.0 (");
    pass_on(a, b, "misread", "{.maestro.my.date: '20261121', .maestro.my.level: 500}");
    expect(b, "read 0 .maestro.my.level", "MSTRO_OK int64 500");
    expect(b, "read 0 .maestro.my.date", "MSTRO_SCHEMA '.maestro.my.date' came from 'a' as a string, ");
    assert_non_null(strstr(b->answer, "two.yaml:5 says timestamp()"));
    part(a, b);
}

static void a_key_with_two_types_is_told_wherever_files_end_their_namespace(void **state)
{
    (void)state;
    write_schema("one.yaml", HEAD("1") "  - {key: level, type: int()}\n");
    write_schema("two.yaml", "schema-name: whole\nschema-version: 2\nschema-namespace: ''\nmaestro-attributes:\n  - {key: .maestro.my.level, type: str()}\n");
    struct process *a = actor("a", "one.yaml"), *b = actor("b", "two.yaml");
    was_told("b", "'.maestro.my.level' is str() here and int() in a.0 (");
    is_told("a", "'.maestro.my.level' is int() here and str() in b.0 (");
    expect(b, "finalize", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
}

static void offer_without_a_required_key_is_refused_and_nobody_gets_it(void **state)
{
    (void)state;
    write_schema("one.yaml", HEAD("1") "  - {key: level, type: int(), required: true}\n  - {key: colour, type: str()}\n");
    struct process *a = actor("a", "one.yaml"), *b = actor("b", NULL);
    declare(a, "object");
    declare(b, "object");
    expect(a, "fill 0 100 1", "MSTRO_OK");
    expect(a, "yaml 0 .maestro.my.colour: red", "MSTRO_OK");
    expect(b, "require 0", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_SCHEMA '.maestro.my.level' is missing: ");
    assert_non_null(strstr(a->answer, "one.yaml:5:"));
    tell(b, "demand 0");
    tell(a, "declare 1 object");
    expect_within(a, "MSTRO_OK", 20000);
    expect(a, "yaml 1 .maestro.my.level: 500", "MSTRO_OK");
    expect(a, "fill 1 100 2", "MSTRO_OK");
    expect(a, "offer 1", "MSTRO_OK");
    expect_within(b, "MSTRO_OK", 20000);
    expect(b, "check 0 100 2", "MSTRO_OK right");
    expect(a, "withdraw 1", "MSTRO_OK");
    expect(a, "dispose 1", "MSTRO_OK");
    expect(a, "dispose 0", "MSTRO_OK");
    expect(b, "dispose 0", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
    expect(b, "finalize", "MSTRO_OK");
}

/* The pool inside a process that then lets others in has that process's schemas. */
static void process_that_serves_its_pool_is_told_too(void **state)
{
    (void)state;
    write_schema("one.yaml", HEAD("1") "  - {key: level, type: int()}\n");
    write_schema("two.yaml", HEAD("2") "  - {key: level, type: str()}\n");
    unsetenv("MSTRO_POOL_MANAGER_INFO");
    struct process *a = actor("a", "one.yaml");
    expect(a, "start", "MSTRO_OK");
    expect(a, "getinfo", "MSTRO_OK ");
    setenv("MSTRO_POOL_MANAGER_INFO", a->answer + strlen("MSTRO_OK "), 1);
    struct process *b = actor("b", "two.yaml");
    was_told("b", "'.maestro.my.level' is str() here and int() in a.0 (");
    is_told("a", "'.maestro.my.level' is int() here and str() in b.0 (");
    expect(b, "finalize", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        CASE(every_type_arrives_and_is_read_and_printed_by_the_consumer),
        CASE(who_joins_with_another_schema_is_told_and_so_are_those_who_are_there),
        CASE(key_with_two_types_is_a_warning_at_join_and_an_error_where_it_would_be_misread),
        CASE(a_key_with_two_types_is_told_wherever_files_end_their_namespace),
        CASE(offer_without_a_required_key_is_refused_and_nobody_gets_it),
        CASE(process_that_serves_its_pool_is_told_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
