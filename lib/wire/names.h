/* SPDX-License-Identifier: BSD-3-Clause */
/* names.h - a list of names as bytes: the members of a group, what a SELECT has found
 *
 * u8 version, then for each name: u8 flags, u16 how many of its bytes are those of the name before, u16 how many follow, these, and with
 * NAME_COMMIT a u64, its generation's commit.  So names that begin alike cost little.  The names together have at most NAMES_TOTAL bytes, whatever the list takes. */
#ifndef LIB_WIRE_NAMES_H
#define LIB_WIRE_NAMES_H
#include "lib/wire/cursor.h"
#include "lib/wire/records.h"

enum { NAMES_VERSION = 2, NAMES_TOTAL = 1 << 20 };

/* flags */
#define NAME_OWN 1u /* a member that was offered with the group: its generation carries the group's commit */
#define NAME_COMMIT 2u /* the list says which generation: no other is meant */

struct names_writer {
    struct writer out;
    char name[MAX_NAME]; /* the one before */
    size_t length, total;
    uint32_t count;
};

/* Begin a list in 'size' (>= 1) bytes of memory. */
void names_begin(struct names_writer *w, void *memory, size_t size);

/* Append a name of 1 to MAX_NAME bytes, UTF-8 without NUL; 'commit' with NAME_COMMIT.  False: it does not fit, nothing was written. */
bool names_put(struct names_writer *w, struct text name, uint8_t flags, uint64_t commit);

static inline struct bytes names_written(const struct names_writer *w) { return bytes_of(w->out.start, writer_length(&w->out)); }

struct names_reader {
    struct reader in;
    char name[MAX_NAME]; /* the one that was read last */
    size_t length, total;
    uint64_t commit; /* 0 without NAME_COMMIT */
    uint8_t flags;
};

/* Read a list that nobody vouches for; it must outlive the reader. */
void names_open(struct names_reader *r, struct bytes list);

/* The next name: r->name, r->length, r->flags, r->commit.  False at the end, or where the list is none: names_fault says what is wrong. */
bool names_next(struct names_reader *r);

/* NULL while all is well: static text. */
static inline const char *names_fault(const struct names_reader *r) { return r->in.fault; }

#endif
