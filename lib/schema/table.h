/* SPDX-License-Identifier: BSD-3-Clause */
/* table.h - what stands in an attribute table: for attributes*.c only
 *
 * Attributes never move: get hands out addresses inside them. */
#ifndef LIB_SCHEMA_TABLE_H
#define LIB_SCHEMA_TABLE_H
#include "lib/schema/attributes.h"

enum { ATTRIBUTE_SLOT = 40, CHUNK_SIZE = 16, BLOCK_ROOM = 448 };

struct attribute {
    const struct schema_entry *entry; /* NULL: this place is free */
    struct value value;               /* its views point to 'slot', 'owned' or the user's memory */
    const void *native;               /* what get gives */
    void *owned;                      /* what did not fit the slot */
    void *handed;                     /* the user's, to be freed when the handle goes */
    bool borrowed;                    /* 'native' leads to the user's memory: read it again before it is sealed */
    bool adopted;                     /* came with a producer's block */
    bool mismatch;                    /* of another type than the schema here says */
    bool unknown;                     /* 'entry' was made for it, and is freed with it */
    _Alignas(8) unsigned char slot[ATTRIBUTE_SLOT];
};

/* Places from 'used' on never held one, and nobody has written to them. */
struct attribute_chunk { struct attribute_chunk *next; size_t used; struct attribute attribute[CHUNK_SIZE]; };

struct attributes {
    struct schema *schema;
    struct attribute *core[CORE_KEY_END]; /* those that are set */
    size_t count, holes;  /* attributes that are set; places that held one before */
    uint64_t seen;        /* a bit of each entry that ever had a place: one whose bit is not here has none */
    bool sealed;
    struct bytes block; /* in 'block_room', or malloc()ed */
    struct attribute_chunk *last, first;
    unsigned char block_room[BLOCK_ROOM];
};

/* The attribute of 'entry', or NULL. */
struct attribute *table_find(const struct attributes *a, const struct schema_entry *entry);

/* The same, made empty where there is none.  MSTRO_QUOTA beyond ATTRIBUTES_MAX. */
mstro_status table_place(struct attributes *a, const struct schema_entry *entry, struct attribute **out);

/* Give it a copy of 'v'.  On failure it keeps what it had. */
mstro_status table_assign(struct attribute *attribute, const struct value *v);

/* Free the place. */
void table_vacate(struct attributes *a, struct attribute *attribute);

#define table_each(item, a) \
    for (struct attribute_chunk *chunk_ = (struct attribute_chunk *)&(a)->first; chunk_; chunk_ = chunk_->next) \
        for (struct attribute *item = chunk_->attribute; item < chunk_->attribute + chunk_->used; item++) \
            if (item->entry)

#endif
