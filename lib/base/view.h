/* SPDX-License-Identifier: BSD-3-Clause */
/* view.h - bytes and text that belong to somebody else
 *
 * A view never owns; whoever makes one says how long it lives.  A text is UTF-8 where it has been checked, and not terminated. */
#ifndef LIB_BASE_VIEW_H
#define LIB_BASE_VIEW_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes { const void *at; size_t length; };
struct text { const char *at; size_t length; };

static inline struct bytes bytes_of(const void *at, size_t length) { return (struct bytes){ at, length }; }
static inline struct text text_of(const char *string) { return (struct text){ string, string ? strlen(string) : 0 }; }

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* For printf("%.*s"). */
#define TEXT_FORMAT "%.*s"
#define TEXT_ARGUMENTS(t) (int)(t).length, (t).at ? (t).at : ""

/* 16 bytes that name a CDO, a node or a pool. */
struct id { uint64_t high, low; };
static inline bool id_equal(struct id a, struct id b) { return a.high == b.high && a.low == b.low; }
static inline bool id_is_zero(struct id a) { return (a.high | a.low) == 0; }

#endif
