/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/fabric/chaos.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/base/detail.h"
#include "lib/base/list.h"
#include "lib/base/random.h"
#include "lib/fabric/implementation.h"

#define PATIENCE NANOSECONDS_PER_MILLISECOND /* before something that was refused or is blocked is tried again */

struct block {
    struct list place;
    size_t length; /* 0: everybody */
    unsigned char address[FABRIC_ADDRESS_MAX];
};

struct chaos_fabric {
    struct fabric base;
    struct fabric *inner;
    struct chaos_options options;
    pthread_mutex_t lock;  /* guards the rest; held around calls into the inner fabric that do not call back, never in a callback */
    pthread_cond_t changed;
    struct random_seed seed;
    struct random_source random;
    bool paused;
    uint64_t pass;         /* counts walks over the parcels */
    struct list parcels;   /* the next one due first */
    struct list blocks;
    struct list endpoints;
    struct chaos_count count;
};

struct chaos_peer {
    struct peer base;
    struct peer *inner;
    struct list place;
    uint64_t last_due;     /* frames that are not reordered leave in order */
    uint64_t stuck_in;     /* the pass in which a frame to it could not leave */
    unsigned held;
    bool lost;
    size_t length;
    unsigned char address[FABRIC_ADDRESS_MAX];
};

/* A frame or a read on its way to the inner fabric. */
struct parcel {
    struct list place;
    struct chaos_peer *peer;
    uint64_t due, give_up;
    void *frame;           /* NULL: a read */
    size_t length;
    struct read_request request;
    bool dropped;          /* a read that never leaves */
};

static struct chaos_fabric *chaos_of(struct fabric *f) { return (struct chaos_fabric *)f; }

static bool happens(struct chaos_fabric *f, unsigned of_thousand)
{
    return random_below(f->random, 1000) < of_thousand;
}

static uint64_t some_delay(struct chaos_fabric *f)
{
    uint64_t least = f->options.delay_least, most = f->options.delay_most;
    return most > least ? least + random_below(f->random, most - least) : least;
}

static bool is_blocked(const struct chaos_fabric *f, const struct chaos_peer *p)
{
    list_each(i, &f->blocks) {
        const struct block *b = list_entry(i, struct block, place);
        if (b->length == 0 || bytes_equal(bytes_of(b->address, b->length), bytes_of(p->address, p->length)))
            return true;
    }
    return false;
}

static void insert(struct chaos_fabric *f, struct parcel *p)
{
    struct list *before = f->parcels.previous;
    while (before != &f->parcels && list_entry(before, struct parcel, place)->due > p->due)
        before = before->previous;
    list_append(before->next, &p->place);
}

static struct parcel *pack(struct chaos_peer *peer, uint64_t due)
{
    struct parcel *p = calloc(1, sizeof *p);
    if (p) {
        p->peer = peer;
        p->due = due;
    }
    return p;
}

static void free_parcel(struct parcel *p)
{
    list_remove(&p->place);
    p->peer->held -= p->frame != NULL;
    free(p->frame);
    free(p);
}

/* ---- what leaves ---- */

static bool hold_frame(struct chaos_fabric *f, struct chaos_peer *peer, void *frame, size_t length)
{
    uint64_t now = clock_now(), due = now + some_delay(f);
    if (happens(f, f->options.reorder)) {
        due += f->options.delay_most + PATIENCE;
        f->count.reordered++;
    } else {
        due = due > peer->last_due ? due : peer->last_due;
        peer->last_due = due;
    }
    struct parcel *p = pack(peer, due);
    if (!p)
        return false;
    p->frame = frame;
    p->length = length;
    p->give_up = now + f->options.lease;
    peer->held++;
    insert(f, p);
    return true;
}

static void hold_copy(struct chaos_fabric *f, struct chaos_peer *peer, const void *frame, size_t length)
{
    void *copy = malloc(length);
    if (!copy)
        return;
    memcpy(copy, frame, length);
    if (hold_frame(f, peer, copy, length))
        f->count.duplicated++;
    else
        free(copy);
}

static mstro_status chaos_send(struct peer *peer, void *frame, size_t length)
{
    struct chaos_fabric *f = chaos_of(peer->endpoint->fabric);
    struct chaos_peer *p = (struct chaos_peer *)peer;
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&f->lock);
    if (p->lost) {
        status = detail_set(MSTRO_PEER_LOST, "this peer was lost before");
    } else if (happens(f, f->options.drop)) {
        f->count.dropped++;
        free(frame);
    } else {
        if (happens(f, f->options.duplicate))
            hold_copy(f, p, frame, length);
        status = hold_frame(f, p, frame, length) ? MSTRO_OK : MSTRO_NOMEM;
    }
    f->count.frames += status == MSTRO_OK;
    pthread_mutex_unlock(&f->lock);
    fabric_wake(f->inner);
    return status;
}

static mstro_status chaos_read(const struct read_request *request)
{
    struct chaos_peer *peer = (struct chaos_peer *)request->peer;
    struct chaos_fabric *f = chaos_of(request->peer->endpoint->fabric);
    pthread_mutex_lock(&f->lock);
    struct parcel *p = pack(peer, clock_now() + some_delay(f));
    if (p) {
        p->request = *request;
        p->request.peer = peer->inner;
        p->give_up = request->deadline;
        p->dropped = happens(f, f->options.drop);
        f->count.dropped += p->dropped;
        f->count.reads++;
        insert(f, p);
    }
    pthread_mutex_unlock(&f->lock);
    fabric_wake(f->inner);
    return p ? MSTRO_OK : MSTRO_NOMEM;
}

/* 'lock' held on entry and return: the peer does not take a frame. */
static void lose(struct chaos_fabric *f, struct chaos_peer *p)
{
    const struct endpoint_events events = p->base.endpoint->events;
    bool first = !p->lost;
    p->lost = true;
    list_each(i, &f->parcels) {
        struct parcel *parcel = list_entry(i, struct parcel, place);
        if (parcel->peer == p && parcel->frame)
            free_parcel(parcel);
    }
    pthread_mutex_unlock(&f->lock);
    if (first && events.peer_lost)
        events.peer_lost(events.context, &p->base, "it does not take a frame within the lease");
    pthread_mutex_lock(&f->lock);
}

/* 'lock' held on entry and return: a read ends here. */
static void end_read(struct chaos_fabric *f, struct parcel *p, mstro_status status)
{
    struct read_request request = p->request;
    free_parcel(p);
    pthread_mutex_unlock(&f->lock);
    request.done(request.context, status);
    pthread_mutex_lock(&f->lock);
}

/* 'lock' held: try to hand it to the inner fabric.  False: not now. */
static bool let_go(struct chaos_fabric *f, struct parcel *p)
{
    mstro_status status = p->frame ? endpoint_send(p->peer->inner, p->frame, p->length) : endpoint_read(&p->request);
    if (status == MSTRO_WOULDBLOCK)
        return false;
    if (!p->frame && status) {
        end_read(f, p, status);
        return true;
    }
    if (p->frame && status) /* lost inside, which tells it itself */
        free(p->frame);
    p->peer->held -= p->frame != NULL;
    p->frame = NULL;
    list_remove(&p->place);
    free(p);
    return true;
}

/* 'lock' held: it cannot leave now.  True when its time was over, and it has ended. */
static bool give_up(struct chaos_fabric *f, struct parcel *p, uint64_t now)
{
    if (now < p->give_up) {
        p->peer->stuck_in = p->frame ? f->pass : p->peer->stuck_in;
        return false;
    }
    if (p->frame)
        lose(f, p->peer);
    else
        end_read(f, p, MSTRO_TIMEOUT);
    return true;
}

/* 'lock' held: one walk over what is due, until something left or ended (then 0).  Else when to look again. */
static uint64_t walk(struct chaos_fabric *f)
{
    uint64_t now = clock_now(), again = NO_DEADLINE;
    f->pass++;
    list_each(i, &f->parcels) {
        struct parcel *p = list_entry(i, struct parcel, place);
        if (p->due > now)
            return p->due < again ? p->due : again;
        if (p->frame && p->peer->stuck_in == f->pass)
            continue; /* behind one that could not leave */
        if (!p->dropped && !is_blocked(f, p->peer) && let_go(f, p))
            return 0;
        if (give_up(f, p, now))
            return 0;
        again = now + PATIENCE;
    }
    return again;
}

static uint64_t deliver(struct chaos_fabric *f)
{
    uint64_t again;
    do
        again = walk(f);
    while (again == 0);
    return again;
}

/* ---- endpoints and peers ---- */

static void pass_received(void *context, struct bytes frame)
{
    struct wrapping_endpoint *e = context;
    if (e->base.events.received)
        e->base.events.received(e->base.events.context, frame);
}

static void pass_sent(void *context, struct peer *inner)
{
    struct wrapping_endpoint *e = context;
    if (e->base.events.sent)
        e->base.events.sent(e->base.events.context, peer_context(inner));
}

static void pass_lost(void *context, struct peer *inner, const char *why)
{
    struct wrapping_endpoint *e = context;
    struct chaos_fabric *f = chaos_of(e->base.fabric);
    struct chaos_peer *p = peer_context(inner);
    pthread_mutex_lock(&f->lock);
    bool first = !p->lost;
    p->lost = true;
    pthread_mutex_unlock(&f->lock);
    if (first && e->base.events.peer_lost)
        e->base.events.peer_lost(e->base.events.context, &p->base, why);
}

static mstro_status chaos_endpoint_open(struct fabric *fabric, enum endpoint_role role, const struct endpoint_events *events,
                                        struct endpoint **out)
{
    struct chaos_fabric *f = chaos_of(fabric);
    const struct endpoint_events passing = { NULL, pass_received, pass_sent, pass_lost };
    struct wrapping_endpoint *e;
    mstro_status status = wrapping_endpoint_open(fabric, f->inner, role, events, &passing, &e);
    if (status)
        return status;
    pthread_mutex_lock(&f->lock);
    list_append(&f->endpoints, &e->place);
    pthread_mutex_unlock(&f->lock);
    *out = &e->base;
    return MSTRO_OK;
}

/* 'lock' held on entry and return. */
static void drop_parcels(struct chaos_fabric *f, const struct wrapping_endpoint *e, const struct chaos_peer *peer)
{
    struct parcel *found;
    do {
        found = NULL;
        list_each(i, &f->parcels) {
            struct parcel *p = list_entry(i, struct parcel, place);
            if (p->peer == peer || (e && p->peer->base.endpoint == &e->base))
                found = p;
        }
        if (found && found->frame)
            free_parcel(found);
        else if (found)
            end_read(f, found, MSTRO_CANCELLED);
    } while (found);
}

static void chaos_endpoint_close(struct endpoint *endpoint)
{
    struct wrapping_endpoint *e = (struct wrapping_endpoint *)endpoint;
    struct chaos_fabric *f = chaos_of(endpoint->fabric);
    pthread_mutex_lock(&f->lock);
    list_remove(&e->place);
    drop_parcels(f, e, NULL);
    pthread_mutex_unlock(&f->lock);
    endpoint_close(e->inner);
    pthread_mutex_lock(&f->lock);
    list_each(i, &e->peers)
        free(list_entry(i, struct chaos_peer, place));
    pthread_mutex_unlock(&f->lock);
    free(e);
}

static mstro_status chaos_peer_add(struct endpoint *endpoint, struct bytes address, void *context, struct peer **out)
{
    struct wrapping_endpoint *e = (struct wrapping_endpoint *)endpoint;
    struct chaos_fabric *f = chaos_of(endpoint->fabric);
    struct chaos_peer *p = calloc(1, sizeof *p);
    if (!p)
        return MSTRO_NOMEM;
    p->base = (struct peer){ endpoint, context };
    memcpy(p->address, address.at, p->length = address.length);
    mstro_status status = peer_add(e->inner, address, p, &p->inner);
    if (status) {
        free(p);
        return status;
    }
    pthread_mutex_lock(&f->lock);
    list_append(&e->peers, &p->place);
    pthread_mutex_unlock(&f->lock);
    *out = &p->base;
    return MSTRO_OK;
}

static void chaos_peer_remove(struct peer *peer)
{
    struct chaos_peer *p = (struct chaos_peer *)peer;
    struct chaos_fabric *f = chaos_of(peer->endpoint->fabric);
    pthread_mutex_lock(&f->lock);
    drop_parcels(f, NULL, p);
    list_remove(&p->place);
    pthread_mutex_unlock(&f->lock);
    peer_remove(p->inner);
    free(p);
}

static unsigned chaos_peer_in_flight(const struct peer *peer)
{
    const struct chaos_peer *p = (const struct chaos_peer *)peer;
    struct chaos_fabric *f = chaos_of(peer->endpoint->fabric);
    pthread_mutex_lock(&f->lock);
    unsigned held = p->held;
    pthread_mutex_unlock(&f->lock);
    return held + peer_in_flight(p->inner);
}

/* ---- regions, progress, the whole ---- */

static mstro_status chaos_region_register(struct fabric *fabric, const void *memory, size_t length, struct region **out)
{
    return region_register(chaos_of(fabric)->inner, memory, length, out); /* closes itself in the inner fabric */
}

/* False: it stood still until the deadline. */
static bool wait_unpaused(struct chaos_fabric *f, uint64_t deadline)
{
    while (f->paused && clock_now() < deadline)
        condition_wait(&f->changed, &f->lock, deadline);
    return !f->paused;
}

static mstro_status progress_or_sleep(struct chaos_fabric *f, uint64_t deadline, mstro_status (*act)(struct fabric *, uint64_t))
{
    for (;;) {
        pthread_mutex_lock(&f->lock);
        bool moving = wait_unpaused(f, deadline);
        uint64_t due = moving ? deliver(f) : NO_DEADLINE;
        pthread_mutex_unlock(&f->lock);
        if (!moving)
            return MSTRO_TIMEOUT;
        mstro_status status = act(f->inner, due < deadline ? due : deadline);
        if (status != MSTRO_TIMEOUT || clock_now() >= deadline)
            return status;
    }
}

static mstro_status chaos_progress(struct fabric *fabric, uint64_t deadline)
{
    return progress_or_sleep(chaos_of(fabric), deadline, fabric_progress);
}

static mstro_status chaos_sleep(struct fabric *fabric, uint64_t deadline)
{
    return progress_or_sleep(chaos_of(fabric), deadline, fabric_sleep);
}

static void chaos_wake(struct fabric *fabric)
{
    fabric_wake(chaos_of(fabric)->inner);
}

static mstro_status chaos_watch(struct fabric *fabric, int descriptor)
{
    return fabric_watch(chaos_of(fabric)->inner, descriptor);
}

static void chaos_close(struct fabric *fabric)
{
    struct chaos_fabric *f = chaos_of(fabric);
    while (!list_empty(&f->endpoints))
        chaos_endpoint_close(&list_entry(f->endpoints.next, struct wrapping_endpoint, place)->base);
    fabric_close(f->inner);
    list_each(i, &f->blocks)
        free(list_entry(i, struct block, place));
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static const struct fabric_operations operations = {
    .close = chaos_close,
    .progress = chaos_progress,
    .sleep = chaos_sleep,
    .wake = chaos_wake,
    .watch = chaos_watch,
    .endpoint_open = chaos_endpoint_open,
    .endpoint_close = chaos_endpoint_close,
    .peer_add = chaos_peer_add,
    .peer_remove = chaos_peer_remove,
    .peer_in_flight = chaos_peer_in_flight,
    .send = chaos_send,
    .read = chaos_read,
    .region_register = chaos_region_register,
};

mstro_status chaos_open(struct fabric *inner, const struct chaos_options *options, struct fabric **out)
{
    struct chaos_fabric *f = calloc(1, sizeof *f);
    if (!f)
        return MSTRO_NOMEM;
    f->base.operations = &operations;
    f->base.limits = inner->limits;
    f->inner = inner;
    f->options = *options;
    if (!f->options.lease)
        f->options.lease = FABRIC_LEASE;
    if (options->largest_message && options->largest_message < f->base.limits.largest_message)
        f->base.limits.largest_message = options->largest_message;
    f->random = random_seeded(&f->seed, options->seed);
    condition_init(&f->changed);
    pthread_mutex_init(&f->lock, NULL);
    list_init(&f->parcels);
    list_init(&f->blocks);
    list_init(&f->endpoints);
    *out = &f->base;
    return MSTRO_OK;
}

void chaos_pause(struct fabric *chaos, bool paused)
{
    struct chaos_fabric *f = chaos_of(chaos);
    pthread_mutex_lock(&f->lock);
    f->paused = paused;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    fabric_wake(f->inner);
}

void chaos_block(struct fabric *chaos, struct bytes address)
{
    struct chaos_fabric *f = chaos_of(chaos);
    struct block *b = calloc(1, sizeof *b);
    if (!b)
        abort(); /* a test that goes on without its partition proves nothing */
    if (address.length)
        memcpy(b->address, address.at, b->length = address.length);
    pthread_mutex_lock(&f->lock);
    list_append(&f->blocks, &b->place);
    pthread_mutex_unlock(&f->lock);
}

void chaos_unblock(struct fabric *chaos, struct bytes address)
{
    struct chaos_fabric *f = chaos_of(chaos);
    pthread_mutex_lock(&f->lock);
    list_each(i, &f->blocks) {
        struct block *b = list_entry(i, struct block, place);
        if (bytes_equal(bytes_of(b->address, b->length), address)) {
            list_remove(&b->place);
            free(b);
        }
    }
    pthread_mutex_unlock(&f->lock);
    fabric_wake(f->inner);
}

struct chaos_count chaos_count(struct fabric *chaos)
{
    struct chaos_fabric *f = chaos_of(chaos);
    pthread_mutex_lock(&f->lock);
    struct chaos_count count = f->count;
    pthread_mutex_unlock(&f->lock);
    return count;
}
