/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/outbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/cache_line.h"
#include "lib/base/detail.h"

enum { FIRST_ROOM = 2048, IN_FLIGHT = 2, LONE_BEATS = 7, EMPTY_FRAME = FRAME_HEADER_SIZE + SEAL_TAG_SIZE, LARGE_FRAME = 32768, MANY_RECORDS = 8 };

struct out_frame {
    struct out_frame *next;
    struct frame_writer writer;
    size_t room;
    uint32_t beats; /* of its records */
};

struct outbox {
    pthread_mutex_t lock; /* guards all of it */
    struct seal seal;
    uint16_t version;
    uint64_t session;
    struct peer *peer;
    struct out_frame *first, *last;
    size_t waiting, limit; /* bytes */
    uint32_t taken;        /* the last frame of the peer, by the low bits of its counter */
    uint32_t under_way[IN_FLIGHT]; /* frames with records that the peer has not taken, oldest first, likewise */
    unsigned in_flight;
    unsigned beats;        /* frames that said no more, since the peer was last heard */
    uint32_t last_records; /* of the last frame that had any */
    bool asked;            /* the peer waits for a frame, whatever is in it */
};

mstro_status outbox_create(struct outbox **out, const struct session_keys *keys, enum seal_direction direction, size_t limit)
{
    /* the seal wants the alignment of a vector register, too */
    struct outbox *o = cache_lines_alloc(sizeof *o);
    if (!o)
        return MSTRO_NOMEM;
    *o = (struct outbox){ .version = keys->version, .session = keys->session, .limit = limit };
    pthread_mutex_init(&o->lock, NULL);
    seal_init(&o->seal, keys->suite, direction, direction == SEAL_TO_POOL ? keys->to_pool : keys->to_client);
    *out = o;
    return MSTRO_OK;
}

static void frame_free(struct out_frame *f)
{
    free(f->writer.body.start);
    free(f);
}

void outbox_destroy(struct outbox *o)
{
    if (!o)
        return;
    while (o->first) {
        struct out_frame *f = o->first;
        o->first = f->next;
        frame_free(f);
    }
    seal_clear(&o->seal);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

void outbox_connect(struct outbox *o, struct peer *peer)
{
    pthread_mutex_lock(&o->lock);
    o->peer = peer;
    pthread_mutex_unlock(&o->lock);
}

/* ---- putting: lock held ---- */

static struct out_frame *frame_new(struct outbox *o)
{
    struct out_frame *f = calloc(1, sizeof *f);
    void *memory = malloc(FIRST_ROOM);
    if (!f || !memory) {
        free(f);
        free(memory);
        return NULL;
    }
    f->room = FIRST_ROOM;
    frame_begin(&f->writer, memory, FIRST_ROOM);
    if (o->last)
        o->last->next = f;
    else
        o->first = f;
    o->last = f;
    return f;
}

/* Four times the room, up to that of the largest frame.  False when it has that, or memory is short (then 'status' says so). */
static bool frame_grow(struct out_frame *f, mstro_status *status)
{
    size_t room = f->room * 4 < MAX_FRAME ? f->room * 4 : MAX_FRAME, used = writer_length(&f->writer.body);
    if (f->room == MAX_FRAME)
        return false;
    uint8_t *memory = malloc(room), *before = f->writer.body.start;
    if (!memory) {
        *status = MSTRO_NOMEM;
        return false;
    }
    memcpy(memory, before, used);
    free(before);
    f->room = room;
    f->writer.body = writer_of(memory, room - SEAL_TAG_SIZE);
    f->writer.body.at += used;
    return true;
}

static mstro_status append(struct out_frame *f, const struct record *record)
{
    mstro_status status;
    do
        status = frame_append(&f->writer, record);
    while (status == MSTRO_WOULDBLOCK && frame_grow(f, &status));
    return status;
}

static mstro_status put(struct outbox *o, const struct record *record);

/* More events than a frame holds go in two records: with the first the subscriber is no further than its last event. */
static mstro_status put_halves(struct outbox *o, const struct record *record)
{
    const struct record_events *all = &record->events;
    if (record->kind != KIND_EVENTS || all->events.count < 2)
        return detail_set(MSTRO_INVARG, "%s is larger than a frame", record_name(record->kind));
    struct record first = *record, second = *record;
    uint32_t count = all->events.count / 2;
    first.events.events.count = count;
    if (first.events.position > all->events.at[count - 1].serial)
        first.events.position = all->events.at[count - 1].serial;
    second.events.events.at += count;
    second.events.events.count -= count;
    mstro_status status = put(o, &first);
    return status == MSTRO_OK ? put(o, &second) : status;
}

static mstro_status put(struct outbox *o, const struct record *record)
{
    struct out_frame *f = o->last ? o->last : frame_new(o);
    if (!f)
        return MSTRO_NOMEM;
    mstro_status status = append(f, record);
    if (status == MSTRO_WOULDBLOCK && f->writer.records > 0) {
        f = frame_new(o);
        status = f ? append(f, record) : MSTRO_NOMEM;
    }
    if (status == MSTRO_OK && record->kind == KIND_HEARTBEAT)
        f->beats++;
    return status == MSTRO_WOULDBLOCK ? put_halves(o, record) : status;
}

mstro_status outbox_put(struct outbox *o, const struct record *record)
{
    pthread_mutex_lock(&o->lock);
    struct out_frame *before = o->last;
    size_t length = before ? writer_length(&before->writer.body) : 0;
    mstro_status status = o->waiting < o->limit ? put(o, record) : detail_set(MSTRO_QUOTA, "%zu bytes wait already for a peer that does not take them", o->waiting);
    for (struct out_frame *f = before ? before : o->first; f; f = f->next)
        o->waiting += writer_length(&f->writer.body) - (f == before ? length : 0);
    pthread_mutex_unlock(&o->lock);
    return status;
}

/* ---- sending ---- */

/* Lock held.  The fabric takes 'memory' when it takes the frame. */
static mstro_status send_frame(struct outbox *o, struct frame_writer *w, uint16_t flags)
{
    void *memory = w->body.start;
    uint64_t counter = o->seal.counter;
    w->taken = o->taken;
    size_t whole = frame_finish(w, o->version, flags, o->session, &o->seal);
    mstro_status status = endpoint_send(o->peer, memory, whole);
    if (status == MSTRO_WOULDBLOCK) { /* so few are on their way that only a peer that lies fills the queue */
        o->seal.counter = counter;
        status = MSTRO_PEER_LOST;
    }
    if (status != MSTRO_OK)
        free(memory);
    else
        o->asked = false;
    return status;
}

/* Lock held.  Who is idle is not answered each time; but who stands still is not sent ever more either. */
static mstro_status send_beats(struct outbox *o, struct out_frame *f)
{
    o->beats++;
    return send_frame(o, &f->writer, 0);
}

/* Lock held.  Behind the last that may be under way the next has to wait: it asks. */
static mstro_status send_and_count(struct outbox *o, struct out_frame *f)
{
    bool asks = o->in_flight + 1 == IN_FLIGHT || f->beats == f->writer.records;
    mstro_status status = send_frame(o, &f->writer, asks ? FRAME_ASKS : 0);
    o->under_way[o->in_flight++] = (uint32_t)o->seal.counter;
    return status;
}

/* Lock held. */
static mstro_status send_first(struct outbox *o)
{
    struct out_frame *f = o->first;
    o->waiting -= writer_length(&f->writer.body);
    o->first = f->next;
    if (!o->first)
        o->last = NULL;
    o->last_records = f->writer.records;
    bool lone = f->beats == f->writer.records && o->beats < LONE_BEATS;
    mstro_status status = lone ? send_beats(o, f) : send_and_count(o, f);
    free(f);
    return status;
}

/* Lock held.  It asks nothing: two sides that have nothing to say fall silent. */
static mstro_status send_empty(struct outbox *o)
{
    struct frame_writer w;
    void *memory = malloc(EMPTY_FRAME);
    if (!memory)
        return MSTRO_NOMEM;
    frame_begin(&w, memory, EMPTY_FRAME);
    return send_frame(o, &w, 0);
}

/* Lock held. */
static bool may_send(const struct outbox *o)
{
    return o->first && o->first->writer.records > 0 && o->in_flight < IN_FLIGHT;
}

/* Lock held. */
static bool may_wait(const struct outbox *o, bool stream)
{
    bool more = o->in_flight > 0 || (stream && o->last_records >= MANY_RECORDS);
    return more && o->first == o->last && writer_length(&o->first->writer.body) < LARGE_FRAME;
}

mstro_status outbox_send_some(struct outbox *o, bool stream, bool *kept)
{
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&o->lock);
    while (status == MSTRO_OK && o->peer && may_send(o) && !(*kept = may_wait(o, stream)))
        status = send_first(o);
    if (status == MSTRO_OK && o->peer && o->asked)
        status = send_empty(o);
    pthread_mutex_unlock(&o->lock);
    return status;
}

mstro_status outbox_send(struct outbox *o)
{
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&o->lock);
    while (status == MSTRO_OK && o->peer && may_send(o))
        status = send_first(o);
    if (status == MSTRO_OK && o->peer && o->asked)
        status = send_empty(o);
    pthread_mutex_unlock(&o->lock);
    return status;
}

bool outbox_heard(struct outbox *o, const struct frame_header *header)
{
    pthread_mutex_lock(&o->lock);
    o->taken = (uint32_t)header->counter;
    o->beats = 0;
    o->asked |= header->flags & FRAME_ASKS;
    while (o->in_flight > 0 && (int32_t)(header->taken - o->under_way[0]) >= 0) {
        o->under_way[0] = o->under_way[1];
        o->in_flight--;
    }
    bool work = o->asked || may_send(o);
    pthread_mutex_unlock(&o->lock);
    return work;
}

bool outbox_empty(struct outbox *o)
{
    pthread_mutex_lock(&o->lock);
    bool empty = !o->first || o->first->writer.records == 0;
    pthread_mutex_unlock(&o->lock);
    return empty;
}
