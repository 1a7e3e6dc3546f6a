/* SPDX-License-Identifier: BSD-3-Clause */
/* bare-rpc PROVIDER IN-FLIGHT BYTES SECONDS - request/response over bare libfabric, one server and one client process
 *
 * One message a request and one a response, no batching: what a message layer over this provider can do at best.  Prints
 * requests a second; with IN-FLIGHT 1 also the median round trip. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rdma/fi_cm.h>
#include <rdma/fi_errno.h>

#include "bench/bare_fabric.h"
#include "bench/sample.h"


enum { RING = 1024, SLOT = 4096 };

struct end {
    struct bare_fabric fabric;
    struct bare_card card;
    unsigned char *memory; /* RING slots to receive into, RING to send from */
    void *descriptor;
    fi_addr_t peer;
    size_t bytes;
    long sends_open;
};

static void end_open(struct end *e, const char *provider, size_t bytes)
{
    bare_open(&e->fabric, provider);
    bare_address(&e->fabric, &e->card);
    e->bytes = bytes;
    e->memory = mmap(NULL, 2 * RING * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    e->descriptor = fi_mr_desc(bare_register(&e->fabric, e->memory, 2 * RING * SLOT, NULL));
}

static void post_receive(struct end *e, size_t slot)
{
    unsigned char *at = e->memory + slot * SLOT;
    while (fi_recv(e->fabric.endpoint, at, SLOT, e->descriptor, FI_ADDR_UNSPEC, at) == -FI_EAGAIN)
        ;
}

/* False when the provider is busy. */
static int post_send(struct end *e, size_t slot)
{
    unsigned char *at = e->memory + (RING + slot % RING) * SLOT;
    if (e->sends_open >= RING)
        return 0;
    if (e->bytes <= e->fabric.info->tx_attr->inject_size)
        return fi_inject(e->fabric.endpoint, at, e->bytes, e->peer) == 0;
    if (fi_send(e->fabric.endpoint, at, e->bytes, e->descriptor, e->peer, at) != 0)
        return 0;
    e->sends_open++;
    return 1;
}

/* Handle completions; how many messages came. */
static size_t take_messages(struct end *e)
{
    struct fi_cq_tagged_entry entry[64];
    size_t count = bare_poll(&e->fabric, entry, 64), came = 0;
    for (size_t i = 0; i < count; i++)
        if (entry[i].flags & FI_SEND)
            e->sends_open--;
        else {
            post_receive(e, (size_t)((unsigned char *)entry[i].op_context - e->memory) / SLOT);
            came++;
        }
    return came;
}

static void serve(struct end *e)
{
    size_t owed = 0, sent = 0;
    for (;;) {
        owed += take_messages(e);
        while (owed > 0 && post_send(e, sent)) {
            owed--;
            sent++;
        }
    }
}

static void ask(struct end *e, long in_flight, double seconds)
{
    long sent = 0, answered = 0, first = 0;
    double *round_trip = malloc(1000000 * sizeof *round_trip), asked = 0, start = seconds_now(), now;
    size_t trips = 0;
    int warm = 0;

    for (;;) {
        while (sent - answered < in_flight && post_send(e, (size_t)sent)) {
            sent++;
            asked = in_flight == 1 ? seconds_now() : 0;
        }
        size_t came = take_messages(e);
        answered += (long)came;
        now = seconds_now();
        if (came && in_flight == 1 && warm && trips < 1000000)
            round_trip[trips++] = now - asked;
        if (!warm && now - start > 0.3) {
            warm = 1;
            first = answered;
            start = now;
        } else if (warm && now - start > seconds && answered > first)
            break;
    }
    print_figure("requests", (double)(answered - first) / (now - start), "1/s");
    if (trips) {
        qsort(round_trip, trips, sizeof *round_trip, compare_doubles);
        print_figure("round-trip", round_trip[trips / 2] * 1e6, "us");
    }
    free(round_trip);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bare-rpc PROVIDER IN-FLIGHT BYTES SECONDS\n");
        return 2;
    }
    size_t bytes = strtoul(argv[3], NULL, 10);
    int to_client[2], to_server[2];
    struct bare_card other;
    struct end e = { 0 };
    if (bytes > SLOT || pipe(to_client) || pipe(to_server))
        return 2;

    pid_t server = fork();
    int mine = server ? to_client[0] : to_server[0], theirs = server ? to_server[1] : to_client[1];
    if (server == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_to_cpu(server ? 0 : 1);
    end_open(&e, argv[1], bytes);
    for (size_t slot = 0; slot < RING; slot++)
        post_receive(&e, slot);
    if (write(theirs, &e.card, sizeof e.card) != sizeof e.card || read(mine, &other, sizeof other) != sizeof other)
        return 1;
    e.peer = bare_peer(&e.fabric, &other);
    if (server == 0)
        serve(&e);
    ask(&e, strtol(argv[2], NULL, 10), strtod(argv[4], NULL));
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}
