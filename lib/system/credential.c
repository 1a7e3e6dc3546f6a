/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* accept4, struct ucred */
#include "lib/system/credential.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/detail.h"

enum { BACKLOG = 64 };

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

socklen_t credential_name(struct id pool, uint64_t number, struct sockaddr_un *name)
{
    *name = (struct sockaddr_un){ .sun_family = AF_UNIX };
    int length = snprintf(name->sun_path + 1, sizeof name->sun_path - 1, "maestro-%016" PRIx64 "%016" PRIx64 "-%" PRIu64, pool.high, pool.low, number);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

mstro_status credential_show(struct id pool, uint64_t number, int *fd)
{
    struct sockaddr_un name;
    socklen_t length = credential_name(pool, number, &name);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && bind(*fd, (struct sockaddr *)&name, length) == 0 && listen(*fd, BACKLOG) == 0)
        return MSTRO_OK;
    int error = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return detail_set(MSTRO_IO, "this process cannot show others which one it is (unix socket @%s): %s", name.sun_path + 1, strerror(error));
}

bool credential_attend(int fd)
{
    int who = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (who >= 0)
        close(who);
    return who >= 0 || (errno != EMFILE && errno != ENFILE);
}

/* -1 and errno; ECONNREFUSED: nobody has this name. */
static int connect_to(struct id pool, uint64_t number)
{
    struct sockaddr_un name;
    socklen_t length = credential_name(pool, number, &name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&name, length) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* The process at the other end, 0 when it is in no namespace of ours. */
static int32_t process_at(int fd)
{
    struct ucred who = { 0 };
    socklen_t length = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 ? who.pid : 0;
}

/* Older kernels open it by number: whoever still listens afterwards had that number all the time. */
static int watch_process(int fd, int32_t process, struct id pool, uint64_t number)
{
    int alive = -1;
    socklen_t length = sizeof alive;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &alive, &length) == 0)
        return alive;
    alive = (int)syscall(SYS_pidfd_open, process, 0);
    int again = alive < 0 ? -1 : connect_to(pool, number);
    bool same = again >= 0 && process_at(again) == process;
    if (again >= 0)
        close(again);
    if (same || alive < 0)
        return alive;
    close(alive);
    return -1;
}

mstro_status credential_look(struct id pool, uint64_t number, int32_t *process, int *alive)
{
    int fd = connect_to(pool, number);
    if (fd < 0)
        return errno == ECONNREFUSED ? MSTRO_NOENT : detail_set(MSTRO_REFUSED, "nobody can look at present which process it is: %s", strerror(errno));
    *process = process_at(fd);
    if (alive && *process)
        *alive = watch_process(fd, *process, pool, number);
    close(fd);
    if (!*process || (alive && *alive < 0))
        return detail_set(MSTRO_REFUSED, "the kernel does not say which process it is");
    if (!alive || credential_lives(*alive))
        return MSTRO_OK;
    close(*alive);
    return MSTRO_NOENT;
}

bool credential_lives(int alive)
{
    struct pollfd p = { .fd = alive, .events = POLLIN };
    return alive >= 0 && poll(&p, 1, 0) == 0;
}
