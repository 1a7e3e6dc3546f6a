/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as sealed attributes: searched unchecked, adopted, and, where they pass the check, written again to the same bytes; and as the
 * rows of somebody's schema, compared with the built-in one. */
#include <stdlib.h>

#include "lib/schema/attributes.h"
#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"
#include "lib/schema/outline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *builtin;
static struct outlines *own;

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

static void compare(struct bytes block, bool good)
{
    const struct outline *mine = outlines_find(own, text_of(".maestro.ecmwf."));
    const struct outline theirs = { .nspace = mine->nspace, .digest = mine->digest + 1, .keys = (uint32_t)(block.length % 9), .rows = block };
    enum outline_verdict verdict;
    char *words;
    mstro_status status = outline_compare(mine, &theirs, "here", "there", &verdict, &words);
    if ((status == MSTRO_OK) != (words != NULL) || (status == MSTRO_OK && !good))
        abort();
    free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes block = bytes_of(data, size);
    struct attributes *a;
    struct text key;
    struct value value;
    if (!builtin && (catalogue_load_from(NULL, NULL, &builtin) != MSTRO_OK || outlines_create(builtin, &own) != MSTRO_OK))
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
    compare(block, good);
    return 0;
}
