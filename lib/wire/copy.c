/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/copy.h"

struct copier {
    struct arena *arena;
    bool short_of_memory;
};

static const void *copy_bytes(struct copier *c, const void *at, size_t length)
{
    if (length == 0)
        return NULL;
    const void *copy = arena_copy(c->arena, bytes_of(at, length)).at;
    c->short_of_memory |= !copy;
    return copy;
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
        struct record_##name *list = (struct record_##name *)(uintptr_t)copy_bytes(c, at, count * sizeof *at); \
        for (uint32_t i = 0; list && i < count; i++) \
            copy_##name(c, &list[i]); \
        return list; \
    }

NESTED_RECORDS(DEFINE_NESTED_COPY)
RECORDS(DEFINE_COPY)

bool record_copy(struct arena *arena, const struct record *from, struct record *to)
{
    struct copier c = { .arena = arena };
    *to = *from;
    switch (to->kind) {
#define COPY_KIND(NAME, name, number) \
    case KIND_##NAME: copy_##name(&c, &to->name); break;
        RECORDS(COPY_KIND)
#undef COPY_KIND
    }
    return !c.short_of_memory;
}
