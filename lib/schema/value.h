/* SPDX-License-Identifier: BSD-3-Clause */
/* value.h - one typed value: what it is, its bytes, its order, its text
 *
 * A value never owns: text, blob and list items are views into whatever it came from (a block, an arena, a table).  The kinds
 * carry the numbers of the public enumeration, which are also those of the byte form and therefore never change. */
#ifndef LIB_SCHEMA_VALUE_H
#define LIB_SCHEMA_VALUE_H
#include <stdio.h>

#include "lib/base/view.h"
#include "maestro/attributes.h"

enum value_kind {
    VALUE_NONE = MSTRO_CDO_ATTR_VALUE_NONE,
    VALUE_BOOL = MSTRO_CDO_ATTR_VALUE_bool,
    VALUE_INT32 = MSTRO_CDO_ATTR_VALUE_int32,
    VALUE_INT64 = MSTRO_CDO_ATTR_VALUE_int64,
    VALUE_UINT32 = MSTRO_CDO_ATTR_VALUE_uint32,
    VALUE_UINT64 = MSTRO_CDO_ATTR_VALUE_uint64,
    VALUE_FLOAT = MSTRO_CDO_ATTR_VALUE_float,
    VALUE_DOUBLE = MSTRO_CDO_ATTR_VALUE_double,
    VALUE_TEXT = MSTRO_CDO_ATTR_VALUE_cstring,
    VALUE_TIMESTAMP = MSTRO_CDO_ATTR_VALUE_timestamp,
    VALUE_BLOB = MSTRO_CDO_ATTR_VALUE_blob,
    VALUE_POINTER = MSTRO_CDO_ATTR_VALUE_pointer,
    VALUE_LIST = MSTRO_CDO_ATTR_VALUE_list,
    VALUE_KIND_END
};

struct value {
    enum value_kind kind;
    uint32_t count; /* VALUE_LIST: how many items */
    union {
        bool boolean;
        int64_t integer;  /* INT32, INT64 */
        uint64_t natural; /* UINT32, UINT64 */
        double real;      /* FLOAT, DOUBLE */
        struct text text; /* UTF-8 without NUL */
        mstro_timestamp time;
        struct bytes blob;
        void *pointer;
        struct bytes items; /* VALUE_LIST: encoded, walk them with value_next */
    };
};

/* Nesting of lists. */
enum { VALUE_DEPTH_MAX = 4 };

/* Bytes written by value_encode; 0 for what has no byte form (pointers, nothing). */
size_t value_encoded_size(const struct value *v);

/* Write the byte form (little endian, position independent) to 'at', which has room for value_encoded_size(); the end. */
unsigned char *value_encode(const struct value *v, unsigned char *at);

/* Read a byte form that nobody vouches for: false unless the bytes are exactly one well-formed value (kind known, lengths right,
 * text UTF-8 without NUL, timestamp in range, nesting bounded). */
bool value_decode(struct bytes encoded, struct value *out);

/* Read one without checking text and items again; still never reads outside 'encoded'. */
bool value_peek(struct bytes encoded, struct value *out);

/* One more item for a list that is being put together: its size and its form in 'items'. */
size_t value_item_size(const struct value *item);
unsigned char *value_item_encode(const struct value *item, unsigned char *at);

/* Take the first item off 'items'.  False at the end. */
bool value_next(struct bytes *items, struct value *item);

/* -1, 0, 1; numbers of different kinds compare by what they mean, timestamps by the moment.  False when the two have no order. */
bool value_compare(const struct value *a, const struct value *b, int *order);

/* Values for which value_compare finds 0 have the same hash. */
uint64_t value_hash(const struct value *v);

bool value_is_integer(const struct value *v);
bool value_is_number(const struct value *v);

/* Points to nothing, and has the size of its C type. */
static inline bool value_is_scalar(const struct value *v)
{
    return v->kind != VALUE_TEXT && v->kind != VALUE_BLOB && v->kind != VALUE_LIST && v->kind != VALUE_POINTER;
}

/* As a person writes it: "12", "abc", "2026-11-21T00:00:00Z", "[1, 2]", blobs in base64. */
void value_print(FILE *to, const struct value *v);

/* The same as an item of a list: a string in quotes where it would be read otherwise, an empty one too.  Values that are not equal differ. */
void value_print_item(FILE *to, const struct value *v);

/* "int64", "cstring" ...: static storage. */
const char *value_kind_name(enum value_kind kind);

/* Well-formed UTF-8 without NUL. */
bool text_is_clean(struct text t);

#endif
