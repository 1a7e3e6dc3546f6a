/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a schema file and as the attributes of a handle; in one input both, with a line "%%" between them: then the attributes are read
 * with that schema. */
#include <stdlib.h>

#include "lib/schema/attributes.h"
#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"
#include "lib/schema/outline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *builtin;

/* Types are printed in one spelling, which is read as the same type. */
static void print_types(const struct schema *s)
{
    struct arena arena = { 0 };
    for (size_t i = 0; i < schema_entries(s); i++) {
        const struct type *again;
        char *text = NULL;
        size_t length;
        FILE *to = open_memstream(&text, &length);
        if (!to)
            abort();
        type_print(to, schema_entry_at(s, i)->type);
        if (fclose(to) != 0 || type_parse(&arena, (struct text){ text, length }, &again) != MSTRO_OK || !type_equal(schema_entry_at(s, i)->type, again))
            abort();
        type_release(again);
        free(text);
    }
    arena_release(&arena);
}

/* Its outlines are those of itself. */
static void outline(const struct schema *s)
{
    struct outlines *one, *other;
    if (outlines_create(s, &one) != MSTRO_OK || outlines_create(s, &other) != MSTRO_OK)
        abort();
    for (size_t i = 0; i < one->count; i++)
        if (one->at[i].digest != other->at[i].digest || (one->at[i].keys > 0 && block_check(one->at[i].rows) != MSTRO_OK))
            abort();
    outlines_destroy(one);
    outlines_destroy(other);
}

/* What was sealed is adopted, and sealed again to the same bytes. */
static void pass_on(struct schema *s, const struct attributes *sealed)
{
    struct attributes *other;
    if (attributes_create(s, "object", &other) != MSTRO_OK || attributes_adopt(other, attributes_block(sealed)) != MSTRO_OK ||
        attributes_seal(other) != MSTRO_OK || !bytes_equal(attributes_block(sealed), attributes_block(other)))
        abort();
    attributes_destroy(other);
}

static void read_attributes(struct schema *s, const char *text)
{
    struct attributes *a;
    if (attributes_create(s, "object", &a) != MSTRO_OK)
        abort();
    if (attributes_set_yaml(a, text) == MSTRO_OK && attributes_seal(a) == MSTRO_OK)
        pass_on(s, a);
    attributes_destroy(a);
}

static void read_schema(struct text text, const char *attributes)
{
    struct schema *s, *all;
    if (schema_read_text(text, "fuzz", &s) != MSTRO_OK)
        return;
    for (size_t i = 0; i < schema_entries(s); i++)
        if (schema_find(s, schema_entry_at(s, i)->key) != schema_entry_at(s, i))
            abort();
    print_types(s);
    outline(s);
    if (schema_create(&all) != MSTRO_OK || schema_merge(all, builtin) != MSTRO_OK)
        abort();
    if (schema_merge(all, s) == MSTRO_OK && schema_entries(all) < schema_entries(s))
        abort();
    if (attributes)
        read_attributes(all, attributes);
    schema_release(s);
    schema_release(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!builtin && catalogue_load_from(NULL, NULL, &builtin) != MSTRO_OK)
        abort();
    char *text = malloc(size + 1);
    if (!text)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    char *between = strstr(text, "\n%%\n");
    read_schema((struct text){ text, between ? (size_t)(between - text) + 1 : size }, between ? between + 4 : NULL);
    read_attributes(builtin, text);
    free(text);
    return 0;
}
