/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/native.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/schema/block.h"

/* Hands out pieces of one place; without a place it only counts. */
struct bump { unsigned char *place; size_t used; };

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static void *take(struct bump *b, size_t size)
{
    void *piece = b->place ? b->place + b->used : NULL;
    b->used += padded(size);
    return piece;
}

static size_t object_size(enum value_kind kind)
{
    static const unsigned char sizes[VALUE_KIND_END] = {
        [VALUE_BOOL] = sizeof(bool),           [VALUE_INT32] = sizeof(int32_t),   [VALUE_INT64] = sizeof(int64_t),
        [VALUE_UINT32] = sizeof(uint32_t),     [VALUE_UINT64] = sizeof(uint64_t), [VALUE_FLOAT] = sizeof(float),
        [VALUE_DOUBLE] = sizeof(double),       [VALUE_TEXT] = sizeof(char *),     [VALUE_TIMESTAMP] = sizeof(mstro_timestamp),
        [VALUE_BLOB] = sizeof(mstro_blob),
    };
    return sizes[kind];
}

/* Bytes behind a string or blob, terminated.  memmove: a value may be set to a part of itself. */
static void *take_copy(struct bump *b, const void *from, size_t length)
{
    char *copy = take(b, length + 1);
    if (copy) {
        if (length)
            memmove(copy, from, length);
        copy[length] = '\0';
    }
    return copy;
}

static void put_scalar(const struct value *v, void *object)
{
    switch (v->kind) {
    case VALUE_BOOL: *(bool *)object = v->boolean; break;
    case VALUE_INT32: *(int32_t *)object = (int32_t)v->integer; break;
    case VALUE_INT64: *(int64_t *)object = v->integer; break;
    case VALUE_UINT32: *(uint32_t *)object = (uint32_t)v->natural; break;
    case VALUE_UINT64: *(uint64_t *)object = v->natural; break;
    case VALUE_FLOAT: *(float *)object = (float)v->real; break;
    case VALUE_DOUBLE: *(double *)object = v->real; break;
    case VALUE_TIMESTAMP: *(mstro_timestamp *)object = v->time; break;
    default: break;
    }
}

/* What an object points to stands behind it. */
static void put_object(struct bump *b, const struct value *v, void *object)
{
    if (v->kind == VALUE_TEXT) {
        char *string = take_copy(b, v->text.at, v->text.length);
        if (object)
            *(char **)object = string;
    } else if (v->kind == VALUE_BLOB) {
        void *blob = take_copy(b, v->blob.at, v->blob.length);
        if (object)
            *(mstro_blob *)object = (mstro_blob){ v->blob.length, blob };
    } else if (object)
        put_scalar(v, object);
}

static const void *build(struct bump *b, const struct value *v);

static bool one_kind(struct bytes items, enum value_kind *kind)
{
    struct value item;
    *kind = VALUE_NONE;
    while (value_next(&items, &item)) {
        if (*kind == VALUE_NONE)
            *kind = item.kind;
        if (item.kind != *kind || item.kind == VALUE_LIST)
            return false;
    }
    return true;
}

static const void *build_array(struct bump *b, const struct value *list, enum value_kind kind)
{
    size_t size = object_size(kind);
    unsigned char *array = take(b, size * list->count), *at = array;
    struct value item;
    for (struct bytes left = list->items; value_next(&left, &item); at = at ? at + size : NULL)
        put_object(b, &item, at);
    return array;
}

static const void *build_inner(struct bump *b, const struct value *list)
{
    mstro_list *inner = take(b, sizeof *inner);
    const void *items = build(b, list);
    if (inner)
        *inner = (mstro_list){ list->count, items };
    return inner;
}

static const void *build_addresses(struct bump *b, const struct value *list)
{
    const void **array = take(b, sizeof(void *) * list->count);
    struct value item;
    size_t i = 0;
    for (struct bytes left = list->items; value_next(&left, &item); i++) {
        const void *address = item.kind == VALUE_LIST ? build_inner(b, &item) : build(b, &item);
        if (array)
            array[i] = address;
    }
    return array;
}

static const void *build(struct bump *b, const struct value *v)
{
    enum value_kind kind;
    if (v->kind == VALUE_LIST)
        return one_kind(v->items, &kind) ? build_array(b, v, kind) : build_addresses(b, v);
    void *object = take(b, object_size(v->kind));
    put_object(b, v, object);
    return object;
}

size_t native_size(const struct value *v)
{
    struct bump b = { 0 };
    switch (v->kind) {
    case VALUE_LIST: build(&b, v); return b.used;
    case VALUE_TEXT: return padded(object_size(v->kind)) + padded(v->text.length + 1);
    case VALUE_BLOB: return padded(object_size(v->kind)) + padded(v->blob.length + 1);
    default: return padded(object_size(v->kind));
    }
}

const void *native_build(const struct value *v, void *place)
{
    struct bump b = { .place = place };
    if (!value_is_scalar(v))
        return build(&b, v);
    put_scalar(v, place);
    return place;
}

mstro_status native_read(const struct type *t, const void *native, struct value *out)
{
    *out = (struct value){ .kind = t->kind, .count = 1 };
    if (t->kind == VALUE_POINTER) {
        out->pointer = (void *)native;
        return MSTRO_OK;
    }
    if (!native)
        return detail_set(MSTRO_INVARG, "NULL instead of the address of a " TEXT_FORMAT, TEXT_ARGUMENTS(t->written));
    switch (t->kind) {
    case VALUE_BOOL: out->boolean = *(const unsigned char *)native != 0; break;
    case VALUE_INT32: out->integer = *(const int32_t *)native; break;
    case VALUE_INT64: out->integer = *(const int64_t *)native; break;
    case VALUE_UINT32: out->natural = *(const uint32_t *)native; break;
    case VALUE_UINT64: out->natural = *(const uint64_t *)native; break;
    case VALUE_FLOAT: out->real = *(const float *)native; break;
    case VALUE_DOUBLE: out->real = *(const double *)native; break;
    case VALUE_TEXT: out->text = text_of(*(char *const *)native); break;
    case VALUE_TIMESTAMP: out->time = *(const mstro_timestamp *)native; break;
    case VALUE_BLOB: out->blob = bytes_of(((const mstro_blob *)native)->data, ((const mstro_blob *)native)->len); break;
    default: return detail_set(MSTRO_INVARG, "a " TEXT_FORMAT " is read as a list", TEXT_ARGUMENTS(t->written));
    }
    if ((t->kind == VALUE_TEXT && !out->text.at) || (t->kind == VALUE_BLOB && !out->blob.at && out->blob.length))
        return detail_set(MSTRO_INVARG, "the address of a NULL instead of that of a " TEXT_FORMAT, TEXT_ARGUMENTS(t->written));
    return MSTRO_OK;
}

/* Do its items stand in an array, or only their addresses? */
static bool is_array(const struct type *t)
{
    enum value_kind kind = type_element(t, 0)->kind;
    for (uint32_t i = 1; type_is_tuple(t) && i < t->count; i++)
        if (t->element[i]->kind != kind)
            return false;
    return kind != VALUE_LIST;
}

/* The item's own list is malloc()ed. */
static mstro_status read_item(const struct type *t, const void *native, uint32_t i, bool array, struct value *item)
{
    const struct type *element = type_element(t, i);
    const void *at = array ? (const unsigned char *)native + i * object_size(element->kind) : ((const void *const *)native)[i];
    const mstro_list *inner = at;
    if (element->kind != VALUE_LIST)
        return native_read(element, at, item);
    if (!inner)
        return detail_set(MSTRO_INVARG, "NULL instead of the address of a mstro_list");
    return native_read_list(element, inner->items, inner->count, item);
}

/* Put the item behind the '*used' bytes at '*bytes'. */
static mstro_status append_item(const struct value *item, unsigned char **bytes, size_t *used)
{
    size_t size = value_item_size(item);
    if (*used + size > BLOCK_MAX)
        return detail_set(MSTRO_SCHEMA, "a list of more than %d bytes", BLOCK_MAX);
    unsigned char *larger = realloc(*bytes, *used + size);
    if (!larger)
        return MSTRO_NOMEM;
    value_item_encode(item, larger + *used);
    *bytes = larger;
    *used += size;
    return MSTRO_OK;
}

mstro_status native_read_list(const struct type *t, const void *native, size_t count, struct value *out)
{
    bool array = is_array(t);
    unsigned char *bytes = NULL;
    size_t used = 0;
    mstro_status status = MSTRO_OK;
    if (!native && count > 0)
        return detail_set(MSTRO_INVARG, "NULL instead of the first value of a " TEXT_FORMAT, TEXT_ARGUMENTS(t->written));
    if (count > BLOCK_MAX || (type_is_tuple(t) && count != t->count))
        return detail_set(MSTRO_SCHEMA, "%zu values are not a " TEXT_FORMAT, count, TEXT_ARGUMENTS(t->written));
    for (uint32_t i = 0; status == MSTRO_OK && i < count; i++) {
        struct value item;
        status = read_item(t, native, i, array, &item);
        if (status != MSTRO_OK)
            break;
        status = append_item(&item, &bytes, &used);
        if (item.kind == VALUE_LIST)
            free((void *)item.items.at);
    }
    if (status != MSTRO_OK) {
        free(bytes);
        return status;
    }
    *out = (struct value){ .kind = VALUE_LIST, .count = (uint32_t)count, .items = bytes_of(bytes, used) };
    return MSTRO_OK;
}
