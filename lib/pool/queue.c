/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/subscription.h"

uint64_t told_bytes(const struct subscription *subscription, const struct told *told)
{
    uint64_t bytes = sizeof *told + seal_name(told->fact.sealed).length;
    if (told->fact.by)
        bytes += seal_name(told->fact.by->component).length;
    if (subscription->extra && subscription->extra->attributes)
        bytes += seal_rest(told->fact.sealed).length;
    return bytes;
}

/* Are 'times' the bounds kept with so much more?  What is larger than the bound is taken when nothing else waits. */
static bool fits(const struct subscription *subscription, uint64_t bytes, uint64_t times)
{
    const struct queue *queue = &subscription->queue;
    return queue->count < times * subscription->max_events && (queue->count == 0 || queue->bytes + bytes <= times * subscription->max_bytes);
}

bool queue_has_room(const struct subscription *subscription)
{
    return fits(subscription, 0, 1);
}

bool queue_has_room_for(const struct subscription *subscription, const struct fact *fact)
{
    return fits(subscription, told_bytes(subscription, &(struct told){ .fact = *fact }), 1);
}

static bool put(struct pool *pool, struct subscription *subscription, const struct told *what)
{
    struct told *told = memory_allows(pool, sizeof *told) ? memory_take(pool, sizeof *told) : NULL;
    if (!told)
        return false;
    *told = *what;
    if (told->fact.sealed)
        seal_share(told->fact.sealed);
    if (told->fact.by)
        told->fact.by->references++;
    list_append(&subscription->queue.waiting, &told->link);
    subscription->queue.count++;
    subscription->queue.bytes += told_bytes(subscription, told);
    tell_soon(pool, subscription);
    return true;
}

bool queue_close_gap(struct pool *pool, struct subscription *subscription)
{
    struct queue *queue = &subscription->queue;
    struct told told = { .fact = { .serial = queue->gap_last, .time = queue->gap_first, .size = (int64_t)queue->gap_count },
                         .event = MSTRO_POOL_EVENT_OVERFLOW };
    if (queue->gap_count > 0) {
        if (!fits(subscription, sizeof told, 1) || !put(pool, subscription, &told))
            return false;
        queue->gap_count = 0;
    }
    return true;
}

void queue_skip(struct pool *pool, struct subscription *subscription, uint64_t first, uint64_t last, uint64_t count)
{
    struct queue *queue = &subscription->queue;
    if (queue->gap_count == 0)
        queue->gap_first = first;
    queue->gap_count += count;
    queue->gap_last = last;
    tell_soon(pool, subscription);
}

/* While nobody is there, no operation waits and nobody can be told of the end: a durable name states what it could not keep. */
static enum mstro_subscription_full when_full(const struct subscription *subscription)
{
    return list_empty(&subscription->consumers) ? MSTRO_SUBSCRIPTION_FULL_DROP : subscription->when_full;
}

enum queue_answer queue_put(struct pool *pool, struct subscription *subscription, const struct fact *fact, uint32_t event)
{
    struct told told = { .fact = *fact, .event = event };
    uint64_t bytes = told_bytes(subscription, &told);
    bool in_order = queue_close_gap(pool, subscription), room = in_order && fits(subscription, bytes, 1);
    if (room && put(pool, subscription, &told))
        return QUEUE_HAS_ROOM;
    if (!room && when_full(subscription) == MSTRO_SUBSCRIPTION_FULL_END)
        return QUEUE_ENDS;
    if (!room && in_order && when_full(subscription) == MSTRO_SUBSCRIPTION_FULL_HOLD && fits(subscription, bytes, 2) && put(pool, subscription, &told))
        return QUEUE_IS_FULL;
    queue_skip(pool, subscription, fact->serial, fact->serial, 1);
    return QUEUE_DROPS;
}

bool queue_put_unbounded(struct pool *pool, struct subscription *subscription, const struct fact *fact, uint32_t event)
{
    return put(pool, subscription, &(struct told){ .fact = *fact, .event = event });
}

struct told *queue_first(struct pool *pool, struct subscription *subscription)
{
    struct list *waiting = &subscription->queue.waiting;
    if (list_empty(waiting))
        queue_close_gap(pool, subscription);
    return list_empty(waiting) ? NULL : list_entry(waiting->next, struct told, link);
}

void queue_take(struct subscription *subscription, struct told *told)
{
    list_remove(&told->link);
    subscription->queue.count--;
    subscription->queue.bytes -= told_bytes(subscription, told);
}

void queue_skip_last(struct pool *pool, struct subscription *subscription)
{
    struct told *told = list_entry(subscription->queue.waiting.previous, struct told, link);
    uint64_t serial = told->fact.serial;
    queue_take(subscription, told);
    told_free(pool, told);
    queue_skip(pool, subscription, serial, serial, 1);
}

void queue_return(struct subscription *subscription, struct told *told)
{
    struct list *place = subscription->queue.waiting.next;
    while (place != &subscription->queue.waiting && list_entry(place, struct told, link)->fact.serial < told->fact.serial)
        place = place->next;
    list_remove(&told->link);
    list_append(place, &told->link); /* before it */
    subscription->queue.count++;
    subscription->queue.bytes += told_bytes(subscription, told);
}

void queue_merge(struct subscription *subscription, struct list *from)
{
    struct list *place = subscription->queue.waiting.next;
    list_each(link, from) {
        while (place != &subscription->queue.waiting && list_entry(place, struct told, link)->fact.serial < list_entry(link, struct told, link)->fact.serial)
            place = place->next;
        list_remove(link);
        list_append(place, link); /* before it */
    }
}

void told_free(struct pool *pool, struct told *told)
{
    list_remove(&told->link);
    seal_release(pool, told->fact.sealed);
    participant_release(pool, told->fact.by);
    memory_give(pool, told, sizeof *told);
}

void queue_release(struct pool *pool, struct subscription *subscription)
{
    list_each(link, &subscription->queue.waiting) {
        struct told *told = list_entry(link, struct told, link);
        queue_take(subscription, told);
        told_free(pool, told);
    }
}
