/* SPDX-License-Identifier: BSD-3-Clause */
/* attributes.c - the attribute table of one handle, as maestro/attributes.h promises it */
#include "tests/lib/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/schema/block.h"
#include "tests/unit/attribute_table.h"

#define EXPVER ".maestro.ecmwf.expver"
#define STEP ".maestro.ecmwf.step"
#define DATE ".maestro.ecmwf.date"
#define TIME ".maestro.ecmwf.time"

static const char user_yaml[] =
    "schema-name: mine\n"
    "schema-version: 3\n"
    "schema-namespace: \".maestro.my.\"\n"
    "maestro-attributes:\n"
    "  - {key: must, type: str(), required: true}\n"
    "  - {key: level, type: int32(), default: 7}\n"
    "  - {key: factor, type: float()}\n"
    "  - {key: colour, type: 'enum(red, green)'}\n"
    "  - {key: code, type: 'regex([a-z]{4})'}\n"
    "  - {key: names, type: list(str())}\n"
    "  - {key: pair, type: 'tuple(int(), str())'}\n"
    "  - {key: box, type: 'tuple(double(), double())'}\n"
    "  - {key: bytes, type: blob()}\n"
    "  - {key: nested, type: list(list(int32()))}\n"
    "  - {key: rows, type: 'list(tuple(str(), list(double())))'}\n"
    "  - {key: note, type: str(), local: true}\n";

struct world { struct schema *schema; struct attributes *a; };

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    attribute_table_open(user_yaml, "an object", &w->schema, &w->a);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    attribute_table_close(w->schema, w->a);
    free(w);
    return 0;
}

static struct attributes *table(void **state)
{
    return ((struct world *)*state)->a;
}

static const void *got(struct attributes *a, const char *key, enum mstro_cdo_attr_value_type expected)
{
    enum mstro_cdo_attr_value_type type = MSTRO_CDO_ATTR_VALUE_INVALID;
    const void *val = NULL;
    assert_int_equal(attributes_get(a, key, &type, &val), MSTRO_OK);
    assert_int_equal(type, expected);
    return val;
}

static const char *got_string(struct attributes *a, const char *key)
{
    return *(char *const *)got(a, key, MSTRO_CDO_ATTR_VALUE_cstring);
}

static void set_string(struct attributes *a, const char *key, const char *string)
{
    assert_int_equal(attributes_set(a, key, &string, true, false), MSTRO_OK);
}

static void value_set_is_readable_at_once(void **state)
{
    int64_t step = 24;
    assert_int_equal(attributes_set(table(state), STEP, &step, true, false), MSTRO_OK);
    step = 0;
    assert_int_equal(*(const int64_t *)got(table(state), STEP, MSTRO_CDO_ATTR_VALUE_int64), 24);
}

static void copied_string_is_the_librarys_and_long_ones_too(void **state)
{
    char text[200], *string = text;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(attributes_set(table(state), EXPVER, &string, true, false), MSTRO_OK);
    assert_ptr_not_equal(got_string(table(state), EXPVER), text);
    text[0] = 'y';
    assert_int_equal(got_string(table(state), EXPVER)[0], 'x');
    assert_int_equal(strlen(got_string(table(state), EXPVER)), sizeof text - 1);
    set_string(table(state), EXPVER, "0001");
    assert_string_equal(got_string(table(state), EXPVER), "0001");
}

static void string_can_be_set_to_what_get_gave(void **state)
{
    set_string(table(state), EXPVER, "0001");
    const void *val = got(table(state), EXPVER, MSTRO_CDO_ATTR_VALUE_cstring);
    assert_int_equal(attributes_set(table(state), EXPVER, (void *)val, true, false), MSTRO_OK);
    assert_string_equal(got_string(table(state), EXPVER), "0001");
}

static void value_not_copied_stays_where_it_is_until_the_seal(void **state)
{
    int64_t step = 24, size;
    assert_int_equal(attributes_set(table(state), STEP, &step, false, true), MSTRO_OK);
    assert_ptr_equal(got(table(state), STEP, MSTRO_CDO_ATTR_VALUE_int64), &step);
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &step, false, true), MSTRO_OK);
    step = 48;
    assert_true(attributes_local_size(table(state), &size));
    assert_int_equal(size, 48);
    assert_int_equal(attributes_seal(table(state)), MSTRO_OK);
    step = 72;
    assert_int_equal(*(const int64_t *)got(table(state), STEP, MSTRO_CDO_ATTR_VALUE_int64), 48);
}

static void what_was_given_away_is_freed(void **state)
{
    /* a leak or a double free here is found by valgrind and the address sanitizer */
    char *string = strdup("0001");
    int64_t *step = malloc(sizeof *step);
    *step = 3;
    assert_int_equal(attributes_set(table(state), EXPVER, &string, false, false), MSTRO_OK);
    assert_ptr_equal(got_string(table(state), EXPVER), string);
    assert_int_equal(attributes_set(table(state), STEP, step, false, false), MSTRO_OK);
    set_string(table(state), EXPVER, "0002");
    assert_int_equal(attributes_seal(table(state)), MSTRO_OK);
}

static void pointer_given_away_stays_when_it_is_set_again(void **state)
{
    char *buffer = malloc(8), *string = strdup("0001");
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_RAW_PTR, buffer, false, false), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_RAW_PTR, buffer, false, false), MSTRO_OK);
    assert_int_equal(attributes_put_pointer(table(state), CORE_RAW_PTR, buffer), MSTRO_OK);
    strcpy(buffer, "alive");
    assert_int_equal(attributes_set(table(state), EXPVER, &string, false, false), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), EXPVER, &string, false, false), MSTRO_OK);
    assert_string_equal(got_string(table(state), EXPVER), "0001");
    assert_string_equal(attributes_raw_ptr(table(state)), "alive");
}

static void raw_ptr_is_the_pointer_itself_and_never_travels(void **state)
{
    int buffer[4];
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_RAW_PTR, buffer, false, true), MSTRO_OK);
    assert_ptr_equal(got(table(state), MSTRO_ATTR_CORE_CDO_RAW_PTR, MSTRO_CDO_ATTR_VALUE_pointer), buffer);
    assert_ptr_equal(attributes_raw_ptr(table(state)), buffer);
    assert_int_equal(attributes_seal(table(state)), MSTRO_OK);
    assert_int_equal(attributes_block(table(state)).length, 0);
}

static void name_is_readable_and_cannot_be_set(void **state)
{
    const char *other = "another";
    assert_string_equal(got_string(table(state), MSTRO_ATTR_CORE_CDO_NAME), "an object");
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_NAME, &other, true, false), MSTRO_INVARG);
    assert_string_equal(got_string(table(state), MSTRO_ATTR_CORE_CDO_NAME), "an object");
}

static void unknown_key_suggests_the_nearest(void **state)
{
    int64_t step = 1;
    assert_int_equal(attributes_set(table(state), ".maestro.ecmwf.setp", &step, true, false), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "did you mean '.maestro.ecmwf.step'"));
    const void *val;
    assert_int_equal(attributes_get(table(state), ".maestro.ecmwf.setp", NULL, &val), MSTRO_SCHEMA);
}

static void unknown_key_is_dropped_where_that_is_asked_for(void **state)
{
    int64_t step = 1;
    schema_drop_unknown(((struct world *)*state)->schema, true);
    assert_int_equal(attributes_set(table(state), ".nobody.knows", &step, true, false), MSTRO_OK);
    assert_int_equal(attributes_set_yaml(table(state), "{.nobody.knows: 1, .maestro.ecmwf.step: 5}"), MSTRO_OK);
    assert_int_equal(*(const int64_t *)got(table(state), STEP, MSTRO_CDO_ATTR_VALUE_int64), 5);
}

static void key_without_value_has_its_default_or_nothing(void **state)
{
    const void *val = &val;
    assert_int_equal(attributes_get(table(state), STEP, NULL, &val), MSTRO_NOENT);
    assert_int_equal(*(const int32_t *)got(table(state), ".maestro.my.level", MSTRO_CDO_ATTR_VALUE_int32), 7);
    assert_string_equal(got_string(table(state), MSTRO_ATTR_CORE_CDO_ON_LOSS), "fail");
    assert_false(attributes_flag(table(state), CORE_REPLICA));
    assert_true(text_equal(attributes_text(table(state), CORE_ON_LOSS), text_of("fail")));
}

static void value_that_does_not_fit_its_type_is_refused_and_changes_nothing(void **state)
{
    const char *colour = "blue", *code = "abc1", *none = NULL;
    set_string(table(state), ".maestro.my.colour", "red");
    assert_int_equal(attributes_set(table(state), ".maestro.my.colour", &colour, true, false), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "'blue' is not a enum(red, green)"));
    assert_string_equal(got_string(table(state), ".maestro.my.colour"), "red");
    assert_int_equal(attributes_set(table(state), ".maestro.my.code", &code, true, false), MSTRO_SCHEMA);
    assert_int_equal(attributes_set(table(state), EXPVER, &none, true, false), MSTRO_INVARG);
    assert_int_equal(attributes_set(table(state), EXPVER, NULL, true, false), MSTRO_INVARG);
    mstro_timestamp bad = { 0, -1, 0 };
    assert_int_equal(attributes_set(table(state), DATE, &bad, true, false), MSTRO_SCHEMA);
    int64_t size = -1;
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false), MSTRO_SCHEMA);
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_ON_LOSS, &colour, true, false), MSTRO_SCHEMA);
    const void *val;
    assert_int_equal(attributes_get(table(state), ".maestro.my.code", NULL, &val), MSTRO_NOENT);
}

static void real_number_that_is_not_finite_is_refused_however_it_is_set(void **state)
{
    struct attributes *a = table(state);
    float factor = NAN;
    assert_int_equal(attributes_set(a, ".maestro.my.factor", &factor, true, false), MSTRO_SCHEMA);
    assert_string_equal(mstro_error_detail(), "'.maestro.my.factor': nan is not finite, as a float() is");
    assert_int_equal(attributes_set(a, ".maestro.my.box", (double[]){ 1, INFINITY }, true, false), MSTRO_SCHEMA);
    assert_int_equal(attributes_set_list(a, ".maestro.my.box", (double[]){ -INFINITY, 1 }, 2), MSTRO_SCHEMA);
    assert_int_equal(attributes_set_yaml(a, "{.maestro.my.factor: nan}"), MSTRO_SCHEMA);
    factor = 1;
    assert_int_equal(attributes_set(a, ".maestro.my.factor", &factor, false, true), MSTRO_OK);
    factor = INFINITY; /* where the library reads it */
    set_string(a, ".maestro.my.must", "there");
    assert_int_equal(attributes_seal(a), MSTRO_SCHEMA);
    factor = 2;
    assert_int_equal(attributes_seal(a), MSTRO_OK);
}

static void timestamp_and_numbers_of_every_width_come_back(void **state)
{
    mstro_timestamp date = { 1763683200, 500000000, 60 };
    uint64_t time = 1200;
    float factor = 0.1f;
    int32_t level = -5;
    assert_int_equal(attributes_set(table(state), DATE, &date, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), TIME, &time, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), ".maestro.my.factor", &factor, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), ".maestro.my.level", &level, true, false), MSTRO_OK);
    const mstro_timestamp *back = got(table(state), DATE, MSTRO_CDO_ATTR_VALUE_timestamp);
    assert_true(back->sec == date.sec && back->nsec == date.nsec && back->offset == date.offset);
    assert_int_equal(*(const uint64_t *)got(table(state), TIME, MSTRO_CDO_ATTR_VALUE_uint64), 1200);
    assert_true(*(const float *)got(table(state), ".maestro.my.factor", MSTRO_CDO_ATTR_VALUE_float) == 0.1f);
    assert_int_equal(*(const int32_t *)got(table(state), ".maestro.my.level", MSTRO_CDO_ATTR_VALUE_int32), -5);
}

static void dims_size_has_as_many_values_as_ndims_says(void **state)
{
    int64_t ndims = 3, sizes[3] = { 4, 5, 6 };
    size_t count;
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, sizes, true, false), MSTRO_INVARG);
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, &ndims, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, sizes, true, false), MSTRO_OK);
    const int64_t *back = got(table(state), MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, MSTRO_CDO_ATTR_VALUE_list);
    assert_memory_equal(back, sizes, sizeof sizes);
    assert_int_equal(attributes_count(table(state), MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, &count), MSTRO_OK);
    assert_int_equal(count, 3);
    ndims = 2;
    assert_int_equal(attributes_set(table(state), MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, &ndims, true, false), MSTRO_OK);
    assert_int_equal(attributes_seal(table(state)), MSTRO_SCHEMA);
}

static void sealing_refuses_a_layout_that_cannot_be(void **state)
{
    static const struct { const char *yaml, *says; } cases[] = {
        { ".maestro.core.cdo.layout.order: 7", "'.maestro.core.cdo.layout.order' has the value 7: it is 0 (row-major) or 1 (column-major)" },
        { ".maestro.core.cdo.layout.order: -1", "'.maestro.core.cdo.layout.order' has the value -1" },
        { ".maestro.core.cdo.layout.element-size: -8", "'.maestro.core.cdo.layout.element-size' has the value -8: it cannot be less than 0" },
        { ".maestro.core.cdo.layout.ndims: -1", "'.maestro.core.cdo.layout.ndims' has the value -1" },
        { ".maestro.core.cdo.layout.dims-size: [4, -5]", "'.maestro.core.cdo.layout.dims-size' has the value -5: no size can be less than 0" },
        { ".maestro.core.cdo.layout.dims-size: [0, 5]\n.maestro.core.cdo.layout.order: 1", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attributes *a;
        assert_int_equal(attributes_create(((struct world *)*state)->schema, "an object", &a), MSTRO_OK);
        assert_int_equal(attributes_set_yaml(a, cases[i].yaml), MSTRO_OK);
        assert_int_equal(attributes_seal(a), cases[i].says ? MSTRO_SCHEMA : MSTRO_OK);
        if (cases[i].says)
            assert_memory_equal(mstro_error_detail(), cases[i].says, strlen(cases[i].says));
        attributes_destroy(a);
    }
}

static void lists_and_tuples_come_as_arrays_or_addresses(void **state)
{
    struct attributes *a = table(state);
    double box[2] = { 1.5, -2.5 };
    assert_int_equal(attributes_set(a, ".maestro.my.box", box, true, false), MSTRO_OK);
    assert_memory_equal(got(a, ".maestro.my.box", MSTRO_CDO_ATTR_VALUE_list), box, sizeof box);
    assert_int_equal(attributes_set(a, ".maestro.my.names", box, true, false), MSTRO_INVARG);
    assert_int_equal(attributes_set_yaml(a, ".maestro.my.names: [one, 'two', a rather long third name]\n.maestro.my.pair: [7, seven]"), MSTRO_OK);
    char *const *names = got(a, ".maestro.my.names", MSTRO_CDO_ATTR_VALUE_list);
    assert_string_equal(names[0], "one");
    assert_string_equal(names[2], "a rather long third name");
    const void *const *pair = got(a, ".maestro.my.pair", MSTRO_CDO_ATTR_VALUE_list);
    assert_int_equal(*(const int64_t *)pair[0], 7);
    assert_string_equal(*(char *const *)pair[1], "seven");
}

static size_t count_of(struct attributes *a, const char *key)
{
    size_t count = 99;
    assert_int_equal(attributes_count(a, key, &count), MSTRO_OK);
    return count;
}

static void lists_set_with_their_length_come_back_with_it(void **state)
{
    struct attributes *a = table(state);
    const char *names[] = { "one", "two", "a rather long third name" }, *none = NULL;
    assert_int_equal(attributes_set_list(a, ".maestro.my.names", names, 3), MSTRO_OK);
    names[0] = "changed"; /* it was copied */
    assert_int_equal(count_of(a, ".maestro.my.names"), 3);
    assert_string_equal(((char *const *)got(a, ".maestro.my.names", MSTRO_CDO_ATTR_VALUE_list))[0], "one");
    assert_int_equal(attributes_set_list(a, ".maestro.my.names", &none, 1), MSTRO_INVARG);
    assert_int_equal(count_of(a, ".maestro.my.names"), 3); /* as it was */
    assert_int_equal(attributes_set_list(a, ".maestro.my.names", NULL, 0), MSTRO_OK);
    assert_int_equal(count_of(a, ".maestro.my.names"), 0);
    assert_int_equal(attributes_set_list(a, ".maestro.my.box", (double[]){ 1, 2, 3 }, 3), MSTRO_SCHEMA);
    assert_int_equal(attributes_set_list(a, ".maestro.my.box", (double[]){ 1, 2 }, 2), MSTRO_OK);
    assert_int_equal(attributes_set_list(a, STEP, &(int64_t){ 1 }, 1), MSTRO_SCHEMA);
    assert_int_equal(attributes_set_list(a, ".maestro.my.nmaes", names, 3), MSTRO_SCHEMA);
}

static void lists_inside_lists_have_their_length_with_them(void **state)
{
    struct attributes *a = table(state);
    const int32_t first[] = { 1, 2, 3 }, last[] = { 4 };
    const mstro_list inner[] = { { 3, first }, { 0, NULL }, { 1, last } };
    const void *const addresses[] = { &inner[0], &inner[1], &inner[2] }, *const gap[] = { &inner[0], NULL };
    assert_int_equal(attributes_set_list(a, ".maestro.my.nested", addresses, 3), MSTRO_OK);
    assert_int_equal(attributes_set_list(a, ".maestro.my.nested", gap, 2), MSTRO_INVARG);
    const mstro_list *const *back = got(a, ".maestro.my.nested", MSTRO_CDO_ATTR_VALUE_list);
    assert_int_equal(count_of(a, ".maestro.my.nested"), 3);
    assert_int_equal(back[0]->count, 3);
    assert_memory_equal(back[0]->items, first, sizeof first);
    assert_int_equal(back[1]->count, 0);
    assert_int_equal(*(const int32_t *)back[2]->items, 4);
    assert_int_equal(attributes_set_yaml(a, ".maestro.my.rows: [[a, [0.5, 1.5]], [b, []]]"), MSTRO_OK);
    const mstro_list *const *rows = got(a, ".maestro.my.rows", MSTRO_CDO_ATTR_VALUE_list);
    assert_int_equal(count_of(a, ".maestro.my.rows"), 2);
    assert_int_equal(rows[1]->count, 2);
    const void *const *row = rows[0]->items;
    assert_string_equal(*(char *const *)row[0], "a");
    const mstro_list *numbers = row[1];
    assert_int_equal(numbers->count, 2);
    assert_true(((const double *)numbers->items)[1] == 1.5);
    assert_int_equal(attributes_set_list(a, ".maestro.my.rows", rows, 2), MSTRO_OK); /* what get gave, a copy of itself */
    rows = got(a, ".maestro.my.rows", MSTRO_CDO_ATTR_VALUE_list);
    assert_true(*(const double *)((const mstro_list *)((const void *const *)rows[0]->items)[1])->items == 0.5);
}

static void list_larger_than_a_block_is_refused(void **state)
{
    static int32_t many[BLOCK_MAX];
    const mstro_list inner = { BLOCK_MAX, many };
    const void *const address = &inner;
    assert_int_equal(attributes_set_list(table(state), ".maestro.my.nested", &address, 1), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "a list of more than 32768 bytes"));
}

static void yaml_sets_all_or_nothing(void **state)
{
    struct attributes *a = table(state);
    const void *val;
    assert_int_equal(attributes_set_yaml(a, ".maestro.ecmwf.step: 5\n.maestro.ecmwf.expver: [1]\n"), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "attributes:2:24: '.maestro.ecmwf.expver': a str() is a single value"));
    assert_int_equal(attributes_get(a, STEP, NULL, &val), MSTRO_NOENT);
    assert_int_equal(attributes_set_yaml(a, ".maestro.ecmwf.step: 5\n.maestro.ecmwf.exprev: x\n"), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "attributes:2:1: no schema has '.maestro.ecmwf.exprev'; did you mean '.maestro.ecmwf.expver'?"));
    assert_int_equal(attributes_set_yaml(a, "{.maestro.ecmwf.date: 2026-11-21T12:00:00Z, .maestro.my.bytes: aGVsbG8=}"), MSTRO_OK);
    const mstro_blob *blob = got(a, ".maestro.my.bytes", MSTRO_CDO_ATTR_VALUE_blob);
    assert_int_equal(blob->len, 5);
    assert_memory_equal(blob->data, "hello", 5);
}

static void sealed_table_is_frozen(void **state)
{
    int64_t step = 1;
    assert_int_equal(attributes_seal(table(state)), MSTRO_OK);
    assert_int_equal(attributes_seal(table(state)), MSTRO_OK);
    assert_int_equal(attributes_set(table(state), STEP, &step, true, false), MSTRO_INVARG);
    assert_int_equal(attributes_set_yaml(table(state), "{.maestro.ecmwf.step: 1}"), MSTRO_INVARG);
}

static void missing_required_key_is_named_when_its_file_is_in_use(void **state)
{
    set_string(table(state), ".maestro.my.colour", "green");
    assert_int_equal(attributes_seal(table(state)), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "'.maestro.my.must' is missing: mine.yaml:5:11 requires"));
    set_string(table(state), ".maestro.my.must", "here");
    assert_int_equal(attributes_seal(table(state)), MSTRO_OK);
    struct value value;
    assert_true(block_find(attributes_block(table(state)), text_of(".maestro.my.level"), &value)); /* a default is sealed with the rest */
    assert_int_equal(value.integer, 7);
}

static void producers_attributes_are_readable_on_the_consumers_handle(void **state)
{
    struct world *w = *state;
    struct attributes *consumer;
    int64_t step = 24, ndims = 1, size = 100, dims[1] = { 25 };
    mstro_timestamp date = { 1763683200, 0, 0 };
    set_string(w->a, EXPVER, "0001");
    assert_int_equal(attributes_set(w->a, STEP, &step, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(w->a, DATE, &date, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(w->a, MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, &ndims, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(w->a, MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, dims, true, false), MSTRO_OK);
    assert_int_equal(attributes_set(w->a, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false), MSTRO_OK);
    assert_int_equal(attributes_seal(w->a), MSTRO_OK);
    assert_int_equal(attributes_create(w->schema, "an object", &consumer), MSTRO_OK);
    assert_int_equal(attributes_seal(consumer), MSTRO_OK);
    assert_int_equal(attributes_adopt(consumer, attributes_block(w->a)), MSTRO_OK);
    assert_int_equal(attributes_put_size(consumer, size), MSTRO_OK);
    assert_int_equal(attributes_put_text(consumer, CORE_COMPONENT, text_of("producer")), MSTRO_OK);
    assert_string_equal(got_string(consumer, EXPVER), "0001");
    assert_int_equal(*(const int64_t *)got(consumer, STEP, MSTRO_CDO_ATTR_VALUE_int64), 24);
    assert_int_equal(((const mstro_timestamp *)got(consumer, DATE, MSTRO_CDO_ATTR_VALUE_timestamp))->sec, date.sec);
    assert_int_equal(*(const int64_t *)got(consumer, MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, MSTRO_CDO_ATTR_VALUE_list), 25);
    assert_int_equal(*(const int64_t *)got(consumer, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, MSTRO_CDO_ATTR_VALUE_int64), 100);
    assert_string_equal(got_string(consumer, MSTRO_ATTR_CORE_CDO_COMPONENT), "producer");
    attributes_destroy(consumer);
}

static void next_block_replaces_the_attributes_of_the_last(void **state)
{
    struct world *w = *state;
    struct attributes *other;
    const void *val;
    int64_t step = 2;
    set_string(w->a, EXPVER, "0001");
    assert_int_equal(attributes_seal(w->a), MSTRO_OK);
    assert_int_equal(attributes_create(w->schema, "an object", &other), MSTRO_OK);
    assert_int_equal(attributes_set(other, STEP, &step, true, false), MSTRO_OK);
    assert_int_equal(attributes_seal(other), MSTRO_OK);
    struct attributes *consumer;
    assert_int_equal(attributes_create(w->schema, "an object", &consumer), MSTRO_OK);
    assert_int_equal(attributes_adopt(consumer, attributes_block(w->a)), MSTRO_OK);
    assert_int_equal(attributes_adopt(consumer, attributes_block(other)), MSTRO_OK);
    assert_int_equal(attributes_get(consumer, EXPVER, NULL, &val), MSTRO_NOENT);
    assert_int_equal(attributes_get(consumer, STEP, NULL, &val), MSTRO_OK);
    attributes_destroy(consumer);
    attributes_destroy(other);
}

static void key_only_the_producer_knows_is_kept_as_what_it_is(void **state)
{
    struct world *w = *state;
    struct schema *builtin;
    struct attributes *consumer;
    assert_int_equal(catalogue_load_from(NULL, NULL, &builtin), MSTRO_OK);
    assert_int_equal(attributes_set_yaml(w->a, "{.maestro.my.must: x, .maestro.my.names: [a, b], .maestro.my.note: stays}"), MSTRO_OK);
    assert_int_equal(attributes_seal(w->a), MSTRO_OK);
    assert_int_equal(attributes_create(builtin, "an object", &consumer), MSTRO_OK);
    assert_int_equal(attributes_adopt(consumer, attributes_block(w->a)), MSTRO_OK);
    assert_string_equal(got_string(consumer, ".maestro.my.must"), "x");
    assert_string_equal(((char *const *)got(consumer, ".maestro.my.names", MSTRO_CDO_ATTR_VALUE_list))[1], "b");
    const void *val;
    assert_int_equal(attributes_get(consumer, ".maestro.my.note", NULL, &val), MSTRO_SCHEMA); /* local: it stayed */
    attributes_destroy(consumer);
    schema_release(builtin);
}

static struct bytes block_with(struct text key, const struct value *v, unsigned char *room)
{
    struct block_item item = { key, *v };
    block_write(&item, 1, room);
    return bytes_of(room, block_size(&item, 1));
}

static void key_of_another_type_is_not_misread(void **state)
{
    unsigned char room[256];
    struct value text = { .kind = VALUE_TEXT, .count = 1, .text = text_of("20261121") };
    const void *val = NULL;
    assert_int_equal(attributes_adopt(table(state), block_with(text_of(DATE), &text, room)), MSTRO_OK);
    assert_int_equal(attributes_get(table(state), DATE, NULL, &val), MSTRO_SCHEMA);
    assert_non_null(strstr(mstro_error_detail(), "came as a string, built-in ecmwf.yaml:67 says timestamp()"));
}

static void block_cannot_set_what_belongs_to_the_handle(void **state)
{
    unsigned char room[256];
    struct value number = { .kind = VALUE_INT64, .count = 1, .integer = 0x1000 };
    assert_int_equal(attributes_adopt(table(state), block_with(text_of(MSTRO_ATTR_CORE_CDO_RAW_PTR), &number, room)), MSTRO_OK);
    assert_null(attributes_raw_ptr(table(state)));
    assert_int_equal(attributes_adopt(table(state), block_with(text_of(MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE), &number, room)), MSTRO_OK);
    int64_t size;
    assert_false(attributes_local_size(table(state), &size));
}

static void attributes_print_one_a_line(void **state)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    assert_int_equal(attributes_set_yaml(table(state), "{.maestro.ecmwf.step: 3, .maestro.my.names: [a, b], .maestro.ecmwf.date: 2026-11-21}"), MSTRO_OK);
    attributes_print(table(state), to);
    fclose(to);
    assert_string_equal(text, ".maestro.core.cdo.name: an object\n.maestro.ecmwf.step: 3\n.maestro.my.names: [a, b]\n"
                              ".maestro.ecmwf.date: 2026-11-21T00:00:00Z\n");
    free(text);
}

static void more_attributes_than_fit_the_first_chunk_keep_their_addresses(void **state)
{
    struct attributes *a = table(state);
    const char *keys[] = { "class", "expver", "stream", "domain", "type", "levtype", "experiment", "activity", "model", "resolution", "frequency", "direction" };
    const char *numbers[] = { "step", "anoffset", "levelist", "param", "number", "generation", "realization" };
    const void *first = NULL;
    char key[64];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(key, sizeof key, ".maestro.ecmwf.%s", keys[i]);
        set_string(a, key, keys[i]);
        if (i == 0)
            first = got(a, key, MSTRO_CDO_ATTR_VALUE_cstring);
    }
    for (int64_t i = 0; i < (int64_t)(sizeof numbers / sizeof numbers[0]); i++) {
        snprintf(key, sizeof key, ".maestro.ecmwf.%s", numbers[i]);
        assert_int_equal(attributes_set(a, key, &i, true, false), MSTRO_OK);
    }
    assert_ptr_equal(got(a, ".maestro.ecmwf.class", MSTRO_CDO_ATTR_VALUE_cstring), first);
    assert_string_equal(*(char *const *)first, "class");
    assert_int_equal(attributes_seal(a), MSTRO_OK);
    assert_int_equal(block_count(attributes_block(a)), 19);
}

static void keys_of_several_files_are_sealed_in_one_order_whatever_order_they_were_set_in(void **state)
{
    static const char *const forward = "{.maestro.my.must: a, .maestro.ecmwf.step: 1, .maestro.core.cdo.lifetime: b, .maestro.ecmwf.class: od, .maestro.my.code: abcd}";
    static const char *const backward = "{.maestro.my.code: abcd, .maestro.ecmwf.class: od, .maestro.core.cdo.lifetime: b, .maestro.ecmwf.step: 1, .maestro.my.must: a}";
    struct world *w = *state;
    struct attributes *other;
    assert_int_equal(attributes_create(w->schema, "an object", &other), MSTRO_OK);
    assert_int_equal(attributes_set_yaml(w->a, forward), MSTRO_OK);
    assert_int_equal(attributes_set_yaml(other, backward), MSTRO_OK);
    assert_int_equal(attributes_seal(w->a), MSTRO_OK);
    assert_int_equal(attributes_seal(other), MSTRO_OK);
    struct bytes one = attributes_block(w->a), two = attributes_block(other);
    assert_int_equal(block_check(one), MSTRO_OK);
    assert_int_equal(one.length, two.length);
    assert_memory_equal(one.at, two.at, one.length);
    attributes_destroy(other);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(value_set_is_readable_at_once),
        CASE(copied_string_is_the_librarys_and_long_ones_too),
        CASE(string_can_be_set_to_what_get_gave),
        CASE(value_not_copied_stays_where_it_is_until_the_seal),
        CASE(what_was_given_away_is_freed),
        CASE(pointer_given_away_stays_when_it_is_set_again),
        CASE(raw_ptr_is_the_pointer_itself_and_never_travels),
        CASE(name_is_readable_and_cannot_be_set),
        CASE(unknown_key_suggests_the_nearest),
        CASE(unknown_key_is_dropped_where_that_is_asked_for),
        CASE(key_without_value_has_its_default_or_nothing),
        CASE(value_that_does_not_fit_its_type_is_refused_and_changes_nothing),
        CASE(real_number_that_is_not_finite_is_refused_however_it_is_set),
        CASE(timestamp_and_numbers_of_every_width_come_back),
        CASE(dims_size_has_as_many_values_as_ndims_says),
        CASE(sealing_refuses_a_layout_that_cannot_be),
        CASE(lists_and_tuples_come_as_arrays_or_addresses),
        CASE(lists_set_with_their_length_come_back_with_it),
        CASE(lists_inside_lists_have_their_length_with_them),
        CASE(list_larger_than_a_block_is_refused),
        CASE(yaml_sets_all_or_nothing),
        CASE(sealed_table_is_frozen),
        CASE(missing_required_key_is_named_when_its_file_is_in_use),
        CASE(producers_attributes_are_readable_on_the_consumers_handle),
        CASE(next_block_replaces_the_attributes_of_the_last),
        CASE(key_only_the_producer_knows_is_kept_as_what_it_is),
        CASE(key_of_another_type_is_not_misread),
        CASE(block_cannot_set_what_belongs_to_the_handle),
        CASE(attributes_print_one_a_line),
        CASE(more_attributes_than_fit_the_first_chunk_keep_their_addresses),
        CASE(keys_of_several_files_are_sealed_in_one_order_whatever_order_they_were_set_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
