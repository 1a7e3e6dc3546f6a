/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a schema file and as the attributes of a handle. */
#include <stdlib.h>

#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *builtin;

static void read_schema(struct text text)
{
    struct schema *s, *all;
    if (schema_read_text(text, "fuzz", &s) != MSTRO_OK)
        return;
    for (size_t i = 0; i < schema_entries(s); i++)
        if (schema_find(s, schema_entry_at(s, i)->key) != schema_entry_at(s, i))
            abort();
    if (schema_create(&all) != MSTRO_OK || schema_merge(all, builtin) != MSTRO_OK)
        abort();
    if (schema_merge(all, s) == MSTRO_OK && schema_entries(all) < schema_entries(s))
        abort();
    schema_release(s);
    schema_release(all);
}

static void read_attributes(const char *text)
{
    struct attributes *a;
    if (attributes_create(builtin, "object", &a) != MSTRO_OK)
        abort();
    if (attributes_set_yaml(a, text) == MSTRO_OK)
        attributes_seal(a);
    attributes_destroy(a);
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
    read_schema((struct text){ text, size });
    read_attributes(text);
    free(text);
    return 0;
}
