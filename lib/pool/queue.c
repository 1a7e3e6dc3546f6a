/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/answer.h"
#include "lib/pool/session.h"
#include "lib/pool/subscription.h"

enum {
    FIRST_ROOM = 8,
    BATCH_COUNT = 256,        /* events in one record: its list's limit */
    BATCH_BYTES = 32 * 1024,  /* of their texts: a record fits into a frame */
    QUEUE_BYTES = 1024 * 1024 /* of texts that wait to be sent to one subscriber */
};

static struct told *at(const struct queue *queue, size_t index)
{
    return &queue->ring[(queue->first + index) & (queue->room - 1)];
}

static bool grow(struct pool *pool, struct queue *queue)
{
    size_t room = queue->room ? queue->room * 2 : FIRST_ROOM;
    if (!memory_allows(pool, room * sizeof(struct told)))
        return false;
    struct told *ring = memory_take(pool, room * sizeof *ring);
    if (!ring)
        return false;
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = *at(queue, i);
    memory_give(pool, queue->ring, queue->room * sizeof *ring);
    queue->ring = ring;
    queue->room = room;
    queue->first = 0;
    return true;
}

static size_t text_bytes(const struct told *told)
{
    return seal_name(told->fact.sealed).length + seal_name(told->component).length;
}

static bool put(struct pool *pool, struct subscription *subscription, const struct told *told)
{
    struct queue *queue = &subscription->queue;
    bool full = queue->count - queue->sent >= pool->settings.event_window || queue->bytes + text_bytes(told) > QUEUE_BYTES;
    if (full || (queue->count == queue->room && !grow(pool, queue)))
        return false;
    *at(queue, queue->count++) = *told;
    queue->bytes += text_bytes(told);
    if (told->fact.sealed)
        seal_share(told->fact.sealed);
    if (told->component)
        seal_share(told->component);
    if (list_empty(&subscription->telling))
        list_append(&pool->telling, &subscription->telling);
    return true;
}

/* In its place in the order, as soon as there is room. */
static bool put_gap(struct pool *pool, struct subscription *subscription)
{
    struct queue *queue = &subscription->queue;
    struct told told = { .fact = { .serial = queue->gap_last, .time = queue->gap_first, .size = (int64_t)queue->gap_count },
                         .event = MSTRO_POOL_EVENT_OVERFLOW };
    if (queue->gap_count > 0) {
        if (!put(pool, subscription, &told))
            return false;
        queue->gap_count = 0;
    }
    return true;
}

void queue_skip(struct subscription *subscription, uint64_t serial)
{
    struct queue *queue = &subscription->queue;
    if (queue->gap_count++ == 0)
        queue->gap_first = serial;
    queue->gap_last = serial;
}

bool queue_put(struct pool *pool, struct subscription *subscription, const struct fact *fact, struct seal *component, uint32_t event)
{
    struct told told = { .fact = *fact, .component = component, .event = event };
    if (put_gap(pool, subscription) && put(pool, subscription, &told))
        return true;
    queue_skip(subscription, fact->serial);
    return false;
}

/* It has been sent: only its serial is of use. */
static void forget_texts(struct pool *pool, struct queue *queue, struct told *told)
{
    queue->bytes -= text_bytes(told);
    seal_release(pool, told->fact.sealed);
    seal_release(pool, told->component);
    told->fact.sealed = told->component = NULL;
}

void queue_seen(struct pool *pool, struct subscription *subscription, uint64_t serial)
{
    struct queue *queue = &subscription->queue;
    while (queue->sent > 0 && at(queue, 0)->fact.serial <= serial) {
        queue->first = (queue->first + 1) & (queue->room - 1);
        queue->sent--;
        queue->count--;
    }
    put_gap(pool, subscription);
    if ((queue->count > queue->sent) && list_empty(&subscription->telling))
        list_append(&pool->telling, &subscription->telling);
}

void queue_release(struct pool *pool, struct subscription *subscription)
{
    struct queue *queue = &subscription->queue;
    for (size_t i = queue->sent; i < queue->count; i++)
        forget_texts(pool, queue, at(queue, i));
    memory_give(pool, queue->ring, queue->room * sizeof *queue->ring);
    *queue = (struct queue){ 0 };
}

static void fill_event(struct record_event *event, const struct told *told)
{
    bool gap = told->event == MSTRO_POOL_EVENT_OVERFLOW;
    *event = (struct record_event){ .serial = told->fact.serial, .kind = told->event, .app = told->fact.app,
                                    .size = gap ? -1 : told->fact.size, .name = seal_name(told->fact.sealed),
                                    .component = seal_name(told->component) };
    if (gap) {
        event->first_serial = told->fact.time;
        event->count = (uint64_t)told->fact.size;
    }
}

/* How many of those to be sent go into one record. */
static uint32_t batch_of(const struct pool *pool, const struct queue *queue)
{
    size_t bytes = 0;
    uint32_t count = 0;
    while (queue->sent + count < queue->count && count < BATCH_COUNT && queue->sent + count < pool->settings.event_window) {
        bytes += text_bytes(at(queue, queue->sent + count)) + sizeof(struct record_event);
        if (count > 0 && bytes > BATCH_BYTES)
            break;
        count++;
    }
    return count;
}

static bool send_batch(struct pool *pool, struct subscription *subscription)
{
    struct queue *queue = &subscription->queue;
    uint32_t count = batch_of(pool, queue);
    if (count == 0)
        return false;
    struct record_event *events = arena_take(&pool->out->arena, count * sizeof *events);
    if (!events) {
        session_fail(pool, subscription->session);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        fill_event(&events[i], at(queue, queue->sent));
        forget_texts(pool, queue, at(queue, queue->sent));
        queue->sent++;
    }
    struct record *record = answer_add(pool, subscription->session, KIND_EVENTS);
    if (record) {
        record->events.subscription = subscription->number;
        record->events.events.count = count;
        record->events.events.at = events;
    }
    return true;
}

void queues_flush(struct pool *pool)
{
    while (!list_empty(&pool->telling)) {
        struct subscription *subscription = list_entry(pool->telling.next, struct subscription, telling);
        list_remove(&subscription->telling);
        while (send_batch(pool, subscription))
            ;
    }
}
