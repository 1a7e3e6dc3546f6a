/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/host.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/cache_line.h"
#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/loop/mailbox.h"
#include "lib/wire/copy.h"

struct host_session {
    struct map_link link;
    struct list touched; /* in host.touched while records were delivered and not flushed */
    uint64_t number;
    struct host_sink *sink;
};

struct host {
    pthread_mutex_t lock; /* guards everything but next_deadline, which is written under it and read without, and what is written once */
    struct pool *pool;
    struct pool_outputs out;
    struct map sessions;
    struct list touched;
    uint64_t opened, last_now;
    _Atomic uint64_t next_deadline;
    uint16_t shard;
    struct host **others; /* those of the pool's shards, by number: written once; NULL: it is alone */
    void (*ring)(void *context);
    void *ring_context;

    /* the one line that other shards write */
    _Alignas(CACHE_LINE) struct mailbox mail;
};
static_assert(offsetof(struct host, mail) % CACHE_LINE == 0, "what other shards write is on a line of its own");
static_assert(sizeof(struct host) == offsetof(struct host, mail) + CACHE_LINE, "and nothing follows on that line");

/* What an engine says to that of another shard, in an envelope of the pool's. */
struct message {
    struct letter letter;
    uint16_t from;
    struct record record;
    _Alignas(8) char room[];
};

/* The longest of what is said there. */
#define ROOM_F(type, field, since)
#define ROOM_T(field, max, since) + ((max) + 7) / 8 * 8
#define ROOM_L(record, field, max, since) + (max) * sizeof(struct record_##record)
enum { ADMIT_ROOM = 0 RECORD_ADMIT(ROOM_F, ROOM_T, ROOM_T, ROOM_L), DISMISS_ROOM = 0 RECORD_DISMISS(ROOM_F, ROOM_T, ROOM_T, ROOM_L) };
static_assert(sizeof(struct message) + ADMIT_ROOM <= POOL_ENVELOPE && sizeof(struct message) + DISMISS_ROOM <= POOL_ENVELOPE,
              "what an engine says to that of another shard fits in an envelope");

static mstro_status create(struct host **out, const struct pool_settings *settings)
{
    struct host *h = cache_lines_alloc(sizeof *h);
    if (!h)
        return MSTRO_NOMEM;
    list_init(&h->touched);
    pthread_mutex_init(&h->lock, NULL);
    atomic_init(&h->next_deadline, NO_DEADLINE);
    h->shard = settings->shard;
    bool made = map_init(&h->sessions) && (settings->shards == 1 || pool_outputs_reserve_envelopes(&h->out, HOST_ENVELOPES));
    mstro_status s = made ? pool_create(&h->pool, settings) : MSTRO_NOMEM;
    if (s != MSTRO_OK)
        host_destroy(h);
    else
        *out = h;
    return s;
}

mstro_status host_create(struct host **out, const struct pool_settings *settings)
{
    return create(out, settings);
}

mstro_status hosts_create(struct host *out[], unsigned shards, const struct pool_settings *settings)
{
    struct pool_settings own = *settings;
    mstro_status s = MSTRO_OK;
    own.shards = (uint16_t)shards;
    own.inline_budget = settings->inline_budget / shards;
    own.memory_budget = (settings->memory_budget + shards - 1) / shards;
    own.fact_bytes = settings->fact_bytes / shards;
    for (unsigned i = 0; i < shards; i++)
        out[i] = NULL;
    for (unsigned i = 0; i < shards && s == MSTRO_OK; i++) {
        own.shard = (uint16_t)i;
        s = create(&out[i], &own);
        if (s == MSTRO_OK)
            out[i]->others = out;
    }
    if (s != MSTRO_OK)
        hosts_destroy(out, shards);
    return s;
}

void host_set_bell(struct host *h, void (*ring)(void *context), void *context)
{
    pthread_mutex_lock(&h->lock);
    h->ring = ring;
    h->ring_context = context;
    pthread_mutex_unlock(&h->lock);
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
    for (struct letter *next, *letter = mailbox_take_all(&h->mail); letter; letter = next) {
        next = letter->next;
        free(letter);
    }
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void hosts_destroy(struct host *hosts[], unsigned shards)
{
    for (unsigned i = 0; i < shards; i++)
        host_destroy(hosts[i]);
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

/* Lock held, ours. */
static void post(struct host *h, const struct pool_output *output)
{
    struct host *to = h->others[output->shard];
    struct message *message = (struct message *)pool_outputs_take_envelope(&h->out);
    assert(sizeof *message + record_room(&output->record) <= POOL_ENVELOPE);
    message->from = h->shard;
    record_copy_to(message->room, &output->record, &message->record);
    if (mailbox_put(&to->mail, &message->letter) && to->ring)
        to->ring(to->ring_context);
}

/* Lock held. */
static void step(struct host *h, const struct pool_input *in)
{
    pool_step(h->pool, in, present(h), &h->out);
    for (size_t i = 0; i < h->out.count; i++) {
        if (h->out.at[i].session == 0) {
            post(h, &h->out.at[i]);
            continue;
        }
        struct host_session *to = find_session(h, h->out.at[i].session);
        if (!to)
            continue;
        to->sink->deliver(to->sink, &h->out.at[i].record);
        if (list_empty(&to->touched))
            list_append(&h->touched, &to->touched);
    }
    pool_outputs_clear(&h->out);
    if (h->others)
        pool_outputs_reserve_envelopes(&h->out, HOST_ENVELOPES); /* else the next one has those that are left */
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

mstro_status host_attach(struct host *h, struct host_sink *sink, uint64_t session)
{
    struct host_session *s = cache_lines_alloc(sizeof *s); /* made at the door, one a shard, and written by the shard */
    if (!s)
        return MSTRO_NOMEM;
    list_init(&s->touched);
    s->sink = sink;
    s->number = session;
    pthread_mutex_lock(&h->lock);
    map_insert(&h->sessions, &s->link, s->number);
    pthread_mutex_unlock(&h->lock);
    return MSTRO_OK;
}

mstro_status host_open(struct host *h, struct host_sink *sink, uint64_t *session)
{
    pthread_mutex_lock(&h->lock);
    *session = HOST_FIRST_SESSION + h->opened++;
    pthread_mutex_unlock(&h->lock);
    return host_attach(h, sink, *session);
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

/* Lock held.  What an engine has answered to a message it has made up for by this. */
static void keep(struct host *h, struct envelope *envelope)
{
    if (h->out.spare < HOST_ENVELOPES)
        pool_outputs_give_envelope(&h->out, envelope);
    else
        free(envelope);
}

/* Lock held. */
static void take_mail(struct host *h)
{
    for (struct letter *next, *letter = mailbox_take_all(&h->mail); letter; letter = next) {
        struct message *message = (struct message *)letter;
        struct pool_input in = { .kind = POOL_SHARD, .shard = message->from, .record = &message->record };
        next = letter->next;
        step(h, &in);
        keep(h, (struct envelope *)message);
    }
}

uint64_t host_tick(struct host *h)
{
    if (host_next_deadline(h) > clock_now() && mailbox_empty(&h->mail))
        return host_next_deadline(h);
    pthread_mutex_lock(&h->lock);
    take_mail(h);
    if (host_next_deadline(h) <= clock_now())
        step(h, &(struct pool_input){ .kind = POOL_TICK });
    finish(h);
    pthread_mutex_unlock(&h->lock);
    return host_next_deadline(h);
}

void host_grow_no_more(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    pool_grow_no_more(h->pool);
    pthread_mutex_unlock(&h->lock);
}

struct pool_count host_count(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    struct pool_count count = pool_count(h->pool);
    pthread_mutex_unlock(&h->lock);
    return count;
}
