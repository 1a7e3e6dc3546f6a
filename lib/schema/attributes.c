/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/attributes.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/schema/native.h"
#include "lib/schema/table.h"

enum { DIMENSIONS_MAX = 32 };

/* Few of a schema's entries stand on one handle, and those of one file have numbers in a row: most that are set for the first time are
 * known to be new by this. */
static uint64_t bit_of(const struct schema_entry *entry)
{
    return UINT64_C(1) << entry->rank % 64;
}

struct attribute *table_find(const struct attributes *a, const struct schema_entry *entry)
{
    if (entry->core != CORE_NONE)
        return a->core[entry->core];
    if (!(a->seen & bit_of(entry)))
        return NULL;
    table_each(attribute, a)
        if (attribute->entry == entry)
            return attribute;
    return NULL;
}

static void chunk_clear(struct attribute_chunk *chunk)
{
    chunk->next = NULL;
    chunk->used = 0;
}

/* The first that never held one.  NULL: memory is short. */
static struct attribute *new_place(struct attributes *a)
{
    if (a->last->used == CHUNK_SIZE) {
        struct attribute_chunk *chunk = malloc(sizeof *chunk);
        if (!chunk)
            return NULL;
        chunk_clear(chunk);
        a->last = a->last->next = chunk;
    }
    struct attribute *place = &a->last->attribute[a->last->used++];
    place->entry = NULL;
    return place;
}

/* One that an attribute has left. */
static struct attribute *hole(struct attributes *a)
{
    for (struct attribute_chunk *chunk = &a->first; chunk; chunk = chunk->next)
        for (size_t i = 0; i < chunk->used; i++)
            if (!chunk->attribute[i].entry)
                return &chunk->attribute[i];
    return NULL;
}

mstro_status table_place(struct attributes *a, const struct schema_entry *entry, struct attribute **out)
{
    if ((*out = table_find(a, entry)))
        return MSTRO_OK;
    if (a->count == ATTRIBUTES_MAX)
        return detail_set(MSTRO_QUOTA, "more than %d attributes on one handle", ATTRIBUTES_MAX);
    struct attribute *place = a->holes ? hole(a) : new_place(a);
    if (!place)
        return MSTRO_NOMEM;
    place->entry = entry;
    place->value.kind = VALUE_NONE;
    place->native = NULL;
    place->owned = place->handed = NULL;
    place->borrowed = place->adopted = place->mismatch = place->unknown = false;
    a->count++;
    if (a->holes)
        a->holes--;
    if (entry->core != CORE_NONE)
        a->core[entry->core] = place;
    else
        a->seen |= bit_of(entry);
    *out = place;
    return MSTRO_OK;
}

/* Nearly all fit in their places. */
static void free_memory(struct attribute *attribute)
{
    if (attribute->owned)
        free(attribute->owned);
    if (attribute->handed)
        free(attribute->handed);
    if (attribute->unknown)
        free((void *)attribute->entry);
}

void table_vacate(struct attributes *a, struct attribute *attribute)
{
    if (attribute->entry->core != CORE_NONE)
        a->core[attribute->entry->core] = NULL;
    free_memory(attribute);
    attribute->entry = NULL;
    a->count--;
    a->holes++;
}

/* The new form is complete before the old one goes: the value may come out of it. */
mstro_status table_assign(struct attribute *attribute, const struct value *v)
{
    struct value value = *v;
    void *owned = NULL, *handed = attribute->handed;
    if (value_is_scalar(v))
        attribute->native = native_build(v, attribute->slot);
    else if (v->kind == VALUE_POINTER)
        attribute->native = v->pointer;
    else {
        size_t native = native_size(v), items = v->kind == VALUE_LIST ? v->items.length : 0;
        unsigned char *place = attribute->slot;
        if (native + items > sizeof attribute->slot && !(place = owned = malloc(native + items)))
            return MSTRO_NOMEM;
        if (items)
            value.items.at = memmove(place + native, v->items.at, items);
        attribute->native = native_build(&value, place);
    }
    if (v->kind == VALUE_TEXT)
        value.text.at = *(char *const *)attribute->native;
    if (v->kind == VALUE_BLOB)
        value.blob.at = ((const mstro_blob *)attribute->native)->data;
    bool kept = v->kind == VALUE_POINTER && handed == v->pointer; /* still the one the user gave away */
    if (attribute->owned)
        free(attribute->owned);
    if (handed && !kept)
        free(handed);
    attribute->value = value;
    attribute->owned = owned;
    attribute->handed = kept ? handed : NULL;
    attribute->borrowed = attribute->adopted = attribute->mismatch = false;
    return MSTRO_OK;
}

size_t attributes_size(void) { return sizeof(struct attributes); }

struct attributes *attributes_begin(void *at, struct schema *s, const char *name)
{
    struct attributes *a = at;
    memset(a, 0, offsetof(struct attributes, first));
    chunk_clear(&a->first);
    a->last = &a->first;
    a->schema = schema_retain(s);
    const struct schema_entry *entry = schema_find_again(s, core_key_text(CORE_NAME).at);
    struct attribute *place;
    if (entry && table_place(a, entry, &place) == MSTRO_OK) { /* into an empty table: cannot fail */
        memcpy(place->slot, &name, sizeof name);
        place->native = place->slot;
        place->value = (struct value){ .kind = VALUE_TEXT, .count = 1, .text = text_of(name) };
    }
    return a;
}

void attributes_end(struct attributes *a)
{
    table_each(attribute, a)
        free_memory(attribute);
    for (struct attribute_chunk *chunk = a->first.next, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    schema_release(a->schema);
    if (a->block.at != a->block_room)
        free((void *)a->block.at);
}

mstro_status attributes_create(struct schema *s, const char *name, struct attributes **out)
{
    void *place = malloc(sizeof **out);
    if (!place)
        return MSTRO_NOMEM;
    *out = attributes_begin(place, s, name);
    return MSTRO_OK;
}

void attributes_destroy(struct attributes *a)
{
    if (!a)
        return;
    attributes_end(a);
    free(a);
}

static mstro_status unknown_key(const struct attributes *a, const char *key)
{
    if (schema_drops_unknown(a->schema)) {
        log_debug(LOG_SCHEMA, "attributes: dropping '%s', which no schema knows", key);
        return MSTRO_OK;
    }
    return schema_has_not(a->schema, text_of(key));
}

static mstro_status check_settable(const struct attributes *a, const struct schema_entry *entry)
{
    if (!a->sealed && entry->core == CORE_NONE)
        return MSTRO_OK;
    if (a->sealed)
        return detail_set(MSTRO_INVARG, "'%s' cannot be set: the handle is sealed", entry->key.at);
    if (core_key_is_told(entry->core))
        return detail_set(MSTRO_INVARG, "'%s' cannot be set, only read", entry->key.at);
    return MSTRO_OK;
}

/* How many values the user's array has. */
static mstro_status count_items(const struct attributes *a, const struct schema_entry *entry, uint32_t *count)
{
    struct value dimensions;
    if (type_is_tuple(entry->type))
        *count = entry->type->count;
    else if (entry->core != CORE_DIMS_SIZE)
        return detail_set(MSTRO_INVARG, "'%s' is a list: set it with mstro_cdo_attribute_set_list or _set_yaml, which know its length", entry->key.at);
    else if (!attributes_value(a, CORE_NDIMS, &dimensions))
        return detail_set(MSTRO_INVARG, "set '%s' before '%s': it says how many sizes there are", MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, entry->key.at);
    else if (dimensions.integer < 0 || dimensions.integer > DIMENSIONS_MAX)
        return detail_set(MSTRO_SCHEMA, "%lld dimensions, outside 0 to %d", (long long)dimensions.integer, DIMENSIONS_MAX);
    else
        *count = (uint32_t)dimensions.integer;
    return MSTRO_OK;
}

static mstro_status check_value(const struct schema_entry *entry, const struct value *v)
{
    uint32_t steps = TYPE_STEPS;
    mstro_status status = type_check(entry->type, v, &steps);
    if (status == MSTRO_SCHEMA)
        return detail_set(MSTRO_SCHEMA, "'%s': %s", entry->key.at, mstro_error_detail());
    if (status == MSTRO_OK && entry->core == CORE_LOCAL_SIZE && v->integer < 0)
        return detail_set(MSTRO_SCHEMA, "'%s': %lld is not a size", entry->key.at, (long long)v->integer);
    return status;
}

/* What free() is due for when the user gave the value away. */
static void *gift_of(enum value_kind kind, void *val)
{
    if (kind == VALUE_TEXT)
        return *(char **)val;
    return kind == VALUE_BLOB ? ((mstro_blob *)val)->data : val;
}

/* A new place that got no value must not be there at all. */
static void drop_if_empty(struct attributes *a, struct attribute *place)
{
    if (place->value.kind == 0)
        table_vacate(a, place);
}

static mstro_status set_list(struct attributes *a, const struct schema_entry *entry, const void *val, size_t count, bool gift)
{
    struct value value;
    struct attribute *place;
    mstro_status status = native_read_list(entry->type, val, count, &value);
    if (status != MSTRO_OK)
        return status;
    status = check_value(entry, &value);
    if (status == MSTRO_OK)
        status = table_place(a, entry, &place);
    if (status == MSTRO_OK) {
        status = table_assign(place, &value);
        drop_if_empty(a, place);
    }
    if (status == MSTRO_OK && gift)
        place->handed = (void *)val;
    free((void *)value.items.at);
    return status;
}

/* Keep the user's memory: the address of a number, the characters of a string.  'gift': what is to be freed one day, or NULL. */
static void borrow(struct attribute *place, const struct value *value, void *val, void *gift)
{
    free(place->owned);
    if (place->handed != gift)
        free(place->handed);
    place->owned = NULL;
    place->handed = gift;
    place->value = *value;
    place->native = val;
    place->borrowed = value->kind != VALUE_POINTER;
    place->adopted = place->mismatch = false;
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BLOB) {
        memcpy(place->slot, val, value->kind == VALUE_TEXT ? sizeof(char *) : sizeof(mstro_blob));
        place->native = place->slot;
    }
}

/* NULL and MSTRO_OK: a key that is dropped. */
static mstro_status find_settable(const struct attributes *a, const char *key, const struct schema_entry **entry)
{
    *entry = NULL;
    if (!key)
        return detail_set(MSTRO_INVARG, "no key given");
    *entry = schema_find_again(a->schema, key);
    return *entry ? check_settable(a, *entry) : unknown_key(a, key);
}

mstro_status attributes_set_list(struct attributes *a, const char *key, const void *values, size_t count)
{
    const struct schema_entry *entry;
    mstro_status status = find_settable(a, key, &entry);
    if (status != MSTRO_OK || !entry)
        return status;
    if (entry->type->kind != VALUE_LIST)
        return detail_set(MSTRO_SCHEMA, "'%s' is a " TEXT_FORMAT ", no list", entry->key.at, TEXT_ARGUMENTS(entry->type->written));
    return set_list(a, entry, values, count, false);
}

mstro_status attributes_set(struct attributes *a, const char *key, void *val, bool copy, bool user_owned)
{
    const struct schema_entry *entry;
    uint32_t count = 0;
    mstro_status status = find_settable(a, key, &entry);
    if (status != MSTRO_OK || !entry)
        return status;
    if (entry->type->kind == VALUE_LIST) {
        status = count_items(a, entry, &count);
        return status == MSTRO_OK ? set_list(a, entry, val, count, !copy && !user_owned) : status;
    }
    struct value value;
    struct attribute *place;
    status = native_read(entry->type, val, &value);
    if (status == MSTRO_OK && !(value_is_integer(&value) && entry->core == CORE_NONE)) /* as one of its type any will do */
        status = check_value(entry, &value);
    if (status == MSTRO_OK)
        status = table_place(a, entry, &place);
    if (status != MSTRO_OK)
        return status;
    if (copy) {
        status = table_assign(place, &value);
        drop_if_empty(a, place);
        return status;
    }
    borrow(place, &value, val, user_owned ? NULL : gift_of(value.kind, val));
    return MSTRO_OK;
}

/* An attribute whose key only a producer's schema knows. */
static struct attribute *find_unknown(const struct attributes *a, struct text key)
{
    table_each(attribute, a)
        if (attribute->unknown && text_equal(attribute->entry->key, key))
            return attribute;
    return NULL;
}

/* A producer's value that is none of the type that the schema here has. */
static mstro_status misread(const struct attributes *a, const struct attribute *found)
{
    const struct schema_entry *entry = found->entry;
    struct text from = attributes_text(a, CORE_COMPONENT);
    return detail_set(MSTRO_SCHEMA, "'%s' came%s" TEXT_FORMAT "%s as a %s, %s:%u says " TEXT_FORMAT, entry->key.at, from.length ? " from '" : "",
                      TEXT_ARGUMENTS(from), from.length ? "'" : "", value_kind_name(found->value.kind), entry->file->path.at, entry->line,
                      TEXT_ARGUMENTS(entry->type->written));
}

static mstro_status find_readable(const struct attributes *a, const char *key, const struct attribute **found, const struct schema_entry **entry)
{
    if (!key)
        return detail_set(MSTRO_INVARG, "no key given");
    *entry = schema_find_again(a->schema, key);
    *found = *entry ? table_find(a, *entry) : find_unknown(a, text_of(key));
    if (!*entry && !*found)
        return schema_has_not(a->schema, text_of(key));
    if (!*found && !(*entry)->fallback)
        return detail_set(MSTRO_NOENT, "'%s' is not set and has no default", key);
    if (*found && (*found)->mismatch)
        return misread(a, *found);
    return MSTRO_OK;
}

mstro_status attributes_get(const struct attributes *a, const char *key, enum mstro_cdo_attr_value_type *type, const void **val)
{
    const struct attribute *found;
    const struct schema_entry *entry;
    if (!val)
        return detail_set(MSTRO_INVOUT, "attribute_get: no place for the value of '%s'", key ? key : "");
    mstro_status status = find_readable(a, key, &found, &entry);
    if (status != MSTRO_OK)
        return status;
    if (type)
        *type = (enum mstro_cdo_attr_value_type)(found ? found->value.kind : entry->type->kind);
    *val = found ? found->native : entry->fallback_native;
    return MSTRO_OK;
}

mstro_status attributes_count(const struct attributes *a, const char *key, size_t *count)
{
    const struct attribute *found;
    const struct schema_entry *entry;
    if (!count)
        return detail_set(MSTRO_INVOUT, "attribute_count: no place for the count of '%s'", key ? key : "");
    mstro_status status = find_readable(a, key, &found, &entry);
    if (status == MSTRO_OK)
        *count = found ? found->value.count : entry->fallback->count;
    return status;
}

mstro_status attributes_put(struct attributes *a, enum core_key key, const struct value *v)
{
    struct attribute *place;
    const struct schema_entry *entry = schema_find(a->schema, core_key_text(key));
    if (!entry)
        return detail_set(MSTRO_SCHEMA, "no schema has '%s'", core_key_text(key).at);
    mstro_status status = table_place(a, entry, &place);
    if (status != MSTRO_OK)
        return status;
    status = table_assign(place, v);
    drop_if_empty(a, place);
    return status;
}

mstro_status attributes_put_pointer(struct attributes *a, enum core_key key, void *pointer)
{
    return attributes_put(a, key, &(struct value){ .kind = VALUE_POINTER, .count = 1, .pointer = pointer });
}

mstro_status attributes_put_size(struct attributes *a, int64_t size)
{
    return attributes_put(a, CORE_LOCAL_SIZE, &(struct value){ .kind = VALUE_INT64, .count = 1, .integer = size });
}

mstro_status attributes_put_text(struct attributes *a, enum core_key key, struct text t)
{
    return attributes_put(a, key, &(struct value){ .kind = VALUE_TEXT, .count = 1, .text = t });
}

bool attributes_value(const struct attributes *a, enum core_key key, struct value *out)
{
    const struct attribute *found = a->core[key];
    if (found && found->borrowed && !a->sealed)
        return native_read(found->entry->type, found->native, out) == MSTRO_OK;
    if (found) {
        *out = found->value;
        return true;
    }
    const struct schema_entry *entry = schema_find(a->schema, core_key_text(key));
    if (entry && entry->fallback)
        *out = *entry->fallback;
    return entry && entry->fallback;
}

void *attributes_raw_ptr(const struct attributes *a)
{
    return a->core[CORE_RAW_PTR] ? a->core[CORE_RAW_PTR]->value.pointer : NULL;
}

bool attributes_local_size(const struct attributes *a, int64_t *size)
{
    struct value value;
    if (!a->core[CORE_LOCAL_SIZE] || !attributes_value(a, CORE_LOCAL_SIZE, &value))
        return false;
    *size = value.integer;
    return true;
}

bool attributes_flag(const struct attributes *a, enum core_key key)
{
    struct value value;
    return attributes_value(a, key, &value) && value.kind == VALUE_BOOL && value.boolean;
}

struct text attributes_text(const struct attributes *a, enum core_key key)
{
    struct value value;
    return attributes_value(a, key, &value) && value.kind == VALUE_TEXT ? value.text : (struct text){ 0 };
}
