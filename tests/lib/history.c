/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = HISTORY_MAX / 64 };

/* What one object is at a moment. */
struct object { uint32_t holder; uint64_t value; }; /* holder: the process + 1; 0: nobody */

/* A call or a return, in the order of their times. */
struct moment {
    struct moment *next, *previous, *end; /* end: of a call, its return; NULL: it never returned */
    uint64_t time;
    size_t operation;
    bool call;
};

struct seen { struct seen *next; struct object object; uint64_t done[]; };

struct search {
    const struct history_operation *operations;
    size_t count, words, left; /* left: operations that returned and have no place yet */
    struct moment *moments, head;
    uint64_t done[WORDS];
    struct object object;
    struct { struct moment *call; struct object before; } *stack;
    size_t depth;
    struct seen **bucket;
    size_t buckets;
    uint64_t furthest;
    size_t last;
};

/* Can it happen now? */
static bool happens(struct object *object, const struct history_operation *o)
{
    bool mine = object->holder == o->process + 1;
    switch (o->kind) {
    case HISTORY_OFFER:
        if (object->holder)
            return false;
        *object = (struct object){ o->process + 1, o->value };
        return true;
    case HISTORY_CONFLICT: return object->holder != 0;
    case HISTORY_DEMAND: return object->holder != 0 && object->value == o->value;
    case HISTORY_WITHDRAW:
        if (!mine || object->value != o->value)
            return false;
        *object = (struct object){ 0 };
        return true;
    case HISTORY_LOSS:
        if (mine)
            *object = (struct object){ 0 };
        return true;
    }
    return false;
}

/* ---- what was tried before ---- */

static size_t bucket_of(const struct search *s)
{
    uint64_t hash = s->object.holder * UINT64_C(0x9e3779b97f4a7c15) ^ s->object.value;
    for (size_t i = 0; i < s->words; i++)
        hash = (hash ^ s->done[i]) * UINT64_C(0xff51afd7ed558ccd) ^ (hash >> 29);
    return (size_t)(hash ^ hash >> 32) & (s->buckets - 1);
}

/* False: the same operations have led to the same object already. */
static bool is_new(struct search *s)
{
    struct seen **bucket = &s->bucket[bucket_of(s)];
    for (const struct seen *it = *bucket; it; it = it->next)
        if (it->object.holder == s->object.holder && it->object.value == s->object.value && memcmp(it->done, s->done, s->words * sizeof s->done[0]) == 0)
            return false;
    struct seen *more = malloc(sizeof *more + s->words * sizeof s->done[0]);
    if (!more)
        abort();
    *more = (struct seen){ .next = *bucket, .object = s->object };
    memcpy(more->done, s->done, s->words * sizeof s->done[0]);
    *bucket = more;
    return true;
}

/* ---- the moments that have no place yet ---- */

static void take_out(struct moment *m)
{
    m->previous->next = m->next;
    if (m->next)
        m->next->previous = m->previous;
}

static void put_back(struct moment *m)
{
    m->previous->next = m;
    if (m->next)
        m->next->previous = m;
}

static void flip(struct search *s, size_t operation) { s->done[operation / 64] ^= UINT64_C(1) << operation % 64; }

/* Give the call a place, if that leads somewhere new. */
static bool place(struct search *s, struct moment *call)
{
    struct object before = s->object;
    if (!happens(&s->object, &s->operations[call->operation]))
        return false;
    flip(s, call->operation);
    if (!is_new(s)) {
        flip(s, call->operation);
        s->object = before;
        return false;
    }
    s->stack[s->depth].call = call;
    s->stack[s->depth++].before = before;
    take_out(call);
    if (call->end) {
        take_out(call->end);
        s->left--;
    }
    return true;
}

/* Take the last place back; the call that had it. */
static struct moment *unplace(struct search *s)
{
    struct moment *call = s->stack[--s->depth].call;
    s->object = s->stack[s->depth].before;
    flip(s, call->operation);
    if (call->end) {
        put_back(call->end);
        s->left++;
    }
    put_back(call);
    return call;
}

/* Nothing that is under way at this return can come before it. */
static void remember_end(struct search *s, const struct moment *end)
{
    if (end->time < s->furthest)
        return;
    s->furthest = end->time;
    s->last = end->operation;
}

static bool find_order(struct search *s)
{
    struct moment *at = s->head.next;
    while (s->left > 0) {
        if (at && at->call) {
            at = place(s, at) ? s->head.next : at->next;
            continue;
        }
        if (at)
            remember_end(s, at);
        if (s->depth == 0)
            return false;
        at = unplace(s)->next;
    }
    return true;
}

/* ---- begin and end ---- */

/* A return before a call of the same moment: they may have met. */
static int by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (int)y->call - (int)x->call;
}

static void open_search(struct search *s, const struct history_operation *operations, size_t count)
{
    size_t moments = 0;
    *s = (struct search){ .operations = operations, .count = count, .words = count / 64 + 1, .buckets = 1 << 14 };
    s->moments = calloc(2 * count + 1, sizeof *s->moments);
    s->stack = calloc(count + 1, sizeof *s->stack);
    s->bucket = calloc(s->buckets, sizeof(struct seen *));
    if (count > HISTORY_MAX - 1 || !s->moments || !s->stack || !s->bucket)
        abort();
    for (size_t i = 0; i < count; i++) {
        s->moments[moments++] = (struct moment){ .time = operations[i].begin, .operation = i, .call = true };
        if (operations[i].end == HISTORY_OPEN)
            continue;
        s->moments[moments++] = (struct moment){ .time = operations[i].end, .operation = i };
        s->left++;
    }
    qsort(s->moments, moments, sizeof *s->moments, by_time);
    struct moment *before = &s->head, **call = calloc(count + 1, sizeof(struct moment *));
    if (!call)
        abort();
    for (size_t i = 0; i < moments; i++) {
        struct moment *m = &s->moments[i];
        m->previous = before;
        before->next = m;
        before = m;
        if (m->call)
            call[m->operation] = m;
        else
            call[m->operation]->end = m;
    }
    free(call);
}

static void close_search(struct search *s)
{
    for (size_t i = 0; i < s->buckets; i++)
        for (struct seen *next, *it = s->bucket[i]; it; it = next) {
            next = it->next;
            free(it);
        }
    free(s->bucket);
    free(s->stack);
    free(s->moments);
}

bool history_linearizable(const struct history_operation *operations, size_t count, size_t *last)
{
    struct search s;
    open_search(&s, operations, count);
    bool good = find_order(&s);
    if (last)
        *last = s.last;
    close_search(&s);
    return good;
}

void history_print(char *text, size_t room, const struct history_operation *o)
{
    static const char *const verbs[] = { "offers", "is refused to offer", "withdraws", "demands, brings", "dies, having offered" };
    snprintf(text, room, "process %" PRIu32 " %s %" PRIu64 " [%" PRIu64 " .. %" PRIu64 "]", o->process, verbs[o->kind], o->value, o->begin, o->end);
}
