/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/proc/partner.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

void partner_start(struct partner *p, const char *part)
{
    int sockets[2];
    char number[16];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        abort();
    p->process = fork();
    if (p->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int mine = dup(sockets[1]); /* without CLOEXEC */
        snprintf(number, sizeof number, "%d", mine);
        if (getppid() == parent)
            execl("/proc/self/exe", "partner", "--partner", number, part, (char *)NULL);
        _exit(127);
    }
    close(sockets[1]);
    p->socket = sockets[0];
}

void partner_end(struct partner *p)
{
    if (p->process > 0) {
        kill(p->process, SIGKILL);
        waitpid(p->process, NULL, 0);
        close(p->socket);
    }
    *p = (struct partner){ 0 };
}

bool block_send(int socket, const void *at, size_t length)
{
    return send(socket, at, length, MSG_NOSIGNAL) == (ssize_t)length;
}

bool block_receive(int socket, void *at, size_t length)
{
    size_t have = 0;
    while (have < length) {
        struct pollfd p = { socket, POLLIN, 0 };
        if (poll(&p, 1, 20000) <= 0)
            return false;
        ssize_t count = recv(socket, (char *)at + have, length - have, 0);
        if (count <= 0)
            return false;
        have += (size_t)count;
    }
    return true;
}

char command_poll(int socket)
{
    char command = 0;
    ssize_t count = recv(socket, &command, 1, MSG_DONTWAIT);
    if (count == 0)
        return 'q';
    return count == 1 ? command : 0;
}

bool process_wait_stopped(pid_t process)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    for (uint64_t deadline = clock_now() + 10 * NANOSECONDS_PER_SECOND; clock_now() < deadline; sched_yield()) {
        FILE *f = fopen(path, "r");
        char *after = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
        if (f)
            fclose(f);
        if (after && after[2] == 'T')
            return true;
    }
    return false;
}
