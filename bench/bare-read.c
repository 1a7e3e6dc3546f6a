/* SPDX-License-Identifier: BSD-3-Clause */
/* bare-read PROVIDER|cma|memcpy BYTES SECONDS [PIECES] - bulk bytes by the barest means, into warm memory
 *
 * PROVIDER: one-sided reads of libfabric from another process, chunks of at most 4 MiB, four in flight, or PIECES of BYTES each,
 * where that is more.  cma: process_vm_readv from another process.  memcpy: inside this one.  Prints bytes a second. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>

#include "bench/bare_fabric.h"
#include "bench/sample.h"


enum { CHUNK = 4 << 20, WINDOW = 4, MOST_PIECES = 64 };

static unsigned char *warm_memory(size_t bytes)
{
    unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("bench: mmap");
        exit(1);
    }
    memset(memory, 7, bytes);
    return memory;
}

static struct bare_fabric fabric;
static struct bare_card source;
static fi_addr_t peer;
static void *descriptor;

/* All of 'bytes', in chunks of at most 'chunk'. */
static void read_fabric(unsigned char *to, size_t bytes, size_t chunk, size_t window)
{
    size_t posted = 0, open = 0;
    struct fi_cq_tagged_entry entry[MOST_PIECES];
    while (posted < bytes || open > 0) {
        while (posted < bytes && open < window) {
            size_t part = bytes - posted < chunk ? bytes - posted : chunk;
            if (fi_read(fabric.endpoint, to + posted, part, descriptor, peer, source.memory + posted, source.key, NULL) != 0)
                break;
            posted += part;
            open++;
        }
        open -= bare_poll(&fabric, entry, window);
    }
}

static void read_process(pid_t pid, unsigned char *to, const unsigned char *from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        struct iovec local = { to + done, bytes - done }, remote = { (void *)(from + done), bytes - done };
        ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
        if (got <= 0) {
            perror("bench: process_vm_readv");
            exit(1);
        }
        done += (size_t)got;
    }
}

/* Serve one-sided reads until killed. */
static void be_target(const char *provider, unsigned char *memory, size_t bytes, int card_pipe)
{
    struct bare_card card = { 0 };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_to_cpu(1);
    if (strcmp(provider, "cma") != 0) {
        bare_open(&fabric, provider);
        bare_address(&fabric, &card);
        bare_register(&fabric, memory, bytes, &card);
    }
    if (write(card_pipe, &card, sizeof card) != sizeof card)
        exit(1);
    for (;;)
        if (strcmp(provider, "cma") == 0)
            pause();
        else {
            struct fi_cq_tagged_entry entry[4];
            fi_cq_read(fabric.completions, entry, 4);
        }
}

int main(int argc, char **argv)
{
    size_t piece = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, pieces = argc == 5 ? strtoul(argv[4], NULL, 10) : 1;
    if (argc < 4 || argc > 5 || piece < 1 || pieces < 1 || pieces > MOST_PIECES) {
        fprintf(stderr, "usage: bare-read PROVIDER|cma|memcpy BYTES SECONDS [PIECES]   (at most %d)\n", MOST_PIECES);
        return 2;
    }
    const char *how = argv[1];
    size_t bytes = piece * pieces, chunk = piece < CHUNK ? piece : CHUNK, window = pieces > WINDOW ? pieces : WINDOW;
    double limit = strtod(argv[3], NULL);
    unsigned char *from = warm_memory(bytes), *to = warm_memory(bytes);
    int card_pipe[2], local = strcmp(how, "memcpy") == 0, cma = strcmp(how, "cma") == 0;
    pid_t target = 0;

    if (!local) {
        if (pipe(card_pipe))
            return 1;
        target = fork();
        if (target == 0)
            be_target(how, from, bytes, card_pipe[1]);
        if (read(card_pipe[0], &source, sizeof source) != sizeof source)
            return 1;
    }
    pin_to_cpu(0);
    if (!local && !cma) {
        bare_open(&fabric, how);
        descriptor = fi_mr_desc(bare_register(&fabric, to, bytes, NULL));
        peer = bare_peer(&fabric, &source);
    }
    double start = 0, now = 0;
    long rounds = -2; /* the first two warm up */
    do {
        if (rounds++ == -1)
            start = seconds_now();
        if (local)
            for (size_t at = 0; at < bytes; at += piece)
                memcpy(to + at, from + at, piece);
        else if (cma)
            read_process(target, to, from, bytes);
        else
            read_fabric(to, bytes, chunk, window);
        __asm__ volatile("" : : "r"(to) : "memory");
        now = seconds_now();
    } while (rounds < 2 || now - start < limit);
    print_figure("bandwidth", (double)bytes * (double)(rounds) / (now - start) / 1e9, "GB/s");
    if (target > 0) {
        kill(target, SIGKILL);
        waitpid(target, NULL, 0);
    }
    return 0;
}
