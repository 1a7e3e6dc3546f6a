/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/shape.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Those with other keys mostly stand in another place. */
static _Atomic(struct shape *) *place_of(const struct attributes *a)
{
    uint64_t mixed = (a->seen ^ a->count) * UINT64_C(0x9e3779b97f4a7c15);
    return schema_shape(a->schema, (size_t)(mixed >> 32) % SCHEMA_SHAPES);
}

const struct shape *shape_find(const struct attributes *a, const struct attribute *member[SHAPE_MAX])
{
    const struct shape *shape = atomic_load_explicit(place_of(a), memory_order_acquire);
    size_t i = 0;
    if (!shape || shape->attributes != a->count)
        return NULL;
    table_each(attribute, a) {
        if (shape->entry[i] != attribute->entry)
            return NULL;
        member[i++] = attribute;
    }
    return shape;
}

static struct shape *shape_make(const struct attributes *a, const struct attribute *const sorted[], const struct block_item item[], size_t count)
{
    size_t head = block_head_size(item, count), at = 0;
    struct shape *shape = malloc(sizeof *shape + head);
    if (!shape)
        return NULL;
    shape->attributes = a->count;
    shape->items = count;
    shape->head = head;
    table_each(attribute, a) {
        shape->entry[at] = attribute->entry;
        for (size_t i = 0; i < count; i++)
            if (sorted[i] == attribute)
                shape->source[i] = (unsigned char)at;
        at++;
    }
    block_write_head(item, count, shape->begin);
    return shape;
}

/* An entry that was made for one table goes with it. */
static bool is_alone(const struct attributes *a)
{
    table_each(attribute, a)
        if (attribute->unknown)
            return true;
    return false;
}

void shape_learn(const struct attributes *a, const struct attribute *const sorted[], const struct block_item item[], size_t count)
{
    _Atomic(struct shape *) *place = place_of(a);
    struct shape *none = NULL;
    if (count == 0 || a->count > SHAPE_MAX || atomic_load_explicit(place, memory_order_relaxed) || is_alone(a))
        return;
    struct shape *shape = shape_make(a, sorted, item, count);
    if (shape && !atomic_compare_exchange_strong(place, &none, shape))
        free(shape); /* another thread was quicker */
}
