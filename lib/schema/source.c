/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/source.h"

#include <ctype.h>
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/schema/native.h"

static const struct text core_keys[CORE_KEY_END] = {
#define KEY(core, text) [core] = { text, sizeof text - 1 }
    KEY(CORE_NAME, MSTRO_ATTR_CORE_CDO_NAME),
    KEY(CORE_RAW_PTR, MSTRO_ATTR_CORE_CDO_RAW_PTR),
    KEY(CORE_LOCAL_SIZE, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE),
    KEY(CORE_ELEMENT_SIZE, MSTRO_ATTR_CORE_CDO_LAYOUT_ELEMENT_SIZE),
    KEY(CORE_NDIMS, MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS),
    KEY(CORE_DIMS_SIZE, MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE),
    KEY(CORE_ORDER, MSTRO_ATTR_CORE_CDO_LAYOUT_ORDER),
    KEY(CORE_DIST_LAYOUT, MSTRO_ATTR_CORE_CDO_DIST_LAYOUT),
    KEY(CORE_ALLOCATE_NOW, MSTRO_ATTR_CORE_CDO_ALLOCATE_NOW),
    KEY(CORE_MAPPED, MSTRO_ATTR_CORE_CDO_MAPPED),
    KEY(CORE_REPLICA, MSTRO_ATTR_CORE_CDO_REPLICA),
    KEY(CORE_ON_LOSS, MSTRO_ATTR_CORE_CDO_ON_LOSS),
    KEY(CORE_TRANSPORT, MSTRO_ATTR_CORE_CDO_TRANSPORT),
    KEY(CORE_LIFETIME, MSTRO_ATTR_CORE_CDO_LIFETIME),
    KEY(CORE_PERSISTENCE, MSTRO_ATTR_CORE_CDO_PERSISTENCE),
    KEY(CORE_COMPONENT, MSTRO_ATTR_CORE_CDO_COMPONENT),
    KEY(CORE_CARRIER, MSTRO_ATTR_CORE_CDO_CARRIER),
#undef KEY
};

struct text core_key_text(enum core_key key)
{
    return core_keys[key];
}

static enum core_key core_key_of(struct text key)
{
    for (enum core_key core = CORE_NONE + 1; core < CORE_KEY_END; core++)
        if (text_equal(core_keys[core], key))
            return core;
    return CORE_NONE;
}

static bool copy_text(struct arena *arena, struct text from, struct text *out)
{
    char *copy = arena_take(arena, from.length + 1);
    if (!copy)
        return false;
    memcpy(copy, from.length ? from.at : "", from.length);
    copy[from.length] = '\0';
    *out = (struct text){ copy, from.length };
    return true;
}

/* The scalar under 'key'.  MSTRO_OK and an empty text when there is none and it need not be. */
static mstro_status read_word(struct schema_source *s, const struct yaml *y, const struct yaml_node *in, const char *key, bool needed,
                              struct text *out)
{
    const struct yaml_node *node = yaml_find(y, in, key);
    *out = (struct text){ "", 0 };
    if (!node)
        return needed ? yaml_fault(y, in, "'%s' is missing", key) : MSTRO_OK;
    if (node->kind != YAML_SCALAR)
        return yaml_fault(y, node, "'%s' must be a single value", key);
    return copy_text(&s->arena, node->text, out) ? MSTRO_OK : MSTRO_NOMEM;
}

static mstro_status read_flag(const struct yaml *y, const struct yaml_node *in, const char *key, bool *out)
{
    const struct yaml_node *node = yaml_find(y, in, key);
    if (node && !yaml_bool(node, out))
        return yaml_fault(y, node, "'%s' must be true or false", key);
    return MSTRO_OK;
}

static bool is_key_byte(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_' || c == ':' || (unsigned char)c >= 0x80;
}

static mstro_status check_words(const struct yaml *y, const struct yaml_node *at, struct text key)
{
    if (key.length > SCHEMA_KEY_MAX)
        return yaml_fault(y, at, "a key with its namespace is longer than %d bytes", SCHEMA_KEY_MAX);
    for (size_t i = 0; i < key.length; i++)
        if (!is_key_byte(key.at[i]))
            return yaml_fault(y, at, "'%s' holds '%c'; letters, digits and . - _ : may stand there", key.at, key.at[i]);
    return MSTRO_OK;
}

static mstro_status read_namespace(struct schema_source *s, const struct yaml *y)
{
    struct text *nspace = &s->about.nspace;
    mstro_status status = read_word(s, y, y->root, "schema-namespace", true, nspace);
    if (status != MSTRO_OK || nspace->length == 0)
        return status;
    const struct yaml_node *at = yaml_find(y, y->root, "schema-namespace");
    if (nspace->at[0] != '.' || nspace->at[nspace->length - 1] != '.')
        return yaml_fault(y, at, "a namespace begins and ends with a dot, as in '.maestro.my-namespace.'");
    return check_words(y, at, *nspace);
}

static mstro_status read_key(struct schema_source *s, const struct yaml *y, const struct yaml_node *in, struct schema_entry *entry)
{
    struct text key;
    mstro_status status = read_word(s, y, in, "key", true, &key);
    if (status != MSTRO_OK)
        return status;
    const struct yaml_node *at = yaml_find(y, in, "key");
    if (key.length == 0)
        return yaml_fault(y, at, "an empty key");
    size_t length = s->about.nspace.length + key.length;
    char *full = arena_take(&s->arena, length + 1);
    if (!full)
        return MSTRO_NOMEM;
    memcpy(full, s->about.nspace.at, s->about.nspace.length);
    memcpy(full + s->about.nspace.length, key.at, key.length + 1);
    entry->key = (struct text){ full, length };
    entry->core = core_key_of(entry->key);
    entry->line = at->line;
    entry->column = at->column;
    return check_words(y, at, entry->key);
}

static mstro_status read_type(struct schema_source *s, const struct yaml *y, const struct yaml_node *in, struct schema_entry *entry)
{
    struct text written;
    mstro_status status = read_word(s, y, in, "type", true, &written);
    if (status == MSTRO_OK)
        status = type_parse(&s->arena, written, &entry->type);
    if (status == MSTRO_OK && (s->patterns += type_patterns(entry->type)) > SOURCE_PATTERNS_MAX)
        return yaml_fault(y, in, "more than %d regular expressions", SOURCE_PATTERNS_MAX);
    if (status == MSTRO_OK)
        return status;
    entry->type = NULL;
    const struct yaml_node *at = yaml_find(y, in, "type");
    if (!at || status != MSTRO_SCHEMA || at->kind != YAML_SCALAR)
        return status;
    return yaml_fault(y, at, "%s", mstro_error_detail());
}

static mstro_status read_default(struct schema_source *s, const struct yaml *y, const struct yaml_node *in, struct schema_entry *entry)
{
    const struct yaml_node *node = yaml_find(y, in, "default");
    if (!node)
        return MSTRO_OK;
    if (entry->type->kind == VALUE_POINTER)
        return yaml_fault(y, node, "a pointer() has no default");
    struct value *value = arena_take(&s->arena, sizeof *value);
    if (!value)
        return MSTRO_NOMEM;
    mstro_status status = type_read_yaml(entry->type, y, node, value, &s->arena, &s->steps);
    if (status != MSTRO_OK)
        return status;
    void *place = arena_take(&s->arena, native_size(value));
    if (!place)
        return MSTRO_NOMEM;
    entry->fallback = value;
    entry->fallback_native = native_build(value, place);
    return MSTRO_OK;
}

/* What is wrong with an attribute is said of its key: short, as long as that is not known to be right. */
static mstro_status read_entry(struct schema_source *s, const struct yaml *file, const struct yaml_node *in, struct schema_entry *entry)
{
    static const char *const known[] = { "key", "type", "required", "default", "documentation", "local", NULL };
    struct yaml of = *file;
    const struct yaml *y = &of;
    const struct yaml_node *key = yaml_find(file, in, "key");
    entry->file = &s->about;
    of.about = key && key->kind == YAML_SCALAR && key->text.length ? key->text.at : NULL;
    mstro_status status = yaml_expect_keys(y, in, "an attribute", known);
    if (status == MSTRO_OK)
        status = read_key(s, file, in, entry);
    of.about = entry->key.at;
    if (status == MSTRO_OK)
        status = read_type(s, y, in, entry);
    if (status == MSTRO_OK)
        status = read_flag(y, in, "required", &entry->required);
    if (status == MSTRO_OK)
        status = read_flag(y, in, "local", &entry->local);
    if (status == MSTRO_OK)
        status = read_word(s, y, in, "documentation", false, &entry->documentation);
    if (status == MSTRO_OK)
        status = read_default(s, y, in, entry);
    if (status == MSTRO_OK && entry->type->kind == VALUE_POINTER)
        entry->local = true; /* an address means nothing elsewhere */
    return status;
}

static int entry_order(const void *a, const void *b)
{
    const struct schema_entry *const *x = a, *const *y = b;
    return strcmp((*x)->key.at, (*y)->key.at);
}

/* Give each entry its rank; no key may stand twice. */
static mstro_status rank_entries(struct schema_source *s, const struct yaml *y)
{
    struct schema_entry **sorted = calloc(s->entries + 1, sizeof *sorted);
    mstro_status status = sorted ? MSTRO_OK : MSTRO_NOMEM;
    for (size_t i = 0; sorted && i < s->entries; i++)
        sorted[i] = &s->entry[i];
    if (sorted)
        qsort(sorted, s->entries, sizeof *sorted, entry_order);
    for (size_t i = 0; sorted && i < s->entries; i++)
        sorted[i]->rank = (uint32_t)i;
    for (size_t i = 1; sorted && status == MSTRO_OK && i < s->entries; i++)
        if (text_equal(sorted[i - 1]->key, sorted[i]->key)) {
            const struct schema_entry *a = sorted[i - 1], *b = sorted[i], *later = a > b ? a : b, *first = a > b ? b : a;
            status = yaml_fault(y, &(struct yaml_node){ .line = later->line, .column = later->column },
                                "'%s' stands twice, first in line %u", later->key.at, first->line);
        }
    free(sorted);
    return status;
}

static mstro_status read_entries(struct schema_source *s, const struct yaml *y)
{
    const struct yaml_node *list = yaml_find(y, y->root, "maestro-attributes");
    if (!list)
        return yaml_fault(y, y->root, "'maestro-attributes' is missing");
    if (list->kind != YAML_SEQUENCE)
        return yaml_fault(y, list, "'maestro-attributes' must be a list of {key, type, ...}");
    s->entry = arena_take(&s->arena, list->count * sizeof *s->entry);
    if (!s->entry)
        return MSTRO_NOMEM;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct schema_entry *entry = &s->entry[s->entries++];
        *entry = (struct schema_entry){ 0 };
        mstro_status status = read_entry(s, y, node, entry);
        if (status != MSTRO_OK)
            return status;
    }
    return rank_entries(s, y);
}

static mstro_status collect_dues(struct schema_source *s)
{
    s->about.due = arena_take(&s->arena, s->entries * sizeof *s->about.due);
    if (!s->about.due)
        return MSTRO_NOMEM;
    for (size_t i = 0; i < s->entries; i++)
        if (s->entry[i].required || (s->entry[i].fallback && !s->entry[i].local))
            s->about.due[s->about.dues++] = &s->entry[i];
    return MSTRO_OK;
}

mstro_status source_create(const struct yaml *y, struct schema_source **out)
{
    static const char *const known[] = { "schema-name", "schema-version", "schema-namespace", "maestro-attributes", NULL };
    mstro_status status = yaml_expect_keys(y, y->root, "a schema", known);
    if (status != MSTRO_OK)
        return status;
    struct schema_source *s = calloc(1, sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    atomic_init(&s->references, 1);
    s->steps = TYPE_STEPS;
    status = copy_text(&s->arena, text_of(y->file), &s->about.path) ? MSTRO_OK : MSTRO_NOMEM;
    if (status == MSTRO_OK)
        status = read_word(s, y, y->root, "schema-name", true, &s->about.name);
    if (status == MSTRO_OK)
        status = read_word(s, y, y->root, "schema-version", false, &s->about.version);
    if (status == MSTRO_OK)
        status = read_namespace(s, y);
    if (status == MSTRO_OK)
        status = read_entries(s, y);
    if (status == MSTRO_OK)
        status = collect_dues(s);
    if (status == MSTRO_OK)
        *out = s;
    else
        source_release(s);
    return status;
}

struct schema_source *source_retain(struct schema_source *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void source_release(struct schema_source *s)
{
    if (atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < s->entries; i++)
        if (s->entry[i].type)
            type_release(s->entry[i].type);
    arena_release(&s->arena);
    free(s);
}
