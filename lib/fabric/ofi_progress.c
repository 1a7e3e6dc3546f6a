/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi_progress.c - completions, deadlines and sleep */
#include <sched.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/fabric/ofi.h"

#define BATCH 64
/* While connections are made, which ends without a completion; while reads are under way, on lanes of their own; and after a ring that
 * libfabric may lose (ofi_wait.c).  So naps are short where somebody has rung and double from there: a lost signal costs little where
 * signals are likely, and an idle thread gets up twice a second, for its heartbeats. */
#define SHORT_SLEEP NANOSECONDS_PER_MILLISECOND
#define LONGEST_SLEEP (512 * NANOSECONDS_PER_MILLISECOND)
#define RETRY_YIELDS 20

void driver_enter(struct ofi_fabric *f)
{
    if (pthread_mutex_trylock(&f->driver) == 0)
        return;
    atomic_fetch_add(&f->closers, 1);
    pthread_mutex_lock(&f->driver);
    atomic_fetch_sub(&f->closers, 1);
}

void driver_leave(struct ofi_fabric *f)
{
    pthread_mutex_unlock(&f->driver);
}

void driver_ring(struct ofi_fabric *f)
{
    atomic_store(&f->rung, true);
    if (f->asleep_on)
        wait_ring(f);
}

void ofi_wake(struct fabric *fabric)
{
    struct ofi_fabric *f = ofi_of(fabric);
    pthread_mutex_lock(&f->lock);
    driver_ring(f);
    pthread_mutex_unlock(&f->lock);
}

/* Room for one more batch; false when memory is short: then the completions stay with libfabric. */
static bool reserve(struct ofi_fabric *f)
{
    if (f->head == f->count)
        f->head = f->count = 0;
    if (f->capacity - f->count >= BATCH)
        return true;
    size_t capacity = f->capacity ? 2 * f->capacity : 4 * BATCH;
    struct completion *grown = realloc(f->arrived, capacity * sizeof *grown);
    if (!grown)
        return false;
    f->arrived = grown;
    f->capacity = capacity;
    return true;
}

static void keep(struct ofi_fabric *f, const struct fi_cq_data_entry *entries, ssize_t count)
{
    for (ssize_t i = 0; i < count; i++)
        f->arrived[f->count++] = (struct completion){ entries[i].op_context, entries[i].len, 0 };
}

static bool keep_error(struct ofi_fabric *f, struct lane *l)
{
    struct fi_cq_err_entry entry = { 0 };
    if (fi_cq_readerr(l->cq, &entry, 0) != 1)
        return false;
    if (entry.op_context)
        f->arrived[f->count++] = (struct completion){ entry.op_context, 0, entry.err ? entry.err : FI_EIO };
    return true;
}

/* Every fi_cq_read makes a system call, to look for more, and fi_cq_readerr makes none.  So one that brought less than we would have taken
 * was the last, and what stopped it was that nothing is left, or an error. */
static void gather(struct ofi_fabric *f, struct lane *l, bool all)
{
    struct fi_cq_data_entry entries[BATCH];
    while (reserve(f)) {
        ssize_t count = fi_cq_read(l->cq, entries, BATCH);
        if (count > 0)
            keep(f, entries, count);
        else if (count != -FI_EAVAIL || !keep_error(f, l))
            return;
        if (!all && count > 0 && count < BATCH && !(reserve(f) && keep_error(f, l)))
            return;
    }
}

void completions_gather(struct ofi_fabric *f, bool all)
{
    struct list *link = &f->lanes;
    for (;;) {
        pthread_mutex_lock(&f->lock); /* others may append while we read */
        link = link->next;
        pthread_mutex_unlock(&f->lock);
        if (link == &f->lanes)
            return;
        gather(f, list_entry(link, struct lane, in_fabric), all);
    }
}

/* Tell a read how it ended, if it was not told before. */
static void tell(struct ofi_fabric *f, struct operation *o, mstro_status status)
{
    pthread_mutex_lock(&f->lock);
    void (*done)(void *, mstro_status) = o->done;
    o->done = NULL;
    list_remove(&o->timed);
    pthread_mutex_unlock(&f->lock);
    if (done)
        done(o->context, status);
}

void completions_settle(struct ofi_endpoint *e)
{
    struct ofi_fabric *f = fabric_of(e);
    for (size_t i = f->head; i < f->count; i++) { /* callbacks may make the queue grow, and move it */
        struct operation *o = f->arrived[i].operation;
        if (!o || o->endpoint != e)
            continue;
        int error = f->arrived[i].error;
        f->arrived[i].operation = NULL;
        if (o->kind == OPERATION_READ)
            tell(f, o, error == FI_ECANCELED ? MSTRO_CANCELLED : ofi_operation_status(error));
    }
}

static void receive_again(struct ofi_fabric *f, struct operation *o)
{
    bool ended;
    pthread_mutex_lock(&f->lock);
    if (o->endpoint && !o->endpoint->closing && ofi_operation_post(o, &ended) == 0) {
        list_append(&o->endpoint->operations, &o->place);
    } else {
        if (o->endpoint && !o->endpoint->closing)
            log_error(LOG_FABRIC, "a receive buffer is lost: %s does not take it back", f->base.limits.provider);
        free(o->buffer);
        ofi_operation_give_back(f, o);
    }
    pthread_mutex_unlock(&f->lock);
}

static void handle_receive(struct ofi_fabric *f, struct operation *o, const struct completion *c)
{
    const struct endpoint_events events = o->endpoint->base.events;
    pthread_mutex_lock(&f->lock);
    list_remove(&o->place);
    pthread_mutex_unlock(&f->lock);
    f->in_hand = o;
    if (!c->error && events.received)
        events.received(events.context, bytes_of(o->buffer, c->length));
    f->in_hand = NULL;
    receive_again(f, o);
}

/* True when somebody was told. */
static bool handle_send(struct ofi_fabric *f, struct operation *o, int error)
{
    const struct endpoint_events events = o->endpoint->base.events;
    pthread_mutex_lock(&f->lock);
    struct ofi_peer *p = o->peer;
    if (p) {
        p->in_flight--;
        peer_hold(p);
    }
    void *frame = o->buffer;
    ofi_operation_give_back(f, o);
    pthread_mutex_unlock(&f->lock);
    free(frame);
    if (!p)
        return false;
    bool tells = !error && !p->lost && events.sent;
    if (error)
        peer_lose(f, p, fi_strerror(error));
    else if (tells)
        events.sent(events.context, &p->base);
    peer_let_go(f, p);
    return error || tells;
}

/* A read that failed may be named by libfabric once more: it stays where it is until the endpoint is closed. */
static void handle_read(struct ofi_fabric *f, struct operation *o, int error)
{
    pthread_mutex_lock(&f->lock);
    struct operation ended = *o;
    if (error)
        o->endpoint->broken = true;
    else if (o->peer)
        o->peer->connected = true;
    if (!error)
        ofi_operation_give_back(f, o);
    pthread_mutex_unlock(&f->lock);
    if (error)
        tell(f, o, ofi_operation_status(error));
    else if (ended.done)
        ended.done(ended.context, MSTRO_OK);
}

/* True when that may have given anybody something to do: a frame that has left, of whom nobody asks, does not. */
static bool handle_all(struct ofi_fabric *f)
{
    bool any = false;
    while (f->head < f->count) {
        struct completion c = f->arrived[f->head++];
        if (!c.operation)
            continue;
        if (c.operation->kind == OPERATION_SEND) {
            any |= handle_send(f, c.operation, c.error);
            continue;
        }
        any = true;
        if (c.operation->kind == OPERATION_RECEIVE)
            handle_receive(f, c.operation, &c);
        else
            handle_read(f, c.operation, c.error);
    }
    return any;
}

static bool handle_what_is_there(struct ofi_fabric *f)
{
    completions_gather(f, false);
    bool any = handle_all(f);
    any |= peers_retry(f);
    any |= ofi_operations_expire(f, clock_now());
    return any;
}

/* The lane on which something is expected soonest: one with reads under way, else the one of the fabric. */
static struct lane *busy_lane(struct ofi_fabric *f)
{
    list_each(link, &f->endpoints) {
        struct ofi_endpoint *e = list_entry(link, struct ofi_endpoint, in_fabric);
        if (e->lane == &e->own && !e->broken && !e->closing && !list_empty(&e->operations))
            return e->lane;
    }
    return &f->home;
}

/* Until when to sleep; noted where a submitter with an earlier deadline, and who closes the lane, see it. */
static uint64_t lie_down(struct ofi_fabric *f, uint64_t deadline, uint64_t now, uint64_t nap, bool *retrying)
{
    pthread_mutex_lock(&f->lock);
    *retrying = !list_empty(&f->waiting);
    f->asleep_on = busy_lane(f);
    uint64_t until = now + (*retrying || f->asleep_on != &f->home ? SHORT_SLEEP : nap);
    if (deadline < until)
        until = deadline;
    if (!list_empty(&f->timed)) {
        uint64_t first = list_entry(f->timed.next, struct operation, timed)->deadline;
        if (first < until)
            until = first;
    }
    atomic_store(&f->awake_at, until ? until : 1);
    pthread_mutex_unlock(&f->lock);
    return until;
}

static void get_up(struct ofi_fabric *f)
{
    pthread_mutex_lock(&f->lock);
    f->asleep_on = NULL;
    atomic_store(&f->awake_at, 0);
    pthread_mutex_unlock(&f->lock);
}

void sleeper_send_away(struct ofi_fabric *f, struct lane *l)
{
    pthread_mutex_lock(&f->lock);
    while (f->asleep_on == l) {
        driver_ring(f);
        pthread_mutex_unlock(&f->lock);
        sched_yield();
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
}

/* One nap.  It takes no completion out: whoever drives next finds them all.  True when it is time to drive. */
static bool take_nap(struct ofi_fabric *f, uint64_t deadline, uint64_t now, bool dry)
{
    bool retrying;
    uint64_t nap = f->nap, until = lie_down(f, deadline, now, nap, &retrying);
    bool elsewhere = f->asleep_on != &f->home;
    f->retries = retrying ? f->retries + 1 : 0;
    ssize_t count = -FI_EAGAIN;
    if (retrying && f->retries < RETRY_YIELDS) {
        sched_yield();
    } else if (until > now && !atomic_load(&f->rung)) {
        count = wait_on(f, f->asleep_on, until, dry && !retrying);
    }
    get_up(f);
    return count != -FI_EAGAIN || retrying || elsewhere || (until <= clock_now() && until < deadline && until < now + nap);
}

/* Sleep until it is time to drive, somebody rings or 'deadline'.  MSTRO_OK: drive; MSTRO_WOULDBLOCK: somebody rang.
 * 'dry': this thread has just looked, and nothing is left. */
static mstro_status sleep_in_naps(struct ofi_fabric *f, uint64_t deadline, bool dry)
{
    uint64_t spin_end = f->spin ? clock_now() + f->spin : 0;
    for (;;) {
        uint64_t now = clock_now();
        if (atomic_exchange(&f->rung, false)) {
            f->nap = f->sockets >= 0 ? LONGEST_SLEEP : SHORT_SLEEP;
            return MSTRO_WOULDBLOCK;
        }
        if (now >= deadline)
            return MSTRO_TIMEOUT;
        if (now < spin_end) {
            if (fi_cq_read(f->home.cq, NULL, 0) != -FI_EAGAIN || wait_watched(f))
                return MSTRO_OK;
        } else if (take_nap(f, deadline, now, dry)) {
            return MSTRO_OK;
        } else if (f->nap < LONGEST_SLEEP) {
            f->nap *= 2;
        }
        dry = false;
    }
}

static mstro_status sleep_alone(struct ofi_fabric *f, uint64_t deadline, bool dry)
{
    if (pthread_mutex_trylock(&f->bed) != 0)
        return MSTRO_BUSY;
    mstro_status status = sleep_in_naps(f, deadline, dry);
    pthread_mutex_unlock(&f->bed);
    return status;
}

mstro_status ofi_sleep(struct fabric *fabric, uint64_t deadline)
{
    mstro_status status = sleep_alone(ofi_of(fabric), deadline, false);
    return status == MSTRO_WOULDBLOCK ? MSTRO_OK : status;
}

mstro_status ofi_progress(struct fabric *fabric, uint64_t deadline)
{
    struct ofi_fabric *f = ofi_of(fabric);
    for (;;) {
        if (atomic_load(&f->closers)) { /* let them in: a mutex alone would not be fair */
            sched_yield();
            return MSTRO_OK;
        }
        if (pthread_mutex_trylock(&f->driver) != 0)
            return MSTRO_BUSY;
        bool any = handle_what_is_there(f);
        driver_leave(f);
        if (any)
            return MSTRO_OK;
        mstro_status status = deadline ? sleep_alone(f, deadline, true) : MSTRO_TIMEOUT;
        if (status)
            return status == MSTRO_WOULDBLOCK ? MSTRO_OK : status;
    }
}
