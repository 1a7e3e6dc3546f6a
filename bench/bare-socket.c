/* SPDX-License-Identifier: BSD-3-Clause */
/* bare-socket blocking|spinning BYTES SECONDS - round trip over a TCP connection of the loopback, two processes on two CPUs
 *
 * Blocking: both sleep in read(), as a client and a pool manager that sleep do at best.  Prints the round trip's median and 99th
 * percentile, and CPU time of both a round trip. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/sample.h"
#include "lib/base/histogram.h"

static size_t bytes;
static int spin;

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

static void swap_bytes(int fd, unsigned char *message, int first)
{
    if (first && send(fd, message, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        fail("bare-socket: send");
    for (size_t got = 0; got < bytes;) {
        ssize_t more = recv(fd, message + got, bytes - got, spin ? MSG_DONTWAIT : 0);
        if (more == 0)
            exit(0);
        got += more > 0 ? (size_t)more : 0;
    }
    if (!first && send(fd, message, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        exit(0);
}

/* Both ends of a connection. */
static void connect_pair(int end[2])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    end[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1) || getsockname(listener, (struct sockaddr *)&at, &length)
        || connect(end[0], (struct sockaddr *)&at, length))
        fail("bare-socket: connect");
    end[1] = accept(listener, NULL, NULL);
    for (int i = 0; i < 2; i++)
        setsockopt(end[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    close(listener);
}

int main(int argc, char **argv)
{
    static struct histogram latency;
    unsigned char message[65536] = { 0 };
    struct rusage child;
    int end[2];
    bytes = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    spin = argc == 4 && strcmp(argv[1], "spinning") == 0;
    if (bytes < 1 || bytes > sizeof message || (!spin && strcmp(argv[1], "blocking") != 0)) {
        fprintf(stderr, "usage: bare-socket blocking|spinning BYTES SECONDS   (at most %zu bytes)\n", sizeof message);
        return 2;
    }
    connect_pair(end);
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(end[0]);
        pin_to_cpu(1);
        for (;;)
            swap_bytes(end[1], message, 0);
    }
    close(end[1]);
    pin_to_cpu(0);
    uint64_t until = nanoseconds_now() + (uint64_t)(strtod(argv[3], NULL) * 1e9), since, now;
    do {
        since = nanoseconds_now();
        swap_bytes(end[0], message, 1);
        now = nanoseconds_now();
        histogram_add(&latency, now - since);
    } while (now < until);
    double used = seconds_used();
    close(end[0]);
    waitpid(server, NULL, 0);
    getrusage(RUSAGE_CHILDREN, &child);
    used += (double)(child.ru_utime.tv_sec + child.ru_stime.tv_sec) + (double)(child.ru_utime.tv_usec + child.ru_stime.tv_usec) * 1e-6;
    print_figure("round-trip", (double)histogram_percentile(&latency, 0.5) * 1e-3, "us");
    print_figure("round-trip-p99", (double)histogram_percentile(&latency, 0.99) * 1e-3, "us");
    print_figure("cpu", used * 1e6 / (double)latency.count, "us/round-trip");
    return 0;
}
