/* SPDX-License-Identifier: BSD-3-Clause */
/* attributes_seal.c - attribute tables as bytes and text: sealing, adopting, YAML, printing */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/schema/block.h"
#include "lib/schema/native.h"
#include "lib/schema/shape.h"
#include "lib/schema/table.h"

/* Name, size and component travel beside the block; what is local does not travel. */
static bool travels(const struct schema_entry *entry)
{
    return !entry->local && entry->core != CORE_LOCAL_SIZE && !core_key_is_told(entry->core);
}

/* What the user's memory says at this moment becomes the value. */
static mstro_status freeze(struct attribute *attribute, uint32_t *steps)
{
    struct value value;
    void *handed = attribute->handed;
    mstro_status status = native_read(attribute->entry->type, attribute->native, &value);
    if (status == MSTRO_OK)
        status = type_check(attribute->entry->type, &value, steps);
    if (status != MSTRO_OK)
        return status;
    attribute->handed = NULL; /* goes with the handle, whatever happens to the value */
    status = table_assign(attribute, &value);
    attribute->handed = handed;
    return status;
}

static mstro_status freeze_all(struct attributes *a)
{
    uint32_t steps = TYPE_STEPS;
    table_each(attribute, a) {
        mstro_status status = attribute->borrowed ? freeze(attribute, &steps) : MSTRO_OK;
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

/* What a type cannot say. */
static const struct layout_range { enum core_key key; int64_t least, most; const char *says; } layout_ranges[] = {
    { CORE_ELEMENT_SIZE, 0, INT64_MAX, "it cannot be less than 0" },
    { CORE_NDIMS, 0, INT64_MAX, "it cannot be less than 0" },
    { CORE_DIMS_SIZE, 0, INT64_MAX, "no size can be less than 0" },
    { CORE_ORDER, 0, 1, "it is 0 (row-major) or 1 (column-major)" },
};

static mstro_status check_range(const struct layout_range *range, const struct value *value)
{
    struct value item;
    struct bytes items = value->kind == VALUE_LIST ? value->items : (struct bytes){ 0 };
    if (value->kind == VALUE_INT64 && (value->integer < range->least || value->integer > range->most))
        return detail_set(MSTRO_SCHEMA, "'%s' has the value %" PRId64 ": %s", core_key_text(range->key).at, value->integer, range->says);
    while (value_next(&items, &item)) {
        mstro_status status = check_range(range, &item);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

static mstro_status check_layout(const struct attributes *a)
{
    for (size_t i = 0; i < sizeof layout_ranges / sizeof layout_ranges[0]; i++) {
        const struct attribute *attribute = a->core[layout_ranges[i].key];
        mstro_status status = attribute ? check_range(&layout_ranges[i], &attribute->value) : MSTRO_OK;
        if (status != MSTRO_OK)
            return status;
    }
    const struct attribute *dimensions = a->core[CORE_NDIMS], *sizes = a->core[CORE_DIMS_SIZE];
    if (dimensions && sizes && dimensions->value.integer != sizes->value.count)
        return detail_set(MSTRO_SCHEMA, "'%s' has %u sizes where '%s' is %lld", MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, sizes->value.count,
                          MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, (long long)dimensions->value.integer);
    return MSTRO_OK;
}

/* Set what has a default and find what is missing, in the files of which something is set. */
static mstro_status fill_file(struct attributes *a, const struct schema_file *file)
{
    for (size_t i = 0; i < file->dues; i++) {
        const struct schema_entry *entry = schema_find(a->schema, file->due[i]->key); /* not always this file's */
        struct attribute *place;
        if (!entry || table_find(a, entry))
            continue;
        if (!entry->fallback)
            return detail_set(MSTRO_SCHEMA, "'%s' is missing: %s:%u:%u requires it of every object with attributes of '%s'", entry->key.at,
                              file->path.at, file->due[i]->line, file->due[i]->column, file->nspace.at);
        if (entry->local)
            continue;
        mstro_status status = table_place(a, entry, &place);
        if (status == MSTRO_OK)
            status = table_assign(place, entry->fallback);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

static bool file_in_use(const struct attributes *a, const struct schema_file *file)
{
    table_each(attribute, a)
        if (attribute->entry->file == file)
            return true;
    return false;
}

static mstro_status fill_all(struct attributes *a)
{
    for (size_t i = 0; i < schema_files(a->schema); i++) {
        const struct schema_file *file = schema_file_at(a->schema, i);
        mstro_status status = file->dues && file_in_use(a, file) ? fill_file(a, file) : MSTRO_OK;
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

static bool key_before(const struct schema_entry *a, const struct schema_entry *b)
{
    return a->file == b->file && a->rank != b->rank ? a->rank < b->rank : block_key_order(a->key, b->key) < 0;
}

/* What travels, by key: put in where it belongs, for there are few. */
static size_t sort_attributes(const struct attributes *a, const struct attribute *sorted[])
{
    size_t count = 0;
    table_each(attribute, a) {
        if (!travels(attribute->entry))
            continue;
        size_t i = count++;
        for (; i > 0 && key_before(attribute->entry, sorted[i - 1]->entry); i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = attribute;
    }
    return count;
}

/* Room for a block of 'size' bytes. */
static mstro_status make_room(struct attributes *a, size_t size, unsigned char **bytes)
{
    if (size == 0 || size > BLOCK_MAX)
        return detail_set(MSTRO_QUOTA, "the attributes of '" TEXT_FORMAT "' need more than %d bytes", TEXT_ARGUMENTS(attributes_text(a, CORE_NAME)),
                          BLOCK_MAX);
    *bytes = size <= sizeof a->block_room ? a->block_room : malloc(size);
    if (!*bytes)
        return MSTRO_NOMEM;
    a->block = bytes_of(*bytes, size);
    return MSTRO_OK;
}

/* learn: those that are filled in the same way can be sealed as this one is. */
static mstro_status write_block(struct attributes *a, struct block_item *item, bool learn)
{
    const struct attribute *sorted[ATTRIBUTES_MAX];
    unsigned char *bytes = NULL;
    size_t count = sort_attributes(a, sorted);
    for (size_t i = 0; i < count; i++)
        item[i] = (struct block_item){ sorted[i]->entry->key, sorted[i]->value };
    if (count == 0)
        return MSTRO_OK;
    mstro_status status = make_room(a, block_size(item, count), &bytes);
    if (status != MSTRO_OK)
        return status;
    block_write(item, count, bytes);
    if (learn)
        shape_learn(a, sorted, item, count);
    return MSTRO_OK;
}

/* The same where others of its kind were sealed before. */
static mstro_status write_known(struct attributes *a, const struct shape *shape, const struct attribute *const member[])
{
    unsigned char *bytes = NULL;
    size_t size = shape->head;
    for (size_t i = 0; i < shape->items; i++)
        size += value_encoded_size(&member[shape->source[i]]->value);
    mstro_status status = make_room(a, size, &bytes);
    if (status != MSTRO_OK)
        return status;
    memcpy(bytes, shape->begin, shape->head);
    unsigned char *value = bytes + shape->head;
    for (size_t i = 0; i < shape->items; i++)
        value = block_write_value(bytes, i, &member[shape->source[i]]->value, value);
    return MSTRO_OK;
}

static mstro_status write_any(struct attributes *a)
{
    enum { ON_STACK = 48 };
    struct block_item few[ON_STACK], *item = few;
    size_t before = a->count;
    mstro_status status = fill_all(a);
    if (status != MSTRO_OK)
        return status;
    if (a->count > ON_STACK && !(item = malloc(a->count * sizeof *item)))
        return MSTRO_NOMEM;
    status = write_block(a, item, a->count == before);
    if (item != few)
        free(item);
    return status;
}

mstro_status attributes_seal(struct attributes *a)
{
    const struct attribute *member[SHAPE_MAX];
    if (a->sealed)
        return MSTRO_OK;
    mstro_status status = freeze_all(a);
    if (status == MSTRO_OK)
        status = check_layout(a);
    if (status != MSTRO_OK)
        return status;
    const struct shape *shape = shape_find(a, member);
    status = shape ? write_known(a, shape, member) : write_any(a);
    a->sealed = status == MSTRO_OK;
    return status;
}

bool attributes_sealed(const struct attributes *a)
{
    return a->sealed;
}

struct bytes attributes_block(const struct attributes *a)
{
    return a->block;
}

/* An entry for a key that no schema here has; one run of memory. */
static const struct schema_entry *invent_entry(struct text key, enum value_kind kind)
{
    static const struct schema_file nowhere = { .name = { "", 0 }, .version = { "", 0 }, .nspace = { "", 0 }, .path = { "(none)", 6 } };
    struct schema_entry *entry = malloc(sizeof *entry + key.length + 1);
    if (!entry)
        return NULL;
    char *copy = (char *)(entry + 1);
    memcpy(copy, key.at, key.length);
    copy[key.length] = '\0';
    *entry = (struct schema_entry){ .key = { copy, key.length }, .type = type_of_kind(kind), .file = &nowhere };
    return entry;
}

static mstro_status adopt_unknown(struct attributes *a, struct text key, const struct value *v)
{
    struct attribute *place;
    const struct schema_entry *entry = invent_entry(key, v->kind);
    mstro_status status = entry ? table_place(a, entry, &place) : MSTRO_NOMEM;
    if (status != MSTRO_OK) {
        free((void *)entry);
        return status;
    }
    place->unknown = true;
    status = table_assign(place, v);
    place->adopted = true;
    if (status != MSTRO_OK)
        table_vacate(a, place);
    return status;
}

static mstro_status adopt_one(struct attributes *a, struct text key, const struct value *v, uint32_t *steps)
{
    struct attribute *place;
    const struct schema_entry *entry = schema_find(a->schema, key);
    if (!entry)
        return adopt_unknown(a, key, v);
    if (!travels(entry)) /* a producer has no say in what belongs to this handle */
        return MSTRO_OK;
    mstro_status status = table_place(a, entry, &place);
    if (status != MSTRO_OK)
        return status;
    bool mismatch = type_check(entry->type, v, steps) != MSTRO_OK;
    if (mismatch)
        log_debug(LOG_SCHEMA, "attributes: '%s' came as a %s that is no " TEXT_FORMAT ", as %s:%u has it", entry->key.at, value_kind_name(v->kind),
                  TEXT_ARGUMENTS(entry->type->written), entry->file->path.at, entry->line);
    status = table_assign(place, v);
    place->adopted = true;
    place->mismatch = mismatch;
    if (status != MSTRO_OK)
        table_vacate(a, place);
    return status;
}

mstro_status attributes_adopt(struct attributes *a, struct bytes block)
{
    struct text key;
    struct value value;
    uint32_t steps = TYPE_STEPS;
    mstro_status status = block_check(block);
    if (status != MSTRO_OK)
        return status;
    table_each(attribute, a)
        if (attribute->adopted)
            table_vacate(a, attribute);
    for (size_t i = 0; status == MSTRO_OK && block_at(block, i, &key, &value); i++)
        status = adopt_one(a, key, &value, &steps);
    return status;
}

void attributes_print(const struct attributes *a, FILE *to)
{
    table_each(attribute, a) {
        struct value value = attribute->value;
        if (attribute->borrowed)
            native_read(attribute->entry->type, attribute->native, &value);
        fprintf(to, "%s: ", attribute->entry->key.at);
        value_print(to, &value);
        fputc('\n', to);
    }
}

/* What one line of YAML sets. */
struct setting { const struct schema_entry *entry; struct value value; };

static mstro_status read_setting(struct attributes *a, const struct yaml *y, const struct yaml_node *node, struct arena *arena, uint32_t *steps,
                                 struct setting *out)
{
    out->entry = schema_find(a->schema, node->key);
    if (!out->entry && schema_drops_unknown(a->schema))
        return MSTRO_OK;
    if (!out->entry) {
        struct text nearest = schema_nearest(a->schema, node->key);
        return nearest.length ? yaml_fault_key(y, node, "no schema has '%s'; did you mean '" TEXT_FORMAT "'?", node->key.at, TEXT_ARGUMENTS(nearest))
                              : yaml_fault_key(y, node, "no schema has '%s'", node->key.at);
    }
    if (core_key_is_told(out->entry->core))
        return yaml_fault_key(y, node, "'%s' cannot be set, only read", node->key.at);
    struct yaml of = *y;
    of.about = node->key.at;
    mstro_status status = type_read_yaml(out->entry->type, &of, node, &out->value, arena, steps);
    if (status == MSTRO_OK && out->entry->core == CORE_LOCAL_SIZE && out->value.integer < 0)
        return yaml_fault(&of, node, "%lld is not a size", (long long)out->value.integer);
    return status;
}

static mstro_status apply(struct attributes *a, const struct setting setting[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct attribute *place;
        if (!setting[i].entry)
            continue;
        mstro_status status = table_place(a, setting[i].entry, &place);
        if (status == MSTRO_OK)
            status = table_assign(place, &setting[i].value);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

/* Everything is read before anything is set. */
mstro_status attributes_set_yaml(struct attributes *a, const char *text)
{
    struct yaml y;
    struct arena arena = { 0 };
    if (!text || a->sealed)
        return detail_set(MSTRO_INVARG, text ? "attributes cannot be set: the handle is sealed" : "no text given");
    mstro_status status = yaml_read_text(&y, text_of(text), "attributes", MSTRO_SCHEMA);
    if (status != MSTRO_OK)
        return status;
    size_t count = 0;
    uint32_t steps = TYPE_STEPS;
    struct setting *setting = arena_take(&arena, y.root->count * sizeof *setting);
    if (!setting)
        status = MSTRO_NOMEM;
    else if (y.root->kind != YAML_MAPPING)
        status = yaml_fault(&y, y.root, "attributes are a mapping of keys to values");
    for (const struct yaml_node *node = y.root->first; status == MSTRO_OK && node; node = node->next)
        status = read_setting(a, &y, node, &arena, &steps, &setting[count++]);
    if (status == MSTRO_OK)
        status = apply(a, setting, count);
    yaml_release(&y);
    arena_release(&arena);
    return status;
}
