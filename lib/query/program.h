/* SPDX-License-Identifier: BSD-3-Clause */
/* program.h - a selector in memory and as bytes: for lib/query only
 *
 * Bytes: u8 version (1), u8 0, u16 terms; then the terms, each before its children:
 *
 *     ALL                                  NOT                                 AND, OR   u16 children
 *     HAS    key                           LESS ... GREATER_EQUAL   flags key item
 *     ANY    flags key u16 n, n entries    MATCH  flags key u16 length, pattern        GLOB  flags key u16 length, pattern
 *
 * key: u16 length, bytes; or u16 KEY_AGAIN + n for the n-th different one so far.  item: u16 length, value (lib/schema/value.h).  entry: u8 0 item | u8 1 from to | u8 2 from to by.  In memory the terms
 * stand in the same order; one allocation holds everything but compiled patterns. */
#ifndef LIB_QUERY_PROGRAM_H
#define LIB_QUERY_PROGRAM_H
#include "lib/query/selector.h"
#include "lib/schema/pattern.h"

enum { KEY_AGAIN = 0xff00 };
enum { PROGRAM_VERSION = 1, PROGRAM_KEYS_MAX = 64, PROGRAM_PATTERNS_MAX = 8, PROGRAM_KEY_MAX = SCHEMA_KEY_MAX };

enum op { OP_ALL, OP_AND, OP_OR, OP_NOT, OP_HAS, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_ANY, OP_MATCH, OP_GLOB, OP_END };

enum term_flag { TERM_NEGATED = 1, TERM_ITEMS = 2 /* the attribute is a list: true when true of an item */, TERM_CASELESS = 4 };

enum entry_kind { ENTRY_VALUE, ENTRY_RANGE, ENTRY_STEPS };

struct term {
    unsigned char op, flags;
    uint16_t key;          /* index of its key */
    uint16_t end;          /* index of the term behind this one and its children */
    uint16_t first, count; /* its operands */
    struct text text;      /* MATCH, GLOB: the pattern */
    struct pattern *pattern;
};

/* An operand; a range is two of them in a row, with steps three, of which the first tells. */
struct operand { enum entry_kind kind; struct value value; };

/* Where the value of a key comes from. */
enum origin { ORIGIN_BLOCK, ORIGIN_NAME, ORIGIN_SIZE, ORIGIN_COMPONENT };
struct query_key { struct text text; enum origin origin; };

struct selector {
    struct term *term;
    struct operand *operand;
    struct query_key *key;
    uint16_t terms, operands, keys, patterns;
    struct bytes bytes;
};

enum origin origin_of(struct text key);

#endif
