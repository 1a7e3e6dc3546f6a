/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a query, any bytes as a compiled one; whatever is accepted is asked about some objects, within its time, and again as its own
 * bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/query/selector.h"
#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"
#include "tests/lib/cost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ten times what an evaluation may take: tests/unit/bombs judges on a machine that is given to it, this looks for what is worse by far. */
enum { OBJECTS = 3, LIMIT_US = 100 * COST_SLOWER, TRIES = 100 };

static const char more_yaml[] = "schema-name: fuzz\nschema-namespace: .maestro.fuzz.\nmaestro-attributes:\n"
                                "  - {key: words, type: list(str())}\n"
                                "  - {key: reals, type: list(double())}\n"
                                "  - {key: real, type: double()}\n"
                                "  - {key: text, type: str()}\n"
                                "  - {key: kind, type: 'enum(a, b)'}\n"
                                "  - {key: code, type: \"regex('[a-z]+[0-9]*')\"}\n"
                                "  - {key: box, type: 'tuple(double(), double())'}\n";

static struct schema *schema;
static struct attributes *object[OBJECTS];
static const char *name[OBJECTS];

static char *repeated(const char *begin, const char *part, size_t count, const char *end)
{
    size_t length = strlen(part);
    char *text = malloc(strlen(begin) + length * count + strlen(end) + 1), *at = text ? stpcpy(text, begin) : NULL;
    if (!text)
        abort();
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, part);
    strcpy(at, end);
    return text;
}

static void set(struct attributes *a, const char *yaml)
{
    if (attributes_set_yaml(a, yaml) == MSTRO_OK)
        return;
    fprintf(stderr, "%s\n", mstro_error_detail());
    abort();
}

static void set_long(struct attributes *a, const char *begin, const char *part, size_t count, const char *end)
{
    char *yaml = repeated(begin, part, count, end);
    set(a, yaml);
    free(yaml);
}

/* One as they are, one of ASCII and one of other characters as long as they may be. */
static void begin(void)
{
    struct schema *more;
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK || schema_read_text(text_of(more_yaml), "fuzz.yaml", &more) != MSTRO_OK ||
        schema_merge(schema, more) != MSTRO_OK)
        abort();
    schema_release(more);
    name[0] = "fc/t/500";
    name[1] = repeated("fc/", "a", 996, "");
    name[2] = repeated("", "\xe4\xb8\x80", 333, "");
    for (int i = 0; i < OBJECTS; i++)
        if (attributes_create(schema, name[i], &object[i]) != MSTRO_OK)
            abort();
    set(object[0], "{.maestro.ecmwf.step: 24, .maestro.ecmwf.class: od, .maestro.ecmwf.date: 2026-11-21, .maestro.fuzz.real: 0.5, .maestro.fuzz.kind: b}");
    set_long(object[1], ".maestro.fuzz.words: [", "a,", 3000, "z]");
    set_long(object[1], ".maestro.fuzz.text: '", "a", 10000, "'");
    set(object[1], "{.maestro.ecmwf.step: 25, .maestro.fuzz.code: abc12, .maestro.fuzz.box: [0.5, 1]}");
    set_long(object[2], ".maestro.fuzz.reals: [", "0.25,", 2000, "1]");
    set_long(object[2], ".maestro.fuzz.text: '", "\xe4\xb8\x80", 500, "'");
    for (int i = 0; i < OBJECTS; i++)
        if (attributes_seal(object[i]) != MSTRO_OK)
            abort();
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* An answer that takes too long every time takes too long.  What stands in its way on a busy machine lasts longer than a few tries. */
static enum selector_answer ask(const struct selector *s, int i, struct bytes block)
{
    const struct query_subject subject = { text_of(name[i]), text_of("forecast"), 4096, block };
    double least = LIMIT_US + 1;
    enum selector_answer answer = SELECTOR_NO;
    for (int k = 0; k < TRIES && least > LIMIT_US; k++) {
        double begun = now_us();
        answer = selector_matches(s, &subject);
        double took = now_us() - begun;
        least = took < least ? took : least;
        if (least > LIMIT_US)
            nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
    }
    if (least <= LIMIT_US)
        return answer;
    fprintf(stderr, "object %d: an answer took %d us or more, %d times\n", i, (int)least, (int)TRIES);
    abort();
}

/* The object matches: has it what every match has? */
static void fulfil(const struct selector *s)
{
    const struct query_subject subject = { text_of("fc/t/500"), text_of("forecast"), 4096, attributes_block(object[0]) };
    struct selector_equality equality;
    struct value found;
    size_t at = 0;
    while (selector_equality(s, &at, &equality)) {
        size_t i = 0;
        if (!query_subject_find(&subject, equality.key, &found))
            abort();
        while (i < equality.count && value_hash(&found) != value_hash(&equality.value[i]))
            i++;
        if (i == equality.count)
            abort();
    }
}

static void use(struct selector *s, struct bytes input)
{
    struct selector *again;
    if (selector_decode(selector_bytes(s), &again) != MSTRO_OK)
        abort();
    for (int i = 0; i < OBJECTS; i++) {
        enum selector_answer answer = ask(s, i, attributes_block(object[i]));
        if (ask(again, i, attributes_block(object[i])) != answer)
            abort();
        if (i == 0 && answer == SELECTOR_YES)
            fulfil(s);
    }
    ask(s, 0, input); /* a block nobody has checked */
    selector_destroy(again);
    selector_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct selector *s;
    if (!schema)
        begin();
    if (selector_decode(bytes_of(data, size), &s) == MSTRO_OK)
        use(s, bytes_of(data, size));
    char *query = malloc(size + 1);
    if (!query)
        abort();
    if (size > 0)
        memcpy(query, data, size);
    query[size] = '\0';
    if (selector_compile(query, ".maestro.ecmwf.", schema, NULL, &s) == MSTRO_OK)
        use(s, bytes_of(data, size));
    free(query);
    return 0;
}
