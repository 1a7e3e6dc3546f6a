/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/system/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/detail.h"
#include "lib/system/credential.h"

/* Whoever receives says CMSG_LEN of all that are allowed, into which no further one fits, and the kernel throws away what there is beyond that. */
union control { struct cmsghdr header; unsigned char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))]; };

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

mstro_status handover_give(struct id pool, uint64_t number, struct bytes words, const struct descriptors *given)
{
    struct sockaddr_un name;
    union control control = { .room = { 0 } };
    size_t bytes = given->count * sizeof given->at[0];
    struct iovec piece = { (void *)words.at, words.length };
    struct msghdr message = { .msg_name = &name, .msg_namelen = credential_name(pool, number, &name), .msg_iov = &piece, .msg_iovlen = 1,
                              .msg_control = &control, .msg_controllen = CMSG_SPACE(bytes) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(bytes) };
    memcpy(CMSG_DATA(c), given->at, bytes);
    const struct timeval patience = { .tv_usec = 500000 };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ? errno : send_all(fd, &message);
    if (fd >= 0)
        close(fd);
    if (error == ECONNREFUSED)
        return detail_set(MSTRO_NOENT, "nobody takes it");
    return error ? detail_set(MSTRO_IO, "it cannot be handed over: %s", strerror(error)) : MSTRO_OK;
}

mstro_status handover_take(int fd, uint8_t words[HANDOVER_WORDS], size_t *length, struct descriptors *got)
{
    union control control = { .room = { 0 } };
    struct iovec piece = { words, HANDOVER_WORDS };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(DESCRIPTORS_MAX * sizeof(int)) };
    ssize_t came;
    do
        came = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (came < 0 && errno == EINTR);
    got->count = 0;
    if (came < 0)
        return MSTRO_WOULDBLOCK;
    *length = (size_t)came;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len > CMSG_LEN(0)) {
        got->count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof got->at[0]);
        memcpy(got->at, CMSG_DATA(c), got->count * sizeof got->at[0]);
    }
    if (got->count > 0 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return MSTRO_OK;
    descriptors_close(got);
    return detail_set(MSTRO_INVMSG, "what was handed over is no few descriptors with a few words");
}
