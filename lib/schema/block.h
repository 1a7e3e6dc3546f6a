/* SPDX-License-Identifier: BSD-3-Clause */
/* block.h - the sealed attributes of one object: one immutable run of bytes
 *
 * Position independent, little endian, versioned, keys sorted: searched in place by the pool and sent as it is.  Equal attributes give
 * equal bytes.  An empty run (length 0) is a valid block without attributes.  Format: u8 version (1), u8 0, u16 count; per attribute
 * u16 key at, u16 key length, u16 value at, u16 value length; the keys; the values (value.h), each without gaps in index order. */
#ifndef LIB_SCHEMA_BLOCK_H
#define LIB_SCHEMA_BLOCK_H
#include "lib/schema/value.h"
#include "maestro/status.h"

enum { BLOCK_MAX = 32 * 1024 };

/* Is this a block?  To be asked once of what came from outside.  MSTRO_INVMSG says what is wrong. */
mstro_status block_check(struct bytes block);

/* The value under 'key', a view into the block.  Safe on any bytes, though only a checked block gives right answers. */
bool block_find(struct bytes block, struct text key, struct value *out);

/* How many, and the i-th (false past the end). */
size_t block_count(struct bytes block);
bool block_at(struct bytes block, size_t i, struct text *key, struct value *out);

/* The order of keys, by bytes, the shorter first where one begins with the other: below, at or above 0. */
int block_key_order(struct text a, struct text b);

struct block_item { struct text key; struct value value; };

/* Bytes needed for these items; 0 when they do not fit a block. */
size_t block_size(const struct block_item item[], size_t count);

/* The same bytes in steps, for blocks whose keys are equal: they begin alike.  First what stands before the values (block_head_size() bytes),
 * then the values, in order, the first at that place; what is returned is the place of the next. */
size_t block_head_size(const struct block_item item[], size_t count);
void block_write_head(const struct block_item item[], size_t count, unsigned char *block);
unsigned char *block_write_value(unsigned char *block, size_t i, const struct value *v, unsigned char *at);

/* Write them, sorted by key (block_key_order) without repetition, to 'at', which has block_size() bytes. */
void block_write(const struct block_item item[], size_t count, unsigned char *at);
void block_sort(struct block_item item[], size_t count);

#endif
