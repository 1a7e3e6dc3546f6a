/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* F_GET_SEALS */
#include "lib/system/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/detail.h"
#include "lib/system/credential.h"

/* One, into which no further one fits (CMSG_LEN, not CMSG_SPACE, is said): the kernel closes what there is beyond that, in the thread that receives. */
union control { struct cmsghdr header; unsigned char room[CMSG_SPACE(sizeof(int))]; };

mstro_status handover_open(struct id pool, uint64_t number, int *fd)
{
    struct sockaddr_un name;
    socklen_t length = credential_name(pool, number, &name);
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && bind(*fd, (struct sockaddr *)&name, length) == 0)
        return MSTRO_OK;
    int error = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return detail_set(MSTRO_IO, "nobody can hand over anything to this process (unix socket @%s): %s", name.sun_path + 1, strerror(error));
}

static int send_all(int fd, const struct msghdr *message)
{
    ssize_t sent;
    do
        sent = sendmsg(fd, message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

mstro_status handover_give(struct id pool, uint64_t number, struct bytes words, int memory)
{
    struct sockaddr_un name;
    union control control = { .room = { 0 } };
    struct iovec piece = { (void *)words.at, words.length };
    struct msghdr message = { .msg_name = &name, .msg_namelen = credential_name(pool, number, &name), .msg_iov = &piece, .msg_iovlen = 1,
                              .msg_control = &control, .msg_controllen = sizeof control.room };
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof memory) };
    memcpy(CMSG_DATA(c), &memory, sizeof memory);
    const struct timeval patience = { .tv_usec = 500000 };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ? errno : send_all(fd, &message);
    if (fd >= 0)
        close(fd);
    if (error == ECONNREFUSED)
        return detail_set(MSTRO_NOENT, "nobody takes it");
    return error ? detail_set(MSTRO_IO, "it cannot be handed over: %s", strerror(error)) : MSTRO_OK;
}

/* The one descriptor that came along, or -1. */
static int descriptor_of(struct msghdr *message)
{
    int fd = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

mstro_status handover_take(int fd, uint8_t words[HANDOVER_WORDS], size_t *length, int *memory)
{
    union control control = { .room = { 0 } };
    struct iovec piece = { words, HANDOVER_WORDS };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int)) };
    ssize_t came;
    do
        came = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (came < 0 && errno == EINTR);
    *memory = -1;
    if (came < 0)
        return MSTRO_WOULDBLOCK;
    *length = (size_t)came;
    int got = descriptor_of(&message);
    bool cut = message.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
    if (got < 0 && message.msg_flags & MSG_CTRUNC)
        return detail_set(MSTRO_QUOTA, "no descriptor was left for what was handed over");
    if (got >= 0 && !cut && fcntl(got, F_GET_SEALS) >= 0) { /* of anything but memory the kernel says that it has none, and asks nobody */
        *memory = got;
        return MSTRO_OK;
    }
    if (got >= 0)
        close(got);
    return detail_set(MSTRO_INVMSG, "what was handed over is no memory with a few words");
}
