/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/cache_line.h"
#include "lib/pool/session.h"

enum { NAME_IN_TEXT = 200 };

bool pool_outputs_reserve(struct pool_outputs *out, size_t count)
{
    size_t room = out->room ? out->room : 16;
    while (room < out->count + count)
        room *= 2;
    if (room == out->room)
        return true;
    size_t size = room * sizeof *out->at;
    struct pool_output *at = out->at ? realloc(out->at, size) : cache_lines_alloc(size);
    if (!at)
        return false;
    out->at = at;
    out->room = room;
    return true;
}

void pool_outputs_give_envelope(struct pool_outputs *out, struct envelope *envelope)
{
    envelope->next = out->envelopes;
    out->envelopes = envelope;
    out->spare++;
}

/* So many not promised, if there is memory. */
static void make_envelopes(struct pool_outputs *out, size_t count)
{
    struct envelope *made;
    while (out->spare - out->promised < count && (made = malloc(POOL_ENVELOPE)))
        pool_outputs_give_envelope(out, made);
}

/* One more, which is left for answer_back. */
bool pool_outputs_reserve_envelopes(struct pool_outputs *out, size_t count)
{
    make_envelopes(out, count + 1);
    return out->spare - out->promised > count && pool_outputs_reserve(out, count + 1);
}

struct envelope *pool_outputs_take_envelope(struct pool_outputs *out)
{
    struct envelope *envelope = out->envelopes;
    out->envelopes = envelope->next;
    out->spare--;
    out->promised--;
    return envelope;
}

void pool_outputs_clear(struct pool_outputs *out)
{
    out->count = 0;
    out->promised = 0;
    arena_reset(&out->arena);
}

void pool_outputs_release(struct pool_outputs *out)
{
    for (struct envelope *next, *envelope = out->envelopes; envelope; envelope = next) {
        next = envelope->next;
        free(envelope);
    }
    free(out->at);
    arena_release(&out->arena);
    *out = (struct pool_outputs){ 0 };
}

struct record *answer_stranger(struct pool *pool, uint64_t session, enum record_kind kind)
{
    struct pool_outputs *out = pool->out;
    if (!pool_outputs_reserve(out, 1))
        return NULL;
    struct pool_output *output = &out->at[out->count++];
    *output = (struct pool_output){ .session = session, .record.kind = kind };
    return &output->record;
}

struct record *answer_back(struct pool *pool, uint16_t shard, enum record_kind kind)
{
    make_envelopes(pool->out, 1);
    struct record *record = pool->out->spare > pool->out->promised ? answer_stranger(pool, 0, kind) : NULL;
    if (record) {
        pool->out->at[pool->out->count - 1].shard = shard;
        pool->out->promised++;
    }
    return record;
}

struct record *answer_shard(struct pool *pool, uint16_t shard, enum record_kind kind)
{
    return pool_outputs_reserve_envelopes(pool->out, 1) ? answer_back(pool, shard, kind) : NULL;
}

struct record *answer_add(struct pool *pool, struct session *session, enum record_kind kind)
{
    if (session->mute)
        return NULL;
    struct record *record = answer_stranger(pool, session->number, kind);
    if (!record) {
        session->mute = true;
        session_fail(pool, session);
    }
    return record;
}

void answer_ack(struct pool *pool, struct session *session, uint64_t op, mstro_status status, uint32_t flags, uint64_t generation,
                struct text detail)
{
    if (op == 0)
        return;
    struct record *record = answer_add(pool, session, KIND_ACK);
    if (record)
        record->ack = (struct record_ack){ .op = op, .status = status, .flags = flags, .generation = generation, .detail = detail };
}

void answer_note(struct pool *pool, struct session *session, uint64_t op, struct text detail)
{
    struct record *record = answer_add(pool, session, KIND_NOTE);
    if (record)
        record->note = (struct record_note){ .op = op, .detail = detail };
}

void answer_done(struct pool *pool, struct session *session, uint64_t op)
{
    answer_ack(pool, session, op, MSTRO_OK, 0, 0, (struct text){ 0 });
}

/* At most so many bytes, and no part of a character: what is no UTF-8 is not sent. */
static struct text cut(struct text text, size_t most)
{
    if (text.length <= most)
        return text;
    while (most > 0 && ((unsigned char)text.at[most] & 0xC0) == 0x80)
        most--;
    return (struct text){ text.at, most };
}

static struct text format_text(struct pool *pool, const char *format, va_list arguments)
{
    char line[MAX_DETAIL + 8];
    if (vsnprintf(line, sizeof line, format, arguments) < 0)
        return (struct text){ 0 };
    struct text text = arena_copy_text(&pool->out->arena, cut(text_of(line), MAX_DETAIL));
    return text.at ? text : (struct text){ 0 };
}

void answer_refused(struct pool *pool, struct session *session, uint64_t op, mstro_status status, const char *format, ...)
{
    va_list arguments;
    if (op == 0)
        return;
    va_start(arguments, format);
    struct text detail = format_text(pool, format, arguments);
    va_end(arguments);
    answer_ack(pool, session, op, status, 0, 0, detail);
}

void answer_lost(struct pool *pool, struct session *session, uint64_t op, const struct cdo *cdo, uint32_t generation, struct text why)
{
    answer_ack(pool, session, op, MSTRO_PEER_LOST, 0, generation,
               sentence(pool, TEXT_FORMAT " was lost: " TEXT_FORMAT, TEXT_ARGUMENTS(short_name(cdo)), TEXT_ARGUMENTS(why)));
}

struct text sentence(struct pool *pool, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text text = format_text(pool, format, arguments);
    va_end(arguments);
    return text;
}

struct text who_is(struct pool *pool, const struct session *session)
{
    return sentence(pool, TEXT_FORMAT ".%" PRId64 " (" TEXT_FORMAT " %" PRIu64 ")", TEXT_ARGUMENTS(seal_name(session->component)),
                    session->index, TEXT_ARGUMENTS(seal_name(session->host)), session->pid);
}

struct text text_cut(struct text name)
{
    return cut(name, NAME_IN_TEXT);
}

struct text short_name(const struct cdo *cdo)
{
    return text_cut(seal_name(cdo->sealed));
}
