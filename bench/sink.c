/* SPDX-License-Identifier: BSD-3-Clause */
/* sink - bandwidth of one consumer that takes all objects of N producers through one manager
 *
 * Rank 0 is the consumer.  Every other rank is a producer (one a node where mpirun places them so) and offers so many objects of
 * one size; when all are offered the consumer demands them all, several at once, into memory of its own that is warm.  'bandwidth'
 * counts from the first demand until the last byte is there.  Objects of a producer share memory beyond a limit, which is above any
 * cache.  Repeated until the time is over.  Needs MSTRO_POOL_MANAGER_INFO. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "bench/field.h"
#include "bench/joining.h"
#include "bench/options.h"
#include "bench/ranks.h"
#include "bench/sample.h"
#include "bench/window.h"

static struct settings {
    long producers, objects, bytes, in_flight;
    double seconds;
} set = { .producers = 2, .objects = 250, .bytes = 1 << 20, .in_flight = 0, .seconds = 1 };

enum { MEMORY = 256 << 20, WINDOW_MEMORY = 128 << 20, WINDOW_MOST = 64 };

static unsigned char *memory;
static size_t pieces; /* of 'bytes' in it */
static mstro_cdo *cdo;

static void warm_memory(size_t limit, size_t wanted)
{
    pieces = limit / (size_t)set.bytes < wanted ? limit / (size_t)set.bytes : wanted;
    pieces = pieces ? pieces : 1;
    size_t length = pieces * (size_t)set.bytes;
    memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(memory != MAP_FAILED ? MSTRO_OK : MSTRO_NOMEM, "mmap");
    memset(memory, ranks_me(), length);
}

static mstro_cdo declare(int producer, long number, size_t piece)
{
    char name[64];
    int64_t size = set.bytes;
    mstro_cdo c;
    snprintf(name, sizeof name, "bench/sink/%d/%ld", producer, number);
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &c), "mstro_cdo_declare");
    must(mstro_cdo_attribute_set(c, MSTRO_ATTR_CORE_CDO_RAW_PTR, memory + piece * (size_t)set.bytes, false, true), "raw-ptr");
    must(mstro_cdo_attribute_set(c, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true), "local-size");
    return c;
}

/* ---- a producer ---- */

static void produce(long count)
{
    for (long i = 0; i < count; i++)
        cdo[i] = declare(ranks_me(), i, (size_t)i % pieces);
    must(mstro_cdo_offer_all((size_t)count, cdo, NULL), "mstro_cdo_offer_all");
    ranks_barrier();
    ranks_barrier(); /* all has been demanded */
    must(mstro_cdo_withdraw_all((size_t)count, cdo, NULL), "mstro_cdo_withdraw_all");
    must(mstro_cdo_dispose_all((size_t)count, cdo, NULL), "mstro_cdo_dispose_all");
}

/* ---- the consumer ---- */

/* Producers take turns.  The seconds that it took. */
static double consume(long count, struct window *window)
{
    long all = count * (ranks_count() - 1);
    for (long i = 0; i < all; i++)
        cdo[i] = declare(1 + (int)(i % (ranks_count() - 1)), i / (ranks_count() - 1), (size_t)i % pieces);
    ranks_barrier();
    double since = seconds_now();
    for (long i = 0; i < all; i++)
        window_start(window, mstro_cdo_demand_async, cdo[i], 0);
    window_drain(window);
    double took = seconds_now() - since;
    ranks_barrier();
    must(mstro_cdo_dispose_all((size_t)all, cdo, NULL), "mstro_cdo_dispose_all");
    return took;
}

static void check_bytes(void)
{
    for (size_t i = 0; i < pieces; i++)
        for (long at = 0; at < set.bytes; at += set.bytes > 1 ? set.bytes - 1 : 1) {
            unsigned char byte = memory[i * (size_t)set.bytes + (size_t)at];
            if (byte < 1 || byte >= ranks_count()) {
                fprintf(stderr, "sink: a byte is %d and no producer's\n", byte);
                exit(1);
            }
        }
}

/* Another round? Rank 0 decides. */
static bool go_on(bool mine)
{
    uint64_t more = ranks_me() == 0 && mine;
    ranks_largest(&more, 1);
    return more;
}

static void measure(void)
{
    struct window window;
    double took = 0, used = 0, manager_used = 0;
    long rounds = 0;
    window_open(&window, pieces, NULL);
    consume(1, &window); /* connects */
    used = seconds_used();
    manager_used = manager_seconds_used();
    while (go_on(rounds == 0 || took < set.seconds)) {
        took += consume(set.objects, &window);
        rounds++;
    }
    used = seconds_used() - used;
    manager_used = manager_seconds_used() - manager_used;
    check_bytes();
    double all = (double)rounds * (double)set.objects * (ranks_count() - 1);
    print_figure("bandwidth", all * (double)set.bytes / took / 1e9, "GB/s");
    print_figure("objects", all / took, "1/s");
    print_figure("cpu", used * 1e6 / all, "us/object");
    if (manager_pid())
        print_figure("manager-cpu", manager_used * 1e6 / all, "us/object");
    window_close(&window);
}

static void read_settings(int argc, char **argv)
{
    const struct bench_option options[] = {
        { "producers", OPTION_COUNT, &set.producers, "processes that offer; under mpirun all but the first" },
        { "objects", OPTION_COUNT, &set.objects, "that each of them offers" },
        { "bytes", OPTION_COUNT, &set.bytes, "size of each" },
        { "in-flight", OPTION_COUNT, &set.in_flight, "demands at once; 0: what fits 128 MiB, 2 to 64" },
        { "seconds", OPTION_REAL, &set.seconds, "time to measure; one round at least" },
        { 0 }
    };
    options_read(argc, argv, options, "bandwidth of one consumer that takes all objects of several producers");
    if (set.producers < 1 || set.producers > 254 || set.objects < 1 || set.bytes < 1) {
        fprintf(stderr, "sink: --producers from 1 to 254, --objects and --bytes at least 1\n");
        exit(2);
    }
    if (set.in_flight == 0) {
        set.in_flight = WINDOW_MEMORY / set.bytes;
        set.in_flight = set.in_flight > WINDOW_MOST ? WINDOW_MOST : set.in_flight < 2 ? 2 : set.in_flight;
    }
}

int main(int argc, char **argv)
{
    read_settings(argc, argv);
    ranks_start(&argc, &argv, set.producers + 1);
    if (ranks_count() < 2) {
        fprintf(stderr, "sink: needs at least two processes: mpirun -n 3 sink-mpi\n");
        return 2;
    }
    bool consumer = ranks_me() == 0;
    long handles = set.objects * (consumer ? ranks_count() - 1 : 1);
    join_pool(consumer ? "sink" : "source");
    cdo = calloc((size_t)handles, sizeof *cdo);
    if (consumer) {
        long at_once = set.in_flight < handles ? set.in_flight : handles;
        warm_memory((size_t)at_once * (size_t)set.bytes, (size_t)at_once);
        measure();
    } else {
        warm_memory(MEMORY, (size_t)set.objects);
        produce(1);
        while (go_on(false))
            produce(set.objects);
    }
    must(mstro_finalize(), "mstro_finalize");
    free(cdo);
    ranks_end();
    return 0;
}
