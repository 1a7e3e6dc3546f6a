/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a query, any bytes as a compiled one; whatever is accepted is asked about an object, and again as its own bytes. */
#include <stdlib.h>

#include "lib/query/selector.h"
#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *builtin;
static struct attributes *object;

static void begin(void)
{
    if (catalogue_load_from(NULL, NULL, &builtin) != MSTRO_OK || attributes_create(builtin, "fc/t/500", &object) != MSTRO_OK ||
        attributes_set_yaml(object, "{.maestro.ecmwf.step: 24, .maestro.ecmwf.class: od, .maestro.ecmwf.date: 2026-11-21}") != MSTRO_OK ||
        attributes_seal(object) != MSTRO_OK)
        abort();
}

static enum selector_answer ask(const struct selector *s, struct bytes block)
{
    struct query_subject subject = { text_of("fc/t/500"), text_of("forecast"), 4096, block };
    return selector_matches(s, &subject);
}

/* The object matches: has it what every match has? */
static void fulfil(const struct selector *s)
{
    const struct query_subject subject = { text_of("fc/t/500"), text_of("forecast"), 4096, attributes_block(object) };
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
    enum selector_answer answer = ask(s, attributes_block(object));
    if (selector_decode(selector_bytes(s), &again) != MSTRO_OK || ask(again, attributes_block(object)) != answer)
        abort();
    ask(s, input); /* a block nobody has checked */
    if (answer == SELECTOR_YES)
        fulfil(s);
    selector_destroy(again);
    selector_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct selector *s;
    if (!builtin)
        begin();
    if (selector_decode(bytes_of(data, size), &s) == MSTRO_OK)
        use(s, bytes_of(data, size));
    char *query = malloc(size + 1);
    if (!query)
        abort();
    if (size > 0)
        memcpy(query, data, size);
    query[size] = '\0';
    if (selector_compile(query, ".maestro.ecmwf.", builtin, NULL, &s) == MSTRO_OK)
        use(s, bytes_of(data, size));
    free(query);
    return 0;
}
