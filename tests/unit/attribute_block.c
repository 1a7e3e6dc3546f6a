/* SPDX-License-Identifier: BSD-3-Clause */
/* attribute_block.c - sealed attributes as bytes: found in place, never believed */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "lib/schema/block.h"

enum { ITEMS = 6 };
static unsigned char list_bytes[64];

static size_t make(struct block_item item[ITEMS], unsigned char room[512])
{
    struct value one = { .kind = VALUE_INT32, .integer = 1 }, two = { .kind = VALUE_TEXT, .text = text_of("two") };
    unsigned char *end = value_item_encode(&two, value_item_encode(&one, list_bytes));
    struct bytes items = bytes_of(list_bytes, (size_t)(end - list_bytes));
    item[0] = (struct block_item){ text_of(".b"), { .kind = VALUE_INT64, .integer = -5 } };
    item[1] = (struct block_item){ text_of(".a"), { .kind = VALUE_TEXT, .text = text_of("text") } };
    item[2] = (struct block_item){ text_of(".aa"), { .kind = VALUE_TIMESTAMP, .time = { 10, 20, -30 } } };
    item[3] = (struct block_item){ text_of(".c"), { .kind = VALUE_BOOL, .boolean = true } };
    item[4] = (struct block_item){ text_of(".d"), { .kind = VALUE_LIST, .count = 2, .items = items } };
    item[5] = (struct block_item){ text_of(".e"), { .kind = VALUE_BLOB, .blob = bytes_of("\0\1", 2) } };
    block_sort(item, ITEMS);
    block_write(item, ITEMS, room);
    return block_size(item, ITEMS);
}

static void what_was_written_is_found_in_place(void **state)
{
    (void)state;
    unsigned char room[512];
    struct block_item item[ITEMS];
    struct bytes block = bytes_of(room, make(item, room));
    struct value v;
    assert_int_equal(block_check(block), MSTRO_OK);
    assert_int_equal(block_count(block), ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        int order = 1;
        assert_true(block_find(block, item[i].key, &v));
        assert_true(value_compare(&v, &item[i].value, &order) && order == 0);
    }
    assert_true(block_find(block, text_of(".aa"), &v));
    assert_int_equal(v.time.offset, -30);
    assert_false(block_find(block, text_of(".ab"), &v));
    assert_false(block_find(block, text_of(""), &v));
    assert_false(block_find(bytes_of(NULL, 0), text_of(".a"), &v));
    assert_int_equal(block_check(bytes_of(NULL, 0)), MSTRO_OK);
}

static void equal_attributes_give_equal_bytes(void **state)
{
    (void)state;
    unsigned char one[512], other[512];
    struct block_item item[ITEMS];
    size_t size = make(item, one);
    for (size_t i = 0; i < ITEMS / 2; i++) {
        struct block_item swap = item[i];
        item[i] = item[ITEMS - 1 - i];
        item[ITEMS - 1 - i] = swap;
    }
    block_sort(item, ITEMS);
    block_write(item, ITEMS, other);
    assert_memory_equal(one, other, size);
}

static void block_has_at_most_32_kib(void **state)
{
    (void)state;
    static char text[BLOCK_MAX];
    memset(text, 'x', sizeof text);
    struct block_item item = { text_of(".a"), { .kind = VALUE_TEXT, .text = { text, BLOCK_MAX - 15 } } };
    assert_int_equal(block_size(&item, 1), BLOCK_MAX);
    item.value.text.length++;
    assert_int_equal(block_size(&item, 1), 0);
}

/* What passes the check is exactly what block_write makes of its attributes. */
static void assert_canonical(struct bytes block)
{
    struct block_item item[ITEMS + 4];
    unsigned char again[1024];
    size_t count = block_count(block);
    assert_true(count <= ITEMS + 4);
    for (size_t i = 0; i < count; i++)
        assert_true(block_at(block, i, &item[i].key, &item[i].value));
    block_sort(item, count);
    assert_int_equal(block_size(item, count), block.length);
    block_write(item, count, again);
    assert_memory_equal(again, block.at, block.length);
}

/* Every bit flipped, every prefix: refused, or a block again; reading never leaves the bytes (a sanitizer build sees it). */
static void changed_block_is_refused_or_consistent(void **state)
{
    (void)state;
    unsigned char room[512];
    struct block_item item[ITEMS];
    size_t size = make(item, room), refused = 0;
    for (size_t bit = 0; bit < size * 8; bit++) {
        unsigned char *copy = malloc(size);
        struct text key;
        struct value v;
        memcpy(copy, room, size);
        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        if (block_check(bytes_of(copy, size)) == MSTRO_OK)
            assert_canonical(bytes_of(copy, size));
        else
            refused++;
        for (size_t i = 0; block_at(bytes_of(copy, size), i, &key, &v); i++)
            block_find(bytes_of(copy, size), key, &v);
        free(copy);
    }
    assert_true(refused > size * 8 / 2);
    for (size_t length = 1; length < size; length++)
        assert_int_equal(block_check(bytes_of(room, length)), MSTRO_INVMSG);
}

static void refused_with(unsigned char *room, struct block_item item[], size_t count)
{
    block_write(item, count, room);
    assert_int_equal(block_check(bytes_of(room, block_size(item, count))), MSTRO_INVMSG);
}

static void keys_must_differ_and_values_mean_something(void **state)
{
    (void)state;
    unsigned char room[512];
    struct block_item item[ITEMS], twice[2];
    size_t size = make(item, room);
    room[size] = 0;
    assert_int_equal(block_check(bytes_of(room, size + 1)), MSTRO_INVMSG); /* a byte too much */
    twice[0] = twice[1] = item[0];
    refused_with(room, twice, 2);
    struct block_item moment = { text_of(".a"), { .kind = VALUE_TIMESTAMP, .time = { 0, 1000000000, 0 } } };
    refused_with(room, &moment, 1);
    struct block_item list = { text_of(".a"), item[4].value }; /* sorted: ".d" stands fifth */
    assert_int_equal(list.value.kind, VALUE_LIST);
    list.value.count = 3;
    refused_with(room, &list, 1);
    list.value.count = 2;
    list.value.items.length--;
    refused_with(room, &list, 1);
}

/* Rows that point to each other's bytes: a small block must not stand for a large one. */
static void overlapping_rows_are_refused(void **state)
{
    (void)state;
    unsigned char room[512];
    struct block_item item[2] = { { text_of(".a"), { .kind = VALUE_INT64, .integer = 1 } }, { text_of(".b"), { .kind = VALUE_INT64, .integer = 2 } } };
    block_write(item, 2, room);
    size_t size = block_size(item, 2);
    assert_int_equal(block_check(bytes_of(room, size)), MSTRO_OK);
    memcpy(room + 4 + 8 + 4, room + 4 + 4, 2); /* the second value is the first one's */
    assert_int_equal(block_check(bytes_of(room, size)), MSTRO_INVMSG);
    block_write(item, 2, room);
    room[4] += 1, room[6] -= 1; /* the first key begins later and is shorter */
    assert_int_equal(block_check(bytes_of(room, size)), MSTRO_INVMSG);
    block_write(item, 2, room);
    memcpy(room + 4, room + 4 + 8, 2); /* the first key is the second one's: not in order */
    assert_int_equal(block_check(bytes_of(room, size)), MSTRO_INVMSG);
}

static void text_that_is_not_utf8_and_lists_too_deep_are_refused(void **state)
{
    (void)state;
    unsigned char room[512], *at = room;
    struct block_item item = { text_of(".a"), { .kind = VALUE_TEXT, .text = text_of("\xc0\x80") } };
    block_write(&item, 1, room);
    assert_int_equal(block_check(bytes_of(room, block_size(&item, 1))), MSTRO_INVMSG);
    item.value.text = (struct text){ "a\0b", 3 };
    block_write(&item, 1, room);
    assert_int_equal(block_check(bytes_of(room, block_size(&item, 1))), MSTRO_INVMSG);
    unsigned char nest[2][128];
    struct value v = { .kind = VALUE_BOOL, .boolean = true };
    for (int depth = 1; depth <= VALUE_DEPTH_MAX + 1; depth++) {
        at = value_item_encode(&v, nest[depth % 2]);
        v = (struct value){ .kind = VALUE_LIST, .count = 1, .items = bytes_of(nest[depth % 2], (size_t)(at - nest[depth % 2])) };
        item.value = v;
        block_write(&item, 1, room);
        assert_int_equal(block_check(bytes_of(room, block_size(&item, 1))), depth <= VALUE_DEPTH_MAX ? MSTRO_OK : MSTRO_INVMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_found_in_place),
        cmocka_unit_test(equal_attributes_give_equal_bytes),
        cmocka_unit_test(block_has_at_most_32_kib),
        cmocka_unit_test(changed_block_is_refused_or_consistent),
        cmocka_unit_test(keys_must_differ_and_values_mean_something),
        cmocka_unit_test(overlapping_rows_are_refused),
        cmocka_unit_test(text_that_is_not_utf8_and_lists_too_deep_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
