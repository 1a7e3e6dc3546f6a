/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/shard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/cache_line.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/thread.h"
#include "lib/fabric/rings.h"
#include "lib/serve/first_reason.h"
#include "lib/serve/outbox.h"
#include "lib/serve/witness.h"
#include "lib/system/credential.h"
#include "lib/system/node.h"
#include "lib/wire/frame.h"

enum { BATCH = 64 };

#define OUTBOX_LIMIT ((size_t)64 * 1024 * 1024)
#define LONGEST_SLEEP (250 * NANOSECONDS_PER_MILLISECOND) /* other users of the host may bring its next deadline forward */
#define SERVING_SLEEP (64 * NANOSECONDS_PER_MILLISECOND)  /* a lost ring (ofi_wait.c) must not hide for 100 ms that somebody has died */
#define LISTEN_INTERVAL (100 * NANOSECONDS_PER_MILLISECOND)
#define SPOKE_LATELY (600 * NANOSECONDS_PER_MILLISECOND)  /* a beat is due every 500 ms */
#define WITNESS_LEASES 10                                 /* after so many without a frame the witness counts no more */
#define BALLAST ((size_t)1024 * 1024)                    /* for the answers that must be given when the pool has taken all memory */
#define FAREWELL (2 * NANOSECONDS_PER_SECOND)             /* for a client to close its side after the last record */

struct connection {
    struct map_link link;
    struct list dirty;  /* in shard.dirty: has records to send */
    struct list gone;   /* in shard.gone: to be freed */
    struct list ending; /* in shard.ending (shard's thread): the last record was sent */
    struct list age;    /* in shard.by_age (shard's thread): it has sent a frame */
    struct shard *shard;
    struct host_sink sink;
    struct outbox *outbox;
    struct peer *peer;
    uint64_t session, end_by;
    uint64_t channel;        /* the session as this shard's frames name it: shard.connections */
    uint64_t lease;          /* that it was welcomed with; written before 'joined' */
    uint64_t framed, heard;  /* shard's thread: the last frame; that, or a sign of life over the witness */
    atomic_bool joined, ended;
    bool evicted;            /* written before 'ended' */
    bool lied;               /* shard's thread: its JOIN was refused, what follows is nothing to the pool */
    bool closed;             /* shard's thread: the pool does not know it any more */
    int witness;             /* shard.lock; -1 once it is gone */
    struct first_reason broken; /* why it has to end, or its witness has */
    struct seal seal;        /* shard's thread */
};

struct shard {
    struct host *host;
    struct id pool;
    struct node node;
    struct fabric *fabric;
    struct endpoint *endpoint;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    pthread_mutex_t lock; /* leaf, after the host's; guards connections, dirty, gone and connection.witness */
    struct map connections;
    struct list dirty, gone;
    void *_Atomic ballast; /* NULL: it was thrown overboard */
    uint64_t ballast_at;   /* of the thread: when to take it on board again */
    struct list ending;  /* of the thread, as all below */
    struct list by_age;  /* connections, the longest unheard first */
    uint64_t listen_at;  /* when to listen to the witnesses again */
    struct arena arena;
    struct record batch[BATCH];
    uint8_t frame[MAX_FRAME];
    _Atomic uint64_t frames_received, records_received, frames_forged, frames_duplicate, sessions_broken;
};

static uint64_t earliest(uint64_t a, uint64_t b) { return a < b ? a : b; }

static bool on_own_thread(const struct shard *s) { return s->started && pthread_equal(pthread_self(), s->thread); }

static bool match_channel(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct connection, link)->channel == *(const uint64_t *)key;
}

static struct connection *find(struct shard *s, uint64_t channel)
{
    pthread_mutex_lock(&s->lock);
    struct map_link *link = map_find(&s->connections, channel, match_channel, &channel);
    pthread_mutex_unlock(&s->lock);
    return link ? map_entry(link, struct connection, link) : NULL;
}

/* ---- from the pool, under the host's lock ---- */

static void mark_dirty(struct connection *c)
{
    struct shard *s = c->shard;
    pthread_mutex_lock(&s->lock);
    if (list_empty(&c->dirty))
        list_append(&s->dirty, &c->dirty);
    pthread_mutex_unlock(&s->lock);
}

#define BROKE "its connection broke"

/* Any thread. */
static void break_connection(struct connection *c, const char *reason)
{
    if (!first_reason_give(&c->broken, reason))
        return;
    atomic_fetch_add(&c->shard->sessions_broken, 1);
    mark_dirty(c);
}

static bool drop_ballast(struct shard *s)
{
    void *ballast = atomic_exchange(&s->ballast, NULL);
    free(ballast);
    return ballast != NULL;
}

static void deliver(struct host_sink *sink, const struct record *record)
{
    struct connection *c = (struct connection *)((char *)sink - offsetof(struct connection, sink));
    mstro_status status = outbox_put(c->outbox, record);
    if (status == MSTRO_NOMEM && drop_ballast(c->shard))
        status = outbox_put(c->outbox, record);
    if (status != MSTRO_OK) {
        log_error(LOG_PM, "session %llu: a record for it cannot be sent: %s: %s", (unsigned long long)c->session, record_name(record->kind),
                  status == MSTRO_NOMEM ? "not enough memory" : mstro_error_detail());
        break_connection(c, "it does not take what the pool sends");
    }
    if (shard_of_frame(c->channel) > 0)
        return; /* whether it is in is for shard 0 to say */
    if (record->kind == KIND_WELCOME) {
        c->lease = record->welcome.lease;
        atomic_store(&c->joined, true);
    }
    if (record->kind == KIND_BYE && record->bye.status == MSTRO_STALE_EPOCH)
        c->evicted = true;
    if (record->kind == KIND_BYE || record->kind == KIND_REFUSED)
        atomic_store(&c->ended, true);
}

static void flush(struct host_sink *sink)
{
    struct connection *c = (struct connection *)((char *)sink - offsetof(struct connection, sink));
    mark_dirty(c);
    if (!on_own_thread(c->shard))
        fabric_wake(c->shard->fabric);
}

/* ---- from the fabric, on the shard's thread ---- */

static void submit(struct shard *s, struct connection *c, size_t count)
{
    const struct record *records[BATCH];
    for (size_t i = 0; i < count; i++)
        records[i] = &s->batch[i];
    if (count > 0)
        host_submit(s->host, c->session, records, count);
    atomic_fetch_add_explicit(&s->records_received, count, memory_order_relaxed);
}

/* On our own node we see which process a session is; who names another one is up to no good.  Where there is nothing to be seen the
 * others will not see it either, and read from it over the fabric. */
static bool is_honest(struct connection *c, const struct record_join *join)
{
    int32_t process;
    char why[FIRST_REASON_MAX];
    if (!id_equal(join->node, c->shard->node.id) || credential_look(c->shard->pool, c->session, &process, NULL) != MSTRO_OK ||
        join->pid == (uint64_t)process)
        return true;
    snprintf(why, sizeof why, "the process that joins says that it is process %llu, and the kernel says that it is process %d",
             (unsigned long long)join->pid, process);
    log_warn(LOG_PM, "session %llu: %s", (unsigned long long)c->session, why);
    deliver(&c->sink, &(struct record){ .kind = KIND_REFUSED, .refused = { .op = join->op, .status = MSTRO_REFUSED, .detail = text_of(why) } });
    mark_dirty(c);
    c->lied = true;
    return false;
}

static void take_records(struct shard *s, struct connection *c, struct frame_reader *f)
{
    mstro_status status;
    do {
        size_t count = 0;
        while (count < BATCH && (status = frame_next(f, &s->arena, &s->batch[count])) == MSTRO_OK)
            if (!c->lied && (s->batch[count].kind != KIND_JOIN || is_honest(c, &s->batch[count].join)))
                count++;
        submit(s, c, count);
        arena_reset(&s->arena);
    } while (status == MSTRO_OK);
    if (status == MSTRO_NOMATCH)
        return;
    log_warn(LOG_PM, "session %llu: a record is not valid: %s", (unsigned long long)c->session, mstro_error_detail());
    break_connection(c, "it broke the protocol");
}

static void note_heard(struct connection *c, uint64_t now)
{
    c->heard = now;
    list_remove(&c->age);
    list_append(&c->shard->by_age, &c->age);
}

static void received(void *context, struct bytes bytes)
{
    struct shard *s = context;
    struct frame_header header;
    struct frame_reader f;
    struct connection *c = NULL;
    if (bytes.length <= sizeof s->frame && frame_header_read(bytes, &header) == MSTRO_OK)
        c = find(s, header.session);
    if (!c || c->closed) {
        atomic_fetch_add_explicit(&s->frames_forged, !c, memory_order_relaxed);
        return;
    }
    memcpy(s->frame, bytes.at, bytes.length);
    switch (frame_open(&f, s->frame, bytes.length, &c->seal)) {
    case SEAL_OPENED:
        atomic_fetch_add_explicit(&s->frames_received, 1, memory_order_relaxed);
        note_heard(c, c->framed = clock_now());
        take_records(s, c, &f);
        if (outbox_heard(c->outbox, &f.header))
            mark_dirty(c);
        break;
    case SEAL_GAP: break_connection(c, "frames of it were lost on the way"); break;
    case SEAL_DUPLICATE: atomic_fetch_add_explicit(&s->frames_duplicate, 1, memory_order_relaxed); break;
    case SEAL_FORGED: atomic_fetch_add_explicit(&s->frames_forged, 1, memory_order_relaxed); break;
    }
}

static void send_waiting(struct connection *c)
{
    if (!c->closed && outbox_send(c->outbox) != MSTRO_OK)
        break_connection(c, BROKE);
}

static void peer_lost(void *context, struct peer *peer, const char *why)
{
    (void)context;
    log_info(LOG_PM, "session %llu: %s", (unsigned long long)((struct connection *)peer_context(peer))->session, why);
    break_connection(peer_context(peer), "it cannot be reached any more");
}

/* ---- signs of life ---- */

static bool witness_spoke(struct connection *c)
{
    pthread_mutex_lock(&c->shard->lock);
    bool spoke = c->witness >= 0 && witness_silence(c->witness) < earliest(SPOKE_LATELY, c->lease / 2);
    pthread_mutex_unlock(&c->shard->lock);
    return spoke;
}

/* On a network that loses packets TCP tries again ever more seldom, so that frames may be held up for longer than the lease.  Both
 * connections seldom are at once: what comes over the witness of somebody unheard counts as a HEARTBEAT. */
static void listen_to_witnesses(struct shard *s)
{
    static const struct record heartbeat = { .kind = KIND_HEARTBEAT };
    const struct record *records[] = { &heartbeat };
    uint64_t now = clock_now();
    if (now < s->listen_at)
        return;
    s->listen_at = now + LISTEN_INTERVAL;
    list_each(link, &s->by_age) {
        struct connection *c = list_entry(link, struct connection, age);
        if (c->closed || !atomic_load(&c->joined) || atomic_load(&c->ended))
            continue;
        if (now - c->heard <= c->lease / 2)
            return;
        if (now - c->framed <= WITNESS_LEASES * c->lease && witness_spoke(c)) {
            note_heard(c, now);
            host_submit(s->host, c->session, records, 1);
        }
    }
}

/* ---- shortage ---- */

/* Without it the next answer might be one that cannot be given.  What the pool has at the first shortage is all that it may have from then on. */
static void mind_ballast(struct shard *s)
{
    uint64_t now = clock_now();
    if (atomic_load(&s->ballast) || now < s->ballast_at)
        return;
    if (s->ballast_at == 0) {
        log_error(LOG_PM, "memory is short: the pool takes no more than it has (setting memory-budget refuses before that)");
        host_grow_no_more(s->host);
    }
    atomic_store(&s->ballast, malloc(BALLAST));
    s->ballast_at = atomic_load(&s->ballast) ? 0 : now + LONGEST_SLEEP;
}

/* ---- the thread ---- */

static bool serves_anybody(struct shard *s)
{
    pthread_mutex_lock(&s->lock);
    bool some = s->connections.count > 0;
    pthread_mutex_unlock(&s->lock);
    return some;
}

/* To the pool the session is over. */
static void close_session(struct connection *c)
{
    if (c->closed)
        return;
    c->closed = true;
    const char *reason = first_reason(&c->broken);
    host_close(c->shard->host, c->session, text_of(atomic_load(&c->ended) ? "" : reason ? reason : BROKE));
}

static void shut_witness(struct connection *c)
{
    pthread_mutex_lock(&c->shard->lock);
    if (c->witness >= 0) {
        if (atomic_load(&c->ended) && c->evicted) /* who stands still has not taken the BYE, and may find no way to it later */
            witness_say_evicted(c->witness);
        shutdown(c->witness, SHUT_RDWR);
    }
    pthread_mutex_unlock(&c->shard->lock);
}

static struct connection *take_from(struct shard *s, struct list *list, size_t offset)
{
    struct connection *c = NULL;
    pthread_mutex_lock(&s->lock);
    if (!list_empty(list)) {
        c = (struct connection *)((char *)list->next - offset);
        list_remove(list->next);
    }
    pthread_mutex_unlock(&s->lock);
    return c;
}

static void serve_dirty(struct shard *s)
{
    for (struct connection *c; (c = take_from(s, &s->dirty, offsetof(struct connection, dirty)));) {
        send_waiting(c);
        if (first_reason(&c->broken)) {
            close_session(c);
            shut_witness(c);
        } else if (atomic_load(&c->ended) && list_empty(&c->ending)) {
            c->end_by = clock_now() + FAREWELL;
            list_append(&s->ending, &c->ending);
        }
    }
}

static void free_connection(struct connection *c)
{
    struct shard *s = c->shard;
    close_session(c);
    pthread_mutex_lock(&s->lock);
    map_remove(&s->connections, &c->link);
    list_remove(&c->dirty);
    pthread_mutex_unlock(&s->lock);
    list_remove(&c->ending);
    list_remove(&c->age);
    outbox_connect(c->outbox, NULL);
    peer_remove(c->peer);
    outbox_destroy(c->outbox);
    seal_clear(&c->seal);
    free(c);
}

static void free_gone(struct shard *s)
{
    for (struct connection *c; (c = take_from(s, &s->gone, offsetof(struct connection, gone)));)
        free_connection(c);
}

/* Who does not close its side after the last record is shut out.  Returns when to look again. */
static uint64_t end_sessions(struct shard *s)
{
    uint64_t now = clock_now(), next = NO_DEADLINE;
    list_each(link, &s->ending) {
        struct connection *c = list_entry(link, struct connection, ending);
        if (c->end_by <= now) {
            list_remove(link);
            shut_witness(c);
        } else if (c->end_by < next)
            next = c->end_by;
    }
    return next;
}

static void *run(void *context)
{
    struct shard *s = context;
    while (!atomic_load(&s->stop)) {
        listen_to_witnesses(s);
        mind_ballast(s);
        uint64_t until = earliest(host_tick(s->host), clock_now() + (serves_anybody(s) ? SERVING_SLEEP : LONGEST_SLEEP));
        free_gone(s);
        serve_dirty(s); /* after whatever makes the pool say something */
        until = earliest(until, end_sessions(s));
        fabric_progress(s->fabric, until);
    }
    return NULL;
}

/* ---- begin and end ---- */

static void ring(void *context) { fabric_wake(((struct shard *)context)->fabric); }

mstro_status shard_start(struct shard **out, struct host *host, struct id pool, const struct fabric_options *options)
{
    struct shard *s = cache_lines_alloc(sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    s->host = host;
    s->pool = pool;
    atomic_init(&s->ballast, malloc(BALLAST));
    list_init(&s->dirty);
    list_init(&s->gone);
    list_init(&s->ending);
    list_init(&s->by_age);
    pthread_mutex_init(&s->lock, NULL);
    const struct endpoint_events events = { .context = s, .received = received, .peer_lost = peer_lost };
    mstro_status status = map_init(&s->connections) ? node_self(&s->node) : MSTRO_NOMEM;
    if (status == MSTRO_OK)
        status = rings_open(options, &s->fabric);
    if (status == MSTRO_OK)
        status = endpoint_open(s->fabric, ENDPOINT_CONTROL, &events, &s->endpoint);
    if (status == MSTRO_OK)
        host_set_bell(host, ring, s);
    if (status == MSTRO_OK)
        status = thread_start(&s->thread, "the pool", 0, run, s);
    s->started = status == MSTRO_OK;
    if (status != MSTRO_OK) {
        shard_halt(s);
        shard_stop(s);
    } else
        *out = s;
    return status;
}

static void free_leftover(struct map_link *link, void *context)
{
    (void)context;
    free_connection(map_entry(link, struct connection, link));
}

void shard_halt(struct shard *s)
{
    if (!s->started)
        return;
    atomic_store(&s->stop, true);
    fabric_wake(s->fabric);
    pthread_join(s->thread, NULL);
    s->started = false;
}

void shard_stop(struct shard *s)
{
    host_set_bell(s->host, NULL, NULL);
    free_gone(s);
    struct map left = s->connections;
    if (left.bucket)
        map_each(&s->connections, free_leftover, NULL);
    map_release(&s->connections);
    if (s->fabric)
        fabric_close(s->fabric);
    arena_release(&s->arena);
    drop_ballast(s);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct bytes shard_address(const struct shard *s) { return endpoint_address(s->endpoint); }
const char *shard_provider(const struct shard *s) { return fabric_limits(s->fabric)->provider; }

/* ---- connections ---- */

static struct connection *connection_new(struct shard *s, int witness)
{
    struct connection *c = cache_lines_alloc(sizeof *c);
    if (!c)
        return NULL;
    list_init(&c->dirty);
    list_init(&c->gone);
    list_init(&c->ending);
    list_init(&c->age);
    c->shard = s;
    c->witness = witness;
    c->sink = (struct host_sink){ deliver, flush };
    return c;
}

static mstro_status take_session(struct connection *c, struct session_keys *keys)
{
    if (keys->session == 0)
        return host_open(c->shard->host, &c->sink, &keys->session);
    return host_attach(c->shard->host, &c->sink, session_of_frame(keys->session));
}

mstro_status shard_admit(struct shard *s, struct session_keys *keys, struct bytes address, int witness, struct connection **out)
{
    struct connection *c = connection_new(s, witness);
    mstro_status status = c ? take_session(c, keys) : MSTRO_NOMEM;
    if (status != MSTRO_OK) {
        free(c);
        return status;
    }
    c->session = session_of_frame(keys->session);
    c->channel = keys->session;
    seal_init(&c->seal, keys->suite, SEAL_TO_POOL, keys->to_pool);
    status = outbox_create(&c->outbox, keys, SEAL_TO_CLIENT, OUTBOX_LIMIT);
    if (status == MSTRO_OK)
        status = peer_add(s->endpoint, address, c, &c->peer);
    if (status != MSTRO_OK) {
        host_close(s->host, c->session, text_of(""));
        outbox_destroy(c->outbox);
        free(c);
        return status;
    }
    outbox_connect(c->outbox, c->peer);
    pthread_mutex_lock(&s->lock);
    map_insert(&s->connections, &c->link, c->channel);
    pthread_mutex_unlock(&s->lock);
    *out = c;
    return MSTRO_OK;
}

bool shard_takes_rings(const struct shard *s) { return fabric_takes_rings(s->fabric); }

void shard_use_rings(struct connection *c, struct ring_pair rings)
{
    if (peer_use_rings(c->peer, rings) == MSTRO_OK)
        return;
    log_error(LOG_PM, "session %llu: it shares memory with us that is of no use: %s", (unsigned long long)c->session, mstro_error_detail());
    ring_pair_close(&rings);
    break_connection(c, BROKE);
}

bool connection_joined(const struct connection *c) { return atomic_load(&c->joined); }

void shard_gone(struct shard *s, struct connection *c, const char *reason)
{
    pthread_mutex_lock(&s->lock);
    c->witness = -1;
    first_reason_give(&c->broken, reason);
    list_append(&s->gone, &c->gone);
    pthread_mutex_unlock(&s->lock);
    fabric_wake(s->fabric);
}

struct shard_count shard_count(struct shard *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t connections = s->connections.count;
    pthread_mutex_unlock(&s->lock);
    return (struct shard_count){
        .frames_received = atomic_load(&s->frames_received),
        .records_received = atomic_load(&s->records_received),
        .frames_forged = atomic_load(&s->frames_forged),
        .frames_duplicate = atomic_load(&s->frames_duplicate),
        .connections = connections,
        .sessions_broken = atomic_load(&s->sessions_broken),
    };
}
