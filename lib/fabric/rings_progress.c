/* SPDX-License-Identifier: BSD-3-Clause */
/* rings_progress.c - what comes, and sleep
 *
 * The rule that no wake-up is lost by: while somebody sleeps every ring is armed, or its bell is rung.  Who lies down arms them; who
 * handles meanwhile and takes a bell, which may have been the sleeper's, arms again before it leaves.  A bell is readable until it
 * is taken, and its ring is looked into after that.  tests/sim/rings goes through all interleavings. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/fabric/bell.h"
#include "lib/fabric/rings.h"
#include "lib/fabric/rings_fabric.h"

enum { FRAMES_A_TURN = 16, BELLS_A_TURN = 64, TURNS_TO_ARM = 8, LOOKS_A_YIELD = 32 };

#define INNER_INTERVAL UINT64_C(20000)            /* ns between looks into the inner fabric, which are system calls, while rings keep us busy */
#define REVIEW_INTERVAL NANOSECONDS_PER_SECOND
#define FULL_NAP NANOSECONDS_PER_MILLISECOND      /* while frames wait for room: a reader that makes some tells nobody */
/* How long who has just been written to looks on before it lies down: getting up takes longer than most answers, and so much CPU that a
 * lone operation costs less with it, also on two cores.  Now and then it makes way, for a writer that may be on the same one. */
#define SPIN UINT64_C(20000)

/* ---- what comes: on the driver's thread ---- */

/* Take the bells that were rung.  The ring of one may be empty again: it was looked into between frame and bell.  It is not armed any more all
 * the same.  True: there are rings to look into. */
static bool hear_bells(struct rings_fabric *f)
{
    struct epoll_event rung[BELLS_A_TURN];
    pthread_mutex_lock(&f->lock);
    int count = f->looked_into < f->sharing ? epoll_wait(f->bells, rung, BELLS_A_TURN, 0) : 0;
    for (int i = 0; i < count; i++) {
        struct rings_peer *p = rung[i].data.ptr; /* who is removed is taken out of the set under the lock */
        if (!p) /* expected, and not listened to: nothing rings on our side before it is */
            continue;
        if (!bell_hear(p->rings.bell))
            epoll_ctl(f->bells, EPOLL_CTL_DEL, p->rings.bell, NULL); /* the other side has gone: its witness says so */
        rings_activate(f, p);
    }
    pthread_mutex_unlock(&f->lock);
    return count > 0;
}

/* Lock held on entry and return, 'p' held. */
static bool take_frames(struct rings_fabric *f, struct rings_peer *p)
{
    const struct endpoint_events events = p->base.endpoint->events;
    size_t length;
    bool any = false;
    for (int i = 0; i < FRAMES_A_TURN && !p->removed && !atomic_load(&p->lost); i++) {
        enum ring_result result = ring_take(&p->rings.in, f->frame, &length);
        if (result == RING_NOTHING)
            break;
        any = true;
        pthread_mutex_unlock(&f->lock);
        if (result == RING_BROKEN)
            rings_lose(f, p, RING_IS_BROKEN);
        else if (events.received)
            events.received(events.context, bytes_of(f->frame, length));
        pthread_mutex_lock(&f->lock);
    }
    return any;
}

/* Lock held.  Those of 'from' become a list of their own, so that each is visited once, whoever is removed or added meanwhile. */
static void begin_round(struct list *round, struct list *from)
{
    list_init(round);
    while (!list_empty(from)) {
        struct list *link = from->next;
        list_remove(link);
        list_append(round, link);
    }
}

static bool drain(struct rings_fabric *f)
{
    bool any = false;
    struct list round;
    pthread_mutex_lock(&f->lock);
    rings_bury(f);
    begin_round(&round, &f->active);
    while (!list_empty(&round)) {
        struct rings_peer *p = list_entry(round.next, struct rings_peer, in_active);
        list_remove(&p->in_active);
        list_append(&f->active, &p->in_active);
        p->held++;
        any |= take_frames(f, p);
        rings_let_go(p);
    }
    pthread_mutex_unlock(&f->lock);
    return any;
}

static bool retry_waiting(struct rings_fabric *f)
{
    bool any = false;
    struct list round;
    pthread_mutex_lock(&f->lock);
    begin_round(&round, &f->waiting);
    while (!list_empty(&round)) {
        struct rings_peer *p = list_entry(round.next, struct rings_peer, in_waiting);
        list_remove(&p->in_waiting);
        p->held++;
        pthread_mutex_unlock(&f->lock);
        any |= rings_retry(f, p);
        pthread_mutex_lock(&f->lock);
        rings_let_go(p);
    }
    pthread_mutex_unlock(&f->lock);
    return any;
}

/* Whose bell was lost (bell.h) is looked into all the same.  A look costs a cache line for each peer. */
static void review(struct rings_fabric *f, uint64_t now)
{
    if (now < f->review_at)
        return;
    f->review_at = now + REVIEW_INTERVAL;
    pthread_mutex_lock(&f->lock);
    list_each(endpoint, &f->endpoints)
        list_each(link, &list_entry(endpoint, struct wrapping_endpoint, place)->peers) {
            struct rings_peer *p = list_entry(link, struct rings_peer, in_endpoint);
            if (atomic_load(&p->shares) && !atomic_load(&p->lost) && ring_filled(&p->rings.in))
                rings_activate(f, p);
        }
    pthread_mutex_unlock(&f->lock);
}

static bool look_inside(struct rings_fabric *f)
{
    uint64_t now = clock_now();
    atomic_store(&f->look_at, now + INNER_INTERVAL);
    f->postponed = false;
    review(f, now);
    return fabric_progress(f->inner, 0) == MSTRO_OK;
}

static bool is_due(const struct rings_fabric *f) { return clock_now() >= atomic_load(&f->look_at); }

/* Somebody was woken by a bell, most likely: what is inside can wait for one interval more.  False: it has waited. */
static bool postpone(struct rings_fabric *f)
{
    if (f->postponed)
        return false;
    atomic_store(&f->look_at, clock_now() + INNER_INTERVAL);
    return f->postponed = true;
}

/* ---- sleep ---- */

/* Lock held.  True when all are armed and none is active any more. */
static bool arm_all(struct rings_fabric *f)
{
    list_each(link, &f->active) {
        struct rings_peer *p = list_entry(link, struct rings_peer, in_active);
        if (ring_arm(&p->rings.in))
            rings_rest(f, p);
    }
    return list_empty(&f->active);
}

/* Somebody sleeps while we have handled what may have been for him to hear. */
static void arm_for_sleeper(struct rings_fabric *f)
{
    for (int turn = 0; turn < TURNS_TO_ARM; turn++) {
        pthread_mutex_lock(&f->lock);
        bool done = !f->asleep || arm_all(f);
        pthread_mutex_unlock(&f->lock);
        if (done)
            return;
        drain(f);
    }
    fabric_wake(f->inner);
}

static bool filled(struct rings_fabric *f, bool *some)
{
    bool found = false;
    pthread_mutex_lock(&f->lock);
    *some = !list_empty(&f->active);
    list_each(link, &f->active)
        found |= ring_filled(&list_entry(link, struct rings_peer, in_active)->rings.in);
    pthread_mutex_unlock(&f->lock);
    return found;
}

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* True: something has come. */
static bool look_on(struct rings_fabric *f)
{
    bool some = true;
    uint64_t until = clock_now() + SPIN;
    for (unsigned looks = 1; some && clock_now() < until; looks++) {
        if (filled(f, &some))
            return true;
        if (looks % LOOKS_A_YIELD == 0)
            sched_yield();
        else
            pause_briefly();
    }
    return false;
}

/* MSTRO_OK: drive; MSTRO_TIMEOUT: at the deadline; MSTRO_BUSY: another thread sleeps. */
static mstro_status sleep_armed(struct rings_fabric *f, uint64_t deadline)
{
    uint64_t until = deadline;
    if (look_on(f))
        return MSTRO_OK;
    pthread_mutex_lock(&f->lock);
    if (f->asleep) {
        pthread_mutex_unlock(&f->lock);
        return MSTRO_BUSY;
    }
    bool quiet = f->asleep = arm_all(f);
    if (!list_empty(&f->waiting) && clock_now() + FULL_NAP < until)
        until = clock_now() + FULL_NAP;
    else if (f->sharing > 0 && clock_now() + REVIEW_INTERVAL < until)
        until = clock_now() + REVIEW_INTERVAL;
    pthread_mutex_unlock(&f->lock);
    if (!quiet)
        return MSTRO_OK;
    mstro_status status = fabric_sleep(f->inner, until);
    pthread_mutex_lock(&f->lock);
    f->asleep = false;
    pthread_mutex_unlock(&f->lock);
    return status == MSTRO_TIMEOUT && until < deadline ? MSTRO_OK : status;
}

static mstro_status rings_sleep(struct fabric *fabric, uint64_t deadline)
{
    return sleep_armed(rings_of(fabric), deadline);
}

/* ---- driving ---- */

static void driver_enter(struct rings_fabric *f)
{
    if (pthread_mutex_trylock(&f->driver) == 0)
        return;
    atomic_fetch_add(&f->closers, 1);
    pthread_mutex_lock(&f->driver);
    atomic_fetch_sub(&f->closers, 1);
}

/* The driver is held. */
static bool handle_what_is_there(struct rings_fabric *f)
{
    bool any = drain(f), rung = false;
    if (!any || is_due(f))
        rung = hear_bells(f) && drain(f);
    if (is_due(f) ? !(rung && postpone(f)) : !any && !rung) {
        any |= look_inside(f);
        any |= drain(f);
    }
    any |= rung;
    any |= retry_waiting(f);
    arm_for_sleeper(f);
    return any;
}

/* A wake of the inner fabric, which its sleep returns from as from news, ends a sleep once, though nothing was handled. */
static mstro_status rings_progress(struct fabric *fabric, uint64_t deadline)
{
    struct rings_fabric *f = rings_of(fabric);
    for (bool slept = false;; slept = true) {
        if (atomic_load(&f->closers)) {
            sched_yield();
            return MSTRO_OK;
        }
        if (pthread_mutex_trylock(&f->driver) != 0)
            return MSTRO_BUSY;
        bool any = handle_what_is_there(f);
        pthread_mutex_unlock(&f->driver);
        if (any || slept)
            return MSTRO_OK;
        mstro_status status = deadline ? sleep_armed(f, deadline) : MSTRO_TIMEOUT;
        if (status)
            return status;
    }
}

static void rings_wake(struct fabric *fabric) { fabric_wake(rings_of(fabric)->inner); }

/* ---- endpoints ---- */

static void pass_received(void *context, struct bytes frame)
{
    struct wrapping_endpoint *e = context;
    if (e->base.events.received)
        e->base.events.received(e->base.events.context, frame);
}

/* The peer that an inner one stands for, held, or NULL when it was removed meanwhile: it is not freed while this thread drives. */
static struct rings_peer *hold_peer(struct wrapping_endpoint *e, struct peer *inner)
{
    struct rings_fabric *f = rings_of(e->base.fabric);
    struct rings_peer *p = peer_context(inner);
    pthread_mutex_lock(&f->lock);
    bool removed = p->removed;
    p->held += !removed;
    pthread_mutex_unlock(&f->lock);
    return removed ? NULL : p;
}

static void let_go(struct wrapping_endpoint *e, struct rings_peer *p)
{
    struct rings_fabric *f = rings_of(e->base.fabric);
    pthread_mutex_lock(&f->lock);
    rings_let_go(p);
    pthread_mutex_unlock(&f->lock);
}

static void pass_sent(void *context, struct peer *inner)
{
    struct wrapping_endpoint *e = context;
    struct rings_peer *p = hold_peer(e, inner);
    if (!p)
        return;
    if (e->base.events.sent)
        e->base.events.sent(e->base.events.context, &p->base);
    let_go(e, p);
}

static void pass_lost(void *context, struct peer *inner, const char *why)
{
    struct wrapping_endpoint *e = context;
    struct rings_peer *p = hold_peer(e, inner);
    if (!p)
        return;
    rings_lose(rings_of(e->base.fabric), p, why);
    let_go(e, p);
}

/* Only control endpoints are wrapped: others are the inner fabric's altogether. */
static mstro_status rings_endpoint_open(struct fabric *fabric, enum endpoint_role role, const struct endpoint_events *events,
                                        struct endpoint **out)
{
    struct rings_fabric *f = rings_of(fabric);
    if (role != ENDPOINT_CONTROL)
        return endpoint_open(f->inner, role, events, out);
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

static void rings_endpoint_close(struct endpoint *endpoint)
{
    struct wrapping_endpoint *e = rings_endpoint_of(endpoint);
    struct rings_fabric *f = rings_of(endpoint->fabric);
    driver_enter(f);
    while (!list_empty(&e->peers))
        rings_peer_remove(&list_entry(e->peers.next, struct rings_peer, in_endpoint)->base);
    endpoint_close(e->inner);
    pthread_mutex_lock(&f->lock);
    rings_bury(f);
    list_remove(&e->place);
    pthread_mutex_unlock(&f->lock);
    pthread_mutex_unlock(&f->driver);
    free(e);
}

/* ---- the whole ---- */

static mstro_status rings_read(const struct read_request *request)
{
    struct read_request inner = *request;
    inner.peer = rings_peer_of(request->peer)->inner;
    return endpoint_read(&inner);
}

static mstro_status rings_region_register(struct fabric *fabric, const void *memory, size_t length, struct region **out)
{
    return region_register(rings_of(fabric)->inner, memory, length, out); /* closes itself in the inner fabric */
}

static void rings_close(struct fabric *fabric)
{
    struct rings_fabric *f = rings_of(fabric);
    while (!list_empty(&f->endpoints))
        rings_endpoint_close(&list_entry(f->endpoints.next, struct wrapping_endpoint, place)->base);
    fabric_close(f->inner);
    close(f->bells);
    pthread_mutex_destroy(&f->driver);
    pthread_mutex_destroy(&f->lock);
    free(f->frame);
    free(f);
}

static const struct fabric_operations operations = {
    .close = rings_close,
    .progress = rings_progress,
    .sleep = rings_sleep,
    .wake = rings_wake,
    .endpoint_open = rings_endpoint_open,
    .endpoint_close = rings_endpoint_close,
    .peer_add = rings_peer_add,
    .peer_remove = rings_peer_remove,
    .peer_in_flight = rings_peer_in_flight,
    .peer_use_rings = rings_use,
    .expect_rings = rings_expect,
    .send = rings_send,
    .read = rings_read,
    .region_register = rings_region_register,
};

mstro_status rings_wrap(struct fabric *inner, const struct fabric_options *options, struct fabric **out)
{
    int bells = epoll_create1(EPOLL_CLOEXEC);
    if (bells < 0)
        return detail_set(MSTRO_NOMEM, "bells cannot be listened to: %s", strerror(errno));
    struct rings_fabric *f = cache_lines_alloc(sizeof *f);
    unsigned char *frame = cache_lines_alloc(RING_LARGEST_FRAME);
    mstro_status status = f && frame ? fabric_watch(inner, bells) : MSTRO_NOMEM;
    if (status != MSTRO_OK) {
        close(bells);
        free(f);
        free(frame);
        return status;
    }
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&f->driver, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_mutex_init(&f->lock, NULL);
    list_init(&f->endpoints);
    list_init(&f->active);
    list_init(&f->waiting);
    list_init(&f->gone);
    f->bells = bells;
    f->base.operations = &operations;
    f->base.limits = inner->limits;
    f->options = fabric_options_complete(options);
    f->options.providers = f->options.address = NULL;
    f->inner = inner;
    f->frame = frame;
    *out = &f->base;
    return MSTRO_OK;
}
