/* SPDX-License-Identifier: BSD-3-Clause */
/* transfers BYTES SECONDS - demand latency and payload bandwidth between two processes
 *
 * The parent offers one object after another, the child requires them ahead, is told when one is there, and demands it: what is
 * timed is the demand of an object that is offered.  The memory on both sides is warm: the consumer brings its own buffer.
 * Prints the demand's median and 99th percentile, bytes a second, and CPU time a demand.  Needs MSTRO_POOL_MANAGER_INFO. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <maestro/maestro.h>

#include "bench/sample.h"

enum { MOST = 200000 };

static void must(mstro_status s, const char *call)
{
    if (s == MSTRO_OK)
        return;
    fprintf(stderr, "transfers: %s: %s (%s)\n", call, mstro_status_description(s), mstro_error_detail());
    exit(1);
}

static mstro_cdo declare(pid_t run, long number, void *memory, int64_t size)
{
    char name[64];
    mstro_cdo cdo;
    snprintf(name, sizeof name, "bench/transfer/%ld/%ld", (long)run, number);
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), "declare");
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, memory, false, true), "raw-ptr");
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true), "local-size");
    return cdo;
}

/* One byte through a pipe: the other side has done its part. */
static void tell(int to)
{
    if (write(to, "x", 1) != 1)
        exit(1);
}

static int hear(int from)
{
    char c;
    return read(from, &c, 1) == 1;
}

static void consume(pid_t run, void *memory, int64_t size, double limit, int from, int to)
{
    double *latency = malloc(MOST * sizeof *latency), sum = 0, start, began;
    double used, manager_used;
    long done = 0;

    pin_to_cpu(0);
    must(mstro_init("bench", "consumer", run), "mstro_init");
    began = seconds_now();
    used = seconds_used();
    manager_used = manager_seconds_used();
    for (long number = 0; number < MOST && (seconds_now() - began < limit || number < 5); number++) {
        mstro_cdo cdo = declare(run, number, memory, size);
        must(mstro_cdo_require(cdo), "require");
        tell(to);
        if (!hear(from))
            exit(1);
        start = seconds_now();
        must(mstro_cdo_demand(cdo), "demand");
        latency[done] = seconds_now() - start;
        sum += number >= 2 ? latency[done] : 0;
        done++;
        must(mstro_cdo_dispose(cdo), "dispose");
    }
    used = seconds_used() - used;
    manager_used = manager_seconds_used() - manager_used;
    close(to);
    print_figure("bandwidth", (double)size * (double)(done - 2) / sum / 1e9, "GB/s");
    qsort(latency, (size_t)done, sizeof *latency, compare_doubles);
    print_figure("demand-median", latency[done / 2] * 1e6, "us");
    print_figure("demand-p99", latency[done * 99 / 100] * 1e6, "us");
    print_figure("cpu", used / (double)done * 1e6, "us/demand");
    if (manager_pid())
        print_figure("manager-cpu", manager_used / (double)done * 1e6, "us/demand");
    free(latency);
    must(mstro_finalize(), "mstro_finalize");
}

static void produce(pid_t run, void *memory, int64_t size, int from, int to)
{
    pin_to_cpu(1);
    must(mstro_init("bench", "producer", run), "mstro_init");
    mstro_cdo last = NULL;
    for (long number = 0; hear(from); number++) {
        if (last) { /* its consumer has it by now */
            must(mstro_cdo_withdraw(last), "withdraw");
            must(mstro_cdo_dispose(last), "dispose");
        }
        last = declare(run, number, memory, size);
        must(mstro_cdo_offer(last), "offer");
        tell(to);
    }
    if (last) {
        must(mstro_cdo_withdraw(last), "withdraw");
        must(mstro_cdo_dispose(last), "dispose");
    }
    must(mstro_finalize(), "mstro_finalize");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: transfers BYTES SECONDS\n");
        return 2;
    }
    int64_t size = strtoll(argv[1], NULL, 10);
    int requests[2], offers[2], status = 0;
    pid_t run = getpid(), child;
    void *memory = NULL;

    if (size <= 0 || posix_memalign(&memory, 4096, (size_t)size) || pipe(requests) || pipe(offers))
        return 2;
    memset(memory, 7, (size_t)size);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(requests[0]);
        close(offers[1]);
        memset(memory, 0, (size_t)size);
        consume(run, memory, size, strtod(argv[2], NULL), offers[0], requests[1]);
        return 0;
    }
    close(requests[1]);
    close(offers[0]);
    produce(run, memory, size, requests[0], offers[1]);
    waitpid(child, &status, 0);
    free(memory);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
