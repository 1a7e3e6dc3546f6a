/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/system/porter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/base/detail.h"
#include "lib/base/thread.h"
#include "lib/system/credential.h"
#include "lib/system/handover.h"

enum { STACK = 128 * 1024, SHORTAGE_PAUSE = 1000 /* ms */ };

#define LEAVE_TIME (100 * NANOSECONDS_PER_MILLISECOND)

struct porter {
    int shown, handed; /* of the thread: closing them dismisses whoever still waits there */
    int bell;
    struct porter_events events;
    pthread_mutex_t lock;
    pthread_cond_t left;
    bool stop, gone; /* the last of the two frees all: who stopped it, and the thread */
};

static void porter_free(struct porter *p)
{
    if (p->bell >= 0)
        close(p->bell);
    pthread_cond_destroy(&p->left);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* ---- the thread: what it calls without the lock may take for ever ---- */

static bool is_stopped(struct porter *p)
{
    pthread_mutex_lock(&p->lock);
    bool stopped = p->stop;
    pthread_mutex_unlock(&p->lock);
    return stopped;
}

static void report(struct porter *p, mstro_status status, struct bytes words, int memory)
{
    pthread_mutex_lock(&p->lock);
    if (p->stop) {
        if (status == MSTRO_OK)
            close(memory);
    } else if (status == MSTRO_OK)
        p->events.memory(p->events.context, words, memory);
    else if (status == MSTRO_QUOTA && p->events.shortage)
        p->events.shortage(p->events.context);
    pthread_mutex_unlock(&p->lock);
}

/* One at a time, so that the end is seen between them.  False: no descriptor was left. */
static bool attend(struct porter *p, bool looked_at, bool handed_over)
{
    uint8_t words[HANDOVER_WORDS];
    size_t length = 0;
    int memory = -1;
    bool enough = !looked_at || credential_attend(p->shown);
    if (!enough)
        report(p, MSTRO_QUOTA, bytes_of(words, 0), -1);
    if (!handed_over)
        return enough;
    mstro_status status = handover_take(p->handed, words, &length, &memory);
    if (status == MSTRO_OK || status == MSTRO_QUOTA)
        report(p, status, bytes_of(words, length), memory);
    return enough && status != MSTRO_QUOTA;
}

static void *run(void *context)
{
    struct porter *p = context;
    bool enough = true;
    while (!is_stopped(p)) {
        struct pollfd polled[] = { { .fd = p->bell, .events = POLLIN }, { .fd = enough ? p->shown : -1, .events = POLLIN }, { .fd = enough ? p->handed : -1, .events = POLLIN } };
        int ready = poll(polled, 3, enough ? -1 : SHORTAGE_PAUSE);
        enough = ready <= 0 || polled[0].revents || attend(p, polled[1].revents != 0, polled[2].revents != 0);
    }
    if (p->shown >= 0)
        close(p->shown);
    if (p->handed >= 0)
        close(p->handed);
    pthread_mutex_lock(&p->lock);
    bool alone = p->gone;
    p->gone = true;
    pthread_cond_signal(&p->left);
    pthread_mutex_unlock(&p->lock);
    if (alone)
        porter_free(p);
    return NULL;
}

/* ---- begin and end ---- */

mstro_status porter_start(struct porter **out, int shown, int handed, const struct porter_events *events)
{
    struct porter *p = calloc(1, sizeof *p);
    if (!p)
        return MSTRO_NOMEM;
    *p = (struct porter){ .shown = shown, .handed = handed, .events = *events };
    pthread_mutex_init(&p->lock, NULL);
    condition_init(&p->left);
    p->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_t thread;
    mstro_status status = p->bell < 0 ? detail_set(MSTRO_IO, "nobody can be attended to: %s", strerror(errno))
                                      : thread_start(&thread, "strangers at the door", STACK, run, p);
    if (status != MSTRO_OK) {
        porter_free(p);
        return status;
    }
    pthread_detach(thread); /* nobody could wait for one that is held up */
    *out = p;
    return MSTRO_OK;
}

/* Nobody is to find it there, also where its thread is held up. */
static void shut(int fd)
{
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

void porter_stop(struct porter *p)
{
    if (!p)
        return;
    uint64_t until = clock_now() + LEAVE_TIME;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    eventfd_write(p->bell, 1);
    shut(p->shown);
    shut(p->handed);
    while (!p->gone && condition_wait(&p->left, &p->lock, until))
        ;
    bool alone = p->gone;
    p->gone = true;
    pthread_mutex_unlock(&p->lock);
    if (alone)
        porter_free(p);
}
