/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* accept4 */
#include "lib/serve/witness.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"

/* A dead host or a cut cable: the first question after a second of silence, given up after that many without an answer. */
enum { KEEPALIVE_SECONDS = 1, KEEPALIVE_COUNT = 5, BACKLOG = 1024 };

/* A beat needs a byte of the window; what is left of it below that is kept for the kernel's own questions. */
enum { WINDOW_LEFT = 4096 };

/* A client says two bytes a second: the pool is woken for them every few minutes. */
enum { BYTES_TO_WAKE = 1024 };

/* ---- addresses ---- */

static mstro_status address_text(const struct sockaddr *address, socklen_t length, char text[WITNESS_ADDRESS_MAX], char port[NI_MAXSERV])
{
    int error = getnameinfo(address, length, text, WITNESS_ADDRESS_MAX, port, port ? NI_MAXSERV : 0, NI_NUMERICHOST | NI_NUMERICSERV);
    return error ? detail_set(MSTRO_IO, "an address has no text: %s", gai_strerror(error)) : MSTRO_OK;
}

/* IPv6 addresses stand in brackets, because they are full of colons. */
static mstro_status name_text(const struct sockaddr_storage *address, socklen_t length, char name[WITNESS_ADDRESS_MAX])
{
    char host[WITNESS_ADDRESS_MAX], port[NI_MAXSERV];
    mstro_status status = address_text((const struct sockaddr *)address, length, host, port);
    if (status != MSTRO_OK)
        return status;
    bool brackets = strchr(host, ':') != NULL;
    if ((size_t)snprintf(name, WITNESS_ADDRESS_MAX, "%s%s%s:%s", brackets ? "[" : "", host, brackets ? "]" : "", port) >= WITNESS_ADDRESS_MAX)
        return detail_set(MSTRO_IO, "the address %s is too long", host);
    return MSTRO_OK;
}

static struct addrinfo *resolve(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found = NULL;
    return getaddrinfo(host, port, &hints, &found) == 0 ? found : NULL;
}

/* Whether others can be told this address.  A link-local one means nothing without the interface's number, which they do not have. */
static bool usable(const struct ifaddrs *i)
{
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
        return false;
    return i->ifa_addr->sa_family == AF_INET ||
           (i->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)i->ifa_addr)->sin6_addr));
}

static mstro_status text_of_interface(const struct ifaddrs *i, char address[WITNESS_ADDRESS_MAX])
{
    socklen_t length = i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    return address_text(i->ifa_addr, length, address, NULL);
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr);
}

/* The interface that has the address 'wanted', or, where that is NULL, the first address of the interface of this name. */
static const struct ifaddrs *find_interface(const struct ifaddrs *all, const char *name, const struct sockaddr *wanted)
{
    const int families[] = { AF_INET, AF_INET6 };
    for (size_t f = 0; f < 2; f++)
        for (const struct ifaddrs *i = all; i; i = i->ifa_next)
            if (usable(i) && i->ifa_addr->sa_family == families[f] &&
                (wanted ? same_address(i->ifa_addr, wanted) : strcmp(i->ifa_name, name) == 0))
                return i;
    return NULL;
}

static mstro_status refuse_place(const struct ifaddrs *all, const char *place, const char *why)
{
    char there[700] = "none", address[WITNESS_ADDRESS_MAX];
    size_t used = 0;
    for (const struct ifaddrs *i = all; i && used < sizeof there; i = i->ifa_next)
        if (usable(i) && text_of_interface(i, address) == MSTRO_OK)
            used += (size_t)snprintf(there + used, sizeof there - used, "%s%s (%s)", used ? ", " : "", address, i->ifa_name);
    return detail_set(MSTRO_INVARG, "cannot listen on \"%.128s\": %s; there are %s", place, why, there);
}

mstro_status witness_local_address(const char *place, char address[WITNESS_ADDRESS_MAX])
{
    struct ifaddrs *all = NULL;
    if (!place || !*place || strcmp(place, "local") == 0)
        place = "127.0.0.1";
    if (getifaddrs(&all) != 0)
        return detail_set(MSTRO_IO, "the addresses of this node cannot be read: %s", strerror(errno));
    struct addrinfo *numeric = resolve(place, NULL);
    const struct ifaddrs *there = find_interface(all, place, numeric ? numeric->ai_addr : NULL);
    mstro_status status;
    if (there)
        status = text_of_interface(there, address);
    else if (strcmp(place, "0.0.0.0") == 0 || strcmp(place, "::") == 0)
        status = refuse_place(all, place, "others must be told one address; name it, or its interface");
    else
        status = refuse_place(all, place, numeric ? "no interface that is up has this address" : "it is neither an address nor an interface that is up and has one");
    if (numeric)
        freeaddrinfo(numeric);
    freeifaddrs(all);
    return status;
}

/* ---- sockets ---- */

static void set(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

static void socket_prepare(int fd)
{
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_SECONDS);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_SECONDS);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
}

static int socket_new(int family)
{
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

mstro_status witness_listen(const char *address, int *fd, char name[WITNESS_ADDRESS_MAX])
{
    struct addrinfo *at = resolve(address, "0");
    if (!at)
        return detail_set(MSTRO_INVARG, "cannot listen on \"%s\": it is no address", address);
    *fd = socket_new(at->ai_family);
    bool listening = *fd >= 0 && bind(*fd, at->ai_addr, at->ai_addrlen) == 0 && listen(*fd, BACKLOG) == 0;
    int error = errno;
    freeaddrinfo(at);
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    if (listening && getsockname(*fd, (struct sockaddr *)&own, &length) == 0 && name_text(&own, length, name) == MSTRO_OK)
        return MSTRO_OK;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return detail_set(MSTRO_IO, "cannot listen on %s: %s", address, strerror(error));
}

int witness_take(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        socket_prepare(fd);
    return fd;
}

/* Wait until 'fd' is ready for 'events', at most until 'deadline'. */
static bool wait_for(int fd, short events, uint64_t deadline)
{
    for (;;) {
        uint64_t now = clock_now();
        uint64_t left = deadline > now ? (deadline - now + NANOSECONDS_PER_MILLISECOND - 1) / NANOSECONDS_PER_MILLISECOND : 0;
        struct pollfd p = { .fd = fd, .events = events };
        int ready = poll(&p, 1, left > 1000000 ? 1000000 : (int)left);
        if (ready > 0)
            return true;
        if ((ready < 0 && errno != EINTR) || left == 0)
            return false;
    }
}

/* "HOST:PORT", "[HOST]:PORT" in two. */
static struct addrinfo *resolve_name(struct text name)
{
    char host[WITNESS_ADDRESS_MAX];
    if (name.length == 0 || name.length >= sizeof host)
        return NULL;
    memcpy(host, name.at, name.length);
    host[name.length] = '\0';
    char *colon = strrchr(host, ':');
    if (!colon)
        return NULL;
    *colon = '\0';
    size_t length = strlen(host);
    bool brackets = host[0] == '[' && length > 2 && host[length - 1] == ']';
    if (brackets)
        host[length - 1] = '\0';
    return resolve(brackets ? host + 1 : host, colon + 1);
}

/* 0, or the error that connecting ended with. */
static int connect_until(int fd, const struct addrinfo *to, uint64_t deadline)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    if (!wait_for(fd, POLLOUT, deadline))
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

mstro_status witness_connect(struct text name, uint64_t deadline, int *fd, char local[WITNESS_ADDRESS_MAX])
{
    struct addrinfo *to = resolve_name(name);
    if (!to)
        return detail_set(MSTRO_INVARG, "the pool-manager info has no address one can connect to: \"" TEXT_FORMAT "\"", TEXT_ARGUMENTS(name));
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    *fd = socket_new(to->ai_family);
    int error = *fd < 0 ? errno : connect_until(*fd, to, deadline);
    freeaddrinfo(to);
    if (!error && getsockname(*fd, (struct sockaddr *)&own, &length) == 0 &&
        address_text((struct sockaddr *)&own, length, local, NULL) == MSTRO_OK) {
        socket_prepare(*fd);
        return MSTRO_OK;
    }
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return detail_set(MSTRO_NO_PM, "no pool manager answers at " TEXT_FORMAT ": %s; is it still running? (its info may be an old one)", TEXT_ARGUMENTS(name),
                      strerror(error));
}

bool witness_same_host(struct text name, const char *local)
{
    char host[WITNESS_ADDRESS_MAX];
    struct addrinfo *to = resolve_name(name);
    bool same = to && address_text(to->ai_addr, to->ai_addrlen, host, NULL) == MSTRO_OK && strcmp(host, local) == 0;
    if (to)
        freeaddrinfo(to);
    return same;
}

mstro_status witness_port_open(struct bytes address, uint64_t deadline)
{
    struct sockaddr_storage at = { 0 };
    if (address.length > sizeof at)
        return MSTRO_INVARG;
    memcpy(&at, address.at, address.length);
    bool known = (at.ss_family == AF_INET && address.length == sizeof(struct sockaddr_in)) ||
                 (at.ss_family == AF_INET6 && address.length == sizeof(struct sockaddr_in6));
    int fd = known ? socket_new(at.ss_family) : -1;
    if (fd < 0)
        return MSTRO_INVARG;
    const struct addrinfo to = { .ai_addr = (struct sockaddr *)&at, .ai_addrlen = (socklen_t)address.length };
    int error = connect_until(fd, &to, deadline);
    close(fd);
    return error == 0 ? MSTRO_OK : error == ECONNREFUSED ? MSTRO_NOENT : MSTRO_TIMEOUT;
}

/* ---- messages ---- */

static mstro_status message_end(struct witness_inbox *inbox, size_t whole, struct bytes *body)
{
    struct frame_reader f;
    if (frame_open(&f, inbox->memory, whole, NULL) != SEAL_OPENED || !(f.header.flags & FRAME_HANDSHAKE))
        return detail_set(MSTRO_INVMSG, "what came is no message of a handshake");
    *body = bytes_of(f.in.at, reader_left(&f.in));
    inbox->used = 0;
    return MSTRO_OK;
}

/* Who is no pool need not be waited for until a whole header has come. */
static bool begins_well(const struct witness_inbox *inbox)
{
    const uint32_t magic = htole32(FRAME_MAGIC);
    return memcmp(inbox->memory, &magic, inbox->used < sizeof magic ? inbox->used : sizeof magic) == 0;
}

/* Never reads beyond the message at hand: first the header, then what it announces. */
mstro_status witness_receive(int fd, struct witness_inbox *inbox, struct bytes *body)
{
    for (;;) {
        size_t whole = FRAME_HEADER_SIZE;
        if (!begins_well(inbox))
            return detail_set(MSTRO_INVMSG, "what came is no frame of Maestro");
        if (inbox->used >= FRAME_HEADER_SIZE) {
            mstro_status status = frame_length(inbox->memory, sizeof inbox->memory, &whole);
            if (status != MSTRO_OK)
                return status;
            if (inbox->used == whole)
                return message_end(inbox, whole, body);
        }
        ssize_t got = recv(fd, inbox->memory + inbox->used, whole - inbox->used, 0);
        if (got == 0)
            return detail_set(MSTRO_POOL_LOST, "the other side closed the connection");
        if (got > 0)
            inbox->used += (size_t)got;
        else if (errno == EAGAIN)
            return MSTRO_WOULDBLOCK;
        else if (errno != EINTR)
            return detail_set(MSTRO_POOL_LOST, "the connection broke: %s", strerror(errno));
    }
}

mstro_status witness_await(int fd, struct witness_inbox *inbox, uint64_t deadline, struct bytes *body)
{
    for (;;) {
        mstro_status status = witness_receive(fd, inbox, body);
        if (status != MSTRO_WOULDBLOCK)
            return status;
        if (!wait_for(fd, POLLIN, deadline))
            return detail_set(MSTRO_TIMEOUT, "the other side does not answer");
    }
}

struct writer *witness_begin(struct witness_outbox *outbox)
{
    frame_begin(&outbox->frame, outbox->memory, sizeof outbox->memory);
    return &outbox->frame.body;
}

mstro_status witness_send(int fd, struct witness_outbox *outbox)
{
    size_t length = frame_finish(&outbox->frame, PROTOCOL_VERSION, FRAME_HANDSHAKE, 0, NULL), sent = 0;
    while (sent < length) {
        ssize_t n = send(fd, outbox->memory + sent, length - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (errno != EINTR)
            return detail_set(MSTRO_IO, "the connection does not take a message of the handshake: %s", strerror(errno));
    }
    return MSTRO_OK;
}

/* ---- after the handshake ---- */

/* Zero where the kernel is too old to know it. */
static bool read_info(int fd, struct tcp_info *info)
{
    socklen_t length = sizeof *info;
    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) == 0;
}

bool witness_look(int fd, struct witness_sign *sign)
{
    struct tcp_info info;
    if (!read_info(fd, &info))
        return false;
    bool told_window = info.tcpi_snd_wnd > 0 || info.tcpi_probes > 0;
    *sign = (struct witness_sign){
        .waiting = info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0, /* a local firewall keeps it from being sent */
        .delivered = info.tcpi_delivered ? info.tcpi_delivered : (uint32_t)info.tcpi_bytes_acked,
        .room = info.tcpi_notsent_bytes < WINDOW_LEFT && (!told_window || info.tcpi_snd_wnd > WINDOW_LEFT),
    };
    return true;
}

static void say_byte(int fd, uint8_t byte)
{
    ssize_t sent = send(fd, &byte, sizeof byte, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* where it does not go, silence or the end of the connection says the rest */
}

void witness_beat(int fd)
{
    say_byte(fd, 0);
}

int witness_knock(int fd)
{
    struct sockaddr_storage there;
    socklen_t length = sizeof there;
    if (getpeername(fd, (struct sockaddr *)&there, &length) != 0)
        return -1;
    int knock = socket_new(there.ss_family);
    if (knock >= 0 && connect(knock, (struct sockaddr *)&there, length) != 0 && errno != EINPROGRESS && errno != ECONNREFUSED) {
        close(knock);
        return -1;
    }
    return knock;
}

bool witness_knocked(int fd)
{
    const struct linger at_once = { .l_onoff = 1 }; /* it leaves no trace */
    int error = 0;
    socklen_t length = sizeof error;
    bool answered = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && (error == 0 || error == ECONNREFUSED || error == ECONNRESET);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    return answered;
}

void witness_admit(int fd)
{
    set(fd, SOL_SOCKET, SO_RCVLOWAT, BYTES_TO_WAKE);
}

mstro_status witness_drain(int fd)
{
    char bytes[4 * BYTES_TO_WAKE];
    for (;;) {
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EAGAIN)
            return MSTRO_WOULDBLOCK;
        if (got == 0)
            errno = 0;
        if (got == 0 || (got < 0 && errno != EINTR))
            return MSTRO_POOL_LOST;
    }
}

uint64_t witness_silence(int fd)
{
    struct tcp_info info;
    return read_info(fd, &info) ? info.tcpi_last_data_recv * NANOSECONDS_PER_MILLISECOND : NO_DEADLINE;
}

void witness_say_evicted(int fd)
{
    say_byte(fd, WITNESS_EVICTED);
}
