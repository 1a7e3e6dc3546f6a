/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/outbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/detail.h"

enum { FIRST_ROOM = 2048, IN_FLIGHT = 2 };

struct out_frame {
    struct out_frame *next;
    struct frame_writer writer;
    size_t room;
};

struct outbox {
    pthread_mutex_t lock; /* guards all of it */
    struct seal seal;
    uint16_t version;
    uint64_t session;
    struct peer *peer;
    struct out_frame *first, *last;
    size_t waiting, limit; /* bytes */
};

mstro_status outbox_create(struct outbox **out, const struct session_keys *keys, enum seal_direction direction, size_t limit)
{
    /* the seal wants the alignment of a vector register */
    struct outbox *o = aligned_alloc(64, (sizeof *o + 63) / 64 * 64);
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

/* More events than a frame holds go in two records. */
static mstro_status put_halves(struct outbox *o, const struct record *record)
{
    if (record->kind != KIND_EVENTS || record->events.events.count < 2)
        return detail_set(MSTRO_INVARG, "%s is larger than a frame", record_name(record->kind));
    struct record half = *record;
    half.events.events.count /= 2;
    mstro_status status = put(o, &half);
    half.events.events.at += half.events.events.count;
    half.events.events.count = record->events.events.count - half.events.events.count;
    return status == MSTRO_OK ? put(o, &half) : status;
}

static mstro_status put(struct outbox *o, const struct record *record)
{
    struct out_frame *f = o->last ? o->last : frame_new(o);
    if (!f)
        return MSTRO_NOMEM;
    mstro_status status = append(f, record);
    if (status != MSTRO_WOULDBLOCK)
        return status;
    if (f->writer.records > 0) {
        f = frame_new(o);
        status = f ? append(f, record) : MSTRO_NOMEM;
    }
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

/* Lock held.  The fabric takes the memory when it takes the frame. */
static mstro_status send_first(struct outbox *o)
{
    struct out_frame *f = o->first;
    size_t length = writer_length(&f->writer.body);
    void *memory = f->writer.body.start;
    uint64_t counter = o->seal.counter;
    size_t whole = frame_finish(&f->writer, o->version, 0, o->session, &o->seal);
    mstro_status status = endpoint_send(o->peer, memory, whole);
    if (status == MSTRO_WOULDBLOCK) { /* fewer than IN_FLIGHT were on their way: the queue cannot be full */
        o->seal.counter = counter;
        status = MSTRO_PEER_LOST;
    }
    o->waiting -= length;
    o->first = f->next;
    if (!o->first)
        o->last = NULL;
    if (status != MSTRO_OK)
        free(memory);
    free(f);
    return status;
}

mstro_status outbox_send(struct outbox *o)
{
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&o->lock);
    while (status == MSTRO_OK && o->peer && o->first && o->first->writer.records > 0 && peer_in_flight(o->peer) < IN_FLIGHT)
        status = send_first(o);
    pthread_mutex_unlock(&o->lock);
    return status;
}

bool outbox_empty(struct outbox *o)
{
    pthread_mutex_lock(&o->lock);
    bool empty = !o->first || o->first->writer.records == 0;
    pthread_mutex_unlock(&o->lock);
    return empty;
}
