/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/detail.h"
#include "lib/wire/codec.h"
#include "lib/wire/rows.h"

NESTED_RECORDS(DEFINE_NESTED_DECODE)
RECORDS(DEFINE_DECODE)

/* False when the kind is none of ours. */
static bool decode_fields(struct decoder *d, uint16_t kind, struct record *out)
{
    switch (kind) {
#define DECODE_KIND(NAME, name, number) \
    case KIND_##NAME: \
        decode_##name(d, &out->name); \
        out->kind = KIND_##NAME; \
        return true;
        RECORDS(DECODE_KIND)
#undef DECODE_KIND
    }
    return false;
}

static mstro_status refuse(const struct decoder *d, uint16_t kind)
{
    const char *name = record_name((enum record_kind)kind);
    const char *field = d->in.field;
    mstro_status status = d->short_of_memory ? MSTRO_NOMEM : MSTRO_INVMSG;
    return detail_set(status, "%s%s%s %s", name, field ? ": " : "", field ? field : "", d->in.fault);
}

mstro_status record_decode(struct reader *r, uint16_t version, struct arena *arena, struct record *out)
{
    uint16_t kind = reader_u16(r);
    uint32_t length = reader_u32(r);
    const uint8_t *at = reader_take(r, length);
    if (!at)
        return detail_set(MSTRO_INVMSG, "a record of kind %u says to have %u bytes, the frame ends before", kind, length);
    struct decoder d = { .in = reader_of(bytes_of(at, length)), .version = version, .arena = arena };
    if (!decode_fields(&d, kind, out))
        return detail_set(MSTRO_INVMSG, "there is no record of kind %u", kind);
    return d.in.fault ? refuse(&d, kind) : MSTRO_OK;
}
