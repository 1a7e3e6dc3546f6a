/* SPDX-License-Identifier: BSD-3-Clause */
/* bare-shm IN-FLIGHT BYTES SECONDS [wake] - request/response through memory that two processes share
 *
 * One ring each way, one writer and one reader a ring, no system call: what messages between processes of one node can do at best.
 * Both spin; with 'wake' who has nothing to read for 20 us sleeps on a futex until the other rings it.  Prints requests a second, with
 * IN-FLIGHT 1 the median round trip, and CPU time of both a request. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/sample.h"

enum { RING = 1024, SLOT = 4096, MOST_TRIPS = 4000000 };

struct ring {
    _Alignas(64) _Atomic uint32_t written;
    _Alignas(64) _Atomic uint32_t read;
    _Alignas(64) _Atomic uint32_t asleep; /* its reader */
    _Alignas(64) unsigned char slot[RING][SLOT];
};

static struct shared { struct ring requests, responses; } *shared;
static size_t bytes;
static int wake;

static void ring_put(struct ring *r, const void *message)
{
    uint32_t at = atomic_load_explicit(&r->written, memory_order_relaxed);
    memcpy(r->slot[at % RING], message, bytes);
    if (!wake) {
        atomic_store_explicit(&r->written, at + 1, memory_order_release);
        return;
    }
    atomic_store(&r->written, at + 1);
    if (atomic_load(&r->asleep) && atomic_exchange(&r->asleep, 0))
        syscall(SYS_futex, &r->asleep, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int ring_take(struct ring *r, void *message)
{
    uint32_t at = atomic_load_explicit(&r->read, memory_order_relaxed);
    if (at == atomic_load_explicit(&r->written, memory_order_acquire))
        return 0;
    memcpy(message, r->slot[at % RING], bytes);
    atomic_store_explicit(&r->read, at + 1, memory_order_release);
    return 1;
}

/* Until there is something to read. */
static void ring_wait(struct ring *r)
{
    uint64_t until = wake ? nanoseconds_now() + 20000 : UINT64_MAX;
    uint32_t at = atomic_load_explicit(&r->read, memory_order_relaxed);
    while (at == atomic_load_explicit(&r->written, memory_order_acquire)) {
        if (!wake || nanoseconds_now() < until)
            continue;
        atomic_store(&r->asleep, 1);
        if (at == atomic_load(&r->written))
            syscall(SYS_futex, &r->asleep, FUTEX_WAIT, 1, NULL, NULL, 0);
        atomic_store(&r->asleep, 0);
    }
}

static void serve(void)
{
    unsigned char message[SLOT];
    for (;;) {
        ring_wait(&shared->requests);
        while (ring_take(&shared->requests, message))
            ring_put(&shared->responses, message);
    }
}

static double child_seconds(pid_t child)
{
    clockid_t clock;
    struct timespec t = { 0 };
    if (clock_getcpuclockid(child, &clock) == 0)
        clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void ask(long in_flight, double seconds, pid_t server)
{
    unsigned char message[SLOT] = { 0 };
    double *trip = malloc(MOST_TRIPS * sizeof *trip), start = seconds_now(), now, asked = 0, used = 0;
    long sent = 0, answered = 0, first = 0;
    size_t trips = 0;
    int warm = 0;
    for (;;) {
        for (; sent - answered < in_flight; sent++) {
            asked = in_flight == 1 ? seconds_now() : 0;
            ring_put(&shared->requests, message);
        }
        ring_wait(&shared->responses);
        while (ring_take(&shared->responses, message))
            answered++;
        now = seconds_now();
        if (in_flight == 1 && warm && trips < MOST_TRIPS)
            trip[trips++] = now - asked;
        if (!warm && now - start > 0.1) {
            warm = 1;
            first = answered;
            start = now;
            used = seconds_used() + child_seconds(server);
        } else if (warm && now - start > seconds && answered > first)
            break;
    }
    print_figure("requests", (double)(answered - first) / (now - start), "1/s");
    print_figure("cpu", (seconds_used() + child_seconds(server) - used) * 1e6 / (double)(answered - first), "us/request");
    if (trips) {
        qsort(trip, trips, sizeof *trip, compare_doubles);
        print_figure("round-trip", trip[trips / 2] * 1e6, "us");
    }
    free(trip);
}

int main(int argc, char **argv)
{
    long in_flight = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    wake = argc == 5 && strcmp(argv[4], "wake") == 0;
    if (argc < 4 || argc > 5 || (argc == 5 && !wake) || in_flight < 1 || in_flight > RING || bytes < 1 || bytes > SLOT) {
        fprintf(stderr, "usage: bare-shm IN-FLIGHT BYTES SECONDS [wake]   (at most %d of %d bytes)\n", RING, SLOT);
        return 2;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("bare-shm: mmap");
        return 1;
    }
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin_to_cpu(1);
        serve();
    }
    pin_to_cpu(0);
    ask(in_flight, strtod(argv[3], NULL), server);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}
