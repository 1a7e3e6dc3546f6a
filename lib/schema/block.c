/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/block.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/schema/little.h"

enum { VERSION = 1, HEAD_SIZE = 4, ROW_SIZE = 8 };

struct row { size_t key_at, key_length, value_at, value_length; };

static size_t claimed_count(struct bytes block)
{
    if (block.length < HEAD_SIZE || ((const unsigned char *)block.at)[0] != VERSION)
        return 0;
    return little_get16((const unsigned char *)block.at + 2);
}

/* False when the row or what it points to is not inside the block. */
static bool row_at(struct bytes block, size_t i, struct row *row)
{
    size_t begin = HEAD_SIZE + i * ROW_SIZE;
    if (block.length < begin + ROW_SIZE)
        return false;
    const unsigned char *at = (const unsigned char *)block.at + begin;
    *row = (struct row){ little_get16(at), little_get16(at + 2), little_get16(at + 4), little_get16(at + 6) };
    return row->key_at + row->key_length <= block.length && row->value_at + row->value_length <= block.length;
}

static struct text row_key(struct bytes block, const struct row *row)
{
    return (struct text){ (const char *)block.at + row->key_at, row->key_length };
}

static struct bytes row_value(struct bytes block, const struct row *row)
{
    return bytes_of((const unsigned char *)block.at + row->value_at, row->value_length);
}

int block_key_order(struct text a, struct text b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

size_t block_count(struct bytes block)
{
    size_t count = claimed_count(block), room = block.length < HEAD_SIZE ? 0 : (block.length - HEAD_SIZE) / ROW_SIZE;
    return count < room ? count : room;
}

bool block_at(struct bytes block, size_t i, struct text *key, struct value *out)
{
    struct row row;
    if (i >= block_count(block) || !row_at(block, i, &row))
        return false;
    *key = row_key(block, &row);
    return value_peek(row_value(block, &row), out);
}

bool block_find(struct bytes block, struct text key, struct value *out)
{
    size_t low = 0, high = block_count(block);
    while (low < high) {
        size_t middle = (low + high) / 2;
        struct row row;
        if (!row_at(block, middle, &row))
            return false;
        int order = block_key_order(key, row_key(block, &row));
        if (order == 0)
            return value_peek(row_value(block, &row), out);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Rows must point to keys and values without gap or overlap, in order: a small block cannot stand for a large one. */
static mstro_status check_row(struct bytes block, size_t i, size_t *key_at, size_t *value_at, struct text *last)
{
    struct row row;
    struct value value;
    if (!row_at(block, i, &row) || row.key_at != *key_at || row.value_at != *value_at)
        return detail_set(MSTRO_INVMSG, "attribute %zu of a block lies outside its place", i);
    struct text key = row_key(block, &row);
    if (key.length == 0 || !text_is_clean(key))
        return detail_set(MSTRO_INVMSG, "the key of attribute %zu of a block is empty or not UTF-8", i);
    if (i > 0 && block_key_order(*last, key) >= 0)
        return detail_set(MSTRO_INVMSG, "the keys of a block are not in order at attribute %zu", i);
    if (!value_decode(row_value(block, &row), &value))
        return detail_set(MSTRO_INVMSG, "attribute '" TEXT_FORMAT "' of a block has a malformed value", TEXT_ARGUMENTS(key));
    *last = key;
    *key_at += row.key_length;
    *value_at += row.value_length;
    return MSTRO_OK;
}

mstro_status block_check(struct bytes block)
{
    if (block.length == 0)
        return MSTRO_OK;
    if (block.length > BLOCK_MAX || block.length < HEAD_SIZE)
        return detail_set(MSTRO_INVMSG, "a block of attributes has %zu bytes, outside %d to %d", block.length, HEAD_SIZE, BLOCK_MAX);
    const unsigned char *head = block.at;
    if (head[0] != VERSION || head[1] != 0)
        return detail_set(MSTRO_INVMSG, "a block of attributes has version %u, this library reads %d", head[0], VERSION);
    size_t count = claimed_count(block), key_at = HEAD_SIZE + count * ROW_SIZE, value_at = key_at;
    struct text last = { 0 };
    struct row row;
    for (size_t i = 0; i < count; i++) {
        if (!row_at(block, i, &row))
            return detail_set(MSTRO_INVMSG, "attribute %zu of a block lies outside it", i);
        value_at += row.key_length;
    }
    for (size_t i = 0; i < count; i++) {
        mstro_status status = check_row(block, i, &key_at, &value_at, &last);
        if (status != MSTRO_OK)
            return status;
    }
    if (value_at != block.length)
        return detail_set(MSTRO_INVMSG, "a block of attributes has %zu bytes where %zu are used", block.length, value_at);
    return MSTRO_OK;
}

size_t block_size(const struct block_item item[], size_t count)
{
    size_t size = HEAD_SIZE;
    for (size_t i = 0; i < count && size <= BLOCK_MAX; i++)
        size += ROW_SIZE + item[i].key.length + value_encoded_size(&item[i].value);
    return size <= BLOCK_MAX ? size : 0;
}

size_t block_head_size(const struct block_item item[], size_t count)
{
    size_t size = HEAD_SIZE + count * ROW_SIZE;
    for (size_t i = 0; i < count; i++)
        size += item[i].key.length;
    return size;
}

void block_write_head(const struct block_item item[], size_t count, unsigned char *block)
{
    unsigned char *row = block + HEAD_SIZE, *key = row + count * ROW_SIZE;
    block[0] = VERSION;
    block[1] = 0;
    little_put16(block + 2, (uint16_t)count);
    for (size_t i = 0; i < count; i++, row += ROW_SIZE) {
        memcpy(key, item[i].key.at, item[i].key.length);
        little_put16(little_put16(row, (uint16_t)(key - block)), (uint16_t)item[i].key.length);
        key += item[i].key.length;
    }
}

unsigned char *block_write_value(unsigned char *block, size_t i, const struct value *v, unsigned char *at)
{
    unsigned char *end = value_encode(v, at), *row = block + HEAD_SIZE + i * ROW_SIZE;
    little_put16(little_put16(row + ROW_SIZE / 2, (uint16_t)(at - block)), (uint16_t)(end - at));
    return end;
}

void block_write(const struct block_item item[], size_t count, unsigned char *at)
{
    unsigned char *value = at + block_head_size(item, count);
    block_write_head(item, count, at);
    for (size_t i = 0; i < count; i++)
        value = block_write_value(at, i, &item[i].value, value);
}

static int item_order(const void *a, const void *b)
{
    return block_key_order(((const struct block_item *)a)->key, ((const struct block_item *)b)->key);
}

void block_sort(struct block_item item[], size_t count)
{
    qsort(item, count, sizeof *item, item_order);
}
