/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/subscription.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/detail.h"
#include "lib/base/hash.h"
#include "lib/client/session.h"

static mstro_pool_event make_gap(uint64_t number)
{
    return event_make(&(struct record_event){ .kind = MSTRO_POOL_EVENT_OVERFLOW }, number);
}

mstro_status subscription_create(struct mstro_subscription_ **out, uint64_t number)
{
    struct mstro_subscription_ *sub = calloc(1, sizeof *sub);
    mstro_pool_event spare = sub ? make_gap(number) : NULL;
    if (!spare) {
        free(sub);
        return detail_set(MSTRO_NOMEM, "not enough memory for a subscription");
    }
    sub->spare = spare;
    list_init(&sub->link);
    pthread_mutex_init(&sub->lock, NULL);
    sub->number = number;
    sub->tail = &sub->head;
    sub->bell = -1;
    *out = sub;
    return MSTRO_OK;
}

void subscription_destroy(struct mstro_subscription_ *sub)
{
    if (!sub)
        return;
    event_list_free(sub->head);
    event_list_free(sub->spare);
    if (sub->bell >= 0)
        close(sub->bell);
    pthread_mutex_destroy(&sub->lock);
    free(sub->end_detail);
    free(sub->sources);
    free(sub);
}

/* ---- events ---- */

static void append(struct mstro_subscription_ *sub, mstro_pool_event e)
{
    *sub->tail = e;
    sub->tail = &e->next;
}

static void end_without_memory(struct mstro_subscription_ *sub)
{
    sub->end = MSTRO_NOMEM;
    sub->over = true;
}

/* There is no memory for this event: the gap at the end of the list grows by it, or the spare one begins there. */
static void lose(struct mstro_subscription_ *sub, const struct record_event *e)
{
    bool is_gap = e->kind == MSTRO_POOL_EVENT_OVERFLOW;
    if (!sub->gap && !sub->spare)
        sub->spare = make_gap(sub->number);
    if (!sub->gap && !sub->spare) {
        end_without_memory(sub);
        return;
    }
    if (!sub->gap) {
        sub->gap = sub->spare;
        sub->spare = NULL;
        sub->gap->overflow.first_serial = is_gap ? e->first_serial : e->serial;
        append(sub, sub->gap);
    }
    sub->gap->serial = sub->gap->overflow.last_serial = e->serial;
    sub->gap->overflow.count += is_gap ? e->count : 1;
}

static void keep(struct mstro_subscription_ *sub, const struct record_event *e)
{
    mstro_pool_event made = event_make(e, sub->number);
    if (!made) {
        lose(sub, e);
        return;
    }
    append(sub, made);
    sub->gap = NULL;
    if (!sub->spare)
        sub->spare = make_gap(sub->number);
}

/* Lock held.  NULL when memory is short. */
static struct source *source_of(struct mstro_subscription_ *sub, uint64_t serial)
{
    for (size_t i = 0; i < sub->source_count; i++)
        if (shard_of_serial(sub->sources[i].serial) == shard_of_serial(serial))
            return &sub->sources[i];
    struct source *more = realloc(sub->sources, (sub->source_count + 1) * sizeof *more);
    if (!more)
        return NULL;
    sub->sources = more;
    more[sub->source_count] = (struct source){ .serial = serial, .position = serial, .cursor = serial };
    return &more[sub->source_count++];
}

/* Lock held.  What the pool must know to send more is never lost, even if there is no memory for the events. */
static void keep_all(struct mstro_subscription_ *sub, const struct record_events *events)
{
    struct source *source = source_of(sub, events->position);
    if (!source) {
        end_without_memory(sub);
        return;
    }
    for (uint32_t i = 0; i < events->events.count && !sub->end; i++)
        keep(sub, &events->events.at[i]);
    source->come += events->events.count;
    source->position = events->position;
    if (!events->quiet)
        source->asked = source->come;
    if (events->events.count == 0 && source->come == 0)
        source->cursor = events->position; /* where it begins */
}

/* Lock held. */
static bool is_readable(const struct mstro_subscription_ *sub) { return sub->head || sub->over; }

/* Lock held. */
static void still(struct mstro_subscription_ *sub)
{
    eventfd_t count;
    if (eventfd_read(sub->bell, &count) == 0)
        sub->rings = false;
}

/* Not under the lock, which is what who is woken wants first.  When all was taken before it rang, it has rung for nothing. */
static void ring(struct mstro_subscription_ *sub)
{
    eventfd_write(sub->bell, 1);
    pthread_mutex_lock(&sub->lock);
    if (!is_readable(sub) && sub->rings)
        still(sub);
    pthread_mutex_unlock(&sub->lock);
}

void subscription_push(struct mstro_subscription_ *sub, const struct record_events *events, struct waiting *waiting)
{
    pthread_mutex_lock(&sub->lock);
    bool was_readable = is_readable(sub);
    if (!sub->end)
        keep_all(sub, events);
    bool rings = !was_readable && is_readable(sub) && sub->bell >= 0;
    sub->rings |= rings;
    pthread_mutex_unlock(&sub->lock);
    if (rings)
        ring(sub);
    waiting_ready(waiting, &sub->news, NULL);
}

void subscription_end(struct mstro_subscription_ *sub)
{
    pthread_mutex_lock(&sub->lock);
    if (!sub->over && !sub->head && sub->bell >= 0)
        eventfd_write(sub->bell, 1);
    sub->over = true;
    pthread_mutex_unlock(&sub->lock);
}

void subscription_stop(struct mstro_subscription_ *sub, mstro_status status, struct text detail, struct waiting *waiting)
{
    pthread_mutex_lock(&sub->lock);
    if (!sub->end) {
        sub->end = status;
        sub->end_detail = strndup(detail.at ? detail.at : "", detail.length);
    }
    pthread_mutex_unlock(&sub->lock);
    subscription_end(sub);
    waiting_ready(waiting, &sub->news, NULL);
}

mstro_status subscription_status(struct mstro_subscription_ *sub)
{
    pthread_mutex_lock(&sub->lock);
    mstro_status s = sub->end;
    if (s != MSTRO_OK)
        detail_set(s, "%s", sub->end_detail ? sub->end_detail : mstro_status_description(s));
    pthread_mutex_unlock(&sub->lock);
    return s;
}

size_t subscription_cursor(struct mstro_subscription_ *sub, uint64_t serial[], size_t room)
{
    pthread_mutex_lock(&sub->lock);
    size_t count = sub->source_count;
    for (size_t i = 0; i < count && i < room; i++)
        serial[i] = sub->sources[i].cursor;
    pthread_mutex_unlock(&sub->lock);
    return count;
}

/* ---- the subscriber ---- */

/* Has its shard asked to be told what was taken of it, and does not know yet? */
static bool is_owed(const struct source *source) { return source->said < source->asked && source->said < source->taken; }

/* Lock held. */
static bool next_seen(struct mstro_subscription_ *sub, struct record_seen *seen)
{
    for (size_t i = 0; i < sub->source_count; i++) {
        struct source *source = &sub->sources[i];
        if (!is_owed(source))
            continue;
        source->said = source->taken;
        *seen = (struct record_seen){ .subscription = sub->number, .serial = source->cursor, .count = source->taken };
        return true;
    }
    return false;
}

/* [token] */
static void say_seen(struct session *s, struct submission *submission)
{
    struct mstro_subscription_ *sub = (struct mstro_subscription_ *)((char *)submission - offsetof(struct mstro_subscription_, seen));
    struct record r = { .kind = KIND_SEEN };
    bool more = true;
    while (more) {
        pthread_mutex_lock(&sub->lock);
        more = next_seen(sub, &r.seen);
        sub->seen_queued = more;
        pthread_mutex_unlock(&sub->lock);
        if (more)
            session_say(s, &r);
    }
}

/* Lock held: all that is here is being taken.  Is the pool to be told so? */
static bool note_taken(struct mstro_subscription_ *sub)
{
    bool owed = false;
    for (size_t i = 0; i < sub->source_count; i++) {
        struct source *source = &sub->sources[i];
        source->taken = source->come;
        source->cursor = source->position;
        owed |= is_owed(source);
    }
    return owed;
}

mstro_pool_event subscription_take(struct mstro_subscription_ *sub, struct session *s)
{
    pthread_mutex_lock(&sub->lock);
    mstro_pool_event head = sub->head;
    bool tell = false;
    if (head) {
        tell = note_taken(sub) && !sub->seen_queued;
        sub->seen_queued |= tell;
        sub->head = sub->gap = NULL;
        sub->tail = &sub->head;
        if (sub->bell >= 0 && !sub->over)
            still(sub);
    }
    atomic_store(&sub->news.state, WAITABLE_PENDING); /* only the caller waits for it */
    pthread_mutex_unlock(&sub->lock);
    if (tell) {
        sub->seen.run = say_seen;
        session_submit(s, &sub->seen);
    }
    return head;
}

struct acknowledgement {
    struct submission submission;
    uint64_t subscription;
    size_t count;
    uint64_t serial[];
};

/* [token] */
static void say_acknowledged(struct session *s, struct submission *submission)
{
    struct acknowledgement *a = (struct acknowledgement *)submission;
    for (size_t i = 0; i < a->count; i++) {
        struct record r = { .kind = KIND_ACK_EVENT, .ack_event = { .subscription = a->subscription, .serial = a->serial[i] } };
        session_say(s, &r);
    }
    free(a);
}

mstro_status subscription_acknowledge(struct mstro_subscription_ *sub, struct session *s, mstro_pool_event list)
{
    size_t count = 0;
    for (mstro_pool_event e = list; e; e = e->next, count++)
        if (event_subscription(e) != sub->number)
            return detail_set(MSTRO_INVARG, "ack: event %zu of the list was told to another subscription: what waits for its acknowledgement waits on", count + 1);
    struct acknowledgement *a = malloc(sizeof *a + count * sizeof a->serial[0]);
    if (!a)
        return detail_set(MSTRO_NOMEM, "not enough memory to acknowledge %zu events", count);
    *a = (struct acknowledgement){ .submission = { .run = say_acknowledged }, .subscription = sub->number, .count = 0 };
    for (mstro_pool_event e = list; e; e = e->next)
        a->serial[a->count++] = e->serial;
    session_submit(s, &a->submission);
    return MSTRO_OK;
}

mstro_status subscription_bell(struct mstro_subscription_ *sub, int *fd)
{
    mstro_status s = MSTRO_OK;
    pthread_mutex_lock(&sub->lock);
    if (sub->bell < 0)
        sub->bell = eventfd(sub->head || sub->over, EFD_NONBLOCK | EFD_CLOEXEC);
    if (sub->bell < 0)
        s = detail_set(MSTRO_FAIL, "no descriptor for a subscription: %s", strerror(errno));
    *fd = sub->bell;
    pthread_mutex_unlock(&sub->lock);
    return s;
}
