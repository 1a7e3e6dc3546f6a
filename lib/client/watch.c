/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/thread.h"
#include "lib/serve/witness.h"
#include "lib/system/porter.h"

#define WATCH_BEAT (500 * NANOSECONDS_PER_MILLISECOND)
#define WATCH_DOUBT (400 * NANOSECONDS_PER_MILLISECOND)
#define WATCH_KNOCK (60 * NANOSECONDS_PER_MILLISECOND)
#define WATCH_VERDICT (1100 * NANOSECONDS_PER_MILLISECOND)
#define ATTEND_PAUSE NANOSECONDS_PER_SECOND
#define WATCH_STUCK (60 * NANOSECONDS_PER_SECOND) /* the manager's host answers, and this connection passes nothing */

enum { KNOCKS = WATCH_VERDICT / WATCH_KNOCK, STACK = 128 * 1024 };

struct watch {
    int witness;
    int shown;             /* -1: there is none, or it is the porter's */
    struct porter *porter; /* NULL: nobody has looked at which process this is so far */
    char there[WITNESS_ADDRESS_MAX];
    void (*lost)(void *context, mstro_status status, const char *reason);
    void *context;
    pthread_t thread;
    atomic_bool stop;
    uint32_t delivered;                     /* of the thread, as all below */
    uint64_t looked, silent, stuck, beat_at; /* silent: for so long nothing was heard; stuck: likewise, of the witness alone */
    uint64_t attend_at;                     /* no porter can be had: who looks at which process this is has to wait until then */
    int knocks[KNOCKS];
    unsigned count;
};

/* ---- knocks ---- */

static void forget_knocks(struct watch *w)
{
    while (w->count > 0)
        witness_knocked(w->knocks[--w->count]);
}

static void hear(struct watch *w)
{
    w->silent = 0;
    forget_knocks(w);
}

static void knock(struct watch *w)
{
    int fd = w->count < KNOCKS ? witness_knock(w->witness) : -1;
    if (fd >= 0)
        w->knocks[w->count++] = fd;
}

/* 'polled' belongs to them, in their order. */
static void take_answers(struct watch *w, const struct pollfd *polled)
{
    unsigned left = 0;
    bool answered = false;
    for (unsigned i = 0; i < w->count; i++)
        if (polled[i].revents)
            answered |= witness_knocked(w->knocks[i]);
        else
            w->knocks[left++] = w->knocks[i];
    w->count = left;
    if (answered)
        hear(w);
}

/* ---- the witness ---- */

/* True: it has ended, and 'lost' knows. */
static bool read_end(struct watch *w)
{
    char byte;
    ssize_t got = recv(w->witness, &byte, 1, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (got == 1 && byte == WITNESS_EVICTED)
        w->lost(w->context, MSTRO_STALE_EPOCH, "the pool has ended this session");
    else if (got < 0 && (errno == ETIMEDOUT || errno == EHOSTUNREACH || errno == ENETUNREACH))
        w->lost(w->context, MSTRO_PARTITIONED, "the pool manager's host cannot be heard any more");
    else
        w->lost(w->context, MSTRO_POOL_LOST, "the pool manager has ended: it was stopped or killed, or it put this process out");
    return true;
}

/* A pause of our own is nobody's silence, hence the limit. */
static void count_silence(struct watch *w, uint64_t now)
{
    uint64_t gap = now - w->looked, most = WATCH_BEAT + WATCH_KNOCK;
    gap = gap < most ? gap : most;
    w->looked = now;
    w->silent += gap;
    w->stuck += gap;
}

static void look(struct watch *w, uint64_t now)
{
    struct witness_sign sign;
    if (!witness_look(w->witness, &sign))
        return;
    count_silence(w, now);
    if (!sign.waiting || sign.delivered != w->delivered) {
        w->delivered = sign.delivered;
        w->stuck = 0;
        hear(w);
    }
    if (w->silent >= WATCH_DOUBT)
        knock(w);
    if (now >= w->beat_at && sign.room) {
        witness_beat(w->witness);
        w->beat_at = now + WATCH_BEAT;
    }
}

/* True: there is no way to the manager, and 'lost' knows. */
static bool judge(struct watch *w)
{
    char reason[256];
    if (w->silent < WATCH_VERDICT && w->stuck < WATCH_STUCK)
        return false;
    snprintf(reason, sizeof reason, "the pool manager's host (%s) cannot be heard any more: the network between is cut, or it is down", w->there);
    w->lost(w->context, MSTRO_PARTITIONED, reason);
    return true;
}

static int time_to_look(const struct watch *w)
{
    uint64_t next = w->looked + (w->silent >= WATCH_DOUBT / 2 ? WATCH_KNOCK : WATCH_BEAT), now = clock_now();
    return next > now ? (int)((next - now) / NANOSECONDS_PER_MILLISECOND) + 1 : 0;
}

/* What they bring must not hold this thread up. */
static bool call_porter(struct watch *w)
{
    if (porter_start(&w->porter, w->shown, -1, &(struct porter_events){ 0 }) != MSTRO_OK)
        return false;
    w->shown = -1;
    return true;
}

static void *run(void *context)
{
    struct watch *w = context;
    bool over = false;
    while (!over) {
        struct pollfd polled[2 + KNOCKS] = { { .fd = w->witness, .events = POLLIN }, { .fd = clock_now() < w->attend_at ? -1 : w->shown, .events = POLLIN } };
        for (unsigned i = 0; i < w->count; i++)
            polled[2 + i] = (struct pollfd){ .fd = w->knocks[i], .events = POLLOUT };
        int ready = poll(polled, 2 + w->count, time_to_look(w));
        if (atomic_load(&w->stop))
            break;
        if (ready > 0)
            take_answers(w, polled + 2);
        if (ready > 0 && polled[1].revents && !call_porter(w))
            w->attend_at = clock_now() + ATTEND_PAUSE;
        over = ready > 0 && polled[0].revents && read_end(w);
        uint64_t now = clock_now();
        if (!over && time_to_look(w) == 0)
            look(w, now);
        over = over || judge(w);
    }
    forget_knocks(w);
    return NULL;
}

/* ---- begin and end ---- */

mstro_status watch_start(struct watch **out, int witness, const char *there, int shown,
                         void (*lost)(void *context, mstro_status status, const char *reason), void *context)
{
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return MSTRO_NOMEM;
    *w = (struct watch){ .witness = witness, .shown = shown, .lost = lost, .context = context, .looked = clock_now() };
    snprintf(w->there, sizeof w->there, "%s", there);
    mstro_status status = thread_start(&w->thread, "the watch over the pool manager", STACK, run, w);
    if (status == MSTRO_OK)
        *out = w;
    else
        free(w);
    return status;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    atomic_store(&w->stop, true);
    shutdown(w->witness, SHUT_RDWR);
    pthread_join(w->thread, NULL);
    if (w->shown >= 0 && !call_porter(w)) /* somebody may have come just now */
        close(w->shown);
    porter_stop(w->porter);
    free(w);
}
