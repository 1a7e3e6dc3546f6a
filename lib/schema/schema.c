/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/schema/schema.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <xxhash.h>

#include "lib/base/arena.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/schema/nearest.h"
#include "lib/schema/source.h"

enum { RECENT = 64 };

struct schema {
    atomic_uint references;
    struct schema_source **source;
    size_t sources;
    const struct schema_entry **entry; /* in order of arrival */
    size_t entries, room;
    const struct schema_entry **slot; /* open addressing by key, at most half full */
    size_t slots;
    bool drops_unknown;
    _Atomic(const struct schema_entry *) recent[RECENT]; /* by the address of the characters they were asked for with: only a guess */
    _Atomic(struct shape *) shape[SCHEMA_SHAPES];
};

mstro_status schema_create(struct schema **out)
{
    struct schema *s = calloc(1, sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    atomic_init(&s->references, 1);
    *out = s;
    return MSTRO_OK;
}

struct schema *schema_retain(struct schema *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void schema_release(struct schema *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < s->sources; i++)
        source_release(s->source[i]);
    for (size_t i = 0; i < SCHEMA_SHAPES; i++)
        free(s->shape[i]);
    free(s->source);
    free(s->entry);
    free(s->slot);
    free(s);
}

static const struct schema_entry **slot_of(const struct schema *s, struct text key)
{
    size_t i = XXH3_64bits(key.at, key.length) & (s->slots - 1);
    while (s->slot[i] && !text_equal(s->slot[i]->key, key))
        i = (i + 1) & (s->slots - 1);
    return &s->slot[i];
}

const struct schema_entry *schema_find(const struct schema *s, struct text key)
{
    return s->slots ? *slot_of(s, key) : NULL;
}

/* Two keys that stand one behind the other have different places. */
static _Atomic(const struct schema_entry *) *recent_of(const struct schema *s, const char *key)
{
    return &((struct schema *)s)->recent[((uintptr_t)key >> 3) % RECENT];
}

const struct schema_entry *schema_find_again(const struct schema *s, const char *key)
{
    _Atomic(const struct schema_entry *) *recent = recent_of(s, key);
    const struct schema_entry *entry = atomic_load_explicit(recent, memory_order_relaxed);
    if (entry && strcmp(entry->key.at, key) == 0)
        return entry;
    if ((entry = schema_find(s, text_of(key))))
        atomic_store_explicit(recent, entry, memory_order_relaxed);
    return entry;
}

/* Make room for 'more' entries and one source. */
static mstro_status reserve(struct schema *s, size_t more)
{
    size_t wanted = s->entries + more, slots = s->slots ? s->slots : 64;
    if (wanted > SCHEMA_ENTRIES_MAX)
        return detail_set(MSTRO_SCHEMA, "more than %d attributes in one schema", SCHEMA_ENTRIES_MAX);
    struct schema_source **source = realloc(s->source, (s->sources + 1) * sizeof(struct schema_source *));
    if (!source)
        return MSTRO_NOMEM;
    s->source = source;
    if (wanted > s->room) {
        const struct schema_entry **entry = realloc(s->entry, wanted * 2 * sizeof *entry);
        if (!entry)
            return MSTRO_NOMEM;
        s->entry = entry;
        s->room = wanted * 2;
    }
    while (slots < wanted * 2)
        slots *= 2;
    if (slots == s->slots)
        return MSTRO_OK;
    const struct schema_entry **slot = calloc(slots, sizeof *slot);
    if (!slot)
        return MSTRO_NOMEM;
    free(s->slot);
    s->slot = slot;
    s->slots = slots;
    for (size_t i = 0; i < s->entries; i++)
        *slot_of(s, s->entry[i]->key) = s->entry[i];
    return MSTRO_OK;
}

static bool same_default(const struct schema_entry *a, const struct schema_entry *b)
{
    int order;
    if (!a->fallback || !b->fallback)
        return a->fallback == b->fallback;
    return value_compare(a->fallback, b->fallback, &order) && order == 0;
}

static mstro_status disagree(const struct schema_entry *have, const struct schema_entry *new, const char *about, struct text one, struct text other)
{
    return detail_set(MSTRO_SCHEMA, "'%s' has %s " TEXT_FORMAT " in %s:%u:%u and " TEXT_FORMAT " in %s:%u:%u; they cannot be merged", new->key.at, about,
                      TEXT_ARGUMENTS(one), have->file->path.at, have->line, have->column, TEXT_ARGUMENTS(other), new->file->path.at, new->line,
                      new->column);
}

static mstro_status check_agreement(const struct schema_entry *have, const struct schema_entry *new)
{
    static const struct text flags[] = { { "false", 5 }, { "true", 4 } };
    if (have->core != CORE_NONE) /* the library's own word stands: see add_entry */
        return MSTRO_OK;
    if (!type_equal(have->type, new->type))
        return disagree(have, new, "the type", have->type->written, new->type->written);
    if (have->required != new->required)
        return disagree(have, new, "required:", flags[have->required], flags[new->required]);
    if (have->local != new->local)
        return disagree(have, new, "local:", flags[have->local], flags[new->local]);
    if (!same_default(have, new))
        return disagree(have, new, "a default", text_of("of one kind"), text_of("another"));
    return MSTRO_OK;
}

static void add_entry(struct schema *s, const struct schema_entry *new)
{
    const struct schema_entry **slot = slot_of(s, new->key), *have = *slot;
    if (!have)
        s->entry[s->entries++] = *slot = new;
    else if (have->core != CORE_NONE && !type_equal(have->type, new->type))
        log_warn(LOG_SCHEMA, "schema: '%s' stays " TEXT_FORMAT " as the library needs it, %s:%u says " TEXT_FORMAT, have->key.at,
                 TEXT_ARGUMENTS(have->type->written), new->file->path.at, new->line, TEXT_ARGUMENTS(new->type->written));
}

/* All or nothing. */
static mstro_status add_source(struct schema *s, struct schema_source *source)
{
    for (size_t i = 0; i < s->sources; i++)
        if (s->source[i] == source)
            return MSTRO_OK;
    for (size_t i = 0; i < source->entries; i++) {
        const struct schema_entry *have = schema_find(s, source->entry[i].key);
        mstro_status status = have ? check_agreement(have, &source->entry[i]) : MSTRO_OK;
        if (status != MSTRO_OK)
            return status;
    }
    mstro_status status = reserve(s, source->entries);
    if (status != MSTRO_OK)
        return status;
    s->source[s->sources++] = source_retain(source);
    for (size_t i = 0; i < source->entries; i++)
        add_entry(s, &source->entry[i]);
    return MSTRO_OK;
}

static mstro_status schema_of(struct schema_source *source, struct schema **out)
{
    struct schema *s = NULL;
    mstro_status status = schema_create(&s);
    if (status == MSTRO_OK)
        status = add_source(s, source);
    source_release(source);
    if (status == MSTRO_OK)
        *out = s;
    else
        schema_release(s);
    return status;
}

mstro_status schema_read_file(const char *path, struct schema **out)
{
    struct yaml y;
    struct schema_source *source;
    mstro_status status = yaml_read_file(&y, path, MSTRO_SCHEMA);
    if (status != MSTRO_OK)
        return status;
    status = source_create(&y, &source);
    yaml_release(&y);
    return status == MSTRO_OK ? schema_of(source, out) : status;
}

mstro_status schema_read_text(struct text yaml, const char *file, struct schema **out)
{
    struct yaml y;
    struct schema_source *source;
    mstro_status status = yaml_read_text(&y, yaml, file, MSTRO_SCHEMA);
    if (status != MSTRO_OK)
        return status;
    status = source_create(&y, &source);
    yaml_release(&y);
    return status == MSTRO_OK ? schema_of(source, out) : status;
}

/* Sources may disagree among themselves only with 'into': they agreed in 'from'.  Reserving first keeps it all or nothing. */
mstro_status schema_merge(struct schema *into, const struct schema *from)
{
    if (into == from)
        return MSTRO_OK;
    for (size_t i = 0; i < from->entries; i++) {
        const struct schema_entry *have = schema_find(into, from->entry[i]->key);
        mstro_status status = have ? check_agreement(have, from->entry[i]) : MSTRO_OK;
        if (status != MSTRO_OK)
            return status;
    }
    if (into->entries + from->entries > SCHEMA_ENTRIES_MAX)
        return detail_set(MSTRO_SCHEMA, "more than %d attributes in one schema", SCHEMA_ENTRIES_MAX);
    for (size_t i = 0; i < from->sources; i++) {
        mstro_status status = add_source(into, from->source[i]);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

static struct text tail_of(struct text key)
{
    const char *dot = memrchr(key.at, '.', key.length);
    return dot ? (struct text){ dot + 1, (size_t)(key.at + key.length - dot - 1) } : key;
}

/* A word without namespace is compared with what stands behind the last dot, if nothing else is near. */
struct text schema_nearest(const struct schema *s, struct text key)
{
    struct nearest whole = nearest_to(key), tail = nearest_to(key);
    struct text owner = { 0 };
    for (size_t i = 0; i < s->entries; i++)
        nearest_offer(&whole, s->entry[i]->key);
    if (whole.best.length || (key.length && key.at[0] == '.'))
        return whole.best;
    for (size_t i = 0; i < s->entries; i++) {
        unsigned before = tail.distance;
        nearest_offer(&tail, tail_of(s->entry[i]->key));
        if (tail.distance < before)
            owner = s->entry[i]->key;
    }
    return owner;
}

mstro_status schema_has_not(const struct schema *s, struct text key)
{
    struct text nearest = schema_nearest(s, key);
    if (nearest.length)
        return detail_set(MSTRO_SCHEMA, "no schema has '" TEXT_FORMAT "'; did you mean '" TEXT_FORMAT "'?", TEXT_ARGUMENTS(key), TEXT_ARGUMENTS(nearest));
    return detail_set(MSTRO_SCHEMA, "no schema has '" TEXT_FORMAT "'; MSTRO_SCHEMA_LIST names additional schema files", TEXT_ARGUMENTS(key));
}

bool schema_has_namespace(const struct schema *s, struct text nspace)
{
    for (size_t i = 0; i < s->sources; i++)
        if (text_equal(s->source[i]->about.nspace, nspace))
            return true;
    return false;
}

_Atomic(struct shape *) *schema_shape(const struct schema *s, size_t i) { return &((struct schema *)s)->shape[i]; }

bool schema_drops_unknown(const struct schema *s) { return s->drops_unknown; }
void schema_drop_unknown(struct schema *s, bool drop) { s->drops_unknown = drop; }

size_t schema_files(const struct schema *s) { return s->sources; }
const struct schema_file *schema_file_at(const struct schema *s, size_t i) { return &s->source[i]->about; }
size_t schema_entries(const struct schema *s) { return s->entries; }
const struct schema_entry *schema_entry_at(const struct schema *s, size_t i) { return s->entry[i]; }
