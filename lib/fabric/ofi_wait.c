/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi_wait.c - what the thread that sleeps, sleeps on, and how it is woken
 *
 * fi_cq_sread looks for progress twice, rings a bell of its own for every completion and takes that back before it sleeps: five system
 * calls a frame on both sides; and it loses an fi_cq_signal that meets a thread in the microseconds in which it lies down.  Where the
 * provider shows the descriptors that it waits for (FI_WAIT_POLLFD: net), exactly one of them is an epoll set, that of the domain's
 * sockets; it is readable when, and only when, there is something to be moved on.  Then we wait for that and for a bell of our own,
 * which no ring misses.  Everywhere else fi_cq_sread it is. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/fabric/ofi.h"

enum { DESCRIPTORS = 8, LONGEST_FIRST_SLEEP = 64 };

/* Rounded up; and libfabric may cut off one more, which would make a long sleep two. */
static int milliseconds_until(uint64_t until, uint64_t now)
{
    uint64_t span = until > now ? until - now : 0, more = span > 16 * NANOSECONDS_PER_MILLISECOND ? NANOSECONDS_PER_MILLISECOND : 0;
    return (int)((span + more + NANOSECONDS_PER_MILLISECOND - 1) / NANOSECONDS_PER_MILLISECOND);
}

static bool is_epoll_set(int descriptor)
{
    static const char wanted[] = "anon_inode:[eventpoll]";
    char path[64], target[sizeof wanted];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(path, target, sizeof target);
    return length == (ssize_t)sizeof wanted - 1 && memcmp(target, wanted, sizeof wanted - 1) == 0;
}

/* -1: there is none, or more than one. */
static int find_epoll_set(struct fid_cq *cq)
{
    struct pollfd descriptors[DESCRIPTORS];
    struct fi_wait_pollfd shown = { .nfds = DESCRIPTORS, .fd = descriptors };
    int found = -1;
    if (fi_control(&cq->fid, FI_GETWAIT, &shown) != 0 || shown.nfds > DESCRIPTORS)
        return -1;
    for (size_t i = 0; i < shown.nfds; i++)
        if (is_epoll_set(descriptors[i].fd)) {
            if (found >= 0)
                return -1;
            found = descriptors[i].fd;
        }
    return found;
}

void wait_open(struct ofi_fabric *f)
{
    enum fi_wait_obj object;
    if (fi_control(&f->home.cq->fid, FI_GETWAITOBJ, &object) != 0 || object != FI_WAIT_POLLFD)
        return;
    /* libfabric 1.17 shows all of them from its first sleep on, which does not come when the time is over before: on a busy machine. */
    for (int milliseconds = 1; f->sockets < 0 && milliseconds <= LONGEST_FIRST_SLEEP; milliseconds *= 2) {
        fi_cq_sread(f->home.cq, NULL, 0, NULL, milliseconds);
        f->sockets = find_epoll_set(f->home.cq);
    }
    if (f->sockets >= 0)
        f->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (f->bell < 0)
        f->sockets = -1;
}

void wait_close(struct ofi_fabric *f)
{
    if (f->bell >= 0)
        close(f->bell);
}

mstro_status ofi_watch(struct fabric *fabric, int descriptor)
{
    struct ofi_fabric *f = ofi_of(fabric);
    if (f->sockets < 0)
        return detail_set(MSTRO_UNIMPL, "%s sleeps inside libfabric, where nothing else is waited for", fabric->limits.provider);
    f->watched = descriptor;
    return MSTRO_OK;
}

bool wait_watched(const struct ofi_fabric *f)
{
    struct pollfd on = { .fd = f->watched, .events = POLLIN };
    return f->watched >= 0 && poll(&on, 1, 0) > 0;
}

void wait_ring(struct ofi_fabric *f)
{
    static const uint64_t one = 1;
    if (f->asleep_on == &f->home && f->sockets >= 0) {
        if (write(f->bell, &one, sizeof one) < 0)
            return; /* it rings already, a great many times */
    } else if (f->asleep_on)
        fi_cq_signal(f->asleep_on->cq);
}

/* What has been completed in passing no descriptor speaks of: so first a look, but when nothing was left a moment ago. */
static ssize_t sleep_on_sockets(struct ofi_fabric *f, uint64_t until, bool dry)
{
    struct pollfd on[] = { { .fd = f->sockets, .events = POLLIN }, { .fd = f->bell, .events = POLLIN }, { .fd = f->watched, .events = POLLIN } };
    if (!dry && fi_cq_read(f->home.cq, NULL, 0) != -FI_EAGAIN)
        return 0;
    uint64_t now = clock_now();
    struct timespec span = clock_to_timespec(until > now ? until - now : 0);
    if (ppoll(on, 3, &span, NULL) <= 0)
        return -FI_EAGAIN;
    uint64_t rings;
    if (on[1].revents && read(f->bell, &rings, sizeof rings) < 0)
        return -FI_EAGAIN;
    return on[0].revents || on[2].revents ? 0 : -FI_EAGAIN;
}

ssize_t wait_on(struct ofi_fabric *f, struct lane *l, uint64_t until, bool dry)
{
    if (l == &f->home && f->sockets >= 0)
        return sleep_on_sockets(f, until, dry);
    return fi_cq_sread(l->cq, NULL, 0, NULL, milliseconds_until(until, clock_now()));
}
