/* SPDX-License-Identifier: BSD-3-Clause */
/* record.h - a record in memory: made from the rows of records.h
 *
 * Texts, bytes and lists are views: into the frame they were decoded from, or into whatever the sender keeps.  They are valid as
 * long as that is; who keeps a record longer copies what it needs. */
#ifndef LIB_WIRE_RECORD_H
#define LIB_WIRE_RECORD_H
#include <stdint.h>

#include "lib/base/view.h"
#include "lib/wire/records.h"

typedef uint8_t wire_u8;
typedef uint16_t wire_u16;
typedef uint32_t wire_u32;
typedef uint64_t wire_u64;
typedef int64_t wire_i64;
typedef struct id wire_id;

#define MEMBER_F(type, field, since) wire_##type field;
#define MEMBER_T(field, max, since) struct text field;
#define MEMBER_B(field, max, since) struct bytes field;
#define MEMBER_L(record, field, max, since) struct { uint32_t count; const struct record_##record *at; } field;

#define DECLARE_NESTED(NAME, name) struct record_##name { RECORD_##NAME(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
NESTED_RECORDS(DECLARE_NESTED)
#undef DECLARE_NESTED

#define DECLARE_RECORD(NAME, name, number) struct record_##name { RECORD_##NAME(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
RECORDS(DECLARE_RECORD)
#undef DECLARE_RECORD

enum record_kind {
#define RECORD_KIND(NAME, name, number) KIND_##NAME = number,
    RECORDS(RECORD_KIND)
#undef RECORD_KIND
};

struct record {
    enum record_kind kind;
    union {
#define RECORD_MEMBER(NAME, name, number) struct record_##name name;
        RECORDS(RECORD_MEMBER)
#undef RECORD_MEMBER
    };
};

/* "OFFER"; "?" for a number that is none. */
const char *record_name(enum record_kind kind);

/* The operation that a client begins with this record; 0: none, or nobody wants an answer. */
uint64_t record_op(const struct record *record);

/* Number it.  Does nothing with a record that begins none. */
void record_set_op(struct record *record, uint64_t op);

#endif
