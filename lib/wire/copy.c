/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/copy.h"

/* Goes over a record twice: to count, then to copy. */
struct copier {
    char *room; /* NULL: only count */
    size_t used;
};

enum { ALIGNMENT = 8 };

static const void *copy_bytes(struct copier *c, const void *at, size_t length)
{
    size_t place = c->used;
    if (length == 0)
        return NULL;
    c->used += (length + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    return c->room ? memcpy(c->room + place, at, length) : at;
}

/* 'r' is a shallow copy already: only what its views show is left to do. */
#define COPY_F(type, field, since)
#define COPY_T(field, max, since) r->field.at = copy_bytes(c, r->field.at, r->field.length);
#define COPY_B(field, max, since) r->field.at = copy_bytes(c, r->field.at, r->field.length);
#define COPY_L(record, field, max, since) r->field.at = copy_##record##_list(c, r->field.at, r->field.count);

#define DEFINE_COPY(NAME, name, ...) \
    static void copy_##name(struct copier *c, struct record_##name *r) \
    { \
        (void)c, (void)r; \
        RECORD_##NAME(COPY_F, COPY_T, COPY_B, COPY_L) \
    }

#define DEFINE_NESTED_COPY(NAME, name) \
    DEFINE_COPY(NAME, name) \
    static const struct record_##name *copy_##name##_list(struct copier *c, const struct record_##name *at, uint32_t count) \
    { \
        const struct record_##name *list = copy_bytes(c, at, count * sizeof *at); \
        for (uint32_t i = 0; i < count; i++) { \
            struct record_##name one = at[i]; \
            copy_##name(c, &one); \
            if (c->room) \
                memcpy((char *)(uintptr_t)&list[i], &one, sizeof one); \
        } \
        return list; \
    }

NESTED_RECORDS(DEFINE_NESTED_COPY)
RECORDS(DEFINE_COPY)

static void copy_views(struct copier *c, struct record *record)
{
    switch (record->kind) {
#define COPY_KIND(NAME, name, number) \
    case KIND_##NAME: copy_##name(c, &record->name); break;
        RECORDS(COPY_KIND)
#undef COPY_KIND
    }
}

size_t record_room(const struct record *from)
{
    struct copier c = { 0 };
    struct record counted = *from;
    copy_views(&c, &counted);
    return c.used;
}

void record_copy_to(void *room, const struct record *from, struct record *to)
{
    struct copier c = { .room = room };
    *to = *from;
    copy_views(&c, to);
}

bool record_copy(struct arena *arena, const struct record *from, struct record *to)
{
    void *room = arena_take(arena, record_room(from));
    *to = *from;
    if (room)
        record_copy_to(room, from, to);
    return room != NULL;
}
