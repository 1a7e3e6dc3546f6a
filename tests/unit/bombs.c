/* SPDX-License-Identifier: BSD-3-Clause */
/* bombs.c - schemas, attributes and queries that are made to cost: refused for little, evaluated within a budget */
#include "config.h"

#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/query/selector.h"
#include "lib/schema/attributes.h"
#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"
#include "lib/schema/little.h"
#include "lib/schema/source.h"
#include "tests/lib/cost.h"

#define HEAD "schema-name: mine\nschema-namespace: .maestro.my.\nmaestro-attributes:\n"

static const char user_yaml[] = HEAD
    "  - {key: ints, type: list(int())}\n"
    "  - {key: number, type: double()}\n"
    "  - {key: flag, type: bool()}\n"
    "  - {key: box, type: 'tuple(double(), double())'}\n"
    "  - {key: bytes, type: blob()}\n"
    "  - {key: text, type: str()}\n"
    "  - {key: words, type: list(str())}\n"
    "  - {key: slow, type: \"list(regex('(?:(?:a|a)*c)?a*'))\"}\n"
    "  - {key: slow-one, type: \"regex('(?:(?:a|a)*c)?a*')\"}\n";

struct world { struct schema *schema; struct attributes *a; };

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct schema *mine;
    assert_int_equal(catalogue_load_from(NULL, NULL, &w->schema), MSTRO_OK);
    assert_int_equal(schema_read_text(text_of(user_yaml), "mine.yaml", &mine), MSTRO_OK);
    assert_int_equal(schema_merge(w->schema, mine), MSTRO_OK);
    schema_release(mine);
    assert_int_equal(attributes_create(w->schema, "fc/t/500", &w->a), MSTRO_OK);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    attributes_destroy(w->a);
    schema_release(w->schema);
    free(w);
    return 0;
}

struct bomb { const char *begin, *part; size_t count; const char *end, *why; };

static char *text_of_bomb(const struct bomb *b)
{
    size_t length = strlen(b->part);
    char *text = malloc(strlen(b->begin) + length * b->count + strlen(b->end) + 1), *at = stpcpy(text, b->begin);
    for (size_t i = 0; i < b->count; i++)
        at = stpcpy(at, b->part);
    strcpy(at, b->end);
    return text;
}

/* One that is not refused as the table says, or costs more than 10 ms or 1 MiB, fails. */
static void defuse(const struct bomb *b, mstro_status wanted, mstro_status (*use)(struct world *, const char *), struct world *w)
{
    char *text = text_of_bomb(b);
    struct cost begun = cost_begin();
    mstro_status status = use(w, text);
    struct cost spent = cost_since(begun);
    if (status != wanted || !strstr(mstro_error_detail(), b->why))
        fail_msg("%s%s...: %s, '%s' lacks '%s'", b->begin, b->part, mstro_status_name(status), mstro_error_detail(), b->why);
    spent.ms = spent.ms > 10 ? spent.ms / cost_slowness() : spent.ms;
    if (spent.ms > 10 * COST_SLOWER || spent.bytes > 1 << 20)
        fail_msg("%s%s... takes %.1f ms and %zu bytes", b->begin, b->part, spent.ms, spent.bytes);
    free(text);
}

static mstro_status as_schema(struct world *w, const char *text)
{
    struct schema *s = NULL;
    (void)w;
    return schema_read_text(text_of(text), "mine.yaml", &s);
}

static void schema_bombs_are_refused_within_10_ms_and_1_mib_with_their_place(void **state)
{
    static const struct bomb bombs[] = {
        { HEAD "  - &a {key: a, type: int()}\n", "  - *a\n", 5000, "", "mine.yaml:4:5: anchors" },
        { "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a]\n", "c: &c [*b,*b]\n", 1000, "", "mine.yaml:1:4: anchors" },
        { HEAD "  - {key: a, type: *self}\n", "", 0, "", "mine.yaml:4:20: aliases" },
        { "", "[", 60000, "", "mine.yaml:1:33: nested deeper than 32" },
        { "", "[", 100000, "", "mine.yaml:1:1: longer than 65536 bytes" },
        { "", "{a: ", 15000, "", "mine.yaml:1:129: nested deeper than 32" },
        { HEAD "  - {key: a, type: int(), default: 9223372036854775808}\n", "", 0, "", "mine.yaml:4:36: '.maestro.my.a': '9223372036854775808' is out of range" },
        { HEAD "  - {key: a, type: int(), default: ", "9", 60000, "}\n", "mine.yaml:4:36: '.maestro.my.a': '9999" },
        { HEAD "  - {key: a, type: double(), default: 1e400}\n", "", 0, "", "mine.yaml:4:39: '.maestro.my.a': '1e400' is out of range" },
        { HEAD, "  - {key: a, type: int()}\n", 1300, "", "mine.yaml:5:11: '.maestro.my.a' stands twice, first in line 4" },
        { "schema-name: a\n", "schema-name: a\n", 4000, "", "mine.yaml:2:1: duplicate key 'schema-name', first in line 1" },
        { HEAD, "  - {key: a, type: int()}\n", 100000, "", "mine.yaml:1:1: longer than" },
        { HEAD, "  - {key: a, type: int()}\n", 2100, "", "more than 4000 values" },
        { HEAD "  - {key: a, type: '", "list(", 10000, "'}\n", "mine.yaml:4:20: '.maestro.my.a': lists and tuples nested deeper than 4" },
        { HEAD "  - {key: a, type: '", "tuple(int(),", 5000, "'}\n", "nested deeper than 4" },
        { HEAD "  - {key: a, type: 'enum(", "x,", 20000, ")'}\n", "'x' stands twice" },
        { HEAD "  - {key: a, type: 'tuple(int()", ",regex(((a{1,200}){1,3}))", 2000, ")'}\n", "regular expressions in one type" },
        { HEAD, "  - {key: a, type: 'regex(((a{1,99}){1,3}))'}\n", 1000, "", "more than 64 regular expressions" },
        { HEAD "  - {key: a, type: 'regex((?i)[", "\xc4\x80-\xc9\x8f", 7, "])'}\n", "without case ranges may hold 2048 characters beyond ASCII" },
        { HEAD "  - {key: a, type: 'regex((((a{1,255}){1,255}){1,255}){1,255})'}\n", "", 0, "", "mine.yaml:4:20: '.maestro.my.a': regex(" },
        { HEAD "  - {key: a, type: \"list(regex('(?:(?:a|a)*c)?a*'))\", default: [", "aaaaaaaaa,", 3900, "]}\n", "'.maestro.my.a': whether 'aaaaaaaaa' is a regex(" },
        { HEAD "  - {key: a, type: \"tuple(regex('(?:(?:a|a)*c)?a*'), str())\", default: [", "aaaaaaaaaaaaaaa", 80, ",b]}\n", "is too expensive to find out" },
        { HEAD "  - {key: a, type: list(str()), default: [", "aaaaaaaaaaa,", 3900, "]}\n", "mine.yaml:4:42: '.maestro.my.a': a list of more than 32768 bytes" },
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++)
        defuse(&bombs[i], MSTRO_SCHEMA, as_schema, *state);
}

/* As many as a file may have, each as dear to compile as is taken. */
static void regular_expressions_that_are_taken_compile_within_10_ms_a_file(void **state)
{
    static const struct bomb dear[] = {
        { "(?i)[", "!-~", 70, "\xc2\xa0-\xdf\xbf]", "" }, { "(?i)", "[!-~]", 49, "", "" }, { "(?i)", "[!-\xc4\x80]", 15, "", "" },
        { "(?i)[", "!-\xc4\xbf", 10, "]", "" }, { "", "(?:[a-z]{1,9}){1,9}", 13, "", "" }, { "", "a|", 127, "", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof dear / sizeof dear[0]; i++) {
        char *pattern = text_of_bomb(&dear[i]), *text = strdup(HEAD), *longer;
        for (int k = 0; k < SOURCE_PATTERNS_MAX; k++, free(text), text = longer)
            assert_true(asprintf(&longer, "%s  - {key: a%d, type: \"regex('%s')\"}\n", text, k, pattern) > 0);
        struct schema *s;
        struct cost begun = cost_begin();
        mstro_status status = schema_read_text(text_of(text), "mine.yaml", &s);
        double ms = cost_since(begun).ms / cost_slowness();
        if (status != MSTRO_OK || ms > 10 * COST_SLOWER)
            fail_msg("%.60s: %s, %s, %.1f ms", pattern, mstro_status_name(status), mstro_error_detail(), ms);
        print_message("# %.1f ms: %.60s\n", ms, pattern);
        schema_release(s);
        free(text);
        free(pattern);
    }
}

static mstro_status as_attributes(struct world *w, const char *text)
{
    return attributes_set_yaml(w->a, text);
}

static void attribute_bombs_are_refused_within_10_ms_and_1_mib_with_their_place(void **state)
{
    static const struct bomb bombs[] = {
        { ".maestro.ecmwf.step: 9223372036854775808", "", 0, "", "attributes:1:22: '.maestro.ecmwf.step': '9223372036854775808' is out of range" },
        { ".maestro.my.number: 1e400", "", 0, "", "attributes:1:21: '.maestro.my.number': '1e400' is out of range" },
        { ".maestro.my.ints: [", "9223372036854775807,", 4000, "]", "longer than 65536 bytes" },
        { ".maestro.my.ints: [", "1,", 3900, "]", "attributes:1:19: '.maestro.my.ints': a list of more than 32768 bytes" },
        { ".maestro.my.ints: ", "[", 60000, "", "nested deeper than 32" },
        { ".maestro.my.slow: [", "aaaaaaaaa,", 3900, "]", "attributes:1:" },
        { ".maestro.my.slow-one: ", "a", 1200, "", "attributes:1:23: '.maestro.my.slow-one': whether 'aaaa" },
        { ".maestro.my.ints: &a [1]\n.maestro.ecmwf.step: *a\n", "", 0, "", "attributes:1:19: anchors" },
        { "", ".maestro.ecmwf.step: 1\n", 2500, "", "attributes:2:1: duplicate key '.maestro.ecmwf.step', first in line 1" },
        { "", ".maestro.ecmwf.step: 1\n", 100000, "", "longer than 65536 bytes" },
        { ".maestro.ecmwf.", "s", 60000, ": 1\n", "attributes:1:60016: " },
        { ".maestro.ecmwf.", "s", 1000, ": 1\n", "attributes:1:1: no schema has '.maestro.ecmwf.sss" },
    };
    const void *val;
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++)
        defuse(&bombs[i], MSTRO_SCHEMA, as_attributes, *state);
    assert_int_equal(attributes_get(((struct world *)*state)->a, ".maestro.ecmwf.step", NULL, &val), MSTRO_NOENT);
}

/* What an object may be made to cost: a query, and what it is asked about: the name; or a string, or a list of strings, among the attributes. */
enum place { IN_NAME, IN_TEXT, IN_WORDS };
struct burden { struct bomb query; const char *part; size_t count; const char *end; enum selector_answer answer; };

static struct value words_of(const struct burden *b)
{
    const struct value part = { .kind = VALUE_TEXT, .count = 1, .text = text_of(b->part) };
    size_t size = b->count * value_item_size(&part);
    unsigned char *items = malloc(size), *at = items;
    for (size_t i = 0; i < b->count; i++)
        at = value_item_encode(&part, at);
    return (struct value){ .kind = VALUE_LIST, .count = (uint32_t)b->count, .items = bytes_of(items, size) };
}

static mstro_status as_query(struct world *w, const char *text)
{
    struct selector *s = NULL;
    return selector_compile(text, NULL, w->schema, NULL, &s);
}

/* The bytes of an OR of 8 MATCH terms (lib/query/program.h), which no compiler has seen. */
static struct bytes eight_matches(const char *pattern, unsigned char *at)
{
    enum { TERMS = 9, OP_OR = 2, OP_MATCH = 10 };
    const unsigned char head[] = { 1, 0, TERMS, 0, OP_OR, TERMS - 1, 0 }, *begin = at;
    const char *key = ".maestro.core.cdo.name";
    at = (unsigned char *)memcpy(at, head, sizeof head) + sizeof head;
    for (int i = 1; i < TERMS; i++) {
        *at++ = OP_MATCH;
        *at++ = 4; /* whatever the case */
        at = little_put16(at, (uint16_t)strlen(key));
        at = (unsigned char *)memcpy(at, key, strlen(key)) + strlen(key);
        at = little_put16(at, (uint16_t)strlen(pattern));
        at = (unsigned char *)memcpy(at, pattern, strlen(pattern)) + strlen(pattern);
    }
    return bytes_of(begin, (size_t)(at - begin));
}

/* What a pool does in one step with what a client sent. */
static void bytes_that_no_compiler_made_are_decoded_or_refused_within_10_ms(void **state)
{
    static const struct bomb patterns[] = {
        { "", "[a-z]", 51, "", "" }, { "", "(?:", 15, "a))))))))))))))){1,9}", "" }, { "", "\\p{L}", 51, "", "" }, { "", "a|", 120, "b", "" },
        { "[", "\xc4\x80-\xc9\x8f", 6, "]", "" }, { "[", "\xc4\x80-\xc9\x8f", 7, "]", "malformed: without case ranges may" }, { "", "(?i)(?-i)", 28, "", "" }, { "(?:a{1,255}){1,2}", "", 0, "", "" },
        { "", "(((a{1,255}){1,255}){1,255})", 9, "", "malformed: " }, { "(?:(?:[\xc4\x80-\xc9\x8f]{1,99}){1,99}){1,3}", "", 0, "", "malformed: " },
        { "[", "\xc2\x80-\xf4\x8f\xbf\xbf", 30, "]", "malformed: without case no range" }, { "[", "\xc2\x80-\\E\xef\xbf\xbf", 30, "]", "malformed: without case no range" },
        { "[", "!-\\x{10ffff}", 20, "]", "malformed: without case no range" }, { "[", "!-\\N{U+10ffff}", 17, "]", "malformed: without case no range" },
        { "[", "\xc2\x80-\xdf\xbf", 1, "]", "" }, { "[", "!-\xdf\xbf", 2, "]", "malformed: without case ranges may" }, { "[", "!-\xce\x80", 2, "\xc9\x80-\xce\x80]", "" },
        { "(?xx)[", "\xc2\x80 - \xdf\xbf", 2, "]", "malformed: without case ranges may" }, { "[", "\xc2\x80-\\E\xdf\xbf", 2, "]", "malformed: without case ranges may" }, { "[", "!-\\xff", 30, "]", "malformed: without case no range" },
        { "", "(?=", 60, "", "malformed: " }, { "", "(?<x>a)", 1, "\\k<x>", "malformed: " }, { "(?<=", "a|", 120, "b)", "" },
    };
    unsigned char *room = malloc(SELECTOR_BYTES_MAX);
    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        char *pattern = text_of_bomb(&patterns[i]);
        struct bytes encoded = eight_matches(pattern, room);
        struct selector *s = NULL;
        struct cost begun = cost_begin();
        mstro_status status = selector_decode(encoded, &s);
        struct cost spent = cost_since(begun);
        if (status != (*patterns[i].why ? MSTRO_SELECTOR : MSTRO_OK) || (status != MSTRO_OK && !strstr(mstro_error_detail(), patterns[i].why)))
            fail_msg("%.60s: %s, '%s' lacks '%s'", pattern, mstro_status_name(status), mstro_error_detail(), patterns[i].why);
        print_message("# %.2f ms, %zu bytes: %.60s\n", spent.ms, spent.bytes, pattern);
        assert_true(spent.ms / cost_slowness() <= 10 * COST_SLOWER && spent.bytes <= 1 << 20);
        selector_destroy(s);
        free(pattern);
    }
    free(room);
}

/* Keys, or words of an enum, of which each is nearly as long as may be: 'before', a number, and 108 letters. */
static char *many_words(const char *before, unsigned count, const char *after)
{
    char *text = malloc(count * (strlen(before) + strlen(after) + 120) + 1), *at = text;
    for (unsigned i = 0; i < count; i++) {
        at += sprintf(at, "%s%03u", before, i);
        for (unsigned k = 0; k < 108; k++)
            *at++ = (char)('a' + (i * 7 + k * 3) % 10);
        at = stpcpy(at, after);
    }
    return text;
}

static void add_many_keys(struct schema *to, const char *before)
{
    char *keys = many_words(before, 400, ", type: int()}\n"), *yaml = NULL;
    struct schema *more;
    assert_true(asprintf(&yaml, HEAD "%s", keys) > 0);
    assert_int_equal(schema_read_text(text_of(yaml), "more.yaml", &more), MSTRO_OK);
    assert_int_equal(schema_merge(to, more), MSTRO_OK);
    schema_release(more);
    free(yaml);
    free(keys);
}

static void misspelt_words_among_many_long_ones_are_refused_within_10_ms(void **state)
{
    struct world *w = *state;
    char *words = many_words("w", 200, ","), *schema = NULL;
    const struct bomb word = { "", "ja", 60, "", "" }, query = { "(.maestro.my.", "ja", 57, " = 1)", "no schema has" }, yaml = { ".maestro.my.", "ja", 57, ": 1\n", "no schema has" };
    char *misspelt = text_of_bomb(&word);
    add_many_keys(w->schema, "  - {key: a");
    add_many_keys(w->schema, "  - {key: b");
    add_many_keys(w->schema, "  - {key: c");
    add_many_keys(w->schema, "  - {key: d");
    defuse(&query, MSTRO_SELECTOR, as_query, w);
    defuse(&yaml, MSTRO_SCHEMA, as_attributes, w);
    assert_true(asprintf(&schema, HEAD "  - {key: a, type: 'enum(%sx)', default: %s}\n", words, misspelt) > 0);
    defuse(&(struct bomb){ schema, "", 0, "", "is not a enum(" }, MSTRO_SCHEMA, as_schema, w);
    free(schema);
    free(words);
    free(misspelt);
}

/* What a client of the library may hand over in a list, and what a producer may send. */
static void long_lists_of_a_slow_type_are_refused_or_not_read_within_10_ms(void **state)
{
    enum { ITEMS = 2700 };
    struct world *w = *state;
    const struct burden slow = { .part = "aaaaaaaaa", .count = ITEMS };
    const char *items[ITEMS];
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = slow.part;
    struct cost begun = cost_begin();
    assert_int_equal(attributes_set_list(w->a, ".maestro.my.slow", items, ITEMS), MSTRO_SCHEMA);
    double set = cost_since(begun).ms / cost_slowness();
    assert_non_null(strstr(mstro_error_detail(), "'.maestro.my.slow': whether 'aaaaaaaaa' is a regex("));
    struct value value = words_of(&slow);
    struct block_item item = { text_of(".maestro.my.slow"), value };
    size_t size = block_size(&item, 1);
    unsigned char *block = malloc(size);
    const void *val;
    block_write(&item, 1, block);
    begun = cost_begin();
    assert_int_equal(attributes_adopt(w->a, bytes_of(block, size)), MSTRO_OK);
    double adopt = cost_since(begun).ms / cost_slowness();
    assert_int_equal(attributes_get(w->a, ".maestro.my.slow", NULL, &val), MSTRO_SCHEMA);
    print_message("# set: %.1f ms, adopt: %.1f ms\n", set, adopt);
    assert_true(set <= 10 * COST_SLOWER && adopt <= 10 * COST_SLOWER);
    free(block);
    free((void *)value.items.at);
}

static void query_bombs_are_refused_within_10_ms_and_1_mib_when_they_are_compiled(void **state)
{
    static const struct bomb bombs[] = {
        { "", "(not ", 10000, "", "selector, column 161: nested deeper than 32" },
        { "", "(not ", 100000, "", "selector, column 65537: a query of more than 65536 bytes" },
        { "", "(", 60000, "", "column 2: a key expected, not '('" },
        { "(or ", "(has .maestro.ecmwf.step)", 2600, ")", "more than 1024 terms" },
        { "(or ", "(has .maestro.ecmwf.step)", 10000, ")", "a query of more than 65536 bytes" },
        { "(.maestro.ecmwf.step = 1", "/1", 10000, ")", "more than 1024 terms" },
        { "(.maestro.ecmwf.class = ", "x", 65000, ")", "selector, column 65025: a selector of more than 16384 bytes" },
        { "(.maestro.ecmwf.class = ", "x", 10000000, ")", "a query of more than 65536 bytes" },
        { "(.maestro.ecmwf.class ~= ", "x", 1000, ")", "column 26: a pattern longer than 256 bytes" },
        { "(.maestro.ecmwf.class ~= '", "(", 100, "')", "in the regular expression" },
        { "(.maestro.ecmwf.class ~= '((((a{1,255}){1,255}){1,255}){1,255}", "", 0, "')", "in the regular expression" },
        { "(.maestro.ecmwf.class ~= '(((a{1,255}){1,255}){1,255})", "", 0, "')", "in the regular expression" },
        { "(and ", "(.maestro.ecmwf.class ~= a)", 9, ")", "more than 8 regular expressions" },
        { "(", "k", 300, " = 1)", "a key longer than 256 bytes" },
        /* what no count of steps bounds */
        { "(.maestro.core.cdo.name ~=i '^(?<x>a{499}z)(?:", "\\\\1|", 50, "q)')", "column 30: in the regular expression: named groups" },
        { "(.maestro.core.cdo.name ~= '^\\X*[^x]')", "", 0, "", "column 30: in the regular expression: \\X is not supported" },
        { "(.maestro.core.cdo.name ~= '^\\c\\\\\\X*[^x]')", "", 0, "", "column 33: in the regular expression: \\X is not supported" },
        { "(.maestro.core.cdo.name ~= '^(*sr:.*)[0-9]')", "", 0, "", "column 30: in the regular expression: (*...) is not supported" },
        { "(.maestro.core.cdo.name ~= '(*UCP)^[^", "\\w", 100, "]*+[^x]')", "column 29: in the regular expression: (*...) is not supported" },
        /* confused types */
        { "(.maestro.ecmwf.step = 'two')", "", 0, "", "column 24: 'two' is not a int()" },
        { "(.maestro.ecmwf.step = 1e3)", "", 0, "", "column 24: '1e3' is not a int()" },
        { "(.maestro.ecmwf.date = 5)", "", 0, "", "column 24: '5' is not a timestamp()" },
        { "(.maestro.my.flag < true)", "", 0, "", "a bool() has no order" },
        { "(.maestro.my.slow-one = aaaaaaaaa", "/aaaaaaaaa", 1000, ")", "whether 'aaaaaaaaa' is a regex(" },
        { "(.maestro.my.box = 5)", "", 0, "", "can only be asked for with has" },
        { "(.maestro.my.bytes = aGVsbG8=)", "", 0, "", "can only be asked for with has" },
        { "(.maestro.ecmwf.step ~= '2.')", "", 0, "", "patterns need a string" },
        { "(.maestro.ecmwf.class = a/to/z)", "", 0, "", "a range needs numbers or timestamps" },
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++)
        defuse(&bombs[i], MSTRO_SELECTOR, as_query, *state);
}

static const struct burden burdens[] = {
    { { "(.maestro.core.cdo.name ~= '^(a+)+$')", "", 0, "", "" }, "a", 60, "!", SELECTOR_TOO_EXPENSIVE },
    { { "(not (.maestro.core.cdo.name ~= '^(a+)+$'))", "", 0, "", "" }, "a", 60, "!", SELECTOR_TOO_EXPENSIVE },
    { { "(or (.maestro.core.cdo.name ~= '^(a+)+$')(.maestro.core.cdo.component = forecast))", "", 0, "", "" }, "a", 60, "!", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^(?:a|a){27}$')", "", 0, "", "" }, "a", 27, "!", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^(x+x+)+[0-9]')", "", 0, "", "" }, "x", 3000, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '[a-z]+[0-9]')", "", 0, "", "" }, "x", 1536, "", SELECTOR_TOO_EXPENSIVE }, /* each place anew */
    { { "(.maestro.core.cdo.name ~= '[a-z]+[0-9]')", "", 0, "", "" }, "x", 300, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '\\\\w+\\\\d')", "", 0, "", "" }, "x", 100, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '(?=.*[0-9])x')", "", 0, "", "" }, "x", 1536, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '(?=.*[0-9])\xc3\xa4')", "", 0, "", "" }, "\xc3\xa4", 768, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '.*[0-9]$')", "", 0, "", "" }, "x", 1536, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= x)", "", 0, "", "" }, "x", 1537, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^x*y')", "", 0, "", "" }, "x", 1536, "", SELECTOR_NO }, /* PCRE2 sees that there is no y */
    { { "(.maestro.core.cdo.name ~= '^fc/.*/500$')", "", 0, "", "" }, "fc/", 30, "/500", SELECTOR_YES },
    { { "(and ", "(.maestro.core.cdo.name ~= 'a.*5')", 8, ")", "" }, "a/b/", 6, "500", SELECTOR_YES }, /* they share one budget */
    { { "(or ", "(.maestro.core.cdo.name ~= '^(a+)+$')", 8, ")", "" }, "a", 60, "!", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name glob *aaaaaaaaaaaaaaaaaaab)", "", 0, "", "" }, "a", 4096, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name glob *b*)", "", 0, "", "" }, "a", 4096, "", SELECTOR_NO }, /* a long name alone is not */
    { { "(or ", "(.maestro.core.cdo.name = nobody)", 400, ")", "" }, "a", 4096, "", SELECTOR_TOO_EXPENSIVE },
    { { "(or ", "(.maestro.core.cdo.scope.local-size = 5)", 900, ")", "" }, "a", 8, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.scope.local-size = 1", "/1/to/9/by/3", 300, ")", "" }, "a", 8, "", SELECTOR_NO },
    /* classes whose every character is dear */
    { { "(.maestro.core.cdo.name ~=i '^[^", "\\p{Han}", 26, "]*+[^x]')", "" }, "\xc3\xa4", 700, "y", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^[^", "\\p{Han}", 26, "]*+[^x]')", "" }, "a", 1400, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^[^", "\xc4\x80", 100, "]*+[^x]')", "" }, "\xe4\xb8\x80", 500, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^[^", "\xc4\x80", 100, "]*+[^x]')", "" }, "a", 400, "\xc4\x81", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^[^", "\xc4\x80", 100, "]*+$')", "" }, "a", 400, "", SELECTOR_YES }, /* but they do not care for ASCII */
    { { "(.maestro.core.cdo.name ~= '^[^", "\\h", 100, "]*+[^x]')", "" }, "\xe4\xb8\x80", 500, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~=i '^[^", "a-z", 80, "]*+[^x]')", "" }, "\xe4\xb8\x80", 500, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '(?i)^[^", "a-z", 80, "]*+[^x]')", "" }, "\xe4\xb8\x80", 500, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~=i '^[^", "\xc4\x80-\xc4\xb1", 40, "]*+[^x]')", "" }, "\xe4\xb8\x80", 500, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~=i '^[^", "!-\\E\xc3\xbf", 16, "]*+[^x]')", "" }, "\xe4\xb8\x80", 500, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~=i '^fc/[a-z\xc3\xa4\xc3\xbc]+/\\d{8}T\\d{6}/[0-9]+$')", "", 0, "", "" }, "fc/t\xc3\xa4mp/20261121T120000/500", 1, "", SELECTOR_YES },
    { { "(.maestro.core.cdo.name ~= '^fc/[\\p{L}-]+/\\d{8}T\\d{6}/[0-9]+$')", "", 0, "", "" }, "fc/t\xc3\xa4mp/20261121T120000/500", 1, "", SELECTOR_YES },
    /* items that run far before they fail, or look back */
    { { "(.maestro.core.cdo.name ~= '[a-z]{60}[^x]')", "", 0, "", "" }, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", 20, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '[a-z]{700}[^x]')", "", 0, "", "" }, "a", 1000, "1", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^(?:", "[a-z]{700}|", 20, "[^x])')", "" }, "a", 699, "1", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= '^\\x{666}?fc/(?<=^fc/)[0-9]{3}$')", "", 0, "", "" }, "fc/500", 1, "", SELECTOR_YES }, /* but here it is not */
    { { "(.maestro.core.cdo.name ~= '(?<=.{500})[yz]')", "", 0, "", "" }, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz", 10, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name ~= 'a(?R)?[^x]')", "", 0, "", "" }, "a", 1400, "", SELECTOR_TOO_EXPENSIVE },
    { { "(or ", "(.maestro.core.cdo.name ~= '^\\p{L}*+[^x]')", 8, ")", "" }, "a", 1500, "", SELECTOR_TOO_EXPENSIVE },
    /* sets of globs are looked through */
    { { "(.maestro.core.cdo.name glob *[", "b", 250, "a]z)", "" }, "a", 1000, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name glob *[", "b", 250, "a]z)", "" }, "a", 40, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.core.cdo.name glob *[", "b", 250, "a]z)", "" }, "a", 8, "", SELECTOR_NO },
    { { "(.maestro.core.cdo.name glob *[", "b", 252, ")", "" }, "a", 1000, "", SELECTOR_TOO_EXPENSIVE }, /* to the end, when there is no ']' */
    { { "(.maestro.core.cdo.name glob 'fc/[a-z]*/[0-9][0-9][0-9]')", "", 0, "", "" }, "fc/", 30, "/500", SELECTOR_YES },
    { { "(or ", "(.maestro.core.cdo.name glob '*z')", 390, ")", "" }, "a", 1000, "", SELECTOR_TOO_EXPENSIVE }, /* so are texts for a byte */
};

static const struct burden in_text[] = {
    { { "(or ", "(.maestro.my.text glob '*z')", 390, ")", "" }, "a", 30000, "", SELECTOR_TOO_EXPENSIVE },
    { { "(.maestro.my.text glob '*z')", "", 0, "", "" }, "a", 30000, "", SELECTOR_NO },
};

static const struct burden in_words[] = {
    { { "(.maestro.my.words glob '", "*", 255, "z')", "" }, "", 10000, "", SELECTOR_TOO_EXPENSIVE }, /* items without a byte */
    { { "(.maestro.my.words glob '", "*", 255, "')", "" }, "", 10000, "", SELECTOR_YES },
    { { "(.maestro.my.words = none)", "", 0, "", "" }, "", 10000, "", SELECTOR_TOO_EXPENSIVE },
};

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Microseconds of CPU for one evaluation: the median of some batches, each by how slow the machine is at that moment. */
static double cost_of_evaluation(const struct selector *s, const struct query_subject *subject)
{
    enum { BATCHES = 11, TIMES = 50 };
    double us[BATCHES];
    for (int batch = 0; batch < BATCHES; batch++) {
        double slowness = cost_slowness();
        struct cost begun = cost_begin();
        for (int k = 0; k < TIMES; k++)
            selector_matches(s, subject);
        us[batch] = cost_since(begun).ms * 1e3 / TIMES;
        double after = cost_slowness();
        us[batch] /= (slowness + after) / 2;
    }
    qsort(us, BATCHES, sizeof us[0], by_size);
    return us[BATCHES / 2];
}

/* The attributes as they travel: not what YAML can say, but what a client can send. */
static struct bytes block_of(const struct burden *b, enum place place, const char *text)
{
    struct block_item item = { text_of(".maestro.my.text"), { .kind = VALUE_TEXT, .count = 1, .text = text_of(text) } };
    if (place == IN_NAME)
        return (struct bytes){ 0 };
    if (place == IN_WORDS)
        item = (struct block_item){ text_of(".maestro.my.words"), words_of(b) };
    size_t size = block_size(&item, 1);
    unsigned char *bytes = malloc(size);
    block_write(&item, 1, bytes);
    if (place == IN_WORDS)
        free((void *)item.value.items.at);
    assert_int_equal(block_check(bytes_of(bytes, size)), MSTRO_OK);
    return bytes_of(bytes, size);
}

static bool weigh(struct world *w, const struct burden *b, enum place place)
{
    char *query = text_of_bomb(&b->query), *name = text_of_bomb(&(struct bomb){ "", b->part, b->count, b->end, "" });
    struct selector *s = NULL;
    struct query_subject subject = { .name = text_of(place == IN_NAME ? name : "fc"), .component = text_of("forecast"), .size = 4096 };
    subject.block = block_of(b, place, name);
    if (selector_compile(query, NULL, w->schema, NULL, &s) != MSTRO_OK)
        fail_msg("%s: %s", query, mstro_error_detail());
    enum selector_answer answer = selector_matches(s, &subject);
    double us = cost_of_evaluation(s, &subject);
    bool good = answer == b->answer && us <= 10 * COST_SLOWER;
    print_message("%s %.1f us: %.60s of %.20s: the answer is %d\n", good ? "#" : "# NOT GOOD", us, query, name, (int)answer);
    selector_destroy(s);
    free((void *)subject.block.at);
    free(name);
    free(query);
    return good;
}

static bool weigh_all(struct world *w, const struct burden b[], size_t count, enum place place)
{
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good = weigh(w, &b[i], place) && good;
    return good;
}

static void evaluation_ends_within_10_us_and_says_when_it_was_cut(void **state)
{
    assert_true(weigh_all(*state, burdens, sizeof burdens / sizeof burdens[0], IN_NAME));
}

static void so_it_does_where_attributes_are_long(void **state)
{
    bool good = weigh_all(*state, in_text, sizeof in_text / sizeof in_text[0], IN_TEXT);
    assert_true(weigh_all(*state, in_words, sizeof in_words / sizeof in_words[0], IN_WORDS) && good);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(schema_bombs_are_refused_within_10_ms_and_1_mib_with_their_place),
        CASE(regular_expressions_that_are_taken_compile_within_10_ms_a_file),
        CASE(attribute_bombs_are_refused_within_10_ms_and_1_mib_with_their_place),
        CASE(bytes_that_no_compiler_made_are_decoded_or_refused_within_10_ms),
        CASE(misspelt_words_among_many_long_ones_are_refused_within_10_ms),
        CASE(long_lists_of_a_slow_type_are_refused_or_not_read_within_10_ms),
        CASE(query_bombs_are_refused_within_10_ms_and_1_mib_when_they_are_compiled),
        CASE(evaluation_ends_within_10_us_and_says_when_it_was_cut),
        CASE(so_it_does_where_attributes_are_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
