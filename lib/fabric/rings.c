/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.c - peers, and what goes to them
 *
 * 'driver' (recursive) is held by the thread that handles; whoever closes an endpoint takes it, too.  'lock' is a leaf: it guards lists,
 * flags and the reading ends.  A peer's 'sending' guards its writing end.  Order: driver, sending, lock; no lock but the driver is
 * held in a callback, or around a call into the inner fabric that may call back. */
#include "lib/fabric/rings_fabric.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/base/setting.h"
#include "lib/fabric/bell.h"
#include "lib/fabric/rings.h"

/* A frame that waits for room in a full ring. */
struct waiting_frame {
    struct list place;
    void *frame;
    size_t length;
    uint64_t deadline;
};

/* ---- sending ---- */

static void drop_queue(struct rings_peer *p)
{
    while (!list_empty(&p->queue)) {
        struct waiting_frame *w = list_entry(p->queue.next, struct waiting_frame, place);
        list_remove(&w->place);
        free(w->frame);
        free(w);
    }
    p->queued = 0;
}

static void ring_peer(struct rings_peer *p)
{
    atomic_fetch_add_explicit(&rings_of(p->base.endpoint->fabric)->rung, 1, memory_order_relaxed);
    bell_ring(p->rings.bell);
}

/* 'sending' held.  It will be tried again, or told, by who handles. */
static void wait_for_driver(struct rings_peer *p)
{
    struct rings_fabric *f = rings_of(p->base.endpoint->fabric);
    pthread_mutex_lock(&f->lock);
    if (list_empty(&p->in_waiting) && !p->removed)
        list_append(&f->waiting, &p->in_waiting);
    bool asleep = f->asleep;
    pthread_mutex_unlock(&f->lock);
    if (asleep)
        fabric_wake(f->inner);
}

/* 'sending' held. */
static mstro_status enqueue(struct rings_peer *p, void *frame, size_t length)
{
    struct rings_fabric *f = rings_of(p->base.endpoint->fabric);
    if (p->queued >= f->options.send_queue)
        return detail_set(MSTRO_WOULDBLOCK, "%u frames wait for this peer already", p->queued);
    struct waiting_frame *w = malloc(sizeof *w);
    if (!w)
        return MSTRO_NOMEM;
    *w = (struct waiting_frame){ .frame = frame, .length = length, .deadline = clock_now() + f->options.lease };
    list_append(&p->queue, &w->place);
    p->queued++;
    wait_for_driver(p);
    return MSTRO_OK;
}

mstro_status rings_send(struct peer *peer, void *frame, size_t length)
{
    struct rings_peer *p = rings_peer_of(peer);
    if (!atomic_load(&p->shares))
        return endpoint_send(p->inner, frame, length);
    mstro_status status = MSTRO_OK;
    bool ring = false;
    pthread_mutex_lock(&p->sending);
    enum ring_result result = list_empty(&p->queue) ? RING_OK : RING_NOTHING;
    if (atomic_load(&p->lost))
        status = detail_set(MSTRO_PEER_LOST, "this peer was lost before");
    else if (result == RING_OK)
        result = ring_put(&p->rings.out, frame, length);
    if (!status && result == RING_OK)
        ring = ring_must_ring(&p->rings.out);
    else if (!status && result == RING_NOTHING)
        status = enqueue(p, frame, length);
    else if (!status) {
        status = detail_set(MSTRO_PEER_LOST, "%s", RING_IS_BROKEN);
        p->broken = true;
        wait_for_driver(p);
    }
    pthread_mutex_unlock(&p->sending);
    if (!status && result == RING_OK)
        free(frame);
    if (ring)
        ring_peer(p);
    return status;
}

/* ---- what could not leave at once: on the driver's thread, the peer held ---- */

static bool is_removed(struct rings_fabric *f, const struct rings_peer *p)
{
    pthread_mutex_lock(&f->lock);
    bool removed = p->removed;
    pthread_mutex_unlock(&f->lock);
    return removed;
}

void rings_lose(struct rings_fabric *f, struct rings_peer *p, const char *why)
{
    const struct endpoint_events events = p->base.endpoint->events;
    pthread_mutex_lock(&p->sending);
    bool first = !atomic_exchange(&p->lost, true);
    drop_queue(p);
    pthread_mutex_unlock(&p->sending);
    pthread_mutex_lock(&f->lock);
    if (atomic_load(&p->shares) && !p->removed)
        epoll_ctl(f->bells, EPOLL_CTL_DEL, p->rings.bell, NULL);
    rings_rest(f, p);
    pthread_mutex_unlock(&f->lock);
    if (first && !is_removed(f, p) && events.peer_lost)
        events.peer_lost(events.context, &p->base, why);
}

/* Let the first of the queue go, if there is one and it can.  RING_BROKEN also when its time is over. */
static enum ring_result let_first_go(struct rings_peer *p, const char **why)
{
    enum ring_result result = p->broken ? RING_BROKEN : RING_NOTHING;
    bool ring = false;
    *why = RING_IS_BROKEN;
    pthread_mutex_lock(&p->sending);
    if (result == RING_NOTHING && !list_empty(&p->queue)) {
        struct waiting_frame *w = list_entry(p->queue.next, struct waiting_frame, place);
        result = ring_put(&p->rings.out, w->frame, w->length);
        if (result == RING_OK) {
            ring = ring_must_ring(&p->rings.out);
            list_remove(&w->place);
            p->queued--;
            free(w->frame);
            free(w);
        } else if (result == RING_NOTHING && clock_now() >= w->deadline) {
            *why = "it does not take a frame within the lease";
            result = RING_BROKEN;
        } else if (result == RING_NOTHING)
            wait_for_driver(p);
    }
    pthread_mutex_unlock(&p->sending);
    if (ring)
        ring_peer(p);
    return result;
}

/* True when anything left or ended. */
bool rings_retry(struct rings_fabric *f, struct rings_peer *p)
{
    const struct endpoint_events events = p->base.endpoint->events;
    const char *why;
    for (bool any = false;; any = true) {
        if (is_removed(f, p))
            return any;
        switch (let_first_go(p, &why)) {
        case RING_NOTHING: return any;
        case RING_BROKEN: rings_lose(f, p, why); return true;
        case RING_OK: break;
        }
        if (!is_removed(f, p) && events.sent)
            events.sent(events.context, &p->base);
    }
}

/* ---- peers ---- */

mstro_status rings_peer_add(struct endpoint *endpoint, struct bytes address, void *context, struct peer **out)
{
    struct wrapping_endpoint *e = rings_endpoint_of(endpoint);
    struct rings_fabric *f = rings_of(endpoint->fabric);
    struct rings_peer *p = cache_lines_alloc(sizeof *p);
    if (!p)
        return MSTRO_NOMEM;
    p->base = (struct peer){ endpoint, context };
    mstro_status status = peer_add(e->inner, address, p, &p->inner);
    if (status) {
        free(p);
        return status;
    }
    list_init(&p->queue);
    list_init(&p->in_active);
    list_init(&p->in_waiting);
    pthread_mutex_init(&p->sending, NULL);
    pthread_mutex_lock(&f->lock);
    list_append(&e->peers, &p->in_endpoint);
    pthread_mutex_unlock(&f->lock);
    *out = &p->base;
    return MSTRO_OK;
}

void rings_activate(struct rings_fabric *f, struct rings_peer *p)
{
    if (!list_empty(&p->in_active))
        return;
    list_append(&f->active, &p->in_active);
    f->looked_into++;
}

void rings_rest(struct rings_fabric *f, struct rings_peer *p)
{
    if (list_empty(&p->in_active))
        return;
    list_remove(&p->in_active);
    f->looked_into--;
}

/* Its bell is in the set from here on, and not listened to. */
mstro_status rings_expect(struct fabric *fabric, const struct ring_pair *rings)
{
    struct epoll_event bell = { .events = 0 };
    if (fabric->limits.largest_frame > RING_LARGEST_FRAME)
        return detail_set(MSTRO_UNIMPL, "frames of %zu bytes do not fit a ring", fabric->limits.largest_frame);
    if (epoll_ctl(rings_of(fabric)->bells, EPOLL_CTL_ADD, rings->bell, &bell) != 0)
        return detail_set(MSTRO_NOMEM, "a bell cannot be listened to: %s", strerror(errno));
    return MSTRO_OK;
}

/* What the other side has written before this is found at once. */
mstro_status rings_use(struct peer *peer, struct ring_pair rings)
{
    struct rings_peer *p = rings_peer_of(peer);
    struct rings_fabric *f = rings_of(peer->endpoint->fabric);
    struct epoll_event bell = { .events = EPOLLIN, .data.ptr = p };
    bool expected = epoll_ctl(f->bells, EPOLL_CTL_MOD, rings.bell, &(struct epoll_event){ .events = 0 }) == 0;
    mstro_status status = expected ? MSTRO_OK : rings_expect(&f->base, &rings);
    if (status != MSTRO_OK)
        return status;
    pthread_mutex_lock(&f->lock);
    epoll_ctl(f->bells, EPOLL_CTL_MOD, rings.bell, &bell);
    p->rings = rings;
    atomic_store(&p->shares, true);
    f->sharing++;
    bool filled = !ring_arm(&p->rings.in);
    if (filled)
        rings_activate(f, p);
    pthread_mutex_unlock(&f->lock);
    if (filled)
        fabric_wake(f->inner);
    return MSTRO_OK;
}

static void peer_free(struct rings_peer *p)
{
    drop_queue(p);
    ring_pair_close(&p->rings);
    pthread_mutex_destroy(&p->sending);
    free(p);
}

void rings_let_go(struct rings_peer *p)
{
    if (--p->held == 0 && p->removed)
        peer_free(p);
}

void rings_bury(struct rings_fabric *f)
{
    while (!list_empty(&f->gone)) {
        struct rings_peer *p = list_entry(f->gone.next, struct rings_peer, in_endpoint);
        list_remove(&p->in_endpoint);
        rings_let_go(p);
    }
}

void rings_peer_remove(struct peer *peer)
{
    struct rings_peer *p = rings_peer_of(peer);
    struct rings_fabric *f = rings_of(peer->endpoint->fabric);
    struct peer *inner = p->inner;
    pthread_mutex_lock(&f->lock);
    list_remove(&p->in_endpoint);
    list_remove(&p->in_waiting);
    rings_rest(f, p);
    if (atomic_load(&p->shares)) {
        f->sharing--;
        epoll_ctl(f->bells, EPOLL_CTL_DEL, p->rings.bell, NULL); /* closing it would not do: a child of fork may have it */
    }
    p->held++;
    p->removed = true;
    pthread_mutex_unlock(&f->lock);
    peer_remove(inner);
    bool drives = pthread_mutex_trylock(&f->driver) == 0;
    pthread_mutex_lock(&f->lock);
    if (drives)
        rings_let_go(p);
    else
        list_append(&f->gone, &p->in_endpoint);
    pthread_mutex_unlock(&f->lock);
    if (drives)
        pthread_mutex_unlock(&f->driver);
}

unsigned rings_peer_in_flight(const struct peer *peer)
{
    struct rings_peer *p = rings_peer_of((struct peer *)peer);
    pthread_mutex_lock(&p->sending);
    unsigned queued = p->queued;
    pthread_mutex_unlock(&p->sending);
    return queued + peer_in_flight(p->inner);
}

/* ---- the whole ---- */

mstro_status rings_wanted(bool *wanted) { return setting_read_bool("MSTRO_RINGS", true, wanted); }

mstro_status rings_open(const struct fabric_options *options, struct fabric **out)
{
    bool wanted;
    struct fabric *inner;
    mstro_status status = rings_wanted(&wanted);
    if (status == MSTRO_OK)
        status = fabric_open(options, &inner);
    if (status != MSTRO_OK)
        return status;
    *out = inner;
    status = wanted ? rings_wrap(inner, options, out) : MSTRO_OK;
    if (status == MSTRO_UNIMPL) {
        log_info(LOG_FABRIC, "no messages through shared memory: %s", mstro_error_detail());
        return MSTRO_OK;
    }
    if (status != MSTRO_OK)
        fabric_close(inner);
    return status;
}
