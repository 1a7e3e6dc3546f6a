/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/map.h"

struct host_session {
    struct map_link link;
    struct list touched; /* in host.touched while records were delivered and not flushed */
    uint64_t number;
    struct host_sink *sink;
};

struct host {
    pthread_mutex_t lock; /* guards everything but next_deadline, which is written under it and read without */
    struct pool *pool;
    struct pool_outputs out;
    struct map sessions;
    struct list touched;
    uint64_t opened, last_now;
    _Atomic uint64_t next_deadline;
};

mstro_status host_create(struct host **out, const struct pool_settings *settings)
{
    struct host *h = calloc(1, sizeof *h);
    if (!h)
        return MSTRO_NOMEM;
    list_init(&h->touched);
    pthread_mutex_init(&h->lock, NULL);
    atomic_init(&h->next_deadline, NO_DEADLINE);
    mstro_status s = map_init(&h->sessions) ? pool_create(&h->pool, settings) : MSTRO_NOMEM;
    if (s != MSTRO_OK)
        host_destroy(h);
    else
        *out = h;
    return s;
}

static void free_session(struct map_link *link, void *context)
{
    (void)context;
    free(map_entry(link, struct host_session, link));
}

void host_destroy(struct host *h)
{
    if (!h)
        return;
    if (h->pool)
        pool_destroy(h->pool);
    pool_outputs_release(&h->out);
    if (h->sessions.bucket)
        map_each(&h->sessions, free_session, NULL);
    map_release(&h->sessions);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static bool match_session(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct host_session, link)->number == *(const uint64_t *)key;
}

static struct host_session *find_session(const struct host *h, uint64_t number)
{
    struct map_link *link = map_find(&h->sessions, number, match_session, &number);
    return link ? map_entry(link, struct host_session, link) : NULL;
}

/* Lock held.  Time as the pool is told it never goes back. */
static uint64_t present(struct host *h)
{
    uint64_t now = clock_now();
    if (now > h->last_now)
        h->last_now = now;
    return h->last_now;
}

/* Lock held. */
static void step(struct host *h, const struct pool_input *in)
{
    pool_step(h->pool, in, present(h), &h->out);
    for (size_t i = 0; i < h->out.count; i++) {
        struct host_session *to = find_session(h, h->out.at[i].session);
        if (!to)
            continue;
        to->sink->deliver(to->sink, &h->out.at[i].record);
        if (list_empty(&to->touched))
            list_append(&h->touched, &to->touched);
    }
    pool_outputs_clear(&h->out);
}

/* Lock held. */
static void finish(struct host *h)
{
    list_each(link, &h->touched) {
        struct host_session *s = list_entry(link, struct host_session, touched);
        list_remove(link);
        s->sink->flush(s->sink);
    }
    atomic_store_explicit(&h->next_deadline, pool_next_deadline(h->pool), memory_order_relaxed);
}

mstro_status host_open(struct host *h, struct host_sink *sink, uint64_t *session)
{
    struct host_session *s = calloc(1, sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    list_init(&s->touched);
    s->sink = sink;
    pthread_mutex_lock(&h->lock);
    s->number = *session = HOST_FIRST_SESSION + h->opened++;
    map_insert(&h->sessions, &s->link, s->number);
    pthread_mutex_unlock(&h->lock);
    return MSTRO_OK;
}

void host_submit(struct host *h, uint64_t session, const struct record *const records[], size_t count)
{
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < count; i++) {
        struct pool_input in = { .kind = POOL_RECORD, .session = session, .record = records[i] };
        step(h, &in);
    }
    finish(h);
    pthread_mutex_unlock(&h->lock);
}

void host_close(struct host *h, uint64_t session, struct text reason)
{
    pthread_mutex_lock(&h->lock);
    struct host_session *s = find_session(h, session);
    if (s) {
        map_remove(&h->sessions, &s->link);
        list_remove(&s->touched);
        free(s);
        struct pool_input in = { .kind = POOL_LOST, .session = session, .reason = reason };
        step(h, &in);
        finish(h);
    }
    pthread_mutex_unlock(&h->lock);
}

uint64_t host_next_deadline(struct host *h)
{
    return atomic_load_explicit(&h->next_deadline, memory_order_relaxed);
}

uint64_t host_tick(struct host *h)
{
    if (host_next_deadline(h) > clock_now())
        return host_next_deadline(h);
    pthread_mutex_lock(&h->lock);
    struct pool_input in = { .kind = POOL_TICK };
    step(h, &in);
    finish(h);
    pthread_mutex_unlock(&h->lock);
    return host_next_deadline(h);
}

struct pool_count host_count(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    struct pool_count count = pool_count(h->pool);
    pthread_mutex_unlock(&h->lock);
    return count;
}
