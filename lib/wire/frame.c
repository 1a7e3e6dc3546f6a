/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/frame.h"

#include "lib/base/detail.h"

void frame_begin(struct frame_writer *f, void *memory, size_t size)
{
    f->body = writer_of(memory, size - SEAL_TAG_SIZE);
    f->records = f->taken = 0;
    writer_take(&f->body, FRAME_HEADER_SIZE);
}

mstro_status frame_append(struct frame_writer *f, const struct record *r)
{
    mstro_status status = record_encode(&f->body, r);
    f->records += status == MSTRO_OK;
    return status;
}

static void header_write(uint8_t *to, const struct frame_header *h)
{
    struct writer w = writer_of(to, FRAME_HEADER_SIZE);
    writer_u32(&w, FRAME_MAGIC);
    writer_u16(&w, h->version);
    writer_u16(&w, h->flags);
    writer_u32(&w, h->length);
    writer_u32(&w, h->taken);
    writer_u64(&w, h->session);
    writer_u64(&w, h->counter);
}

size_t frame_finish(struct frame_writer *f, uint16_t version, uint16_t flags, uint64_t session, struct seal *seal)
{
    uint8_t *memory = f->body.start, *payload = memory + FRAME_HEADER_SIZE;
    size_t length = writer_length(&f->body) - FRAME_HEADER_SIZE, tag = seal ? SEAL_TAG_SIZE : 0;
    struct frame_header h = {
        .version = version,
        .flags = (uint16_t)(flags | (seal ? FRAME_SEALED : 0)),
        .length = (uint32_t)(length + tag),
        .taken = f->taken,
        .session = session,
        .counter = seal ? seal->counter + 1 : 0,
    };
    header_write(memory, &h);
    if (seal)
        seal_close(seal, h.counter, memory, FRAME_HEADER_SIZE, payload, length);
    f->body.full = true;
    return FRAME_HEADER_SIZE + length + tag;
}

static bool header_take(struct reader *r, struct frame_header *out)
{
    uint32_t magic = reader_u32(r);
    out->version = reader_u16(r);
    out->flags = reader_u16(r);
    out->length = reader_u32(r);
    out->taken = reader_u32(r);
    out->session = reader_u64(r);
    out->counter = reader_u64(r);
    if (r->fault || magic != FRAME_MAGIC)
        return false;
    if (out->flags & FRAME_SEALED)
        return (out->flags & ~(FRAME_SEALED | FRAME_ASKS)) == 0;
    return out->taken == 0 && (out->flags & ~FRAME_HANDSHAKE) == 0;
}

mstro_status frame_header_read(struct bytes frame, struct frame_header *out)
{
    struct reader r = reader_of(frame);
    if (!header_take(&r, out))
        return detail_set(MSTRO_INVMSG, "%zu bytes came that do not begin as a frame does", frame.length);
    if (out->length != reader_left(&r))
        return detail_set(MSTRO_INVMSG, "a frame says to have %u bytes and has %zu", out->length, reader_left(&r));
    return MSTRO_OK;
}

mstro_status frame_length(const uint8_t header[FRAME_HEADER_SIZE], size_t max, size_t *length)
{
    struct frame_header h;
    struct reader r = reader_of(bytes_of(header, FRAME_HEADER_SIZE));
    if (!header_take(&r, &h))
        return detail_set(MSTRO_INVMSG, "what came does not begin as a frame does");
    if (h.length > max - FRAME_HEADER_SIZE)
        return detail_set(MSTRO_INVMSG, "a frame says to have %u bytes, more than the %zu permitted here", h.length, max - FRAME_HEADER_SIZE);
    *length = FRAME_HEADER_SIZE + h.length;
    return MSTRO_OK;
}

enum seal_verdict frame_open(struct frame_reader *f, void *memory, size_t length, struct seal *seal)
{
    uint8_t *payload = (uint8_t *)memory + FRAME_HEADER_SIZE;
    if (frame_header_read(bytes_of(memory, length), &f->header) != MSTRO_OK)
        return SEAL_FORGED;
    size_t tag = seal ? SEAL_TAG_SIZE : 0;
    bool sealed = f->header.flags & FRAME_SEALED;
    if (sealed != (seal != NULL) || f->header.length < tag)
        return SEAL_FORGED;
    size_t left = f->header.length - tag;
    f->in = reader_of(bytes_of(payload, left));
    return seal ? seal_open(seal, f->header.counter, memory, FRAME_HEADER_SIZE, payload, left) : SEAL_OPENED;
}

mstro_status frame_next(struct frame_reader *f, struct arena *arena, struct record *out)
{
    if (reader_left(&f->in) == 0 && !f->in.fault)
        return MSTRO_NOMATCH;
    return record_decode(&f->in, f->header.version, arena, out);
}
