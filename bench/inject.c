/* SPDX-License-Identifier: BSD-3-Clause */
/* inject - objects declared and offered a second, and acknowledged operations a second, by P processes of T threads
 *
 * All threads offer together, objects with the metadata of a real field and no data (field.h), up to a number or for a slice of
 * time; then all withdraw and dispose of them together; and again until the time is over.  'offers' counts the first parts only,
 * 'operations' (offer, withdraw, dispose) all the time.  How: one call after another (blocking), requests in a sliding window
 * (async), calls on many handles (all).  With --rate each thread offers at fixed times, and an offer's latency counts from when it
 * was due; otherwise from when it was called.  With --driver there is a thread more that does nothing but wait, from before the others
 * begin until they have ended: it drives all the time, where else whoever waits does.  The pool is that of MSTRO_POOL_MANAGER_INFO, else the one inside the process. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>

#include "bench/field.h"
#include "bench/joining.h"
#include "bench/latency.h"
#include "bench/options.h"
#include "bench/ranks.h"
#include "bench/sample.h"
#include "bench/window.h"

static struct settings {
    long processes, threads, in_flight, resident;
    double seconds, slice, rate;
    const char *how;
    bool async, all, driver;
} set = { .processes = 1, .threads = 1, .in_flight = 64, .seconds = 1, .slice = 0.2, .how = "blocking" };

static struct worker {
    pthread_t thread;
    int64_t number; /* of this thread among all */
    mstro_cdo *cdo;
    size_t room, count;
    uint64_t objects, done; /* that were counted; with the first round */
    struct histogram latency;
} *workers;

/* Written by worker 0 of each process between barriers. */
static pthread_barrier_t threads_barrier;
static struct phase {
    bool warm, over;
    uint64_t until;
    double offering, whole, used, manager_used;
} phase;

static void meet(const struct worker *w)
{
    pthread_barrier_wait(&threads_barrier);
    if (w == workers)
        ranks_barrier();
    pthread_barrier_wait(&threads_barrier);
}

/* So many more?  Once in any case, however short the slice. */
static bool may_offer(const struct worker *w, size_t more)
{
    return w->count + more < w->room && (w->count == 0 || nanoseconds_now() < phase.until);
}

static mstro_cdo *declare_next(struct worker *w)
{
    mstro_cdo *cdo = &w->cdo[w->count];
    *cdo = field_declare(w->number * 10000000 + (int64_t)w->count);
    w->count++;
    return cdo;
}

/* ---- the four ways to offer ---- */

static void offer_blocking(struct worker *w)
{
    while (may_offer(w, 1)) {
        mstro_cdo cdo = *declare_next(w);
        uint64_t since = nanoseconds_now();
        must(mstro_cdo_offer(cdo), "mstro_cdo_offer");
        histogram_add(&w->latency, nanoseconds_now() - since);
    }
}

static void offer_all(struct worker *w)
{
    size_t batch = (size_t)set.in_flight;
    while (may_offer(w, batch)) {
        mstro_cdo *first = declare_next(w);
        for (size_t i = 1; i < batch; i++)
            declare_next(w);
        uint64_t since = nanoseconds_now();
        must(mstro_cdo_offer_all(batch, first, NULL), "mstro_cdo_offer_all");
        histogram_add(&w->latency, nanoseconds_now() - since);
    }
}

static void offer_async(struct worker *w, struct window *window)
{
    while (may_offer(w, 1)) {
        mstro_cdo cdo = *declare_next(w);
        window_make_room(window);
        window_start(window, mstro_cdo_offer_async, cdo, nanoseconds_now());
    }
    window_drain(window);
}

/* Offer number i is due i intervals after the start; all threads of all ranks take turns. */
static void offer_at_rate(struct worker *w, struct window *window, uint64_t since)
{
    double every = 1e9 * (double)(set.threads * ranks_count()) / set.rate;
    double first = every * (double)w->number / (double)(set.threads * ranks_count());
    for (;;) {
        uint64_t due = since + (uint64_t)(first + every * (double)w->count);
        if (due >= phase.until || !may_offer(w, 1))
            break;
        if (nanoseconds_now() >= due) {
            mstro_cdo cdo = *declare_next(w);
            window_start(window, mstro_cdo_offer_async, cdo, due);
        } else if (window_empty(window)) {
            struct timespec until = { (time_t)(due / 1000000000u), (long)(due % 1000000000u) };
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        } else {
            window_take(window, due);
        }
    }
    window_drain(window);
}

static void offer(struct worker *w, struct window *window, uint64_t since)
{
    if (set.rate > 0)
        offer_at_rate(w, window, since);
    else if (set.async)
        offer_async(w, window);
    else if (set.all)
        offer_all(w);
    else
        offer_blocking(w);
}

/* ---- taking back ---- */

static void each_all(struct worker *w, mstro_status (*call)(size_t, const mstro_cdo[], mstro_status[]), const char *name)
{
    for (size_t i = 0; i < w->count; i += (size_t)set.in_flight)
        must(call(w->count - i < (size_t)set.in_flight ? w->count - i : (size_t)set.in_flight, w->cdo + i, NULL), name);
}

static void each_async(struct worker *w, struct window *window, mstro_status (*start)(mstro_cdo, mstro_request *))
{
    for (size_t i = 0; i < w->count; i++)
        window_start(window, start, w->cdo[i], 0);
    window_drain(window);
}

static void take_back(struct worker *w, struct window *window)
{
    if (set.all) {
        each_all(w, mstro_cdo_withdraw_all, "mstro_cdo_withdraw_all");
        each_all(w, mstro_cdo_dispose_all, "mstro_cdo_dispose_all");
    } else if (set.async) {
        each_async(w, window, mstro_cdo_withdraw_async);
        each_async(w, window, mstro_cdo_dispose_async);
    } else {
        for (size_t i = 0; i < w->count; i++) {
            must(mstro_cdo_withdraw(w->cdo[i]), "mstro_cdo_withdraw");
            must(mstro_cdo_dispose(w->cdo[i]), "mstro_cdo_dispose");
        }
    }
}

/* ---- rounds ---- */

/* All threads are between two barriers: only worker 0 is here.  Rank 0's clock decides for all. */
static void begin_round(void)
{
    uint64_t over = phase.whole >= set.seconds;
    ranks_largest(&over, 1);
    phase.over = over;
    if (phase.warm && phase.used == 0) {
        phase.used = seconds_used();
        phase.manager_used = manager_seconds_used();
    }
    phase.until = nanoseconds_now() + (uint64_t)(set.slice * 1e9);
}

static void end_round(uint64_t since, uint64_t offered)
{
    if (phase.warm) {
        phase.offering += (double)(offered - since) * 1e-9;
        phase.whole += (double)(nanoseconds_now() - since) * 1e-9;
    }
    phase.warm = true; /* the first round is not counted */
}

static void *work(void *of)
{
    struct worker *w = of;
    struct window window;
    window_open(&window, (size_t)set.in_flight, &w->latency);
    for (;;) {
        pthread_barrier_wait(&threads_barrier);
        if (w == workers)
            begin_round();
        meet(w);
        if (phase.over)
            break;
        uint64_t since = nanoseconds_now();
        if (!phase.warm)
            memset(&w->latency, 0, sizeof w->latency);
        w->count = 0;
        offer(w, &window, since);
        w->objects += phase.warm ? w->count : 0;
        w->done += w->count;
        meet(w);
        uint64_t offered = nanoseconds_now();
        take_back(w, &window);
        if (!phase.warm)
            memset(&w->latency, 0, sizeof w->latency);
        meet(w);
        if (w == workers)
            end_round(since, offered);
    }
    window_close(&window);
    return NULL;
}

/* ---- figures ---- */

static void report(void)
{
    static struct histogram latency;
    uint64_t objects = 0, done = 0, used = (uint64_t)((seconds_used() - phase.used) * 1e9);
    double manager = manager_seconds_used() - phase.manager_used;
    for (long i = 0; i < set.threads; i++) {
        objects += workers[i].objects;
        done += workers[i].done;
        histogram_merge(&latency, &workers[i].latency);
    }
    uint64_t sums[] = { objects, used, done };
    ranks_sum(sums, 3);
    latency_merge(&latency);
    if (ranks_me() != 0)
        return;
    double operations = 3.0 * (double)sums[0];
    print_figure("offers", (double)sums[0] / phase.offering, "1/s");
    print_figure("operations", operations / phase.whole, "1/s");
    print_figure("acknowledged", 3.0 * (double)sums[2], "operations"); /* all that were done, for who counts from outside */
    print_figure("cpu", (double)sums[1] * 1e-3 / operations, "us/operation");
    if (manager_pid()) {
        print_figure("manager-cpu", manager * 1e6 / operations, "us/operation");
        print_figure("manager-busy", manager / phase.whole * 100, "%");
    }
    if (set.rate > 0)
        print_figure("rate-asked", set.rate, "1/s");
    latency_print("offer", &latency);
}

static void prepare_workers(void)
{
    double many = set.rate > 0 ? set.rate * set.slice / ranks_count() : (double)set.resident;
    size_t room = (size_t)(many / (double)set.threads) + 2;
    if (set.all && room < (size_t)set.in_flight + 2)
        room = (size_t)set.in_flight + 2;
    workers = calloc((size_t)set.threads, sizeof *workers);
    pthread_barrier_init(&threads_barrier, NULL, (unsigned)set.threads);
    for (long i = 0; i < set.threads; i++) {
        workers[i].number = ranks_me() * set.threads + i;
        workers[i].room = room;
        workers[i].cdo = calloc(room, sizeof(mstro_cdo));
    }
}

/* ---- a thread that drives ---- */

static mstro_cdo declare_end(void)
{
    char name[48];
    mstro_cdo cdo;
    snprintf(name, sizeof name, "bench/end/%d", ranks_me());
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), "mstro_cdo_declare");
    return cdo;
}

static pthread_barrier_t driver_barrier;

/* Demands what is offered when the others have ended.  The demand has left when they begin, and nobody waits longer. */
static void *drive(void *nothing)
{
    mstro_cdo cdo = declare_end();
    mstro_request demand;
    must(mstro_cdo_demand_async(cdo, &demand), "mstro_cdo_demand_async");
    pthread_barrier_wait(&driver_barrier);
    must(mstro_request_wait(demand), "mstro_request_wait");
    must(mstro_cdo_dispose(cdo), "mstro_cdo_dispose");
    return nothing;
}

static pthread_t start_driver(void)
{
    pthread_t driver;
    pthread_barrier_init(&driver_barrier, NULL, 2);
    if (pthread_create(&driver, NULL, drive, NULL) != 0) {
        perror("inject: pthread_create");
        exit(1);
    }
    pthread_barrier_wait(&driver_barrier);
    return driver;
}

static void stop_driver(pthread_t driver)
{
    mstro_cdo cdo = declare_end();
    must(mstro_cdo_offer(cdo), "mstro_cdo_offer");
    pthread_join(driver, NULL);
    must(mstro_cdo_withdraw(cdo), "mstro_cdo_withdraw");
    must(mstro_cdo_dispose(cdo), "mstro_cdo_dispose");
}

static void run_workers(void)
{
    for (long i = 1; i < set.threads; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            perror("inject: pthread_create");
            exit(1);
        }
    work(&workers[0]);
    for (long i = 1; i < set.threads; i++)
        pthread_join(workers[i].thread, NULL);
}

static void read_settings(int argc, char **argv)
{
    const struct bench_option options[] = {
        { "processes", OPTION_COUNT, &set.processes, "processes; under mpirun those it starts" },
        { "threads", OPTION_COUNT, &set.threads, "threads a process" },
        { "how", OPTION_TEXT, &set.how, "blocking, async or all" },
        { "in-flight", OPTION_COUNT, &set.in_flight, "requests, or handles of a call, a thread" },
        { "resident", OPTION_COUNT, &set.resident, "objects that a process offers before it takes them back; 0: 1024, and 64 a thread" },
        { "slice", OPTION_REAL, &set.slice, "seconds after which it takes them back anyhow" },
        { "driver", OPTION_FLAG, &set.driver, "a thread more that only drives" },
        { "rate", OPTION_REAL, &set.rate, "offers a second of all threads together; 0: as many as go" },
        { "seconds", OPTION_REAL, &set.seconds, "time to measure" },
        { 0 }
    };
    options_read(argc, argv, options, "objects declared and offered, withdrawn and disposed of, by many processes and threads");
    set.async = strcmp(set.how, "async") == 0 || set.rate > 0;
    set.all = strcmp(set.how, "all") == 0;
    if (set.resident == 0)
        set.resident = set.threads > 16 ? 64 * set.threads : 1024;
    if ((!set.async && !set.all && strcmp(set.how, "blocking") != 0) || set.threads < 1 || set.in_flight < 1 || set.resident < set.threads) {
        fprintf(stderr, "inject: --how is blocking, async or all; --threads and --in-flight at least 1; --resident at least --threads\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    read_settings(argc, argv);
    ranks_start(&argc, &argv, set.processes);
    join_pool("inject");
    prepare_workers();
    pthread_t driver = set.driver ? start_driver() : 0;
    run_workers();
    report();
    if (set.driver)
        stop_driver(driver);
    must(mstro_finalize(), "mstro_finalize");
    for (long i = 0; i < set.threads; i++)
        free(workers[i].cdo);
    free(workers);
    ranks_end();
    return 0;
}
