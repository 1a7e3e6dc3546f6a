/* SPDX-License-Identifier: BSD-3-Clause */
/* copy.c - records that outlive the step they came in: made from the rows of records.h */
#include "lib/pool/hold.h"

struct copier { char *list, *byte; };

#define LISTS_F(type, field, since)
#define LISTS_T(field, max, since)
#define LISTS_B(field, max, since)
#define LISTS_L(nested, field, max, since) lists += from->field.count * sizeof(struct record_##nested);

#define BYTES_F(type, field, since)
#define BYTES_T(field, max, since) bytes += from->field.length;
#define BYTES_B(field, max, since) bytes += from->field.length;
#define BYTES_L(nested, field, max, since)

#define COPY_F(type, field, since)
#define COPY_T(field, max, since) to->field.at = copy_bytes(copier, from->field.at, from->field.length);
#define COPY_B(field, max, since) to->field.at = copy_bytes(copier, from->field.at, from->field.length);
#define COPY_L(nested, field, max, since) to->field.at = copy_list(copier, from->field.at, from->field.count * sizeof(struct record_##nested));

/* What may be kept: lists of these hold no texts. */
#define KEPT(X) \
    X(OFFER, offer) X(REQUIRE, require) X(RETRACT, retract) X(DEMAND, demand) X(WITHDRAW, withdraw) X(DISPOSE, dispose) \
    X(ACK, ack) X(TICKET, ticket)

static void *copy_bytes(struct copier *copier, const void *at, size_t length)
{
    char *place = copier->byte;
    if (length)
        memcpy(place, at, length);
    copier->byte += length;
    return place;
}

static void *copy_list(struct copier *copier, const void *at, size_t length)
{
    char *place = copier->list;
    if (length)
        memcpy(place, at, length);
    copier->list += length;
    return place;
}

#define DEFINE_COPY(NAME, name) \
    static void size_##name(const struct record_##name *from, size_t *list_size, size_t *byte_size) \
    { \
        size_t lists = 0, bytes = 0; \
        (void)from; \
        RECORD_##NAME(LISTS_F, LISTS_T, LISTS_B, LISTS_L) \
        RECORD_##NAME(BYTES_F, BYTES_T, BYTES_B, BYTES_L) \
        *list_size = lists; \
        *byte_size = bytes; \
    } \
    static void copy_##name(const struct record_##name *from, struct record_##name *to, struct copier *copier) \
    { \
        (void)copier; \
        *to = *from; \
        RECORD_##NAME(COPY_F, COPY_T, COPY_B, COPY_L) \
    }
KEPT(DEFINE_COPY)

/* Lists first: they need alignment. */
static bool size_of(const struct record *record, size_t *lists, size_t *bytes)
{
    switch (record->kind) {
#define SIZE_CASE(NAME, name) case KIND_##NAME: size_##name(&record->name, lists, bytes); return true;
        KEPT(SIZE_CASE)
    default:
        return false;
    }
}

static void copy_record(const struct record *from, struct record *to, char *room, size_t lists)
{
    struct copier copier = { .list = room, .byte = room + lists };
    to->kind = from->kind;
    switch (from->kind) {
#define COPY_CASE(NAME, name) case KIND_##NAME: copy_##name(&from->name, &to->name, &copier); break;
        KEPT(COPY_CASE)
    default:
        break;
    }
}

struct kept_record *record_keep(struct pool *pool, const struct record *record)
{
    size_t lists, bytes;
    if (!size_of(record, &lists, &bytes))
        return NULL;
    size_t size = sizeof(struct kept_record) + lists + bytes;
    struct kept_record *kept = memory_take(pool, size);
    if (!kept)
        return NULL;
    kept->size = size;
    list_init(&kept->link);
    copy_record(record, &kept->record, (char *)(kept + 1), lists);
    return kept;
}

void record_drop(struct pool *pool, struct kept_record *kept)
{
    if (!kept)
        return;
    list_remove(&kept->link);
    memory_give(pool, kept, kept->size);
}

bool record_say(struct pool *pool, const struct record *record, struct record *out)
{
    size_t lists, bytes;
    if (!size_of(record, &lists, &bytes))
        return false;
    char *room = arena_take(&pool->out->arena, lists + bytes);
    if (!room)
        return false;
    copy_record(record, out, room, lists);
    return true;
}
