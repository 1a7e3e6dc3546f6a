/* SPDX-License-Identifier: BSD-3-Clause */
/* schemas.c - telling the pool what this process's schemas say, and learning who has others */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/client/state.h"
#include "lib/schema/outline.h"

_Static_assert((int)OUTLINE_VERSION_MAX == MAX_SCHEMA_VERSION, "a version fits its record");
_Static_assert((int)SCHEMA_KEY_MAX == MAX_NAMESPACE, "a namespace fits its record");

void schemas_name(struct turn *t, struct record_join *join)
{
    const struct outlines *own = t->client->schemas;
    if (!own || own->count == 0)
        return;
    struct record_schema_digest *at = arena_take(&t->out->arena, own->count * sizeof *at);
    if (!at)
        return; /* joining matters more */
    for (size_t i = 0; i < own->count; i++)
        at[i] = (struct record_schema_digest){ .digest = own->at[i].digest, .nspace = own->at[i].nspace };
    join->schemas.count = (uint32_t)own->count;
    join->schemas.at = at;
}

void schemas_send(struct turn *t, uint64_t unknown)
{
    const struct outlines *own = t->client->schemas;
    for (size_t i = 0; own && i < own->count; i++) {
        const struct outline *o = &own->at[i];
        struct record r = { .kind = KIND_SCHEMA, .schema = { .digest = o->digest, .keys = o->keys, .nspace = o->nspace, .version = o->version, .outline = o->rows } };
        if (unknown >> i & 1)
            turn_send(t, 0, &r);
    }
}

/* A line of the log each. */
static void tell_lines(struct turn *t, const char *words)
{
    for (struct text left = text_of(words); left.length;) {
        const char *end = memchr(left.at, '\n', left.length);
        size_t length = end ? (size_t)(end - left.at) : left.length;
        struct text line = turn_text(t, "%.*s", (int)length, left.at);
        turn_put(t, CLIENT_DIFFERENCE)->detail = line;
        left = (struct text){ left.at + length + (end != NULL), left.length - length - (end != NULL) };
    }
}

void schemas_other(struct turn *t)
{
    const struct record_other_schema *r = &t->in->record->other_schema;
    const struct outline *mine = t->client->schemas ? outlines_find(t->client->schemas, r->nspace) : NULL;
    const struct outline theirs = { .nspace = r->nspace, .version = r->version, .digest = r->digest, .keys = r->keys, .rows = r->outline };
    enum outline_verdict verdict;
    char there[600], *words = NULL;
    if (!mine)
        return;
    snprintf(there, sizeof there, "in " TEXT_FORMAT, TEXT_ARGUMENTS(r->who));
    mstro_status status = outline_compare(mine, &theirs, "here", there, &verdict, &words);
    if (status != MSTRO_OK)
        turn_note(t, 0, "the schema of '" TEXT_FORMAT "' %s cannot be compared: %s", TEXT_ARGUMENTS(mine->nspace), there,
                  status == MSTRO_NOMEM ? "not enough memory" : mstro_error_detail());
    else if (words)
        tell_lines(t, words);
    free(words);
}
