/* SPDX-License-Identifier: BSD-3-Clause */
/* check.c - what must always hold of a client, a hash of its state, and counts: for tests, the simulator and statistics */
#include "lib/client/state.h"

mstro_status client_status(const struct client *c)
{
    return c->life == SESSION_ENDED ? c->end_status : MSTRO_OK;
}

struct client_membership client_membership(const struct client *c)
{
    return c->membership;
}

struct client_count client_count(const struct client *c)
{
    return (struct client_count){ .handles = c->handles.count, .operations = c->operations.count - c->forsaken, .moves = c->moves,
                                  .subscriptions = c->subscriptions.count };
}

struct visitor { void (*visit)(uint64_t, enum record_kind, void *, void *); void *context; };

static void visit_operation(struct map_link *link, void *context)
{
    const struct visitor *v = context;
    const struct operation *o = map_entry(link, struct operation, link);
    if (!o->forsaken)
        v->visit(o->op, o->kind, o->owner, v->context);
}

void client_each_operation(const struct client *c, void (*visit)(uint64_t, enum record_kind, void *, void *), void *context)
{
    struct visitor v = { visit, context };
    map_each((struct map *)&c->operations, visit_operation, &v);
}

/* Order-independent over the members of a map: each is mixed alone and added. */
static uint64_t mix(uint64_t h, uint64_t value)
{
    h ^= value + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
    h *= UINT64_C(0xff51afd7ed558ccd);
    return h ^ h >> 33;
}

static void hash_handle(struct map_link *link, void *context)
{
    const struct handle *h = map_entry(link, struct handle, link);
    uint64_t x = mix(mix(mix(1, h->number), (uint64_t)h->life), h->flags);
    if (h->life == LIFE_FETCHING || h->life == LIFE_PREFETCHING || h->life == LIFE_RETREATING || h->life == LIFE_PAUSING)
        x = mix(mix(x, h->ticket.number), (uint64_t)(h->later != NULL) << 3 | (uint64_t)h->ticket.voided << 2 | (uint64_t)h->ticket.unasked << 1 | h->ticket.stopped);
    x = mix(mix(x, h->operation ? h->operation->op : 0), (uint64_t)h->verdict.status);
    *(uint64_t *)context += x;
}

static void hash_operation(struct map_link *link, void *context)
{
    const struct operation *o = map_entry(link, struct operation, link);
    *(uint64_t *)context += mix(mix(mix(2, o->op), (uint64_t)o->kind), (uint64_t)o->forsaken << 1 | (o->postponed != NULL));
}

static void hash_subscription(struct map_link *link, void *context)
{
    *(uint64_t *)context += mix(3, map_entry(link, struct subscription_entry, link)->number);
}

uint64_t client_state_hash(const struct client *c)
{
    uint64_t sum = mix((uint64_t)c->life, c->membership.app);
    map_each((struct map *)&c->handles, hash_handle, &sum);
    map_each((struct map *)&c->operations, hash_operation, &sum);
    map_each((struct map *)&c->subscriptions, hash_subscription, &sum);
    return sum;
}

struct findings { const struct client *client; const char *wrong; uint64_t moves; };

static bool life_has_operation(enum life life)
{
    switch (life) {
    case LIFE_OFFERING:
    case LIFE_WITHDRAWING:
    case LIFE_REQUIRING:
    case LIFE_DEMANDING:
    case LIFE_FETCHING:
    case LIFE_PAUSING:
    case LIFE_RETREATING:
    case LIFE_RETRACTING: return true;
    default: return false;
    }
}

static void check_handle(struct map_link *link, void *context)
{
    struct findings *f = context;
    const struct handle *h = map_entry(link, struct handle, link);
    bool moving = h->life == LIFE_FETCHING || h->life == LIFE_PREFETCHING || h->life == LIFE_RETREATING;
    f->moves += moving;
    if (f->client->life == SESSION_JOINED && !h->forsaken && life_has_operation(h->life) != (h->operation != NULL))
        f->wrong = "a handle has an operation exactly while its life says so";
    if (h->operation && h->operation->postponed && !h->forsaken)
        f->wrong = "an operation waits only for one that was forsaken";
    if (h->operation && h->operation->handle != h)
        f->wrong = "a handle's operation is about that handle";
    if (f->client->life == SESSION_JOINED && (h->life == LIFE_PAUSING) != !list_empty(&h->pause))
        f->wrong = "a pausing handle stands in the list of those";
}

static void check_operation(struct map_link *link, void *context)
{
    struct findings *f = context;
    const struct operation *o = map_entry(link, struct operation, link);
    if (o->handle && (o->forsaken ? o->handle->forsaken : o->handle->operation) != o)
        f->wrong = "an operation's handle knows of it";
}

const char *client_check(const struct client *c)
{
    struct findings f = { .client = c };
    map_each((struct map *)&c->handles, check_handle, &f);
    map_each((struct map *)&c->operations, check_operation, &f);
    if (f.moves != c->moves)
        return "as many moves run as handles wait for";
    if (c->told_end && c->operations.count)
        return "nothing is under way after the end";
    return f.wrong;
}
