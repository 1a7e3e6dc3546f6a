/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as sealed attributes: searched unchecked, adopted, and, where they pass the check, written again to the same bytes. */
#include <stdlib.h>

#include "lib/schema/attributes.h"
#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *builtin;

static void write_again(struct bytes block)
{
    size_t count = block_count(block);
    struct block_item *item = calloc(count + 1, sizeof *item);
    unsigned char *copy = malloc(block.length);
    if (!item || !copy)
        abort();
    for (size_t i = 0; i < count; i++)
        if (!block_at(block, i, &item[i].key, &item[i].value))
            abort();
    if (block_size(item, count) != block.length)
        abort();
    block_write(item, count, copy);
    if (memcmp(copy, block.at, block.length) != 0)
        abort();
    free(item);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes block = bytes_of(data, size);
    struct attributes *a;
    struct text key;
    struct value value;
    if (!builtin && catalogue_load_from(NULL, NULL, &builtin) != MSTRO_OK)
        abort();
    for (size_t i = 0; block_at(block, i, &key, &value); i++)
        block_find(block, key, &value);
    block_find(block, text_of(".maestro.ecmwf.step"), &value);
    bool good = block_check(block) == MSTRO_OK;
    if (good && size > 0)
        write_again(block);
    if (attributes_create(builtin, "object", &a) != MSTRO_OK)
        abort();
    if ((attributes_adopt(a, block) == MSTRO_OK) != good)
        abort();
    attributes_destroy(a);
    return 0;
}
