/* SPDX-License-Identifier: BSD-3-Clause */
/* schema.c - types, schema files, merging, and the schemas of a process */
#include "tests/lib/check.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"
#include "lib/schema/timestamp.h"
#include "lib/schema/type.h"
#include "maestro/schema.h"

#define HEAD "schema-name: mine\nschema-namespace: .maestro.my.\nmaestro-attributes:\n"

static struct schema *read_as(const char *file, const char *text)
{
    struct schema *s = NULL;
    if (schema_read_text(text_of(text), file, &s) != MSTRO_OK)
        fail_msg("%s", mstro_error_detail());
    return s;
}

static void lacks(const char *why)
{
    if (!strstr(mstro_error_detail(), why))
        fail_msg("'%s' lacks '%s'", mstro_error_detail(), why);
}

static void refused(const char *text, const char *why)
{
    struct schema *s = NULL;
    assert_int_equal(schema_read_text(text_of(text), "mine.yaml", &s), MSTRO_SCHEMA);
    assert_null(s);
    lacks(why);
}

static void every_written_type_is_read(void **state)
{
    (void)state;
    static const struct { const char *written; enum value_kind kind; uint32_t count; } types[] = {
        { "bool()", VALUE_BOOL, 0 },   { "int()", VALUE_INT64, 0 },     { "uint()", VALUE_UINT64, 0 },
        { "int32()", VALUE_INT32, 0 }, { "int64()", VALUE_INT64, 0 },   { "uint32()", VALUE_UINT32, 0 },
        { "uint64()", VALUE_UINT64, 0 }, { "float()", VALUE_FLOAT, 0 }, { "double()", VALUE_DOUBLE, 0 },
        { "str()", VALUE_TEXT, 0 },    { "timestamp()", VALUE_TIMESTAMP, 0 }, { "blob()", VALUE_BLOB, 0 },
        { "pointer()", VALUE_POINTER, 0 }, { "enum(a, 'b c', \"d,e\")", VALUE_TEXT, 3 }, { "regex([a-z]+(x|y)\\))", VALUE_TEXT, 0 },
        { "regex('a[)]b')", VALUE_TEXT, 0 }, { "list(str())", VALUE_LIST, 1 }, { " tuple( int() , list( list(double()) ) ) ", VALUE_LIST, 2 },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct type *t;
        if (type_parse(&arena, text_of(types[i].written), &t) != MSTRO_OK)
            fail_msg("%s", mstro_error_detail());
        assert_int_equal(t->kind, types[i].kind);
        assert_int_equal(t->count, types[i].count);
        assert_true(type_equal(t, t));
        type_release(t);
    }
    arena_release(&arena);
}

static void what_is_no_type_is_refused_with_what_was_expected(void **state)
{
    (void)state;
    static const struct { const char *written, *why; } types[] = {
        { "", "the name of a type expected at character 1" }, { "int", "'(' expected at character 4" },
        { "int(5)", "')' expected at character 5" },          { "string()", "bool, int, uint" },
        { "enum()", "a word expected at character 6" },       { "enum(a,a)", "'a' stands twice" },
        { "enum('a", "a word expected" },                     { "regex((a)", "')' expected" },
        { "regex('(?<x>a+)b\\k<x>')", "named groups are not supported" },
        { "regex('(')", "regex((): missing closing parenthesis" }, { "list()", "the name of a type expected" },
        { "list(int(),int())", "')' expected" },              { "list(list(list(list(list(int())))))", "nested deeper than 4" },
        { "list(pointer())", "a pointer() cannot stand" },    { "int() x", "the end expected" },
        { "tuple(regex(a), regex(b", "')' expected" },           { "list(flaot())", "did you mean 'float' at character 6?" },
        { "tupel(int())", "did you mean 'tuple'" },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct type *t;
        assert_int_equal(type_parse(&arena, text_of(types[i].written), &t), MSTRO_SCHEMA);
        lacks(types[i].why);
    }
    arena_release(&arena);
}

static void int_and_int64_are_one_type_and_enums_differ_by_words(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const struct type *a, *b, *c, *d, *e;
    assert_int_equal(type_parse(&arena, text_of("list(int())"), &a), MSTRO_OK);
    assert_int_equal(type_parse(&arena, text_of("list(int64())"), &b), MSTRO_OK);
    assert_int_equal(type_parse(&arena, text_of("tuple(int64())"), &c), MSTRO_OK);
    assert_int_equal(type_parse(&arena, text_of("enum(a,b)"), &d), MSTRO_OK);
    assert_int_equal(type_parse(&arena, text_of("enum(a,c)"), &e), MSTRO_OK);
    assert_true(type_equal(a, b));
    assert_false(type_equal(a, c));
    assert_false(type_equal(d, e));
    arena_release(&arena);
}

static bool reads(const char *type, const char *text, struct value *out)
{
    static struct arena arena;
    const struct type *t;
    assert_int_equal(type_parse(&arena, text_of(type), &t), MSTRO_OK);
    uint32_t steps = TYPE_STEPS;
    bool good = type_read(t, text_of(text), out, &arena, &steps) == MSTRO_OK;
    type_release(t);
    return good;
}

static void numbers_are_read_to_their_limits_and_no_further(void **state)
{
    (void)state;
    struct value v;
    assert_true(reads("int()", "-9223372036854775808", &v) && v.integer == INT64_MIN);
    assert_true(reads("int()", "+9223372036854775807", &v) && v.integer == INT64_MAX);
    assert_false(reads("int()", "9223372036854775808", &v));
    assert_false(reads("int32()", "2147483648", &v));
    assert_true(reads("int32()", "-2147483648", &v) && v.integer == INT32_MIN);
    assert_true(reads("uint()", "18446744073709551615", &v) && v.natural == UINT64_MAX);
    assert_false(reads("uint()", "18446744073709551616", &v));
    assert_false(reads("uint()", "-1", &v));
    assert_false(reads("uint32()", "4294967296", &v));
    assert_false(reads("double()", "1e400", &v));
    assert_false(reads("float()", "1e39", &v));
    assert_false(reads("double()", "nan", &v));
    assert_false(reads("double()", "0x10", &v));
    assert_false(reads("double()", "", &v));
    assert_false(reads("int()", "1.0", &v));
    assert_false(reads("int()", "-", &v));
    assert_false(reads("bool()", "maybe", &v));
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
    (void)state;
    struct value v;
    char *text = NULL;
    size_t length;
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is not installed this stays the C locale */
    assert_true(reads("double()", "0.5", &v));
    assert_true(v.real == 0.5);
    FILE *to = open_memstream(&text, &length);
    value_print(to, &v);
    fclose(to);
    setlocale(LC_ALL, "C");
    assert_string_equal(text, "0.5");
    free(text);
}

static void moments_follow_rfc_3339(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t sec; int32_t nsec; int16_t offset; const char *back; } good[] = {
        { "1970-01-01T00:00:00Z", 0, 0, 0, NULL },
        { "1985-04-12T23:20:50.52Z", 482196050, 520000000, 0, NULL },
        { "1996-12-19T16:39:57-08:00", 851042397, 0, -480, NULL },
        { "1937-01-01T12:00:27.87+00:20", -1041337173, 870000000, 20, NULL },
        { "1990-12-31t23:59:60z", 662688000, 0, 0, "1991-01-01T00:00:00Z" },
        { "2024-02-29 00:00:00Z", 1709164800, 0, 0, "2024-02-29T00:00:00Z" },
        { "2026-11-21", 1795219200, 0, 0, "2026-11-21T00:00:00Z" },
        { "0000-01-01T00:00:00Z", -62167219200, 0, 0, NULL },
        { "9999-12-31T23:59:59.999999999Z", 253402300799, 999999999, 0, NULL },
    };
    static const char *const bad[] = { "", "2026", "2026-13-01", "2026-02-29", "1900-02-29", "2026-11-21T12:00Z", "2026-11-21T24:00:00Z",
                                       "2026-11-21T12:00:00", "2026-11-21T12:00:00.Z", "2026-11-21T12:00:00+24:00", "2026-11-21T12:00:00Zx",
                                       "0000-01-01T00:00:00+00:01", "26-11-21" };
    mstro_timestamp t;
    char buffer[TIMESTAMP_TEXT_MAX];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!timestamp_parse(text_of(good[i].text), &t) || t.sec != good[i].sec || t.nsec != good[i].nsec || t.offset != good[i].offset)
            fail_msg("%s: %lld %d %d", good[i].text, (long long)t.sec, t.nsec, t.offset);
        assert_string_equal(timestamp_format(t, buffer), good[i].back ? good[i].back : good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (timestamp_parse(text_of(bad[i]), &t))
            fail_msg("accepted: %s", bad[i]);
}

static void mistakes_in_a_schema_have_file_line_and_column(void **state)
{
    (void)state;
    refused("schema-name: x\n", "mine.yaml:1:1: 'schema-namespace' is missing");
    refused("schema-nmae: x\n", "mine.yaml:1:1: a schema has no key 'schema-nmae'; did you mean 'schema-name'?");
    refused("schema-name: x\nschema-namespace: maestro\nmaestro-attributes: []\n", "mine.yaml:2:19: a namespace begins and ends with a dot");
    refused("schema-name: x\nschema-namespace: ''\n", "'maestro-attributes' is missing");
    refused("schema-name: x\nschema-namespace: ''\nmaestro-attributes: 5\n", "must be a list");
    refused(HEAD "  - {type: int()}\n", "mine.yaml:4:5: 'key' is missing");
    refused(HEAD "  - {key: a}\n", "mine.yaml:4:5: '.maestro.my.a': 'type' is missing");
    refused(HEAD "  - {key: a, tpye: int()}\n", "mine.yaml:4:14: 'a': an attribute has no key 'tpye'; did you mean 'type'?");
    refused(HEAD "  - {key: a, type: integer()}\n", "mine.yaml:4:20: '.maestro.my.a': 'integer()' is not a type");
    refused(HEAD "  - {key: a, type: int(), default: x}\n", "mine.yaml:4:36: '.maestro.my.a': 'x' is not a int()");
    refused(HEAD "  - {key: a, type: int(), required: perhaps}\n", "mine.yaml:4:37: '.maestro.my.a': 'required' must be true or false");
    refused(HEAD "  - {key: a, type: 'enum(red, green)', default: gren}\n", "'.maestro.my.a': 'gren' is not a enum(red, green); did you mean 'green'?");
    refused(HEAD "  - {key: a b, type: int()}\n", "letters, digits");
    refused(HEAD "  - {key: a, type: int()}\n  - {key: a, type: int()}\n", "mine.yaml:5:11: '.maestro.my.a' stands twice, first in line 4");
    refused(HEAD "  - {key: a, type: pointer(), default: 0}\n", "a pointer() has no default");
    refused("[]\n", "a schema must be a mapping");
}

static void entry_has_all_the_schema_says(void **state)
{
    (void)state;
    struct schema *s = read_as("mine.yaml", HEAD "  - {key: a, type: 'list(int())', default: [1, 2], required: true, documentation: Some words.}\n");
    const struct schema_entry *entry = schema_find(s, text_of(".maestro.my.a"));
    assert_non_null(entry);
    assert_true(entry->required);
    assert_string_equal(entry->documentation.at, "Some words.");
    assert_int_equal(entry->fallback->count, 2);
    assert_int_equal(((const int64_t *)entry->fallback_native)[1], 2);
    assert_int_equal(entry->line, 4);
    assert_null(schema_find(s, text_of("a")));
    schema_release(s);
}

static void schemas_that_disagree_do_not_merge_and_both_files_are_named(void **state)
{
    (void)state;
    struct schema *a = read_as("a.yaml", HEAD "  - {key: same, type: int()}\n  - {key: x, type: int()}\n");
    struct schema *b = read_as("b.yaml", HEAD "  - {key: new, type: int()}\n  - {key: x, type: str()}\n");
    struct schema *c = read_as("c.yaml", HEAD "  - {key: same, type: int64()}\n  - {key: more, type: str()}\n");
    struct schema *d = read_as("d.yaml", HEAD "  - {key: same, type: int(), default: 4}\n");
    assert_int_equal(schema_merge(a, b), MSTRO_SCHEMA);
    lacks("'.maestro.my.x' has the type int() in a.yaml:5:11 and str() in b.yaml:5:11");
    assert_null(schema_find(a, text_of(".maestro.my.new"))); /* nothing was added */
    assert_int_equal(schema_merge(a, c), MSTRO_OK);
    assert_int_equal(schema_merge(a, d), MSTRO_SCHEMA);
    schema_release(c);
    schema_release(d);
    assert_non_null(schema_find(a, text_of(".maestro.my.more"))); /* outlives the schema it came from */
    assert_int_equal(schema_entries(a), 3);
    assert_int_equal(schema_merge(a, a), MSTRO_OK);
    schema_release(a);
    schema_release(b);
}

static void files_that_disagree_in_anything_but_words_do_not_merge(void **state)
{
    (void)state;
    static const struct { const char *one, *other, *why; } pairs[] = {
        { "type: int()", "type: int(), required: true", "'.maestro.my.k' has required: false in a.yaml:4:11 and true in b.yaml:4:11; they cannot be merged" },
        { "type: int(), local: true", "type: int()", "'.maestro.my.k' has local: true in a.yaml:4:11 and false in b.yaml:4:11; they cannot be merged" },
        { "type: int(), default: 1", "type: int(), default: 2", "'.maestro.my.k' has a default of one kind in a.yaml:4:11 and another in b.yaml:4:11; they cannot" },
        { "type: str(), default: ''", "type: str()", "'.maestro.my.k' has a default" },
        { "type: 'list(str())', default: ['x, y']", "type: 'list(str())', default: [x, y]", "'.maestro.my.k' has a default" },
        { "type: int(), default: 3, documentation: One.", "type: int64(), default: 3, documentation: Another.", NULL },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char one[300], other[300];
        snprintf(one, sizeof one, HEAD "  - {key: k, %s}\n", pairs[i].one);
        snprintf(other, sizeof other, HEAD "  - {key: k, %s}\n", pairs[i].other);
        struct schema *a = read_as("a.yaml", one), *b = read_as("b.yaml", other);
        assert_int_equal(schema_merge(a, b), pairs[i].why ? MSTRO_SCHEMA : MSTRO_OK);
        if (pairs[i].why)
            lacks(pairs[i].why);
        schema_release(a);
        schema_release(b);
    }
}

static void builtin_schemas_need_no_setting(void **state)
{
    (void)state;
    static const struct { const char *keys, *type; } ecmwf[] = {
        { "class expver stream domain type levtype experiment activity model resolution frequency direction", "str()" },
        { "step anoffset levelist param number generation realization", "int()" }, { "time", "uint()" }, { "date", "timestamp()" } };
    struct schema *s;
    size_t count = 0;
    assert_int_equal(catalogue_load_from(NULL, NULL, &s), MSTRO_OK);
    for (size_t i = 0; i < sizeof ecmwf / sizeof ecmwf[0]; i++) {
        char keys[256], *left, *word;
        strcpy(keys, ecmwf[i].keys);
        for (word = strtok_r(keys, " ", &left); word; word = strtok_r(NULL, " ", &left), count++) {
            char key[64];
            snprintf(key, sizeof key, ".maestro.ecmwf.%s", word);
            const struct schema_entry *entry = schema_find(s, text_of(key));
            assert_non_null(entry);
            assert_string_equal(entry->type->written.at, ecmwf[i].type);
        }
    }
    assert_int_equal(count, 21);
    for (enum core_key key = CORE_NONE + 1; key < CORE_KEY_END; key++) {
        const struct schema_entry *entry = schema_find(s, core_key_text(key));
        assert_non_null(entry);
        assert_int_equal(entry->core, key);
        assert_true(entry->documentation.length > 0);
    }
    schema_release(s);
}

/* Each alone and all together; what the library has compiled in is what is installed. */
static void shipped_schemas_are_valid_and_agree(void **state)
{
    (void)state;
    static const char *const names[] = { "core", "ecmwf", "cf" };
    const char *source = getenv("srcdir");
    struct schema *all, *builtin, *one;
    assert_int_equal(schema_create(&all), MSTRO_OK);
    assert_int_equal(catalogue_load_from(NULL, NULL, &builtin), MSTRO_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/schemas/%s.yaml", source ? source : ".", names[i]);
        if (schema_read_file(path, &one) != MSTRO_OK || schema_merge(all, one) != MSTRO_OK)
            fail_msg("%s", mstro_error_detail());
        assert_string_equal(schema_file_at(one, 0)->name.at, names[i]);
        for (size_t k = 0; k < schema_entries(one); k++)
            assert_true(schema_entry_at(one, k)->documentation.length > 0);
        schema_release(one);
    }
    assert_int_equal(schema_merge(all, builtin), MSTRO_OK);
    for (size_t k = 0; k < schema_entries(builtin); k++)
        assert_true(type_equal(schema_entry_at(builtin, k)->type, schema_find(all, schema_entry_at(builtin, k)->key)->type));
    schema_release(builtin);
    schema_release(all);
}

static bool accepts(struct schema *s, const char *yaml)
{
    struct attributes *a;
    assert_int_equal(attributes_create(s, "tas", &a), MSTRO_OK);
    bool good = attributes_set_yaml(a, yaml) == MSTRO_OK && attributes_seal(a) == MSTRO_OK;
    attributes_destroy(a);
    return good;
}

/* Variables as the convention's examples have them, and what it forbids. */
static void cf_takes_what_the_convention_shows(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{.maestro.cf.standard_name: air_pressure, .maestro.cf.long_name: pressure, .maestro.cf.units: hPa}",
        "{.maestro.cf.standard_name: time, .maestro.cf.axis: T, .maestro.cf.units: days since 1990-1-1 0:0:0, .maestro.cf.calendar: noleap}",
        "{.maestro.cf.standard_name: surface_temperature, .maestro.cf.cell_methods: 'time: mean (interval: 1 hr)', .maestro.cf.units: K}",
        "{.maestro.cf.scale_factor: 0.1, .maestro.cf.add_offset: 273.15, .maestro.cf._FillValue: -32768, .maestro.cf.valid_range: [-1000, 1000]}",
        "{.maestro.cf.standard_name: specific_humidity standard_error, .maestro.cf.units: g/g}",
        "{.maestro.cf.flag_values: [1, 2, 4], .maestro.cf.flag_meanings: [quality_good, sensor_nonfunctional, outside_valid_range]}",
        "{.maestro.cf.featureType: timeSeries, .maestro.cf.cf_role: timeseries_id, .maestro.cf.Conventions: CF-1.11}" };
    static const struct { const char *yaml, *why; } bad[] = {
        { "{.maestro.cf.standard_name: air temperature}", "'.maestro.cf.standard_name': 'air temperature' is not a regex(" },
        { "{.maestro.cf.calendar: no_leap}", "did you mean 'noleap'?" }, { "{.maestro.cf.valid_range: [1]}", "1 values are not a tuple" },
        { "{.maestro.cf.standard_nam: x}", "did you mean '.maestro.cf.standard_name'?" }, { "{.maestro.cf.axis: W}", "is not a enum(X, Y, Z, T)" } };
    const char *source = getenv("srcdir");
    char path[4096];
    struct schema *all;
    snprintf(path, sizeof path, "%s/schemas/cf.yaml", source ? source : ".");
    assert_int_equal(catalogue_load_from(path, NULL, &all), MSTRO_OK);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!accepts(all, good[i]))
            fail_msg("%s: %s", good[i], mstro_error_detail());
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(accepts(all, bad[i].yaml));
        lacks(bad[i].why);
    }
    schema_release(all);
}

static char folder[] = "/tmp/maestro-schema-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *written(const char *name, const char *text)
{
    static char path[4][128];
    static int next;
    char *place = path[next++ % 4];
    snprintf(place, sizeof path[0], "%s/%s", folder, name);
    FILE *file = fopen(place, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return place;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "one.yaml", "two.yaml", "core.yaml" };
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void list_is_looked_up_in_the_path(void **state)
{
    (void)state;
    struct schema *s;
    char path[256];
    written("one.yaml", HEAD "  - {key: a, type: int()}\n");
    written("two.yaml", HEAD "  - {key: b, type: str()}\n");
    snprintf(path, sizeof path, "/nowhere:%s", folder);
    assert_int_equal(catalogue_load_from("one.yaml;two.yaml;", path, &s), MSTRO_OK);
    assert_non_null(schema_find(s, text_of(".maestro.my.a")));
    assert_non_null(schema_find(s, text_of(".maestro.my.b")));
    assert_non_null(schema_find(s, text_of(".maestro.ecmwf.step")));
    schema_release(s);
    assert_int_equal(catalogue_load_from("absent.yaml", path, &s), MSTRO_SCHEMA);
    lacks("names 'absent.yaml'");
}

static void users_schema_replaces_the_builtin_one_of_its_namespace(void **state)
{
    (void)state;
    struct schema *s;
    const char *one = written("one.yaml", "schema-name: ours\nschema-namespace: .maestro.ecmwf.\nmaestro-attributes:\n"
                                          "  - {key: date, type: str()}\n");
    assert_int_equal(catalogue_load_from(one, NULL, &s), MSTRO_OK);
    assert_int_equal(schema_find(s, text_of(".maestro.ecmwf.date"))->type->kind, VALUE_TEXT);
    assert_null(schema_find(s, text_of(".maestro.ecmwf.step")));
    schema_release(s);
}

static void users_core_schema_adds_and_cannot_take_what_the_library_needs(void **state)
{
    (void)state;
    struct schema *s;
    const char *core = written("core.yaml", "schema-name: ours\nschema-namespace: .maestro.core.\nmaestro-attributes:\n"
                                            "  - {key: cdo.raw-ptr, type: str()}\n  - {key: cdo.colour, type: str()}\n");
    assert_int_equal(catalogue_load_from(core, NULL, &s), MSTRO_OK);
    assert_int_equal(schema_find(s, text_of(MSTRO_ATTR_CORE_CDO_RAW_PTR))->type->kind, VALUE_POINTER);
    assert_non_null(schema_find(s, text_of(".maestro.core.cdo.colour")));
    schema_release(s);
}

static void public_functions_read_merge_and_free(void **state)
{
    (void)state;
    mstro_schema a, b, none = (mstro_schema)&none;
    const char *one = written("one.yaml", HEAD "  - {key: a, type: int()}\n"), *two = written("two.yaml", HEAD "  - {key: a, type: str()}\n");
    assert_int_equal(mstro_schema_parse_from_file(one, &a), MSTRO_OK);
    assert_int_equal(mstro_schema_parse_from_file(two, &b), MSTRO_OK);
    assert_int_equal(mstro_schema_merge(a, b), MSTRO_SCHEMA);
    lacks("one.yaml:4:11 and str() in");
    assert_int_equal(mstro_schema_dispose(a), MSTRO_OK);
    assert_int_equal(mstro_schema_dispose(b), MSTRO_OK);
    assert_int_equal(mstro_schema_dispose(NULL), MSTRO_OK);
    assert_int_equal(mstro_schema_parse_from_file("/nowhere/at.all", &none), MSTRO_NOENT);
    assert_null(none);
    assert_int_equal(mstro_schema_parse_from_file(NULL, &none), MSTRO_INVARG);
    assert_int_equal(mstro_schema_parse_from_file(one, NULL), MSTRO_INVOUT);
}

int main(void)
{
#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_written_type_is_read),
        cmocka_unit_test(what_is_no_type_is_refused_with_what_was_expected),
        cmocka_unit_test(int_and_int64_are_one_type_and_enums_differ_by_words),
        cmocka_unit_test(numbers_are_read_to_their_limits_and_no_further),
        cmocka_unit_test(numbers_do_not_depend_on_the_locale),
        cmocka_unit_test(moments_follow_rfc_3339),
        cmocka_unit_test(mistakes_in_a_schema_have_file_line_and_column),
        cmocka_unit_test(entry_has_all_the_schema_says),
        cmocka_unit_test(schemas_that_disagree_do_not_merge_and_both_files_are_named),
        cmocka_unit_test(files_that_disagree_in_anything_but_words_do_not_merge),
        cmocka_unit_test(builtin_schemas_need_no_setting),
        cmocka_unit_test(shipped_schemas_are_valid_and_agree),
        cmocka_unit_test(cf_takes_what_the_convention_shows),
        IN_FOLDER(list_is_looked_up_in_the_path),
        IN_FOLDER(users_schema_replaces_the_builtin_one_of_its_namespace),
        IN_FOLDER(users_core_schema_adds_and_cannot_take_what_the_library_needs),
        IN_FOLDER(public_functions_read_merge_and_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
