/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/detail.h"
#include "lib/wire/codec.h"
#include "lib/wire/rows.h"

NESTED_RECORDS(DEFINE_NESTED_ENCODE)
RECORDS(DEFINE_ENCODE)

/* False when the kind is none of ours. */
static bool encode_fields(struct encoder *e, const struct record *r)
{
    switch (r->kind) {
#define ENCODE_KIND(NAME, name, number) \
    case KIND_##NAME: \
        encode_##name(e, &r->name); \
        return true;
        RECORDS(ENCODE_KIND)
#undef ENCODE_KIND
    }
    return false;
}

mstro_status record_encode(struct writer *w, const struct record *r)
{
    if (w->full)
        return MSTRO_WOULDBLOCK;
    uint8_t *begin = w->at;
    struct encoder e = { .out = w };
    writer_u16(w, (uint16_t)r->kind);
    uint8_t *length_at = writer_take(w, sizeof(uint32_t));
    bool known = encode_fields(&e, r);
    if (known && !e.beyond && !w->full) {
        uint32_t length = htole32((uint32_t)(w->at - begin - RECORD_HEADER));
        memcpy(length_at, &length, sizeof length);
        return MSTRO_OK;
    }
    w->at = begin;
    w->full = false;
    if (!known)
        return detail_set(MSTRO_INVARG, "there is no record of kind %d", (int)r->kind);
    return e.beyond ? detail_set(MSTRO_INVARG, "%s: %s is longer than its limit", record_name(r->kind), e.beyond) : MSTRO_WOULDBLOCK;
}
