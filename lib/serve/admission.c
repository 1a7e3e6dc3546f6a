/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/admission.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/thread.h"
#include "lib/fabric/rings.h"
#include "lib/serve/member.h"
#include "lib/serve/rings_door.h"
#include "lib/system/credential.h"
#include "lib/system/porter.h"

enum { EVENTS = 64, HALF_OPEN = 1024, OFFERS = 64 };

/* Descriptors that are left alone: the application's, where the pool is in one, and those of whoever has to look after the manager. */
enum { RESERVE = 64 };

#define COMPLAINT_INTERVAL (10 * NANOSECONDS_PER_SECOND)
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
    int shown; /* which process the pool is in; -1: the porter has it */
    int rings; /* rings_door.h; -1: it is shut, or the porter has it */
    struct porter *porter;
    pthread_mutex_t offers; /* leaf; guards what follows */
    struct rings_offer offered[OFFERS];
    unsigned offers_count;
    bool unattended; /* for want of a descriptor */
    int spare; /* given up when descriptors are short, so that who comes can be told */
    pthread_t thread;
    bool started;
    atomic_bool stop, door_closed;
    struct list waiting, inside; /* of the thread, as all below */
    unsigned half_open, guests;
    uint64_t accept_again; /* NO_DEADLINE while the listener is watched */
    uint64_t complain_at;  /* of a shortage, not again before */
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

/* One named error. */
static void say_no(struct admission *a, int fd, mstro_status status)
{
    struct witness_outbox outbox;
    handshake_deny(&a->settings.self, status, mstro_error_detail(), witness_begin(&outbox));
    witness_send(fd, &outbox);
    char unread[4096]; /* closing with bytes unread would take our answer back */
    for (int i = 0; i < 16 && recv(fd, unread, sizeof unread, 0) == (ssize_t)sizeof unread; i++)
        ;
    atomic_fetch_add(&a->refused, 1);
    log_info(LOG_PM, "a client was not let in: %s: %s", mstro_status_name(status), mstro_error_detail());
}

/* One named error, then the end. */
static void deny(struct admission *a, struct guest *g, mstro_status status)
{
    say_no(a, g->fd, status);
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
    if (a->guests - a->half_open >= a->settings.connections)
        return detail_set(MSTRO_QUOTA, "%u processes are connected already, the most that this pool manager takes (setting connections, and the "
                          "limit of open files)", a->settings.connections);
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

static void complain(struct admission *a, const char *what, int error)
{
    uint64_t now = clock_now();
    if (now < a->complain_at)
        return;
    a->complain_at = now + COMPLAINT_INTERVAL;
    log_warn(LOG_PM, "cannot %s: %s (%u are in, %u at the door)", what, strerror(error), a->guests - a->half_open, a->half_open);
}

/* ---- memory that guests of this node share with us ---- */

/* Only who has not joined yet can offer any. */
static struct member *find_offering(struct admission *a, const struct rings_offer *offer)
{
    list_each(link, &a->waiting) {
        struct guest *g = list_entry(link, struct guest, link);
        if (g->member && member_session(g->member) == offer->session)
            return !member_joined(g->member) && member_offers(g->member, offer->token) ? g->member : NULL;
    }
    return NULL;
}

/* In the porter's thread.  What is too much is dropped: who offers it does not wait for long. */
static void memory_came(void *context, struct bytes words, int memory)
{
    struct admission *a = context;
    pthread_mutex_lock(&a->offers);
    bool kept = a->offers_count < OFFERS && rings_offer_read(words, memory, &a->offered[a->offers_count]) == MSTRO_OK;
    a->offers_count += kept;
    pthread_mutex_unlock(&a->offers);
    if (kept)
        eventfd_write(a->bell, 1);
    else
        close(memory);
}

static void nobody_attended(void *context)
{
    struct admission *a = context;
    pthread_mutex_lock(&a->offers);
    a->unattended = true;
    pthread_mutex_unlock(&a->offers);
    eventfd_write(a->bell, 1);
}

static bool next_offer(struct admission *a, struct rings_offer *offer)
{
    pthread_mutex_lock(&a->offers);
    bool some = a->offers_count > 0;
    if (some) {
        *offer = a->offered[0];
        memmove(a->offered, a->offered + 1, --a->offers_count * sizeof *offer);
    }
    pthread_mutex_unlock(&a->offers);
    return some;
}

static void take_offers(struct admission *a)
{
    struct rings_offer offer;
    while (next_offer(a, &offer)) {
        struct member *m = find_offering(a, &offer);
        mstro_status status = m ? member_use_rings(m, offer.memory) : detail_set(MSTRO_REFUSED, "nobody who may");
        if (status != MSTRO_OK)
            log_info(LOG_PM, "session %llu: offers shared memory, which is not taken: %s", (unsigned long long)offer.session, mstro_error_detail());
        close(offer.memory);
    }
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

/* Who has to go when there are too many: the one who came first of those that have not said a word, else of those that have not shown
 * the key.  A client needs two answers for that, so that one that is put out had no time, or never meant to; it comes again. */
static struct guest *most_dispensable(struct admission *a)
{
    struct guest *first = NULL;
    list_each(link, &a->waiting) {
        struct guest *g = list_entry(link, struct guest, link);
        if (g->greeting && !g->greeting->proving)
            return g;
        if (g->greeting && !first)
            first = g;
    }
    return first;
}

static bool make_room(struct admission *a)
{
    struct guest *g = most_dispensable(a);
    if (!g)
        return false;
    atomic_fetch_add(&a->half_open_dropped, 1);
    guest_free(a, g, "");
    return true;
}

static void take_word_of_porter(struct admission *a)
{
    eventfd_t rung;
    eventfd_read(a->bell, &rung);
    take_offers(a);
    pthread_mutex_lock(&a->offers);
    bool unattended = a->unattended;
    a->unattended = false;
    pthread_mutex_unlock(&a->offers);
    if (!unattended)
        return;
    complain(a, "take memory that a process of this node offers, or be looked at by one", EMFILE);
    make_room(a); /* who is in comes before who stands at the door */
}

static void take_guest(struct admission *a, int fd)
{
    struct guest *g = calloc(1, sizeof *g);
    struct greeting *greeting = calloc(1, sizeof *greeting);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = g };
    if (!g || !greeting || epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(g);
        free(greeting);
        detail_set(MSTRO_NOMEM, "the pool manager has no memory for one more connection");
        say_no(a, fd, MSTRO_NOMEM);
        close(fd);
        return;
    }
    if (a->half_open >= a->settings.half_open)
        make_room(a);
    g->fd = fd;
    g->since = clock_now();
    g->greeting = greeting;
    list_append(&a->waiting, &g->link);
    a->half_open++;
    a->guests++;
}

/* No descriptor is left.  Who comes is told so with the spare one. */
static bool turn_away(struct admission *a)
{
    close(a->spare);
    int fd = witness_take(a->listener);
    if (fd >= 0) {
        detail_set(MSTRO_QUOTA, "the pool manager has no descriptor for one more connection: raise its limit of open files");
        say_no(a, fd, MSTRO_QUOTA);
        close(fd);
    }
    a->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

/* True: it may go on. */
static bool bear_shortage(struct admission *a, int error)
{
    complain(a, "take a connection", error);
    if (error == EMFILE && (make_room(a) || (a->spare >= 0 && turn_away(a))))
        return true;
    listen_for(a, false); /* it would stay readable and keep us awake */
    a->accept_again = clock_now() + ACCEPT_PAUSE;
    return false;
}

/* accept() wants a descriptor before it looks whether there is anybody. */
static bool somebody_knocks(const struct admission *a)
{
    struct pollfd door = { .fd = a->listener, .events = POLLIN };
    return poll(&door, 1, 0) > 0;
}

/* A few at a time, so that those inside are not forgotten. */
static void take_guests(struct admission *a)
{
    for (int i = 0; i < EVENTS; i++) {
        int fd = witness_take(a->listener), error = errno;
        if (fd >= 0)
            take_guest(a, fd);
        else if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
            return;
        else if (!somebody_knocks(a) || !bear_shortage(a, error))
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
                take_word_of_porter(a);
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
    status = rings_door_open(a->settings.self.pool, &a->rings);
    if (status == MSTRO_OK)
        status = porter_start(&a->porter, a->shown, a->rings, &(struct porter_events){ a, memory_came, nobody_attended });
    if (status != MSTRO_OK)
        return status;
    a->shown = a->rings = -1;
    a->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    listen_for(a, true);
    status = thread_start(&a->thread, "the pool's door", 0, run, a);
    a->started = status == MSTRO_OK;
    return status;
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (all && readdir(all))
        count++;
    if (all)
        closedir(all);
    return count;
}

static unsigned least(unsigned a, rlim_t b) { return a < b ? a : (unsigned)b; }

/* Of who is in: the witness, and for each shard a connection; and a bell, where messages go through memory, which does not keep a member from
 * making the connection, too. */
static unsigned descriptors_of_member(unsigned shards)
{
    bool rings;
    return 1 + (rings_wanted(&rings) == MSTRO_OK && !rings ? 1 : 2) * shards;
}

/* A quarter of the descriptors that are left may be at the door. */
static void fit_to_descriptors(struct admission_settings *settings, unsigned shards)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    rlim_t reserve = limit.rlim_cur / 4 < RESERVE ? limit.rlim_cur / 4 : RESERVE, used = open_descriptors() + reserve;
    rlim_t left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    unsigned asked = settings->connections;
    settings->half_open = least(settings->half_open, left / 4 > 0 ? left / 4 : 1);
    rlim_t members = (left - left / 4) / descriptors_of_member(shards);
    settings->connections = least(settings->connections, members > 0 ? members : 1);
    if (settings->connections < asked)
        log_info(LOG_PM, "with %llu open files at most, %u processes can be connected at once, not %u", (unsigned long long)limit.rlim_cur,
                 settings->connections, asked);
}

mstro_status admission_start(struct admission **out, const struct shard_set *shards, const struct admission_settings *settings)
{
    struct admission *a = calloc(1, sizeof *a);
    if (!a)
        return MSTRO_NOMEM;
    a->settings = *settings;
    a->settings.join_time = settings->join_time ? settings->join_time : ADMISSION_JOIN_TIME(DEFAULT_NUMBER);
    a->settings.half_open = settings->half_open ? settings->half_open : HALF_OPEN;
    a->settings.connections = settings->connections ? settings->connections : ADMISSION_CONNECTIONS(DEFAULT_NUMBER);
    fit_to_descriptors(&a->settings, shards->count);
    a->shards = *shards;
    a->listener = a->epoll = a->bell = a->shown = a->rings = a->spare = -1;
    a->accept_again = NO_DEADLINE;
    pthread_mutex_init(&a->offers, NULL);
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
    porter_stop(a->porter);
    for (unsigned i = 0; i < a->offers_count; i++)
        close(a->offered[i].memory);
    pthread_mutex_destroy(&a->offers);
    free_all(a, &a->waiting);
    free_all(a, &a->inside);
    const int descriptors[] = { a->listener, a->epoll, a->bell, a->shown, a->rings, a->spare };
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    free(a);
}

struct admission_count admission_count(const struct admission *a)
{
    return (struct admission_count){ .refused = atomic_load(&a->refused), .half_open_dropped = atomic_load(&a->half_open_dropped) };
}
