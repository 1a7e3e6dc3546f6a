/* SPDX-License-Identifier: BSD-3-Clause */
/* window.h - requests in flight, at most so many, ended in the order in which they were started; one thread */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <maestro/maestro.h>

#include "bench/field.h"
#include "bench/sample.h"
#include "lib/base/histogram.h"

struct window {
    struct { mstro_request request; uint64_t since; } *ring;
    size_t size, oldest, open;
    struct histogram *latency; /* of those that have a 'since' */
};

static inline void window_open(struct window *w, size_t size, struct histogram *latency)
{
    *w = (struct window){ .ring = calloc(size, sizeof *w->ring), .size = size, .latency = latency };
    must(w->ring ? MSTRO_OK : MSTRO_NOMEM, "window");
}

static inline bool window_empty(const struct window *w) { return w->open == 0; }

static inline void window_ended(struct window *w, mstro_status status)
{
    uint64_t since = w->ring[w->oldest].since;
    must(status, "request");
    if (since)
        histogram_add(w->latency, nanoseconds_now() - since);
    w->oldest = (w->oldest + 1) % w->size;
    w->open--;
}

/* The oldest one, when it has ended before 'until' (monotonic ns). */
static inline void window_take(struct window *w, uint64_t until)
{
    mstro_request oldest = w->ring[w->oldest].request;
    bool done = false;
    mstro_status status = mstro_request_test(oldest, &done);
    if (!done) {
        struct timespec wall;
        uint64_t now = nanoseconds_now(), ahead = until > now ? until - now : 0;
        clock_gettime(CLOCK_REALTIME, &wall);
        ahead += (uint64_t)wall.tv_nsec;
        wall.tv_sec += (time_t)(ahead / 1000000000u);
        wall.tv_nsec = (long)(ahead % 1000000000u);
        status = mstro_request_timedwait(oldest, &wall);
        if (status == MSTRO_TIMEOUT)
            return;
    }
    window_ended(w, status);
}

/* Wait for the oldest one when the window is full. */
static inline void window_make_room(struct window *w)
{
    if (w->open == w->size)
        window_ended(w, mstro_request_wait(w->ring[w->oldest].request));
}

/* Start one more, when there is room.  'since' 0: its latency is not asked for. */
static inline void window_start(struct window *w, mstro_status (*start)(mstro_cdo, mstro_request *), mstro_cdo cdo, uint64_t since)
{
    window_make_room(w);
    size_t at = (w->oldest + w->open) % w->size;
    must(start(cdo, &w->ring[at].request), "start");
    w->ring[at].since = since;
    w->open++;
}

static inline void window_drain(struct window *w)
{
    while (w->open)
        window_ended(w, mstro_request_wait(w->ring[w->oldest].request));
}

static inline void window_close(struct window *w) { free(w->ring); }

#endif
