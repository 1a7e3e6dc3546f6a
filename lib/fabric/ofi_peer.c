/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi_peer.c - peers, and what is on its way to them
 *
 * libfabric answers -FI_EAGAIN for as long as a peer is not connected, for ever when it is dead.  What gets that answer waits in
 * the peer's queue, in order, until it can be posted or its deadline is over. */
#include <stdlib.h>

#include "lib/base/cache_line.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/fabric/ofi.h"

/* A connection that broke is made anew by libfabric when something is posted; for ever, when the peer is gone. */
#define RECONNECTION (500 * NANOSECONDS_PER_MILLISECOND)

mstro_status ofi_peer_add(struct endpoint *endpoint, struct bytes address, void *context, struct peer **out)
{
    struct ofi_endpoint *e = ofi_endpoint_of(endpoint);
    struct ofi_fabric *f = fabric_of(e);
    if (address.length != e->base.address_length)
        return detail_set(MSTRO_INVARG, "an address of %zu bytes is none of %s", address.length, f->base.limits.provider);
    struct ofi_peer *p = cache_lines_alloc(sizeof *p);
    if (!p)
        return MSTRO_NOMEM;
    p->base = (struct peer){ .endpoint = endpoint, .context = context };
    list_init(&p->queue);
    list_init(&p->in_waiting);
    pthread_mutex_lock(&f->lock);
    int inserted = e->closing ? 0 : fi_av_insert(e->av, address.at, 1, &p->address, 0, NULL);
    if (inserted == 1)
        list_append(&e->peers, &p->in_endpoint);
    pthread_mutex_unlock(&f->lock);
    if (inserted != 1) {
        free(p);
        return detail_set(MSTRO_OFI_FAIL, "%s does not accept the address of a peer", f->base.limits.provider);
    }
    *out = &p->base;
    return MSTRO_OK;
}

void peer_hold(struct ofi_peer *p)
{
    p->held++;
}

void peer_let_go(struct ofi_fabric *f, struct ofi_peer *p)
{
    pthread_mutex_lock(&f->lock);
    bool last = --p->held == 0 && p->removed;
    pthread_mutex_unlock(&f->lock);
    if (last)
        free(p);
}

/* 'lock' held: take it out of all lists; operations under way forget it.  Those that were queued are appended to 'queued'.
 * True when it can be freed. */
static bool detach(struct ofi_peer *p, struct list *queued)
{
    struct ofi_endpoint *e = ofi_endpoint_of(p->base.endpoint);
    list_remove(&p->in_endpoint);
    list_remove(&p->in_waiting);
    list_each(link, &e->operations) {
        struct operation *o = list_entry(link, struct operation, place);
        if (o->peer == p)
            o->peer = NULL;
    }
    list_each(link, &p->queue) {
        struct operation *o = list_entry(link, struct operation, place);
        list_remove(&o->timed);
        list_remove(&o->place);
        o->peer = NULL;
        list_append(queued, &o->place);
    }
    p->removed = true;
    return p->held == 0;
}

/* Without 'lock'. */
static void end_queued(struct ofi_fabric *f, struct list *queued, mstro_status status)
{
    while (!list_empty(queued)) {
        struct operation *o = list_entry(queued->next, struct operation, place), ended = *o;
        if (o->kind == OPERATION_SEND)
            free(o->buffer);
        pthread_mutex_lock(&f->lock);
        ofi_operation_give_back(f, o);
        pthread_mutex_unlock(&f->lock);
        if (ended.done)
            ended.done(ended.context, status);
    }
}

static void remove_peer(struct ofi_peer *p, bool forget_address)
{
    struct ofi_endpoint *e = ofi_endpoint_of(p->base.endpoint);
    struct ofi_fabric *f = fabric_of(e);
    struct list queued;
    list_init(&queued);
    pthread_mutex_lock(&f->lock);
    bool unused = detach(p, &queued);
    if (forget_address)
        fi_av_remove(e->av, &p->address, 1, 0);
    pthread_mutex_unlock(&f->lock);
    end_queued(f, &queued, MSTRO_CANCELLED);
    if (unused)
        free(p);
}

void ofi_peer_remove(struct peer *peer)
{
    remove_peer(ofi_peer_of(peer), true);
}

void peer_discard(struct ofi_peer *p)
{
    remove_peer(p, false);
}

unsigned ofi_peer_in_flight(const struct peer *peer)
{
    struct ofi_fabric *f = ofi_of(peer->endpoint->fabric);
    pthread_mutex_lock(&f->lock);
    unsigned count = ((const struct ofi_peer *)peer)->in_flight;
    pthread_mutex_unlock(&f->lock);
    return count;
}

void peer_lose(struct ofi_fabric *f, struct ofi_peer *p, const char *why)
{
    struct list queued;
    list_init(&queued);
    pthread_mutex_lock(&f->lock);
    bool first = !p->lost && !p->removed;
    if (first) {
        p->lost = true;
        list_remove(&p->in_waiting);
        list_each(link, &p->queue) {
            struct operation *o = list_entry(link, struct operation, place);
            p->in_flight -= o->kind == OPERATION_SEND;
            list_remove(&o->timed);
            list_remove(&o->place);
            list_append(&queued, &o->place);
        }
    }
    pthread_mutex_unlock(&f->lock);
    end_queued(f, &queued, MSTRO_PEER_LOST);
    if (first && !p->removed && p->base.endpoint->events.peer_lost)
        p->base.endpoint->events.peer_lost(p->base.endpoint->events.context, &p->base, why);
}

/* 'lock' held: post it, or queue it behind what waits already.  An error of libfabric is returned and leaves it with the caller. */
static ssize_t post_or_queue(struct ofi_fabric *f, struct ofi_peer *p, struct operation *o, bool *ended)
{
    *ended = false;
    ssize_t result = list_empty(&p->queue) ? ofi_operation_post(o, ended) : -FI_EAGAIN;
    if (result == 0 && !*ended) {
        o->posted = true;
        list_append(&o->endpoint->operations, &o->place);
    } else if (result == -FI_EAGAIN) {
        list_append(&p->queue, &o->place);
        if (list_empty(&p->in_waiting))
            list_append(&f->waiting, &p->in_waiting);
        if (atomic_load(&f->awake_at))
            driver_ring(f);
        result = 0;
    }
    return result;
}

static mstro_status refuse(const struct ofi_peer *p)
{
    if (ofi_endpoint_of(p->base.endpoint)->closing)
        return detail_set(MSTRO_CANCELLED, "the endpoint is being closed");
    return detail_set(MSTRO_PEER_LOST, p->lost ? "this peer was lost before" : "a read on this endpoint failed: it has to be closed");
}

mstro_status ofi_send(struct peer *peer, void *frame, size_t length)
{
    struct ofi_peer *p = ofi_peer_of(peer);
    struct ofi_endpoint *e = ofi_endpoint_of(peer->endpoint);
    struct ofi_fabric *f = fabric_of(e);
    bool ended = false;
    mstro_status status = MSTRO_OK;
    struct operation *o = NULL;
    pthread_mutex_lock(&f->lock);
    if (p->lost || e->broken || e->closing)
        status = refuse(p);
    else if (p->in_flight >= f->options.send_queue)
        status = detail_set(MSTRO_WOULDBLOCK, "%u frames wait for this peer already", p->in_flight);
    else if (!(o = ofi_operation_take(f, OPERATION_SEND, e)))
        status = MSTRO_NOMEM;
    if (!status) {
        o->peer = p;
        o->buffer = frame;
        o->length = length;
        status = ofi_operation_register_local(f, o, FI_SEND);
        ssize_t result = status ? 0 : post_or_queue(f, p, o, &ended);
        if (result)
            status = detail_set(ofi_operation_status((int)-result), "%s does not take a frame: %s", f->base.limits.provider,
                                fi_strerror((int)-result));
        if (status || ended) {
            ofi_operation_give_back(f, o);
        } else {
            p->in_flight++;
            ofi_operation_set_deadline(f, o, clock_now() + f->options.lease);
        }
    }
    pthread_mutex_unlock(&f->lock);
    if (ended)
        free(frame);
    return status;
}

static void set_read_deadline(struct ofi_fabric *f, struct operation *o, uint64_t deadline)
{
    uint64_t soon = clock_now() + RECONNECTION;
    bool reconnecting = !o->posted && o->peer->connected && soon < deadline;
    o->last = deadline;
    o->overdue = reconnecting ? MSTRO_PEER_LOST : MSTRO_TIMEOUT;
    ofi_operation_set_deadline(f, o, reconnecting ? soon : deadline);
}

mstro_status ofi_read(const struct read_request *r)
{
    struct ofi_peer *p = ofi_peer_of(r->peer);
    struct ofi_endpoint *e = ofi_endpoint_of(r->peer->endpoint);
    struct ofi_fabric *f = fabric_of(e);
    bool ended;
    mstro_status status = MSTRO_OK;
    struct operation *o = NULL;
    pthread_mutex_lock(&f->lock);
    if (p->lost || e->broken || e->closing)
        status = refuse(p);
    else if (!(o = ofi_operation_take(f, OPERATION_READ, e)))
        status = MSTRO_NOMEM;
    if (!status) {
        o->peer = p;
        o->buffer = r->local;
        o->length = r->length;
        o->remote = r->remote;
        o->key = r->key;
        o->done = r->done;
        o->context = r->context;
        status = ofi_operation_register_local(f, o, FI_READ);
        ssize_t result = status ? 0 : post_or_queue(f, p, o, &ended);
        if (result)
            status = detail_set(ofi_operation_status((int)-result), "%s does not take a read: %s", f->base.limits.provider,
                                fi_strerror((int)-result));
        if (status)
            ofi_operation_give_back(f, o);
        else
            set_read_deadline(f, o, r->deadline);
    }
    pthread_mutex_unlock(&f->lock);
    return status;
}

/* An operation that left the queue without having been posted: it failed, or it is a frame that left at once. */
static void finish_unposted(struct ofi_fabric *f, struct operation *o, struct ofi_peer *p, int error)
{
    struct operation ended = *o;
    struct endpoint_events events = p->base.endpoint->events;
    pthread_mutex_lock(&f->lock);
    p->in_flight -= ended.kind == OPERATION_SEND;
    ofi_operation_give_back(f, o);
    pthread_mutex_unlock(&f->lock);
    if (ended.kind == OPERATION_SEND)
        free(ended.buffer);
    if (ended.done)
        ended.done(ended.context, ofi_operation_status(error));
    else if (ended.kind == OPERATION_SEND && error)
        peer_lose(f, p, fi_strerror(error));
    else if (ended.kind == OPERATION_SEND && !p->removed && events.sent)
        events.sent(events.context, &p->base);
}

/* Post what is queued for one peer until libfabric says no.  'p' is held. */
static bool retry(struct ofi_fabric *f, struct ofi_peer *p)
{
    for (bool any = false;; any = true) {
        struct operation *o = NULL;
        bool ended = false;
        ssize_t result = -FI_EAGAIN;
        pthread_mutex_lock(&f->lock);
        if (!list_empty(&p->queue) && !ofi_endpoint_of(p->base.endpoint)->closing) {
            o = list_entry(p->queue.next, struct operation, place);
            result = ofi_operation_post(o, &ended);
        }
        if (result != -FI_EAGAIN)
            list_remove(&o->place);
        if (result == 0 && !ended) {
            o->posted = true;
            list_append(&o->endpoint->operations, &o->place);
            if (o->kind == OPERATION_READ && o->deadline != o->last) {
                list_remove(&o->timed);
                o->overdue = MSTRO_TIMEOUT;
                ofi_operation_set_deadline(f, o, o->last);
            }
        }
        if (list_empty(&p->queue))
            list_remove(&p->in_waiting);
        pthread_mutex_unlock(&f->lock);
        if (result == -FI_EAGAIN)
            return any;
        if (result || ended)
            finish_unposted(f, o, p, (int)-result);
    }
}

bool peers_retry(struct ofi_fabric *f)
{
    bool any = false;
    struct list round;
    list_init(&round);
    pthread_mutex_lock(&f->lock);
    while (!list_empty(&f->waiting)) { /* those that wait again after this round stand behind them */
        struct list *link = f->waiting.next;
        list_remove(link);
        list_append(&round, link);
    }
    while (!list_empty(&round)) {
        struct ofi_peer *p = list_entry(round.next, struct ofi_peer, in_waiting);
        list_remove(&p->in_waiting);
        list_append(&f->waiting, &p->in_waiting);
        peer_hold(p);
        pthread_mutex_unlock(&f->lock);
        any |= retry(f, p);
        peer_let_go(f, p);
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    return any;
}

/* One whose time is over: a read is told, a frame costs its peer.  'lock' is held on entry and not on return. */
static void expire(struct ofi_fabric *f, struct operation *o)
{
    void (*done)(void *, mstro_status) = o->done;
    void *context = o->context;
    mstro_status overdue = o->overdue;
    struct ofi_peer *p = o->kind == OPERATION_SEND ? o->peer : NULL;
    if (p)
        peer_hold(p);
    list_remove(&o->timed);
    o->done = NULL;
    if (!o->posted && o->kind == OPERATION_READ) {
        if (o->peer && o->peer->queue.next == &o->place && o->place.next == &o->peer->queue)
            list_remove(&o->peer->in_waiting);
        ofi_operation_give_back(f, o);
    }
    pthread_mutex_unlock(&f->lock);
    if (done)
        done(context, overdue);
    if (p) {
        peer_lose(f, p, "it does not take a frame within the lease");
        peer_let_go(f, p);
    }
}

bool ofi_operations_expire(struct ofi_fabric *f, uint64_t now)
{
    for (bool any = false;; any = true) {
        pthread_mutex_lock(&f->lock);
        struct operation *o = list_empty(&f->timed) ? NULL : list_entry(f->timed.next, struct operation, timed);
        if (!o || o->deadline > now) {
            pthread_mutex_unlock(&f->lock);
            return any;
        }
        expire(f, o);
    }
}
