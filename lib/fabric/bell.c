/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/fabric/bell.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/detail.h"

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

mstro_status bell_make(int *fd, uint16_t *port)
{
    struct sockaddr_in own = loopback(0);
    socklen_t length = sizeof own;
    const int least = 1; /* the kernel makes of it what it has room for at least: a few rings, beyond which none says more */
    *fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least) == 0 && bind(*fd, (struct sockaddr *)&own, length) == 0 &&
        getsockname(*fd, (struct sockaddr *)&own, &length) == 0) {
        *port = ntohs(own.sin_port);
        return MSTRO_OK;
    }
    int error = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return detail_set(MSTRO_IO, "a bell on the loopback interface cannot be made: %s", strerror(error));
}

mstro_status bell_connect(int fd, uint16_t port)
{
    const struct sockaddr_in other = loopback(port);
    if (port == 0) /* it would admit every one */
        return detail_set(MSTRO_INVMSG, "the other side's bell has no port");
    if (connect(fd, (const struct sockaddr *)&other, sizeof other) != 0)
        return detail_set(MSTRO_IO, "the other side's bell on the loopback interface cannot be reached: %s", strerror(errno));
    return MSTRO_OK;
}

void bell_ring(int fd)
{
    while (send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

bool bell_hear(int fd)
{
    char rung;
    ssize_t got;
    do
        got = recv(fd, &rung, sizeof rung, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got >= 0 || errno != ECONNREFUSED;
}
