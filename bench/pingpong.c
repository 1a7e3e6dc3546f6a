/* SPDX-License-Identifier: BSD-3-Clause */
/* pingpong - offer, event, demand: how long from one process's call of offer until another has the object
 *
 * Two processes, each subscribed to what the other offers.  One offers an object whose bytes are the time; the other is told, demands
 * it, and offers one in return; and so on.  All times are of one node's clock.  Blocking: the calls that wait; spinning: poll and
 * test in a loop (the pool manager sleeps as it always does).  CPU time is that of both processes, and the manager's, for one
 * offer, event and demand with their withdraw and dispose.  Needs MSTRO_POOL_MANAGER_INFO. */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>

#include "bench/field.h"
#include "bench/joining.h"
#include "bench/latency.h"
#include "bench/options.h"
#include "bench/ranks.h"
#include "bench/sample.h"

static struct settings {
    long bytes;
    double seconds;
    bool spin;
} set = { .bytes = 1024, .seconds = 1 };

/* What is in the object. */
struct ball { uint64_t offered; bool last; };

static struct histogram whole, event, demand;
static mstro_subscription subscription;
static void *out, *in;

static void *warm(size_t bytes)
{
    void *memory = NULL;
    must(posix_memalign(&memory, 4096, bytes) == 0 ? MSTRO_OK : MSTRO_NOMEM, "posix_memalign");
    memset(memory, 1, bytes);
    return memory;
}

static mstro_cdo declare(const char *name, void *memory)
{
    mstro_cdo cdo;
    int64_t size = set.bytes;
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), "mstro_cdo_declare");
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, memory, false, true), "raw-ptr");
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true), "local-size");
    return cdo;
}

static void wait_for_request(mstro_request request)
{
    bool done = false;
    if (!set.spin) {
        must(mstro_request_wait(request), "mstro_request_wait");
        return;
    }
    for (;;) {
        mstro_status status = mstro_request_test(request, &done);
        if (done) {
            must(status, "request");
            return;
        }
        sched_yield();
    }
}

static mstro_pool_event wait_for_event(void)
{
    mstro_pool_event list = NULL;
    if (!set.spin)
        must(mstro_subscription_wait(subscription, &list), "mstro_subscription_wait");
    while (!list) {
        must(mstro_subscription_poll(subscription, &list), "mstro_subscription_poll");
        if (!list)
            sched_yield();
    }
    return list;
}

static mstro_cdo serve(long number, bool last)
{
    char name[64];
    mstro_request request;
    snprintf(name, sizeof name, "bench/pingpong/%d/%ld", ranks_me(), number);
    mstro_cdo cdo = declare(name, out);
    memcpy(out, &(struct ball){ nanoseconds_now(), last }, sizeof(struct ball));
    must(mstro_cdo_offer_async(cdo, &request), "mstro_cdo_offer_async");
    wait_for_request(request);
    return cdo;
}

/* True when it was the last one. */
static bool catch_one(bool counted)
{
    mstro_request request;
    struct ball ball;
    mstro_pool_event told = wait_for_event();
    uint64_t seen = nanoseconds_now();
    mstro_cdo cdo = declare(told->offer.cdo_name, in);
    must(mstro_pool_event_dispose(told), "mstro_pool_event_dispose");
    uint64_t asked = nanoseconds_now();
    must(mstro_cdo_demand_async(cdo, &request), "mstro_cdo_demand_async");
    wait_for_request(request);
    uint64_t now = nanoseconds_now();
    memcpy(&ball, in, sizeof ball);
    must(mstro_cdo_dispose(cdo), "mstro_cdo_dispose");
    if (counted) {
        histogram_add(&whole, now - ball.offered);
        histogram_add(&event, seen - ball.offered);
        histogram_add(&demand, now - asked);
    }
    return ball.last;
}

static void take_back(mstro_cdo cdo)
{
    if (!cdo)
        return;
    must(mstro_cdo_withdraw(cdo), "mstro_cdo_withdraw");
    must(mstro_cdo_dispose(cdo), "mstro_cdo_dispose");
}

enum { WARM_UP = 50 };

/* Rank 0 begins, and says when it is over. */
static void play(double *used, double *manager_used)
{
    uint64_t until = 0;
    bool last = false;
    mstro_cdo mine = NULL;
    for (long number = 0; !last; number++) {
        if (number == WARM_UP) {
            *used = seconds_used();
            *manager_used = manager_seconds_used();
            until = nanoseconds_now() + (uint64_t)(set.seconds * 1e9);
        }
        bool counted = number >= WARM_UP;
        if (ranks_me() == 0) {
            last = until && nanoseconds_now() >= until;
            take_back(mine); /* what came back since says that it was caught */
            mine = serve(number, last);
            catch_one(counted);
        } else {
            last = catch_one(counted);
            take_back(mine);
            mine = serve(number, last);
        }
    }
    *used = seconds_used() - *used;
    *manager_used = manager_seconds_used() - *manager_used;
    ranks_barrier(); /* the last one was caught */
    take_back(mine);
}

static void report(double used, double manager_used)
{
    struct { const char *name; struct histogram *h; } latencies[] = { { "offer-to-data", &whole }, { "offer-to-event", &event }, { "demand", &demand } };
    uint64_t sums[] = { (uint64_t)(used * 1e9), whole.count };
    ranks_sum(sums, 2);
    for (size_t i = 0; i < sizeof latencies / sizeof latencies[0]; i++) {
        latency_merge(latencies[i].h);
        latency_print(latencies[i].name, latencies[i].h);
    }
    if (ranks_me() != 0)
        return;
    print_figure("passes", (double)sums[1], "objects");
    print_figure("cpu", (double)sums[0] * 1e-3 / (double)sums[1], "us/pass");
    if (manager_pid())
        print_figure("manager-cpu", manager_used * 1e6 / (double)sums[1], "us/pass");
}

int main(int argc, char **argv)
{
    const struct bench_option options[] = {
        { "bytes", OPTION_COUNT, &set.bytes, "size of each object" },
        { "seconds", OPTION_REAL, &set.seconds, "time to measure" },
        { "spin", OPTION_FLAG, &set.spin, "poll instead of sleeping" },
        { 0 }
    };
    options_read(argc, argv, options, "latency from an offer here until the object is there");
    if (set.bytes < (long)sizeof(struct ball)) {
        fprintf(stderr, "pingpong: --bytes at least %zu\n", sizeof(struct ball));
        return 2;
    }
    double used = 0, manager_used = 0;
    ranks_start(&argc, &argv, 2);
    out = warm((size_t)set.bytes);
    in = warm((size_t)set.bytes);
    join_pool("pingpong");
    must(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS, &subscription), "mstro_subscribe");
    ranks_barrier();
    play(&used, &manager_used);
    report(used, manager_used);
    must(mstro_subscription_dispose(subscription), "mstro_subscription_dispose");
    must(mstro_finalize(), "mstro_finalize");
    free(out);
    free(in);
    ranks_end();
    return 0;
}
