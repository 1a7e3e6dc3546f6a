/* SPDX-License-Identifier: BSD-3-Clause */
/* rows.h - how the rows of a record become its encoder, decoder and printer
 *
 * A table of records is expanded with DEFINE_ENCODE, DEFINE_DECODE and DEFINE_PRINT (nested ones first, with DEFINE_NESTED_*),
 * which make the functions encode_NAME, decode_NAME, print_NAME. */
#ifndef LIB_WIRE_ROWS_H
#define LIB_WIRE_ROWS_H
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/wire/cursor.h"
#include "lib/wire/record.h"

/* ---- encoding ---- */

struct encoder {
    struct writer *out;
    const char *beyond; /* the first field that is longer than its limit */
};

static inline uint32_t encode_count(struct encoder *e, uint32_t count, uint32_t max, const char *field)
{
    if (count > max) {
        e->beyond = e->beyond ? e->beyond : field;
        return 0;
    }
    writer_u32(e->out, count);
    return count;
}

static inline void encode_bytes(struct encoder *e, const void *at, size_t length, uint32_t max, const char *field)
{
    if (length > max)
        e->beyond = e->beyond ? e->beyond : field;
    else
        writer_bytes(e->out, bytes_of(at, length));
}

/* An element of a list begins with its length, so that an older peer finds the next one: leave room for it, fill it in. */
static inline uint8_t *encode_element_begin(struct encoder *e) { return writer_take(e->out, sizeof(uint16_t)); }

static inline void encode_element_end(struct encoder *e, uint8_t *begin)
{
    if (e->out->full || !begin)
        return;
    uint16_t length = htole16((uint16_t)(e->out->at - begin - sizeof length));
    memcpy(begin, &length, sizeof length);
}

#define ENCODE_F(type, field, since) writer_##type(e->out, r->field);
#define ENCODE_T(field, max, since) encode_bytes(e, r->field.at, r->field.length, max, #field);
#define ENCODE_B(field, max, since) encode_bytes(e, r->field.at, r->field.length, max, #field);
#define ENCODE_L(record, field, max, since) encode_##record##_list(e, r->field.at, encode_count(e, r->field.count, max, #field));

#define DEFINE_ENCODE(NAME, name, ...) \
    static void encode_##name(struct encoder *e, const struct record_##name *r) { RECORD_##NAME(ENCODE_F, ENCODE_T, ENCODE_B, ENCODE_L) }

#define DEFINE_NESTED_ENCODE(NAME, name) \
    DEFINE_ENCODE(NAME, name) \
    static void encode_##name##_list(struct encoder *e, const struct record_##name *at, uint32_t count) \
    { \
        for (uint32_t i = 0; i < count; i++) { \
            uint8_t *begin = encode_element_begin(e); \
            encode_##name(e, &at[i]); \
            encode_element_end(e, begin); \
        } \
    }

/* ---- decoding ---- */

struct decoder {
    struct reader in; /* ends where the record, or the element of a list, ends */
    uint16_t version; /* what the sender speaks */
    struct arena *arena;
    bool short_of_memory;
};

/* A sender older than the field ends its record before it. */
static inline bool row_absent(const struct decoder *d, uint16_t since)
{
    return since > d->version && reader_left(&d->in) == 0;
}

/* Each element takes two bytes at least, so that a list can never be longer than what has been received allows. */
static inline uint32_t decode_count(struct decoder *d, uint32_t max, const char *field)
{
    uint32_t count = reader_u32(&d->in);
    if (count > max || count > reader_left(&d->in) / sizeof(uint16_t)) {
        reader_fail(&d->in, "is longer than its limit", field);
        return 0;
    }
    return count;
}

static inline void *decode_room(struct decoder *d, size_t size)
{
    void *room = size ? arena_take(d->arena, size) : NULL;
    if (size && !room) {
        d->short_of_memory = true;
        reader_fail(&d->in, "has a list there is no memory for", NULL);
    }
    return room;
}

/* Go into the next element; what is returned is where to go on behind it. */
static inline struct reader decode_element_begin(struct decoder *d)
{
    uint16_t length = reader_u16(&d->in);
    struct reader outer = d->in;
    const uint8_t *at = reader_take(&outer, length);
    if (at)
        d->in.end = at + length;
    else
        d->in = outer;
    return outer;
}

static inline void decode_element_end(struct decoder *d, struct reader outer)
{
    if (!d->in.fault)
        d->in = outer;
}

#define DECODE_F(type, field, since) out->field = row_absent(d, since) ? (wire_##type){ 0 } : reader_##type(&d->in);
#define DECODE_T(field, max, since) out->field = row_absent(d, since) ? (struct text){ 0 } : reader_text(&d->in, max, #field);
#define DECODE_B(field, max, since) out->field = row_absent(d, since) ? (struct bytes){ 0 } : reader_bytes(&d->in, max, #field);
#define DECODE_L(record, field, max, since) \
    out->field.count = row_absent(d, since) ? 0 : decode_count(d, max, #field); \
    out->field.at = decode_##record##_list(d, out->field.count);

#define DEFINE_DECODE(NAME, name, ...) \
    static void decode_##name(struct decoder *d, struct record_##name *out) { RECORD_##NAME(DECODE_F, DECODE_T, DECODE_B, DECODE_L) }

#define DEFINE_NESTED_DECODE(NAME, name) \
    DEFINE_DECODE(NAME, name) \
    static const struct record_##name *decode_##name##_list(struct decoder *d, uint32_t count) \
    { \
        struct record_##name *at = decode_room(d, count * sizeof *at); \
        for (uint32_t i = 0; at && !d->in.fault && i < count; i++) { \
            struct reader outer = decode_element_begin(d); \
            decode_##name(d, &at[i]); \
            decode_element_end(d, outer); \
        } \
        return at; \
    }

/* ---- printing ---- */

struct printer {
    char *to;
    size_t size, length; /* length: what would have been needed so far */
};

void print_format(struct printer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void print_text(struct printer *p, const char *field, struct text t);   /* quoted, control characters escaped */
void print_bytes(struct printer *p, const char *field, struct bytes b); /* the first bytes in hex, and how many there are */

static inline void print_u64(struct printer *p, const char *field, uint64_t v) { print_format(p, " %s=%llu", field, (unsigned long long)v); }
static inline void print_u32(struct printer *p, const char *field, uint32_t v) { print_u64(p, field, v); }
static inline void print_u16(struct printer *p, const char *field, uint16_t v) { print_u64(p, field, v); }
static inline void print_u8(struct printer *p, const char *field, uint8_t v) { print_u64(p, field, v); }
static inline void print_i64(struct printer *p, const char *field, int64_t v) { print_format(p, " %s=%lld", field, (long long)v); }

static inline void print_id(struct printer *p, const char *field, struct id v)
{
    print_format(p, " %s=%016llx%016llx", field, (unsigned long long)v.high, (unsigned long long)v.low);
}

#define PRINT_F(type, field, since) print_##type(p, #field, r->field);
#define PRINT_T(field, max, since) print_text(p, #field, r->field);
#define PRINT_B(field, max, since) print_bytes(p, #field, r->field);
#define PRINT_L(record, field, max, since) \
    print_format(p, " %s=[", #field); \
    print_##record##_list(p, r->field.at, r->field.count);

#define DEFINE_PRINT(NAME, name, ...) \
    static void print_##name(struct printer *p, const struct record_##name *r) { RECORD_##NAME(PRINT_F, PRINT_T, PRINT_B, PRINT_L) }

#define DEFINE_NESTED_PRINT(NAME, name) \
    DEFINE_PRINT(NAME, name) \
    static void print_##name##_list(struct printer *p, const struct record_##name *at, uint32_t count) \
    { \
        for (uint32_t i = 0; i < count; i++) { \
            print_format(p, "{"); \
            print_##name(p, &at[i]); \
            print_format(p, " }"); \
        } \
        print_format(p, "]"); \
    }

#endif
