/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/admission.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/serve/member.h"
#include "lib/system/credential.h"

enum { EVENTS = 64, HALF_OPEN = 1024, CONNECTIONS = 16384 };

#define JOIN_TIME (5 * NANOSECONDS_PER_SECOND)
#define ACCEPT_PAUSE (100 * NANOSECONDS_PER_MILLISECOND) /* when descriptors are short */

/* What is needed until a guest is in. */
struct greeting {
    struct handshake handshake;
    struct witness_inbox inbox;
    struct record_hello hello;
    uint8_t address[MAX_ADDRESS];
    bool proving; /* CHALLENGE was sent, PROOF is due */
};

struct guest {
    struct list link; /* in admission.waiting, oldest first, or in admission.inside */
    int fd;
    uint64_t since;
    struct greeting *greeting;     /* NULL once it is in */
    struct member *member;         /* NULL before */
};

struct admission {
    struct admission_settings settings;
    struct shard_set shards;
    char name[WITNESS_ADDRESS_MAX];
    int listener, epoll, bell;
    int shown; /* which process the pool is in */
    pthread_t thread;
    bool started;
    atomic_bool stop, door_closed;
    struct list waiting, inside; /* of the thread, as all below */
    unsigned half_open, guests;
    uint64_t accept_again; /* NO_DEADLINE while the listener is watched */
    bool listening;
    _Atomic uint64_t refused, half_open_dropped;
};

/* ---- one guest ---- */

static void greeting_free(struct admission *a, struct guest *g)
{
    if (!g->greeting)
        return;
    handshake_clear(&g->greeting->handshake);
    free(g->greeting);
    g->greeting = NULL;
    a->half_open--;
}

static void guest_free(struct admission *a, struct guest *g, const char *reason)
{
    list_remove(&g->link);
    greeting_free(a, g);
    if (g->member)
        member_gone(g->member, reason);
    epoll_ctl(a->epoll, EPOLL_CTL_DEL, g->fd, NULL); /* a fork may hold the socket: then closing it would leave it watched */
    close(g->fd);
    free(g);
    a->guests--;
}

/* One named error, then the end. */
static void deny(struct admission *a, struct guest *g, mstro_status status)
{
    struct witness_outbox outbox;
    handshake_deny(&a->settings.self, status, mstro_error_detail(), witness_begin(&outbox));
    witness_send(g->fd, &outbox);
    char unread[4096]; /* closing with bytes unread would take our answer back */
    for (int i = 0; i < 16 && recv(g->fd, unread, sizeof unread, 0) == (ssize_t)sizeof unread; i++)
        ;
    atomic_fetch_add(&a->refused, 1);
    log_info(LOG_PM, "a client was not let in: %s: %s", mstro_status_name(status), mstro_error_detail());
    guest_free(a, g, "");
}

static mstro_status challenge(struct admission *a, struct guest *g, struct bytes body)
{
    struct greeting *greeting = g->greeting;
    struct witness_outbox outbox;
    uint8_t random[HANDSHAKE_RANDOM_SIZE];
    random_fill(random_kernel, random, sizeof random);
    mstro_status status = handshake_challenge(&greeting->handshake, &a->settings.self, random, body, &greeting->hello, witness_begin(&outbox));
    sodium_memzero(random, sizeof random);
    if (status != MSTRO_OK)
        return status;
    if (greeting->hello.address.length == 0)
        return detail_set(MSTRO_INVMSG, "HELLO has no address");
    memcpy(greeting->address, greeting->hello.address.at, greeting->hello.address.length);
    greeting->hello.address.at = greeting->address;
    greeting->proving = true;
    return witness_send(g->fd, &outbox);
}

static mstro_status accept_guest(struct admission *a, struct guest *g, struct bytes body)
{
    struct greeting *greeting = g->greeting;
    struct witness_outbox outbox;
    mstro_status status = handshake_check(&greeting->handshake, body);
    if (status != MSTRO_OK)
        return status;
    struct session_keys *keys = &greeting->handshake.keys;
    status = member_admit(&a->shards, keys, greeting->hello.address, g->fd, &g->member);
    if (status != MSTRO_OK)
        return status;
    status = handshake_accept(&greeting->handshake, keys->session, witness_begin(&outbox));
    if (status == MSTRO_OK)
        status = witness_send(g->fd, &outbox);
    if (status == MSTRO_OK) {
        witness_admit(g->fd);
        greeting_free(a, g);
    }
    return status;
}

static void greet(struct admission *a, struct guest *g)
{
    struct bytes body;
    mstro_status status = witness_receive(g->fd, &g->greeting->inbox, &body);
    if (status == MSTRO_WOULDBLOCK)
        return;
    if (status == MSTRO_OK)
        status = g->greeting->proving ? accept_guest(a, g, body) : challenge(a, g, body);
    if (status == MSTRO_POOL_LOST)
        guest_free(a, g, "");
    else if (status != MSTRO_OK)
        deny(a, g, status);
}

/* After the handshake nothing that comes matters but the end. */
static void watch(struct admission *a, struct guest *g)
{
    if (witness_drain(g->fd) == MSTRO_POOL_LOST)
        guest_free(a, g, errno == 0 ? "died: its connection closed" : errno == ETIMEDOUT ? "cannot be reached any more" : "died: its connection broke");
}

/* ---- many ---- */

static void listen_for(struct admission *a, bool on)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &a->listener };
    if (on != a->listening)
        epoll_ctl(a->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, a->listener, &event);
    a->listening = on;
    a->accept_again = NO_DEADLINE;
}

static struct guest *oldest_greeted(struct admission *a)
{
    list_each(link, &a->waiting) {
        struct guest *g = list_entry(link, struct guest, link);
        if (g->greeting)
            return g;
    }
    return NULL;
}

static void take_guest(struct admission *a, int fd)
{
    struct guest *g = calloc(1, sizeof *g), *oldest;
    struct greeting *greeting = calloc(1, sizeof *greeting);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = g };
    if (!g || !greeting || epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(g);
        free(greeting);
        close(fd);
        return;
    }
    if (a->half_open >= a->settings.half_open && (oldest = oldest_greeted(a))) {
        atomic_fetch_add(&a->half_open_dropped, 1);
        guest_free(a, oldest, "");
    }
    g->fd = fd;
    g->since = clock_now();
    g->greeting = greeting;
    list_append(&a->waiting, &g->link);
    a->half_open++;
    if (++a->guests > a->settings.connections) {
        detail_set(MSTRO_QUOTA, "%u processes are connected already, the most that this pool manager takes", a->settings.connections);
        deny(a, g, MSTRO_QUOTA);
    }
}

/* A few at a time, so that those inside are not forgotten. */
static void take_guests(struct admission *a)
{
    for (int i = 0; i < EVENTS; i++) {
        int fd = witness_take(a->listener);
        if (fd >= 0)
            take_guest(a, fd);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn(LOG_PM, "cannot take a connection: %s", strerror(errno));
            listen_for(a, false); /* it would stay readable and keep us awake */
            a->accept_again = clock_now() + ACCEPT_PAUSE;
            return;
        } else
            return;
    }
}

/* Put out who is late.  Returns when the next one will be. */
static uint64_t check_late(struct admission *a)
{
    uint64_t now = clock_now();
    while (!list_empty(&a->waiting)) {
        struct guest *g = list_entry(a->waiting.next, struct guest, link);
        if (g->member && member_joined(g->member)) {
            list_remove(&g->link);
            list_append(&a->inside, &g->link);
        } else if (now - g->since < a->settings.join_time)
            return g->since + a->settings.join_time;
        else
            guest_free(a, g, "did not join in time");
    }
    return NO_DEADLINE;
}

static int wait_time(struct admission *a)
{
    uint64_t until = check_late(a), now = clock_now();
    until = a->accept_again < until ? a->accept_again : until;
    if (until == NO_DEADLINE)
        return -1;
    return until <= now ? 0 : (int)((until - now) / NANOSECONDS_PER_MILLISECOND) + 1;
}

static void *run(void *context)
{
    struct admission *a = context;
    struct epoll_event events[EVENTS];
    eventfd_t rung;
    while (!atomic_load(&a->stop)) {
        int count = epoll_wait(a->epoll, events, EVENTS, wait_time(a));
        if (a->accept_again <= clock_now())
            listen_for(a, true);
        bool knocked = false;
        for (int i = 0; i < count; i++) {
            struct guest *g = events[i].data.ptr;
            if (events[i].data.ptr == &a->listener)
                knocked = true;
            else if (events[i].data.ptr == &a->bell)
                eventfd_read(a->bell, &rung);
            else if (events[i].data.ptr == &a->shown)
                credential_attend(a->shown);
            else if (g->greeting)
                greet(a, g);
            else
                watch(a, g);
        }
        if (knocked) /* last: it may free a guest that has an event of its own */
            take_guests(a);
        if (atomic_load(&a->door_closed))
            listen_for(a, false);
    }
    return NULL;
}

/* ---- begin and end ---- */

static bool start_thread(struct admission *a)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    a->started = pthread_create(&a->thread, NULL, run, a) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return a->started;
}

static mstro_status prepare(struct admission *a)
{
    mstro_status status = witness_listen(a->settings.address, &a->listener, a->name);
    if (status != MSTRO_OK)
        return status;
    a->epoll = epoll_create1(EPOLL_CLOEXEC);
    a->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &a->bell };
    if (a->epoll < 0 || a->bell < 0 || epoll_ctl(a->epoll, EPOLL_CTL_ADD, a->bell, &event) != 0)
        return detail_set(MSTRO_IO, "cannot watch for clients: %s", strerror(errno));
    status = credential_show(a->settings.self.pool, CREDENTIAL_POOL, &a->shown);
    if (status != MSTRO_OK)
        return status;
    struct epoll_event look = { .events = EPOLLIN, .data.ptr = &a->shown };
    if (epoll_ctl(a->epoll, EPOLL_CTL_ADD, a->shown, &look) != 0)
        return detail_set(MSTRO_IO, "cannot watch for those who look for the pool: %s", strerror(errno));
    listen_for(a, true);
    return start_thread(a) ? MSTRO_OK : detail_set(MSTRO_NOMEM, "cannot start a thread for the pool's door");
}

mstro_status admission_start(struct admission **out, const struct shard_set *shards, const struct admission_settings *settings)
{
    struct admission *a = calloc(1, sizeof *a);
    if (!a)
        return MSTRO_NOMEM;
    a->settings = *settings;
    a->settings.join_time = settings->join_time ? settings->join_time : JOIN_TIME;
    a->settings.half_open = settings->half_open ? settings->half_open : HALF_OPEN;
    a->settings.connections = settings->connections ? settings->connections : CONNECTIONS;
    a->shards = *shards;
    a->listener = a->epoll = a->bell = a->shown = -1;
    a->accept_again = NO_DEADLINE;
    list_init(&a->waiting);
    list_init(&a->inside);
    mstro_status status = prepare(a);
    if (status != MSTRO_OK)
        admission_stop(a);
    else
        *out = a;
    return status;
}

const char *admission_name(const struct admission *a) { return a->name; }

static void ring(struct admission *a)
{
    if (a->bell >= 0)
        eventfd_write(a->bell, 1);
}

void admission_close_door(struct admission *a)
{
    atomic_store(&a->door_closed, true);
    ring(a);
}

static void free_all(struct admission *a, struct list *list)
{
    while (!list_empty(list))
        guest_free(a, list_entry(list->next, struct guest, link), "the pool manager has ended");
}

void admission_stop(struct admission *a)
{
    if (a->started) {
        atomic_store(&a->stop, true);
        ring(a);
        pthread_join(a->thread, NULL);
    }
    free_all(a, &a->waiting);
    free_all(a, &a->inside);
    const int descriptors[] = { a->listener, a->epoll, a->bell, a->shown };
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    free(a);
}

struct admission_count admission_count(const struct admission *a)
{
    return (struct admission_count){ .refused = atomic_load(&a->refused), .half_open_dropped = atomic_load(&a->half_open_dropped) };
}
