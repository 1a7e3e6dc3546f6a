/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/outline.h"

#include <stdlib.h>
#include <xxhash.h>

/* Text that is printed once and kept in the arena. */
struct scratch { FILE *to; char *text; size_t length; };

static bool scratch_open(struct scratch *s)
{
    *s = (struct scratch){ 0 };
    s->to = open_memstream(&s->text, &s->length);
    return s->to != NULL;
}

static bool scratch_keep(struct scratch *s, struct arena *arena, struct text *out)
{
    bool good = fclose(s->to) == 0;
    *out = good ? arena_copy_text(arena, (struct text){ s->text, s->length }) : (struct text){ 0 };
    good = good && (out->at || s->length == 0);
    free(s->text);
    return good;
}

static bool type_text(const struct schema_entry *entry, struct arena *arena, struct text *out)
{
    struct scratch s;
    if (!scratch_open(&s))
        return false;
    type_print(s.to, entry->type);
    return scratch_keep(&s, arena, out);
}

static bool default_text(const struct schema_entry *entry, struct arena *arena, struct text *out)
{
    struct scratch s;
    *out = (struct text){ "", 0 };
    if (!entry->fallback)
        return true;
    if (!scratch_open(&s))
        return false;
    value_print_item(s.to, entry->fallback);
    return scratch_keep(&s, arena, out);
}

static bool make_row(const struct schema_entry *entry, size_t skip, struct arena *arena, struct block_item *row)
{
    struct value item[3] = { { .kind = VALUE_TEXT, .count = 1 }, { .kind = VALUE_TEXT, .count = 1 }, { .kind = VALUE_TEXT, .count = 1 } };
    size_t size = 0;
    if (!type_text(entry, arena, &item[0].text) || !default_text(entry, arena, &item[2].text))
        return false;
    item[1].text = text_of(entry->required ? "required" : "");
    for (int i = 0; i < 3; i++)
        size += value_item_size(&item[i]);
    unsigned char *bytes = arena_take(arena, size), *at = bytes;
    struct text key = arena_copy_text(arena, (struct text){ entry->key.at + skip, entry->key.length - skip }); /* the schema may go first */
    if (!bytes || !key.at)
        return false;
    for (int i = 0; i < 3; i++)
        at = value_item_encode(&item[i], at);
    *row = (struct block_item){ .key = key, .value = { .kind = VALUE_LIST, .count = 3, .items = bytes_of(bytes, size) } };
    return true;
}

static uint64_t digest_of(const struct outline *o, const struct block_item row[])
{
    uint64_t digest = XXH3_64bits(o->nspace.at, o->nspace.length);
    digest = XXH3_64bits_withSeed(o->version.at, o->version.length, digest);
    for (uint32_t i = 0; i < o->keys; i++) {
        digest = XXH3_64bits_withSeed(row[i].key.at, row[i].key.length, digest);
        digest = XXH3_64bits_withSeed(row[i].value.items.at, row[i].value.items.length, digest);
    }
    return digest;
}

static bool write_rows(struct outline *o, const struct block_item row[], struct arena *arena)
{
    size_t fit = o->keys, size;
    while (fit > 0 && block_size(row, fit) == 0)
        fit -= fit / 8 + 1;
    if (fit == 0)
        return true;
    size = block_size(row, fit);
    unsigned char *bytes = arena_take(arena, size);
    if (!bytes)
        return false;
    block_write(row, fit, bytes);
    o->rows = bytes_of(bytes, size);
    return true;
}

/* The first two words of a key that has more: files may divide one key into namespace and rest as they like. */
static struct text namespace_of(struct text key)
{
    enum { WORDS = 2 };
    size_t length = 0;
    for (size_t i = 1, words = 0; i + 1 < key.length && words < WORDS; i++)
        if (key.at[i] == '.') {
            length = i + 1;
            words++;
        }
    return (struct text){ key.at, length };
}

static bool is_part(const struct schema_entry *entry, struct text nspace)
{
    return !entry->local && text_equal(namespace_of(entry->key), nspace);
}

static bool fill(const struct schema *s, struct outline *o, struct arena *arena)
{
    struct block_item *row = arena_take(arena, (schema_entries(s) + 1) * sizeof *row);
    bool good = row != NULL;
    for (size_t i = 0; good && i < schema_entries(s); i++) {
        const struct schema_entry *entry = schema_entry_at(s, i);
        if (is_part(entry, o->nspace))
            good = make_row(entry, o->nspace.length, arena, &row[o->keys++]);
    }
    if (good) {
        block_sort(row, o->keys);
        o->row = row;
        o->digest = digest_of(o, row);
        good = write_rows(o, row, arena);
    }
    return good;
}

static bool join_version(struct outline *o, struct text version, struct arena *arena)
{
    char both[OUTLINE_VERSION_MAX + 1];
    int length = snprintf(both, sizeof both, TEXT_FORMAT "%s" TEXT_FORMAT, TEXT_ARGUMENTS(o->version), o->version.length && version.length ? ", " : "",
                          TEXT_ARGUMENTS(version));
    if (length < 0 || (size_t)length >= sizeof both)
        return true; /* the keys tell the rest */
    o->version = arena_copy_text(arena, (struct text){ both, (size_t)length });
    return o->version.at || length == 0;
}

/* NULL: there are too many, or no memory. */
static struct outline *place_of(struct outlines *o, struct text nspace)
{
    for (size_t i = 0; i < o->count; i++)
        if (text_equal(o->at[i].nspace, nspace))
            return &o->at[i];
    if (o->count == OUTLINES_MAX)
        return NULL;
    struct text kept = arena_copy_text(&o->arena, nspace);
    if (!kept.at && nspace.length)
        return NULL;
    o->at[o->count].nspace = kept;
    return &o->at[o->count++];
}

/* A namespace has the version of each file that says something of it, in the order of the files. */
static bool note_file(struct outlines *o, const struct schema *s, const struct schema_file *file)
{
    bool noted[OUTLINES_MAX] = { false }, good = true;
    for (size_t i = 0; good && i < schema_entries(s); i++) {
        const struct schema_entry *entry = schema_entry_at(s, i);
        if (entry->file != file || entry->local)
            continue;
        struct outline *place = place_of(o, namespace_of(entry->key));
        if (!place && o->count < OUTLINES_MAX)
            return false;
        if (!place || noted[place - o->at])
            continue;
        noted[place - o->at] = true;
        good = join_version(place, file->version, &o->arena);
    }
    return good;
}

mstro_status outlines_create(const struct schema *s, struct outlines **out)
{
    struct outlines *o = calloc(1, sizeof *o);
    bool good = o != NULL;
    for (size_t i = 0; good && i < schema_files(s); i++)
        good = note_file(o, s, schema_file_at(s, i));
    for (size_t i = 0; good && i < o->count; i++)
        good = fill(s, &o->at[i], &o->arena);
    if (!good) {
        outlines_destroy(o);
        return MSTRO_NOMEM;
    }
    *out = o;
    return MSTRO_OK;
}

void outlines_destroy(struct outlines *o)
{
    if (!o)
        return;
    arena_release(&o->arena);
    free(o);
}

const struct outline *outlines_find(const struct outlines *o, struct text nspace)
{
    for (size_t i = 0; i < o->count; i++)
        if (text_equal(o->at[i].nspace, nspace))
            return &o->at[i];
    return NULL;
}
