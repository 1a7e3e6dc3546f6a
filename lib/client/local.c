/* SPDX-License-Identifier: BSD-3-Clause */
/* local.c - the way to a pool in this process
 *
 * Sending is a step of the pool on the calling thread.  What the pool says is copied into an inbox, from which poll takes it: the
 * pool's lock is free again by then.  Only a pool that serves others has a fabric; then the sleep is that of the fabric. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/client/reach.h"
#include "lib/serve/host.h"
#include "lib/transport/choose.h"
#include "lib/wire/copy.h"

/* How much is copied between two questions whether it is wanted still, in bytes. */
enum { COPY_CHUNK = 4 * 1024 * 1024 };

struct box {
    struct record *at;
    size_t count, room;
    struct arena arena;
};

struct local_link {
    struct link link;
    struct host_sink sink;
    struct host *host;
    uint64_t session;
    pthread_mutex_t lock; /* leaf; guards inbox, full, rung, asleep */
    pthread_cond_t bell;
    struct box inbox;
    bool full;            /* memory was short: a record is lost, and with it the session */
    bool rung, asleep;
    atomic_bool filled;   /* there is something for poll */
    atomic_bool inside;   /* [token] in a step of the pool, a poll follows: nobody needs to be woken for it */
    struct box taken;     /* [token] what poll is handing over */
    struct reach reach;   /* open once 'reaching' */
    char address[128];
    unsigned char serving[FABRIC_ADDRESS_MAX];
    atomic_bool reaching;
};

/* ---- from the pool ---- */

static bool box_put(struct box *box, const struct record *record)
{
    if (box->count == box->room) {
        size_t room = box->room ? box->room * 2 : 16;
        struct record *at = realloc(box->at, room * sizeof *at);
        if (!at)
            return false;
        box->at = at;
        box->room = room;
    }
    return record_copy(&box->arena, record, &box->at[box->count]) && ++box->count;
}

static void box_release(struct box *box)
{
    free(box->at);
    arena_release(&box->arena);
}

static void deliver(struct host_sink *sink, const struct record *record)
{
    struct local_link *l = (struct local_link *)((char *)sink - offsetof(struct local_link, sink));
    pthread_mutex_lock(&l->lock);
    if (!box_put(&l->inbox, record))
        l->full = true;
    atomic_store(&l->filled, true);
    pthread_mutex_unlock(&l->lock);
}

static void ring(struct local_link *l)
{
    if (atomic_load(&l->reaching))
        fabric_wake(l->reach.fabric);
    pthread_mutex_lock(&l->lock);
    l->rung = true;
    if (l->asleep)
        pthread_cond_signal(&l->bell);
    pthread_mutex_unlock(&l->lock);
}

/* 'filled' is written before 'inside' is read, and poll reads them the other way round: one of the two sees the other. */
static void flush_sink(struct host_sink *sink)
{
    struct local_link *l = (struct local_link *)((char *)sink - offsetof(struct local_link, sink));
    if (!atomic_load(&l->inside))
        ring(l);
}

/* ---- the link ---- */

static struct local_link *local_of(struct link *link) { return (struct local_link *)link; }

static void local_send(struct link *link, uint16_t shard, const struct record *record)
{
    struct local_link *l = local_of(link);
    (void)shard; /* a pool in this process has one */
    atomic_store(&l->inside, true);
    host_submit(l->host, l->session, &record, 1);
    atomic_store(&l->inside, false);
}

static void local_flush(struct link *link, enum pace pace) { (void)link, (void)pace; }

static bool local_poll(struct link *link, struct link_receiver *receiver, enum pace pace)
{
    struct local_link *l = local_of(link);
    (void)pace;
    atomic_store(&l->inside, true);
    host_tick(l->host);
    atomic_store(&l->inside, false);
    if (!atomic_load(&l->filled))
        return false;
    pthread_mutex_lock(&l->lock);
    struct box box = l->inbox;
    bool full = l->full;
    l->inbox = l->taken;
    l->full = false;
    atomic_store(&l->filled, false);
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < box.count; i++)
        receiver->record(receiver, &box.at[i]);
    box.count = 0;
    arena_reset(&box.arena);
    l->taken = box;
    if (full)
        receiver->lost(receiver, MSTRO_NOMEM, text_of("not enough memory for an answer of the pool"));
    return true;
}

static uint64_t local_deadline(struct link *link)
{
    return host_next_deadline(local_of(link)->host);
}

static void local_sleep(struct link *link, uint64_t until)
{
    struct local_link *l = local_of(link);
    if (atomic_load(&l->reaching)) {
        fabric_progress(l->reach.fabric, until); /* others read from us: that needs our help */
        return;
    }
    pthread_mutex_lock(&l->lock);
    l->asleep = true;
    while (!l->rung && condition_wait(&l->bell, &l->lock, until))
        ;
    l->asleep = l->rung = false;
    pthread_mutex_unlock(&l->lock);
}

static void local_wake(struct link *link)
{
    ring(local_of(link));
}

/* Everything in this process can be read by it. */
static mstro_status local_expose(struct link *link, const void *at, size_t length, struct exposure *exposure)
{
    struct local_link *l = local_of(link);
    exposure->place = (struct record_place){ .address = (uint64_t)(uintptr_t)at, .base = (uint64_t)(uintptr_t)at };
    return atomic_load(&l->reaching) ? reach_expose(&l->reach, at, length, exposure) : MSTRO_OK;
}

static void local_conceal(struct link *link, struct exposure *exposure)
{
    (void)link;
    reach_conceal(exposure);
}

static struct bytes serving_of(struct local_link *l)
{
    return bytes_of(l->serving, reach_serving_address(&l->reach, l->serving));
}

static struct bytes local_cut_readers(struct link *link)
{
    struct local_link *l = local_of(link);
    if (!atomic_load(&l->reaching))
        return (struct bytes){ 0 };
    reach_cut_readers(&l->reach);
    return serving_of(l);
}

static bool copy_unless_aborted(const struct fetch *fetch, const char *from)
{
    size_t size = (size_t)fetch->ticket->size;
    for (size_t done = 0; done < size; done += COPY_CHUNK) {
        if (!fetch->wanted(fetch->context))
            return false;
        size_t part = size - done < COPY_CHUNK ? size - done : COPY_CHUNK;
        memcpy((char *)fetch->to + done, from + done, part);
    }
    return true;
}

/* Of this process, or of one that has joined its pool?  Before it serves nobody else can hold anything. */
static bool is_elsewhere(const struct record_ticket *t) { return t->holder_session != CREDENTIAL_POOL; }

static void local_fetch(struct link *link, const struct fetch *fetch, struct client_moved *moved)
{
    struct local_link *l = local_of(link);
    const struct record_ticket *t = fetch->ticket;
    uint64_t begin = clock_now();
    if (atomic_load(&l->reaching) && is_elsewhere(t)) {
        reach_fetch(&l->reach, fetch, moved);
        return;
    }
    moved->transport = TRANSPORT_SAME_PROCESS;
    if (t->data_place.count != 1 || t->word_place.count != 1) {
        moved->status = MSTRO_INVMSG;
        moved->detail = text_of("a ticket without the place of its bytes");
        return;
    }
    uint64_t *word = (uint64_t *)(uintptr_t)t->word_place.at[0].address;
    if (!copy_unless_aborted(fetch, (const char *)(uintptr_t)t->data_place.at[0].address)) {
        moved->status = MSTRO_CANCELLED;
        return;
    }
    /* not a load: nothing that was read above is read after it */
    if (__atomic_fetch_add(word, 0, __ATOMIC_SEQ_CST) != t->word) {
        moved->status = MSTRO_PEER_LOST;
        moved->detail = text_of("the holder took the bytes back while they were read");
        moved->again = true;
        return;
    }
    moved->status = MSTRO_OK;
    moved->bytes = (uint64_t)t->size;
    moved->nanoseconds = clock_now() - begin;
}

static void local_close(struct link *link)
{
    struct local_link *l = local_of(link);
    host_close(l->host, l->session, text_of("left"));
    box_release(&l->inbox);
    box_release(&l->taken);
    struct fabric *fabric = l->reach.fabric;
    reach_release(&l->reach);
    if (fabric)
        fabric_close(fabric);
    pthread_cond_destroy(&l->bell);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static const struct link_operations local_operations = {
    .send = local_send,
    .flush = local_flush,
    .poll = local_poll,
    .deadline = local_deadline,
    .sleep = local_sleep,
    .wake = local_wake,
    .expose = local_expose,
    .conceal = local_conceal,
    .cut_readers = local_cut_readers,
    .fetch = local_fetch,
    .close = local_close,
};

mstro_status link_local(struct link **out, struct host *host)
{
    struct local_link *l = calloc(1, sizeof *l);
    if (!l)
        return MSTRO_NOMEM;
    l->link = (struct link){ .operations = &local_operations, .quick_fetch = 64 * 1024 };
    l->sink = (struct host_sink){ .deliver = deliver, .flush = flush_sink };
    l->host = host;
    reach_init(&l->reach);
    pthread_mutex_init(&l->lock, NULL);
    condition_init(&l->bell);
    mstro_status s = host_open(host, &l->sink, &l->session);
    if (s == MSTRO_OK)
        *out = &l->link;
    else
        free(l);
    return s;
}

mstro_status link_local_reach(struct link *link, struct fabric *fabric, const char *address, struct id pool, struct bytes *serving)
{
    struct local_link *l = local_of(link);
    if (atomic_load(&l->reaching)) { /* it served before */
        fabric_close(fabric);
        *serving = serving_of(l);
        return MSTRO_OK;
    }
    snprintf(l->address, sizeof l->address, "%s", address);
    mstro_status s = reach_open(&l->reach, fabric, l->address);
    if (s != MSTRO_OK) {
        reach_release(&l->reach);
        fabric_close(fabric);
        reach_init(&l->reach);
        return s;
    }
    holders_know_self(&l->reach.holders, pool, CREDENTIAL_POOL);
    l->link.background = true;
    l->link.quick_fetch = 0; /* some are not quick any more */
    l->link.provider = fabric_limits(fabric)->provider;
    *serving = serving_of(l);
    atomic_store(&l->reaching, true);
    ring(l);
    return MSTRO_OK;
}
