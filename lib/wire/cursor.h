/* SPDX-License-Identifier: BSD-3-Clause */
/* cursor.h - numbers and bytes in and out of bounded memory, little endian
 *
 * A cursor never leaves its memory.  Its first fault sticks: from then on a reader gives zeros and a writer takes nothing, so a
 * sequence of calls is checked once, at its end.  The memory is the caller's; what a reader returns are views into it. */
#ifndef LIB_WIRE_CURSOR_H
#define LIB_WIRE_CURSOR_H
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/base/view.h"

struct reader {
    const uint8_t *at, *end;
    const char *fault; /* NULL while all is well, else what was wrong: static text */
    const char *field; /* where, if that is known */
};

static inline struct reader reader_of(struct bytes b)
{
    const uint8_t *at = b.at;
    return (struct reader){ .at = at, .end = at ? at + b.length : at };
}

static inline size_t reader_left(const struct reader *r) { return (size_t)(r->end - r->at); }

static inline void reader_fail(struct reader *r, const char *fault, const char *field)
{
    if (!r->fault)
        *r = (struct reader){ .at = r->end, .end = r->end, .fault = fault, .field = field };
}

/* The next 'length' bytes, or NULL when there are fewer. */
static inline const uint8_t *reader_take(struct reader *r, size_t length)
{
    if (reader_left(r) < length) {
        reader_fail(r, "ends too early", NULL);
        return NULL;
    }
    const uint8_t *place = r->at;
    r->at += length;
    return place;
}

static inline uint8_t reader_u8(struct reader *r)
{
    const uint8_t *p = reader_take(r, 1);
    return p ? *p : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
    uint16_t v = 0;
    const uint8_t *p = reader_take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return le16toh(v);
}

static inline uint32_t reader_u32(struct reader *r)
{
    uint32_t v = 0;
    const uint8_t *p = reader_take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline uint64_t reader_u64(struct reader *r)
{
    uint64_t v = 0;
    const uint8_t *p = reader_take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static inline int64_t reader_i64(struct reader *r) { return (int64_t)reader_u64(r); }

static inline struct id reader_id(struct reader *r)
{
    uint64_t high = reader_u64(r), low = reader_u64(r);
    return (struct id){ high, low };
}

/* u32 length, then so many bytes; more than 'max' is a fault of 'field'. */
static inline struct bytes reader_bytes(struct reader *r, uint32_t max, const char *field)
{
    uint32_t length = reader_u32(r);
    if (length > max)
        reader_fail(r, "is longer than its limit", field);
    const uint8_t *at = reader_take(r, length);
    return bytes_of(at, at ? length : 0);
}

/* The same; what is not UTF-8, or holds NUL, is a fault. */
static inline struct text reader_text(struct reader *r, uint32_t max, const char *field)
{
    struct bytes b = reader_bytes(r, max, field);
    struct text t = { b.at, b.length };
    bool ends_within = t.length && memchr(t.at, 0, t.length);
    if (ends_within || !text_is_utf8(t)) {
        reader_fail(r, ends_within ? "holds a NUL" : "is not UTF-8", field);
        return (struct text){ 0 };
    }
    return t;
}

struct writer {
    uint8_t *start, *at, *end;
    bool full; /* something did not fit */
};

static inline struct writer writer_of(void *memory, size_t size)
{
    uint8_t *start = memory;
    return (struct writer){ .start = start, .at = start, .end = start ? start + size : start };
}

static inline size_t writer_left(const struct writer *w) { return (size_t)(w->end - w->at); }
static inline size_t writer_length(const struct writer *w) { return (size_t)(w->at - w->start); }

/* Room for 'length' bytes, or NULL: then nothing more is taken. */
static inline uint8_t *writer_take(struct writer *w, size_t length)
{
    if (w->full || writer_left(w) < length) {
        w->full = true;
        return NULL;
    }
    uint8_t *place = w->at;
    w->at += length;
    return place;
}

/* The bytes themselves, without a length. */
static inline void writer_raw(struct writer *w, const void *from, size_t length)
{
    uint8_t *p = writer_take(w, length);
    if (p && length)
        memcpy(p, from, length);
}

static inline void writer_u8(struct writer *w, uint8_t v) { writer_raw(w, &v, sizeof v); }

static inline void writer_u16(struct writer *w, uint16_t v)
{
    v = htole16(v);
    writer_raw(w, &v, sizeof v);
}

static inline void writer_u32(struct writer *w, uint32_t v)
{
    v = htole32(v);
    writer_raw(w, &v, sizeof v);
}

static inline void writer_u64(struct writer *w, uint64_t v)
{
    v = htole64(v);
    writer_raw(w, &v, sizeof v);
}

static inline void writer_i64(struct writer *w, int64_t v) { writer_u64(w, (uint64_t)v); }

static inline void writer_id(struct writer *w, struct id v)
{
    writer_u64(w, v.high);
    writer_u64(w, v.low);
}

/* u32 length, then the bytes. */
static inline void writer_bytes(struct writer *w, struct bytes b)
{
    if (b.length > UINT32_MAX) {
        w->full = true;
        return;
    }
    writer_u32(w, (uint32_t)b.length);
    writer_raw(w, b.at, b.length);
}

static inline void writer_text(struct writer *w, struct text t) { writer_bytes(w, bytes_of(t.at, t.length)); }

#endif
