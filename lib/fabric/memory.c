/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/fabric/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/base/detail.h"
#include "lib/base/list.h"
#include "lib/fabric/implementation.h"

/* One lock for the network: it guards all of it, and is never held in a callback.  Whoever calls back counts as 'calling' in its
 * fabric, so that endpoint_close in another thread can wait for it. */
struct memory_network {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct list fabrics;
    uint64_t last_name;
};

struct memory_fabric {
    struct fabric base;
    struct fabric_options options;
    struct memory_network *network;
    struct list place, endpoints, regions;
    struct list inbox;       /* things to be told, in order */
    struct list reads;       /* to be done at the next progress */
    bool rung, calling, asleep;
    pthread_t caller;
};

struct memory_endpoint {
    struct endpoint base;
    struct list place, peers;
    uint64_t name;
};

struct memory_peer {
    struct peer base;
    struct list place;
    uint64_t name;           /* of the endpoint it stands for */
    unsigned in_flight;
    bool lost;
};

struct memory_region {
    struct region base;
    struct list place;
    const unsigned char *at;
    size_t length;
};

enum happening_kind { FRAME_CAME, FRAME_LEFT, PEER_IS_LOST };

struct happening {
    struct list place;
    enum happening_kind kind;
    struct memory_endpoint *endpoint;
    struct memory_peer *peer; /* NULL for FRAME_CAME */
    size_t length;
    unsigned char *frame;
};

struct pending_read {
    struct list place;
    struct memory_endpoint *endpoint;
    uint64_t name;           /* of the endpoint that is read through */
    struct read_request request;
};

static struct memory_fabric *memory_of(struct fabric *f) { return (struct memory_fabric *)f; }
static struct memory_network *network_of(struct endpoint *e) { return memory_of(e->fabric)->network; }

mstro_status memory_network_create(struct memory_network **out)
{
    struct memory_network *n = calloc(1, sizeof *n);
    if (!n)
        return MSTRO_NOMEM;
    condition_init(&n->changed);
    pthread_mutex_init(&n->lock, NULL);
    list_init(&n->fabrics);
    *out = n;
    return MSTRO_OK;
}

void memory_network_destroy(struct memory_network *n)
{
    if (!n)
        return;
    pthread_cond_destroy(&n->changed);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

static struct memory_endpoint *find_endpoint(struct memory_network *n, uint64_t name)
{
    list_each(i, &n->fabrics) {
        struct memory_fabric *f = list_entry(i, struct memory_fabric, place);
        list_each(j, &f->endpoints) {
            struct memory_endpoint *e = list_entry(j, struct memory_endpoint, place);
            if (e->name == name)
                return e;
        }
    }
    return NULL;
}

static void free_happening(struct happening *h)
{
    list_remove(&h->place);
    free(h->frame);
    free(h);
}

/* ---- endpoints and peers ---- */

static mstro_status memory_endpoint_open(struct fabric *fabric, enum endpoint_role role, const struct endpoint_events *events,
                                         struct endpoint **out)
{
    struct memory_fabric *f = memory_of(fabric);
    struct memory_endpoint *e = calloc(1, sizeof *e);
    if (!e)
        return MSTRO_NOMEM;
    endpoint_init(&e->base, fabric, role, events);
    list_init(&e->peers);
    pthread_mutex_lock(&f->network->lock);
    e->name = ++f->network->last_name;
    list_append(&f->endpoints, &e->place);
    pthread_mutex_unlock(&f->network->lock);
    memcpy(e->base.address, &e->name, e->base.address_length = sizeof e->name);
    *out = &e->base;
    return MSTRO_OK;
}

static void forget_peer(struct memory_fabric *f, struct memory_peer *p)
{
    list_each(i, &f->inbox) {
        struct happening *h = list_entry(i, struct happening, place);
        if (h->peer == p)
            free_happening(h);
    }
    list_remove(&p->place);
    free(p);
}

/* 'lock' held: the next read of an endpoint that is not done yet, taken out. */
static struct pending_read *take_read(struct memory_fabric *f, const struct memory_endpoint *e)
{
    list_each(i, &f->reads) {
        struct pending_read *r = list_entry(i, struct pending_read, place);
        if (!e || r->endpoint == e) {
            list_remove(&r->place);
            return r;
        }
    }
    return NULL;
}

static void memory_endpoint_close(struct endpoint *endpoint)
{
    struct memory_endpoint *e = (struct memory_endpoint *)endpoint;
    struct memory_fabric *f = memory_of(endpoint->fabric);
    struct memory_network *n = f->network;
    struct pending_read *r;
    pthread_mutex_lock(&n->lock);
    while (f->calling && !pthread_equal(f->caller, pthread_self()))
        pthread_cond_wait(&n->changed, &n->lock);
    list_remove(&e->place);
    list_each(i, &f->inbox) {
        struct happening *h = list_entry(i, struct happening, place);
        if (h->endpoint == e)
            free_happening(h);
    }
    while (!list_empty(&e->peers))
        forget_peer(f, list_entry(e->peers.next, struct memory_peer, place));
    while ((r = take_read(f, e))) {
        pthread_mutex_unlock(&n->lock);
        r->request.done(r->request.context, MSTRO_CANCELLED);
        free(r);
        pthread_mutex_lock(&n->lock);
    }
    pthread_mutex_unlock(&n->lock);
    free(e);
}

static mstro_status memory_peer_add(struct endpoint *e, struct bytes address, void *context, struct peer **out)
{
    if (address.length != sizeof(uint64_t))
        return detail_set(MSTRO_INVARG, "an address of %zu bytes is none of memory", address.length);
    struct memory_peer *p = calloc(1, sizeof *p);
    if (!p)
        return MSTRO_NOMEM;
    p->base = (struct peer){ e, context };
    memcpy(&p->name, address.at, sizeof p->name);
    pthread_mutex_lock(&network_of(e)->lock);
    list_append(&((struct memory_endpoint *)e)->peers, &p->place);
    pthread_mutex_unlock(&network_of(e)->lock);
    *out = &p->base;
    return MSTRO_OK;
}

static void memory_peer_remove(struct peer *peer)
{
    struct memory_fabric *f = memory_of(peer->endpoint->fabric);
    pthread_mutex_lock(&f->network->lock);
    forget_peer(f, (struct memory_peer *)peer);
    pthread_mutex_unlock(&f->network->lock);
}

static unsigned memory_peer_in_flight(const struct peer *peer)
{
    pthread_mutex_lock(&network_of(peer->endpoint)->lock);
    unsigned count = ((const struct memory_peer *)peer)->in_flight;
    pthread_mutex_unlock(&network_of(peer->endpoint)->lock);
    return count;
}

/* ---- frames and reads ---- */

static struct happening *happen(struct memory_fabric *f, enum happening_kind kind, struct memory_endpoint *e, struct memory_peer *p)
{
    struct happening *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->kind = kind;
    h->endpoint = e;
    h->peer = p;
    list_append(&f->inbox, &h->place);
    pthread_cond_broadcast(&f->network->changed);
    return h;
}

static mstro_status memory_send(struct peer *peer, void *frame, size_t length)
{
    struct memory_peer *p = (struct memory_peer *)peer;
    struct memory_fabric *f = memory_of(peer->endpoint->fabric);
    struct memory_endpoint *mine = (struct memory_endpoint *)peer->endpoint;
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&f->network->lock);
    struct memory_endpoint *to = find_endpoint(f->network, p->name);
    if (p->lost) {
        status = detail_set(MSTRO_PEER_LOST, "this peer was lost before");
    } else if (p->in_flight >= f->options.send_queue) {
        status = detail_set(MSTRO_WOULDBLOCK, "%u frames wait for this peer already", p->in_flight);
    } else if (!to) {
        p->lost = true;
        status = happen(f, PEER_IS_LOST, mine, p) ? MSTRO_OK : MSTRO_NOMEM;
        if (!status)
            free(frame);
    } else {
        struct happening *left = happen(f, FRAME_LEFT, mine, p);
        struct happening *came = left ? happen(memory_of(to->base.fabric), FRAME_CAME, to, NULL) : NULL;
        if (came) {
            came->frame = frame;
            came->length = length;
            p->in_flight++;
        } else {
            status = MSTRO_NOMEM;
            if (left)
                free_happening(left);
        }
    }
    pthread_mutex_unlock(&f->network->lock);
    return status;
}

static mstro_status memory_read(const struct read_request *request)
{
    struct memory_peer *p = (struct memory_peer *)request->peer;
    struct memory_fabric *f = memory_of(request->peer->endpoint->fabric);
    struct pending_read *r = calloc(1, sizeof *r);
    if (!r)
        return MSTRO_NOMEM;
    r->endpoint = (struct memory_endpoint *)request->peer->endpoint;
    r->name = p->name;
    r->request = *request;
    pthread_mutex_lock(&f->network->lock);
    list_append(&f->reads, &r->place);
    pthread_cond_broadcast(&f->network->changed);
    pthread_mutex_unlock(&f->network->lock);
    return MSTRO_OK;
}

/* 'lock' held. */
static mstro_status copy_region(struct memory_network *n, const struct pending_read *r)
{
    struct memory_endpoint *e = find_endpoint(n, r->name);
    if (!e)
        return MSTRO_PEER_LOST;
    list_each(i, &memory_of(e->base.fabric)->regions) {
        struct memory_region *m = list_entry(i, struct memory_region, place);
        uint64_t offset = r->request.remote - m->base.base;
        if (m->base.key != r->request.key)
            continue;
        if (offset > m->length || r->request.length > m->length - offset)
            return MSTRO_REFUSED;
        memcpy(r->request.local, m->at + offset, r->request.length);
        return MSTRO_OK;
    }
    return MSTRO_REFUSED;
}

/* ---- regions ---- */

static mstro_status memory_region_register(struct fabric *fabric, const void *memory, size_t length, struct region **out)
{
    struct memory_fabric *f = memory_of(fabric);
    struct memory_region *r = calloc(1, sizeof *r);
    if (!r)
        return MSTRO_NOMEM;
    r->base = (struct region){ fabric, 0, fabric_random_key() };
    r->at = memory;
    r->length = length;
    pthread_mutex_lock(&f->network->lock);
    list_append(&f->regions, &r->place);
    pthread_mutex_unlock(&f->network->lock);
    *out = &r->base;
    return MSTRO_OK;
}

static void memory_region_close(struct region *region)
{
    struct memory_network *n = memory_of(region->fabric)->network;
    pthread_mutex_lock(&n->lock);
    list_remove(&((struct memory_region *)region)->place);
    pthread_mutex_unlock(&n->lock);
    free(region);
}

/* ---- progress ---- */

/* 'lock' held on entry and return, not while it calls back. */
static void tell(struct memory_fabric *f, struct happening *h)
{
    struct endpoint_events events = h->endpoint->base.events;
    list_remove(&h->place);
    if (h->kind == FRAME_LEFT)
        h->peer->in_flight--;
    pthread_mutex_unlock(&f->network->lock);
    if (h->kind == FRAME_CAME && events.received && h->endpoint->base.role == ENDPOINT_CONTROL)
        events.received(events.context, bytes_of(h->frame, h->length));
    else if (h->kind == FRAME_LEFT && events.sent)
        events.sent(events.context, &h->peer->base);
    else if (h->kind == PEER_IS_LOST && events.peer_lost)
        events.peer_lost(events.context, &h->peer->base, "its endpoint is closed");
    free(h->frame);
    free(h);
    pthread_mutex_lock(&f->network->lock);
}

static bool handle_all(struct memory_fabric *f)
{
    bool any = false;
    struct pending_read *r;
    f->calling = true;
    f->caller = pthread_self();
    for (; !list_empty(&f->inbox); any = true)
        tell(f, list_entry(f->inbox.next, struct happening, place));
    for (; (r = take_read(f, NULL)); any = true) {
        mstro_status status = clock_now() < r->request.deadline ? copy_region(f->network, r) : MSTRO_TIMEOUT;
        pthread_mutex_unlock(&f->network->lock);
        r->request.done(r->request.context, status);
        free(r);
        pthread_mutex_lock(&f->network->lock);
    }
    f->calling = false;
    pthread_cond_broadcast(&f->network->changed);
    return any;
}

/* 'lock' held: MSTRO_OK when there is something to do, MSTRO_WOULDBLOCK when somebody rang. */
static mstro_status wait_locked(struct memory_fabric *f, uint64_t deadline)
{
    if (f->asleep)
        return MSTRO_BUSY;
    f->asleep = true;
    bool in_time = true;
    while (list_empty(&f->inbox) && list_empty(&f->reads) && !f->rung && in_time)
        in_time = condition_wait(&f->network->changed, &f->network->lock, deadline);
    f->asleep = false;
    mstro_status status = f->rung ? MSTRO_WOULDBLOCK : in_time ? MSTRO_OK : MSTRO_TIMEOUT;
    f->rung = false;
    return status;
}

static mstro_status memory_sleep(struct fabric *fabric, uint64_t deadline)
{
    struct memory_fabric *f = memory_of(fabric);
    pthread_mutex_lock(&f->network->lock);
    mstro_status status = wait_locked(f, deadline);
    pthread_mutex_unlock(&f->network->lock);
    return status == MSTRO_WOULDBLOCK ? MSTRO_OK : status;
}

static mstro_status memory_progress(struct fabric *fabric, uint64_t deadline)
{
    struct memory_fabric *f = memory_of(fabric);
    pthread_mutex_lock(&f->network->lock);
    mstro_status status = f->calling ? MSTRO_BUSY : MSTRO_OK;
    while (!status && !handle_all(f)) {
        status = deadline ? wait_locked(f, deadline) : MSTRO_TIMEOUT;
        if (!status && f->calling)
            status = MSTRO_BUSY;
    }
    pthread_mutex_unlock(&f->network->lock);
    return status == MSTRO_WOULDBLOCK ? MSTRO_OK : status;
}

static void memory_wake(struct fabric *fabric)
{
    struct memory_fabric *f = memory_of(fabric);
    pthread_mutex_lock(&f->network->lock);
    f->rung = true;
    pthread_cond_broadcast(&f->network->changed);
    pthread_mutex_unlock(&f->network->lock);
}

static void memory_close(struct fabric *fabric)
{
    struct memory_fabric *f = memory_of(fabric);
    while (!list_empty(&f->endpoints))
        memory_endpoint_close(&list_entry(f->endpoints.next, struct memory_endpoint, place)->base);
    pthread_mutex_lock(&f->network->lock);
    list_remove(&f->place);
    pthread_mutex_unlock(&f->network->lock);
    free(f);
}

static const struct fabric_operations operations = {
    .close = memory_close,
    .progress = memory_progress,
    .sleep = memory_sleep,
    .wake = memory_wake,
    .endpoint_open = memory_endpoint_open,
    .endpoint_close = memory_endpoint_close,
    .peer_add = memory_peer_add,
    .peer_remove = memory_peer_remove,
    .peer_in_flight = memory_peer_in_flight,
    .send = memory_send,
    .read = memory_read,
    .region_register = memory_region_register,
    .region_close = memory_region_close,
};

mstro_status memory_fabric_open(struct memory_network *n, const struct fabric_options *options, struct fabric **out)
{
    struct memory_fabric *f = calloc(1, sizeof *f);
    if (!f)
        return MSTRO_NOMEM;
    f->base.operations = &operations;
    f->options = fabric_options_complete(options);
    f->options.providers = f->options.address = NULL;
    f->network = n;
    f->base.limits = (struct fabric_limits){
        .provider = "memory",
        .address = "-",
        .largest_frame = f->options.largest_frame,
        .largest_message = f->options.largest_message ? f->options.largest_message : SIZE_MAX,
        .cheap_endpoints = true,
        .chosen_keys = true,
    };
    list_init(&f->endpoints);
    list_init(&f->regions);
    list_init(&f->inbox);
    list_init(&f->reads);
    pthread_mutex_lock(&n->lock);
    list_append(&n->fabrics, &f->place);
    pthread_mutex_unlock(&n->lock);
    *out = &f->base;
    return MSTRO_OK;
}
