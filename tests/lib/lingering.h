/* SPDX-License-Identifier: BSD-3-Clause */
/* lingering.h - a connection whose last close waits, for LINGER seconds, for what its other end does not read */
#ifndef TESTS_LIB_LINGERING_H
#define TESTS_LIB_LINGERING_H
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/check.h"

enum { LINGER = 12 };

/* *reader is its other end, to be closed when nobody is to wait any more. */
static inline int lingering_socket(int *reader)
{
    static const char unsent[65536];
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof at;
    const struct linger lingers = { 1, LINGER };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, length), 0);
    *reader = accept(listener, NULL, NULL);
    assert_true(*reader >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &lingers, sizeof lingers), 0);
    while (send(fd, unsent, sizeof unsent, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    close(listener);
    return fd;
}

/* Send a byte, and copies of these descriptors, of which there are 'count', over a connected unix socket.  False: the other side has gone. */
static inline bool send_descriptors(int over, const int *fds, size_t count)
{
    union { struct cmsghdr header; unsigned char room[CMSG_SPACE(8 * sizeof(int))]; } control;
    memset(&control, 0, sizeof control);
    struct iovec piece = { (char[]){ "x" }, 1 };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int)) };
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    return sendmsg(over, &message, MSG_NOSIGNAL) == 1;
}

/* Likewise, to a unix socket of this type and name.  Who listens may be faster, and dismiss us before. */
static inline void bring_descriptors(int type, const struct sockaddr_un *to, socklen_t length, const int *fds, size_t count)
{
    bool sent = false;
    for (int tries = 0; tries < 10000 && !sent; tries++) {
        int over = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(over, (const struct sockaddr *)to, length), 0);
        sent = send_descriptors(over, fds, count);
        close(over);
    }
    assert_true(sent);
}

#endif
