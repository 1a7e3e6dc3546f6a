/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/names.h"

enum { ENTRY_HEAD = 5, ENTRY_COMMIT = 8 };

static size_t shared_length(const struct names_writer *w, struct text name)
{
    size_t most = name.length < w->length ? name.length : w->length, shared = 0;
    while (shared < most && name.at[shared] == w->name[shared])
        shared++;
    return shared;
}

void names_begin(struct names_writer *w, void *memory, size_t size)
{
    w->out = writer_of(memory, size);
    w->length = w->total = w->count = 0;
    writer_u8(&w->out, NAMES_VERSION);
}

bool names_put(struct names_writer *w, struct text name, uint8_t flags, uint64_t commit)
{
    size_t shared = shared_length(w, name), rest = name.length - shared, tail = flags & NAME_COMMIT ? ENTRY_COMMIT : 0;
    if (name.length == 0 || name.length > MAX_NAME || writer_left(&w->out) < ENTRY_HEAD + rest + tail || w->total + name.length > NAMES_TOTAL)
        return false;
    writer_u8(&w->out, flags);
    writer_u16(&w->out, (uint16_t)shared);
    writer_u16(&w->out, (uint16_t)rest);
    writer_raw(&w->out, name.at + shared, rest);
    if (tail)
        writer_u64(&w->out, commit);
    memcpy(w->name + shared, name.at + shared, rest);
    w->length = name.length;
    w->total += name.length;
    w->count++;
    return true;
}

void names_open(struct names_reader *r, struct bytes list)
{
    r->in = reader_of(list);
    r->length = r->total = 0;
    r->flags = 0;
    r->commit = 0;
    if (reader_u8(&r->in) != NAMES_VERSION)
        reader_fail(&r->in, "is of a version that is not known", NULL);
}

static bool is_name(const char *at, size_t length)
{
    return length > 0 && !memchr(at, 0, length) && text_is_utf8((struct text){ at, length });
}

bool names_next(struct names_reader *r)
{
    if (r->in.fault || reader_left(&r->in) == 0)
        return false;
    r->flags = reader_u8(&r->in);
    size_t shared = reader_u16(&r->in), rest = reader_u16(&r->in);
    const uint8_t *at = reader_take(&r->in, rest);
    r->commit = r->flags & NAME_COMMIT ? reader_u64(&r->in) : 0;
    if (r->in.fault)
        return false;
    if (shared > r->length || shared + rest > MAX_NAME)
        reader_fail(&r->in, "holds a name that is too long", NULL);
    else if ((r->total += shared + rest) > NAMES_TOTAL)
        reader_fail(&r->in, "holds more than a list may", NULL);
    else {
        memcpy(r->name + shared, at, rest);
        r->length = shared + rest;
        if (!is_name(r->name, r->length))
            reader_fail(&r->in, "holds what is no name", NULL);
    }
    return !r->in.fault;
}
