/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.c - queries: what they match, what is wrong with them, what they may cost */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/query/selector.h"
#include "tests/unit/attribute_table.h"

static const char user_yaml[] =
    "schema-name: mine\n"
    "schema-namespace: \".maestro.my.\"\n"
    "maestro-attributes:\n"
    "  - {key: colour, type: 'enum(red, green)'}\n"
    "  - {key: factor, type: double()}\n"
    "  - {key: small, type: int32()}\n"
    "  - {key: on, type: bool()}\n"
    "  - {key: level, type: float()}\n"
    "  - {key: pressure, type: double()}\n"
    "  - {key: levels, type: list(float())}\n"
    "  - {key: names, type: list(str())}\n"
    "  - {key: box, type: 'tuple(double(), double())'}\n"
    "  - {key: bytes, type: blob()}\n";

struct world { struct schema *schema; struct attributes *a; struct query_subject subject; };

/* An object as a forecast offers it. */
static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    attribute_table_open(user_yaml, "fc/t/500", &w->schema, &w->a);
    assert_int_equal(attributes_set_yaml(w->a, ".maestro.ecmwf.step: 24\n"
                                               ".maestro.ecmwf.expver: '0001'\n"
                                               ".maestro.ecmwf.class: od\n"
                                               ".maestro.ecmwf.time: 1200\n"
                                               ".maestro.ecmwf.date: 2026-11-21T12:00:00Z\n"
                                               ".maestro.my.factor: 0.5\n"
                                               ".maestro.my.small: -3\n"
                                               ".maestro.my.on: true\n"
                                               ".maestro.my.level: 50.5\n"
                                               ".maestro.my.pressure: 850.1\n"
                                               ".maestro.my.levels: [0.1, 7.3]\n"
                                               ".maestro.my.colour: red\n"
                                               ".maestro.my.names: [alpha, beta]\n"
                                               ".maestro.my.bytes: aGVsbG8=\n"
                                               ".maestro.core.cdo.layout.ndims: 2\n"), MSTRO_OK);
    assert_int_equal(attributes_seal(w->a), MSTRO_OK);
    w->subject = (struct query_subject){ text_of("fc/t/500"), text_of("forecast"), 4096, attributes_block(w->a) };
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

static struct selector *compiled(struct world *w, const char *query, const char *nspace)
{
    struct selector *s = NULL;
    if (selector_compile(query, nspace, w->schema, NULL, &s) != MSTRO_OK)
        fail_msg("%s: %s", query, mstro_error_detail());
    return s;
}

/* Asked directly, and of the selector that comes out of the bytes of the first. */
static enum selector_answer ask_in(struct world *w, const char *query, const char *nspace)
{
    struct selector *s = compiled(w, query, nspace), *again;
    enum selector_answer answer = selector_matches(s, &w->subject);
    assert_int_equal(selector_decode(selector_bytes(s), &again), MSTRO_OK);
    assert_int_equal(selector_matches(again, &w->subject), answer);
    selector_destroy(s);
    selector_destroy(again);
    return answer;
}

static enum selector_answer ask(struct world *w, const char *query)
{
    return ask_in(w, query, NULL);
}

#define YES(query) do { if (ask(*state, query) != SELECTOR_YES) fail_msg("does not match: %s", query); } while (0)
#define NO(query) do { if (ask(*state, query) != SELECTOR_NO) fail_msg("matches: %s", query); } while (0)

static void refused(void **state, const char *query, const char *why)
{
    struct selector *s = NULL;
    struct world *w = *state;
    assert_int_equal(selector_compile(query, NULL, w->schema, NULL, &s), MSTRO_SELECTOR);
    if (!strstr(mstro_error_detail(), why))
        fail_msg("%s: '%s' lacks '%s'", query, mstro_error_detail(), why);
    assert_null(s);
}

static void null_matches_everything(void **state)
{
    struct selector *s = compiled(*state, NULL, NULL);
    assert_true(selector_is_all(s));
    assert_int_equal(selector_matches(s, &(struct query_subject){ 0 }), SELECTOR_YES);
    selector_destroy(s);
}

static void forms_in_use_match(void **state)
{
    YES("(has .maestro.ecmwf.step)");
    NO("(has .maestro.ecmwf.levelist)");
    YES("(.maestro.ecmwf.step = 24)");
    YES("(.maestro.ecmwf.step=24)");
    NO("(.maestro.ecmwf.step = 2)");
    YES("(and (.maestro.ecmwf.step = 24)(.maestro.ecmwf.class = od))");
    NO("(and (.maestro.ecmwf.step = 24)(.maestro.ecmwf.class = rd))");
    YES("( or (.maestro.ecmwf.step = 23)\n\t(.maestro.ecmwf.class = \"od\") )");
    YES("(not (.maestro.ecmwf.step = 2))");
    NO("(not (has .maestro.ecmwf.step))");
}

static void comparisons_follow_the_type(void **state)
{
    YES("(.maestro.ecmwf.step <= 24)");
    NO("(.maestro.ecmwf.step < 24)");
    YES("(.maestro.ecmwf.step > 3)"); /* as text "24" would be below "3" */
    YES("(.maestro.ecmwf.step >= 24)");
    YES("(.maestro.ecmwf.step != 3)");
    YES("(.maestro.my.factor < 0.75)");
    YES("(.maestro.my.factor = 5e-1)");
    YES("(.maestro.my.small > -4)");
    YES("(.maestro.my.on = true)");
    YES("(.maestro.ecmwf.expver = 0001)");
    NO("(.maestro.ecmwf.expver = 1)");
    YES("(.maestro.my.colour = red)");
    YES("(.maestro.ecmwf.time = 1200)");
}

static void moments_compare_whatever_their_offset(void **state)
{
    YES("(.maestro.ecmwf.date = 2026-11-21T13:00:00+01:00)");
    YES("(.maestro.ecmwf.date > 2026-11-21)");
    YES("(.maestro.ecmwf.date = 2026-11-20/to/2026-11-22)");
    NO("(.maestro.ecmwf.date = '2026-11-21T13:00:00Z')");
}

static void absent_attribute_fulfils_no_comparison(void **state)
{
    NO("(.maestro.ecmwf.levelist = 500)");
    NO("(.maestro.ecmwf.levelist != 500)");
    NO("(.maestro.ecmwf.levelist < 500)");
    YES("(not (.maestro.ecmwf.levelist = 500))");
}

static void lists_and_ranges_as_mars_has_them(void **state)
{
    YES("(.maestro.ecmwf.step = 12/24/48)");
    NO("(.maestro.ecmwf.step = 12/48)");
    NO("(.maestro.ecmwf.step != 12/24/48)");
    YES("(.maestro.ecmwf.step != 12/48)");
    YES("(.maestro.ecmwf.step = 1/to/91)");
    NO("(.maestro.ecmwf.step = 1/to/91/by/2)");
    YES("(.maestro.ecmwf.step = 0/to/96/by/6)");
    YES("(.maestro.ecmwf.step = 3/0/to/96/by/6/5)");
    YES("(.maestro.my.small = -9/to/9/by/3)");
    YES("(.maestro.my.factor = 0/to/1/by/0.25)");
    NO("(.maestro.my.factor = 0/to/1/by/0.3)");
    YES("(.maestro.ecmwf.class = rd/od)");
    YES("(.maestro.ecmwf.class = 'rd'/'od')");
    NO("(.maestro.ecmwf.class = 'rd/od')");
}

static void a_real_is_on_a_step_when_it_is_as_near_as_its_type_can_tell(void **state)
{
    YES("(.maestro.my.level = 0/to/100/by/0.1)");
    YES("(.maestro.my.level = 10/to/60/by/0.1)");
    YES("(.maestro.my.level = 0.1/to/100/by/0.1)");
    NO("(.maestro.my.level = 0/to/100/by/0.2)");
    NO("(.maestro.my.level = 0/to/100/by/0.1001)");
    YES("(.maestro.my.levels = 0/to/5/by/0.1)");
    YES("(.maestro.my.levels = 1/to/10/by/0.3)"); /* 7.3 */
    NO("(.maestro.my.levels = 1/to/10/by/0.4)");
    YES("(.maestro.my.pressure = 0/to/1000/by/0.1)");
    YES("(.maestro.my.pressure = 0/to/1e10/by/1e-1)");
    NO("(.maestro.my.pressure = 0/to/1e10/by/1e9)");
    NO("(.maestro.my.pressure = 0/to/1000/by/0.3)");
    NO("(.maestro.my.pressure = 850/to/1000/by/0.0999999999)");
}

static void dates_go_in_days_and_without_dashes_as_mars_has_them(void **state)
{
    YES("(.maestro.ecmwf.date > 20261121)");
    YES("(.maestro.ecmwf.date = 20261120/to/20261122)");
    YES("(.maestro.ecmwf.date = 2026-11-01T12:00:00Z/to/20261130/by/5)");
    YES("(.maestro.ecmwf.date = 2026-11-01T14:00:00+02:00/to/20261130/by/5)");
    NO("(.maestro.ecmwf.date = 2026-11-01T12:00:00Z/to/20261130/by/3)");
    NO("(.maestro.ecmwf.date = 20261101/to/20261130/by/1)"); /* midnights */
    NO("(.maestro.ecmwf.date = 2026-11-20T12:00:00Z/to/20261130/by/18446744073709551615)");
    refused(state, "(.maestro.ecmwf.date = 20261132)", "column 24: '2026-11-32' is not a timestamp()");
    refused(state, "(.maestro.ecmwf.date = 20261101/to/20261130/by/0)", "a step must not be 0");
    refused(state, "(.maestro.ecmwf.date = 20261101/to/20261130/by/-1)", "column 48: ");
    refused(state, "(.maestro.ecmwf.date = 20261130/to/20261101/by/1)", "write it the other way round");
}

static void core_attributes_come_from_the_object(void **state)
{
    YES("(.maestro.core.cdo.name = fc/t/500)");
    YES("(.maestro.core.cdo.scope.local-size = 4096)");
    YES("(.maestro.core.cdo.component = forecast)");
    YES("(.maestro.core.cdo.layout.ndims = 2)");
    NO("(.maestro.core.cdo.component = archive)");
    YES("(and (has .maestro.core.cdo.name)(has .maestro.core.cdo.component))");
}

static void namespace_goes_before_short_keys(void **state)
{
    assert_int_equal(ask_in(*state, "(and (step = 24)(class = od)(.maestro.core.cdo.name = fc/t/500))", ".maestro.ecmwf."), SELECTOR_YES);
    assert_int_equal(ask_in(*state, "(step = 24)", ".maestro.ecmwf"), SELECTOR_YES);
    refused(state, "(step = 24)", "did you mean '.maestro.ecmwf.step'?");
}

static void patterns_match_a_part_and_globs_the_whole(void **state)
{
    YES("(.maestro.core.cdo.name ~= '/t/[0-9]+$')");
    YES("(.maestro.core.cdo.name ~= ^fc)");
    NO("(.maestro.core.cdo.name ~= FC)");
    YES("(.maestro.core.cdo.name ~=i FC)");
    YES("(.maestro.core.cdo.name ~= \"\\d{3}\")");
    YES("(.maestro.core.cdo.name glob fc/*/500)");
    NO("(.maestro.core.cdo.name glob t/*)");
    YES("(.maestro.core.cdo.name glob 'f?/[!u]/5*')");
    NO("(.maestro.core.cdo.name glob 500)");
}

static void a_regular_expression_that_would_capture_is_refused_with_its_column(void **state)
{
    refused(state, "(.maestro.core.cdo.name ~= '^(?<x>f)c\\k<x>$')", "column 29: in the regular expression: named groups are not supported");
    refused(state, "(.maestro.core.cdo.name ~= '^(?P<x>f)\\\\1$')", "named groups are not supported");
    refused(state, "(.maestro.core.cdo.name ~= \"(?'x'f)(?&x)\")", "named groups are not supported");
    refused(state, "(.maestro.core.cdo.name ~= '(f)\\\\1')", "in the regular expression: reference to non-existent subpattern");
    refused(state, "(.maestro.core.cdo.name ~= 'fc\\X')", "column 31: in the regular expression: \\X is not supported");
    refused(state, "(.maestro.core.cdo.name ~= 'fc(*ACCEPT)')", "column 31: in the regular expression: (*...) is not supported");
    YES("(.maestro.core.cdo.name ~= '(f)(?=c)(?<!x)(c)(?>/t)\\(*')");
}

static void a_range_may_go_down(void **state)
{
    YES("(.maestro.ecmwf.step = 48/to/0/by/-6)");
    YES("(.maestro.ecmwf.step = 24/to/0/by/-6)");
    YES("(.maestro.ecmwf.step = 99/to/24/by/-25)");
    NO("(.maestro.ecmwf.step = 25/to/0/by/-6)"); /* 25, 19, 13, 7, 1 */
    YES("(.maestro.ecmwf.step = 25/to/0/by/-6/24)");
    NO("(.maestro.ecmwf.step = 23/to/0/by/-1)");
    NO("(.maestro.ecmwf.step = 99/to/25/by/-1)");
    YES("(.maestro.ecmwf.step = 9223372036854775807/to/-9223372036854775808/by/-1)");
    YES("(.maestro.my.small = 9/to/-9/by/-3)");
    YES("(.maestro.ecmwf.time != 1800/to/0/by/-700)"); /* an unsigned type: 1800, 1100, 400 */
    NO("(.maestro.ecmwf.time = 1800/to/0/by/-700)");
    YES("(.maestro.ecmwf.time = 1800/to/0/by/-600)");
}

static void a_quoted_to_is_a_value(void **state)
{
    NO("(.maestro.ecmwf.class = aa/'to'/zz)");
    YES("(.maestro.ecmwf.class = od/'to'/zz)");
    refused(state, "(.maestro.ecmwf.step = 23/'to'/25)", "column 27: 'to' is not a int()");
    refused(state, "(.maestro.ecmwf.class = aa/to/zz)", "a range needs numbers or timestamps");
    YES("(.maestro.ecmwf.step = 23/TO/25)");
}

/* Those of a schema with many. */
static void a_selector_names_64_keys(void **state)
{
    char *yaml = NULL, *query = NULL;
    size_t length;
    (void)state;
    FILE *to = open_memstream(&yaml, &length);
    fputs("schema-name: many\nschema-namespace: .m.\nmaestro-attributes:\n", to);
    for (int i = 0; i < 65; i++)
        fprintf(to, "  - {key: k%d, type: int()}\n", i);
    fclose(to);
    struct schema *many;
    assert_int_equal(schema_read_text(text_of(yaml), "many.yaml", &many), MSTRO_OK);
    for (int keys = 64; keys <= 65; keys++) {
        struct selector *s = NULL;
        to = open_memstream(&query, &length);
        fputs("(or", to);
        for (int i = 0; i < keys; i++)
            fprintf(to, " (.m.k%d = 1)(has .m.k%d)", i, i);
        fputs(")", to);
        fclose(to);
        assert_int_equal(selector_compile(query, NULL, many, NULL, &s), keys == 64 ? MSTRO_OK : MSTRO_SELECTOR);
        if (keys == 64)
            assert_int_equal(selector_keys(s), 64);
        else
            assert_string_equal(mstro_error_detail(), "selector, column 1594: more than 64 different keys");
        selector_destroy(s);
        free(query);
    }
    schema_release(many);
    free(yaml);
}

static void comparison_with_a_list_is_true_of_one_item(void **state)
{
    YES("(.maestro.my.names = beta)");
    NO("(.maestro.my.names = gamma)");
    NO("(.maestro.my.names != beta)");
    YES("(.maestro.my.names != gamma)");
    YES("(.maestro.my.names glob al*)");
    YES("(has .maestro.my.bytes)");
}

static void mistakes_are_told_with_column_token_and_expectation(void **state)
{
    refused(state, "", "column 1: '(' expected, the query ends here");
    refused(state, "step = 2", "column 1: '(' expected, not 'step'");
    refused(state, "(has)", "column 5: a key expected, not ')'");
    refused(state, "(.maestro.ecmwf.step = 2", "column 25: ')' expected, the query ends here");
    refused(state, "(.maestro.ecmwf.step == 2)", "column 22: one of = != < <= > >= ~= ~=i glob expected, not '=='");
    refused(state, "(.maestro.ecmwf.step like 2)", "column 22: one of");
    refused(state, "(.maestro.ecmwf.step = )", "column 24: a value expected, not ')'");
    refused(state, "(.maestro.ecmwf.step = two)", "column 24: 'two' is not a int()");
    refused(state, "(.maestro.ecmwf.step = 99999999999999999999)", "out of range");
    refused(state, "(.maestro.my.small = 3000000000)", "out of range");
    refused(state, "(.maestro.my.factor = 1e400)", "out of range");
    refused(state, "(.maestro.ecmwf.setp = 2)", "column 2: no schema has '.maestro.ecmwf.setp'; did you mean '.maestro.ecmwf.step'?");
    refused(state, "(.maestro.my.colour = blue)", "column 23: 'blue' is not a enum(red, green)");
    refused(state, "(.maestro.ecmwf.class = 'od)", "column 25: a quote that is not closed");
    refused(state, "(and)", "column 5: '(' expected, not ')'");
    refused(state, "(has .maestro.ecmwf.step) x", "column 27: the end expected, not 'x'");
    refused(state, "(.maestro.ecmwf.step ~= 2)", "patterns need a string");
    refused(state, "(.maestro.core.cdo.name ~= '(a')", "in the regular expression");
    refused(state, "(.maestro.ecmwf.step = 9/to/3)", "whose end is before its beginning");
    refused(state, "(.maestro.ecmwf.step = 1/to/3/by/0)", "column 34: a step must not be 0");
    refused(state, "(.maestro.ecmwf.step = 24/to/0/by/6)", "column 30: a range whose end is before its beginning; one that goes down has a step below 0");
    refused(state, "(.maestro.ecmwf.step = 0/to/24/by/-6)", "column 35: a step below 0 needs whole numbers that go down");
    refused(state, "(.maestro.my.factor = 1/to/0/by/-0.25)", "column 33: a step below 0 needs whole numbers that go down");
    refused(state, "(.maestro.ecmwf.step = 24/to/0/by/x)", "column 35: 'x' is not a int()");
    refused(state, "(.maestro.ecmwf.date = 202611210)", "column 24: '202611210' is not a timestamp()");
    refused(state, "(or (.maestro.ecmwf.class = od)(.maestro.ecmwf.class = '\xc3('))", "selector, column 57: this is not UTF-8");
    refused(state, "(.maestro.my.on < true)", "a bool() has no order");
    refused(state, "(.maestro.my.bytes = aGVsbG8=)", "only be asked for with has");
    refused(state, "(.maestro.core.cdo.raw-ptr = 1)", "stays on the handle");
    refused(state, "(.maestro.core.cdo.name = 'ä' 'b)", "column 31: ')' expected"); /* characters, not bytes */
}

/* All equalities of a query, as "KEY=VALUE,VALUE KEY=VALUE", keys without their namespace. */
static const char *equalities(struct world *w, const char *query)
{
    static char text[400];
    FILE *out = fmemopen(text, sizeof text, "w");
    struct selector *s = compiled(w, query, NULL);
    struct selector_equality equality;
    size_t at = 0, found = 0;
    while (selector_equality(s, &at, &equality)) {
        const char *last = equality.key.at;
        for (size_t i = 0; i < equality.key.length; i++)
            last = equality.key.at[i] == '.' ? equality.key.at + i + 1 : last;
        fprintf(out, "%s%.*s", found++ ? " " : "", (int)(equality.key.at + equality.key.length - last), last);
        for (size_t i = 0; i < equality.count; i++) {
            fputc(i ? ',' : '=', out);
            value_print(out, &equality.value[i]);
        }
    }
    selector_destroy(s);
    fclose(out);
    return found ? text : "";
}

static void equalities_that_must_hold_are_found(void **state)
{
    struct world *w = *state;
    assert_string_equal(equalities(w, "(and (has .maestro.ecmwf.class)(and (.maestro.ecmwf.time > 1)(.maestro.ecmwf.step = 24))(.maestro.ecmwf.class = od))"),
                        "step=24 class=od");
    assert_string_equal(equalities(w, "(.maestro.ecmwf.step = 24/25/24)"), "step=24,25");
    assert_string_equal(equalities(w, "(or (.maestro.ecmwf.step = 24)(or (.maestro.ecmwf.step = 25/24)(.maestro.ecmwf.step = 26)))"), "step=24,25,26");
    assert_string_equal(equalities(w, "(.maestro.ecmwf.step = 1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16)"), "step=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16");
    const char *none[] = { "(or (.maestro.ecmwf.step = 24)(.maestro.ecmwf.time = 25))", "(not (.maestro.ecmwf.step = 24))",
                           "(or (.maestro.ecmwf.step = 24)(.maestro.ecmwf.step > 25))", "(or (.maestro.ecmwf.step = 24)(not (.maestro.ecmwf.step = 25)))",
                           "(or (.maestro.ecmwf.step = 24)(and (.maestro.ecmwf.step = 25)(.maestro.ecmwf.class = od)))",
                           "(.maestro.ecmwf.step != 24)", "(.maestro.ecmwf.step = 23/24/to/25)",
                           "(.maestro.ecmwf.step = 1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17)",
                           "(.maestro.my.names = beta)", "(has .maestro.ecmwf.step)", NULL };
    for (size_t i = 0; none[i]; i++)
        assert_string_equal(equalities(w, none[i]), "");
}

static void equal_values_have_equal_hashes(void **state)
{
    (void)state;
    const struct value same[] = { { .kind = VALUE_INT64, .integer = 5 }, { .kind = VALUE_INT32, .integer = 5 },
                                  { .kind = VALUE_UINT64, .natural = 5 }, { .kind = VALUE_DOUBLE, .real = 5 }, { .kind = VALUE_FLOAT, .real = 5 } };
    const struct value large[] = { { .kind = VALUE_UINT64, .natural = UINT64_C(1) << 63 }, { .kind = VALUE_DOUBLE, .real = 0x1p63 } };
    int order = 1;
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        assert_true(value_compare(&same[0], &same[i], &order) && order == 0);
        assert_true(value_hash(&same[0]) == value_hash(&same[i]));
    }
    assert_true(value_compare(&large[0], &large[1], &order) && order == 0);
    assert_true(value_hash(&large[0]) == value_hash(&large[1]));
    struct value less = { .kind = VALUE_INT64, .integer = -1 };
    assert_true(value_compare(&less, &large[0], &order) && order < 0);
}

/* Flip every byte of good selectors: refused, or one that still answers. */
static void changed_bytes_are_refused_or_harmless(void **state)
{
    struct world *w = *state;
    const char *queries[] = { "(and (has .maestro.ecmwf.class)(or (.maestro.ecmwf.step = 0/to/96/by/6/5)(.maestro.my.names glob a*)))",
                              "(not (and (.maestro.core.cdo.name ~=i 'F.')(.maestro.ecmwf.date > 2026-11-20)))" };
    for (size_t q = 0; q < sizeof queries / sizeof queries[0]; q++) {
        struct selector *s = compiled(w, queries[q], NULL), *changed;
        struct bytes bytes = selector_bytes(s);
        unsigned char *copy = malloc(bytes.length);
        for (size_t i = 0; i < bytes.length * 8; i++) {
            memcpy(copy, bytes.at, bytes.length);
            copy[i / 8] ^= (unsigned char)(1u << i % 8);
            if (selector_decode(bytes_of(copy, bytes.length), &changed) == MSTRO_OK) {
                selector_matches(changed, &w->subject);
                selector_destroy(changed);
            }
        }
        for (size_t length = 0; length < bytes.length; length++)
            assert_int_equal(selector_decode(bytes_of(copy, length), &changed), MSTRO_SELECTOR);
        free(copy);
        selector_destroy(s);
    }
}

static void one_comparison_fits_a_kilobyte(void **state)
{
    struct selector *s = compiled(*state, "(.maestro.ecmwf.step = 24)", NULL);
    assert_true(selector_bytes(s).length < 64);
    selector_destroy(s);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(null_matches_everything),
        CASE(forms_in_use_match),
        CASE(comparisons_follow_the_type),
        CASE(moments_compare_whatever_their_offset),
        CASE(absent_attribute_fulfils_no_comparison),
        CASE(lists_and_ranges_as_mars_has_them),
        CASE(a_real_is_on_a_step_when_it_is_as_near_as_its_type_can_tell),
        CASE(dates_go_in_days_and_without_dashes_as_mars_has_them),
        CASE(core_attributes_come_from_the_object),
        CASE(namespace_goes_before_short_keys),
        CASE(patterns_match_a_part_and_globs_the_whole),
        CASE(a_range_may_go_down),
        CASE(a_quoted_to_is_a_value),
        CASE(a_selector_names_64_keys),
        CASE(a_regular_expression_that_would_capture_is_refused_with_its_column),
        CASE(comparison_with_a_list_is_true_of_one_item),
        CASE(mistakes_are_told_with_column_token_and_expectation),
        CASE(equalities_that_must_hold_are_found),
        CASE(equal_values_have_equal_hashes),
        CASE(changed_bytes_are_refused_or_harmless),
        CASE(one_comparison_fits_a_kilobyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
