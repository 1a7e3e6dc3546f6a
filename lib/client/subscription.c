/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/subscription.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/detail.h"
#include "lib/client/session.h"

mstro_status subscription_create(struct mstro_subscription_ **out, uint64_t number)
{
    struct mstro_subscription_ *sub = calloc(1, sizeof *sub);
    if (!sub)
        return detail_set(MSTRO_NOMEM, "not enough memory for a subscription");
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
    if (sub->bell >= 0)
        close(sub->bell);
    pthread_mutex_destroy(&sub->lock);
    free(sub);
}

void event_list_free(mstro_pool_event list)
{
    for (mstro_pool_event next; list; list = next) {
        next = list->next;
        free(list);
    }
}

/* ---- events ---- */

static char *put_text(char **at, struct text t)
{
    char *begin = *at;
    if (t.length)
        memcpy(begin, t.at, t.length);
    begin[t.length] = '\0';
    *at += t.length + 1;
    return begin;
}

/* Which of the union's structs a kind has. */
static bool kind_is_about_application(uint32_t kind)
{
    return kind & (MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
                   MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE);
}

/* One allocation: the event, then its strings. */
static mstro_pool_event make_event(const struct record_event *e)
{
    mstro_pool_event made = malloc(sizeof *made + e->name.length + e->component.length + 2);
    if (!made)
        return NULL;
    memset(made, 0, sizeof *made);
    char *strings = (char *)(made + 1);
    const char *name = put_text(&strings, e->name), *component = put_text(&strings, e->component);
    made->kind = (mstro_pool_event_kind)e->kind;
    made->serial = e->serial;
    if (e->kind == MSTRO_POOL_EVENT_OVERFLOW)
        made->overflow = (struct mstro_pool_event_overflow){ e->first_serial, e->serial, e->count };
    else if (kind_is_about_application(e->kind))
        made->join = (struct mstro_pool_event_app){ .appid = e->app, .component_name = component };
    else
        made->offer = (struct mstro_pool_event_cdo){ .appid = e->app, .cdo_name = name, .component_name = component, .size = e->size };
    return made;
}

static void append(struct mstro_subscription_ *sub, mstro_pool_event e)
{
    *sub->tail = e;
    sub->tail = &e->next;
}

static bool append_gap(struct mstro_subscription_ *sub)
{
    struct record_event gap = { .kind = MSTRO_POOL_EVENT_OVERFLOW, .serial = sub->lost_last, .first_serial = sub->lost_first, .count = sub->lost };
    mstro_pool_event made = make_event(&gap);
    if (!made)
        return false;
    append(sub, made);
    sub->lost = 0;
    return true;
}

static void keep(struct mstro_subscription_ *sub, const struct record_event *e)
{
    mstro_pool_event made = sub->lost && !append_gap(sub) ? NULL : make_event(e);
    if (made) {
        append(sub, made);
        return;
    }
    if (sub->lost++ == 0)
        sub->lost_first = e->serial;
    sub->lost_last = e->serial;
}

void subscription_push(struct mstro_subscription_ *sub, const struct record_events *events, struct waiting *waiting)
{
    pthread_mutex_lock(&sub->lock);
    bool was_empty = !sub->head;
    for (uint32_t i = 0; i < events->events.count; i++)
        keep(sub, &events->events.at[i]);
    if (was_empty && sub->head && !sub->over && sub->bell >= 0)
        eventfd_write(sub->bell, 1);
    pthread_mutex_unlock(&sub->lock);
    waiting_ready(waiting, &sub->news);
}

void subscription_end(struct mstro_subscription_ *sub)
{
    pthread_mutex_lock(&sub->lock);
    if (!sub->over && !sub->head && sub->bell >= 0)
        eventfd_write(sub->bell, 1);
    sub->over = true;
    pthread_mutex_unlock(&sub->lock);
}

/* ---- the subscriber ---- */

/* [token] */
static void say_seen(struct session *s, struct submission *submission)
{
    struct mstro_subscription_ *sub = (struct mstro_subscription_ *)((char *)submission - offsetof(struct mstro_subscription_, seen));
    struct record r = { .kind = KIND_SEEN, .seen = { .subscription = sub->number } };
    pthread_mutex_lock(&sub->lock);
    r.seen.serial = sub->seen_serial;
    sub->seen_queued = false;
    pthread_mutex_unlock(&sub->lock);
    session_say(s, &r);
}

mstro_pool_event subscription_take(struct mstro_subscription_ *sub, struct session *s)
{
    pthread_mutex_lock(&sub->lock);
    mstro_pool_event head = sub->head;
    bool tell = false;
    if (head) {
        mstro_pool_event last = (mstro_pool_event)((char *)sub->tail - offsetof(struct mstro_pool_event_, next));
        sub->seen_serial = last->serial;
        tell = !sub->seen_queued;
        sub->seen_queued = true;
        sub->head = NULL;
        sub->tail = &sub->head;
        if (sub->bell >= 0 && !sub->over) {
            eventfd_t count;
            eventfd_read(sub->bell, &count);
        }
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
    for (mstro_pool_event e = list; e; e = e->next)
        count++;
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
