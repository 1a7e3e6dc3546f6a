/* SPDX-License-Identifier: BSD-3-Clause */
/* subscriptions - what offers cost while many subscriptions ask for objects that nobody offers
 *
 * None, 10, 100 ... subscriptions to the names of other objects, and again to the component of all and such a name; without and with one
 * more that matches.  What is compared runs in the same rounds, each side first in every other one; of their ratios the median.
 * In the engine alone an offer is followed by its WITHDRAW, and the one more matches each; there also the 99th percentile of what 1000
 * applications with 100 each make of an offer, against that with 10.
 * Then from one process that offers to another that subscribes, through the manager that is in the environment or served by the first: one
 * offer after another of one object, and calls on 64 objects, of which the one more matches one or each; every offer is withdrawn before the
 * next of its object.  There the ratio of rates with its range, of the 99th percentiles, and (BENCH_MANAGER is its process id) of the
 * manager's CPU time; and the 99th percentile when many processes have 100 each against 10 of one process. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/options.h"
#include "bench/sample.h"
#include "lib/base/histogram.h"
#include "lib/pool/pool.h"
#include "lib/query/selector.h"
#include "lib/schema/catalogue.h"
#include "maestro/maestro.h"

enum { CURVE = 6, ROUNDS_MAX = 99, SUBSCRIBER = 2, SEE_AFTER = 64, EACH_HAS = 100, FEW = 10, APPLICATIONS = 1000, PROCESSES_MAX = 400 };

static const uint64_t curve[CURVE] = { 0, FEW, 100, 1000, 10000, 100000 };

static struct settings {
    long rounds, offers, processes;
    double seconds;
    bool pool;
} set = { .rounds = 5, .offers = 20000, .processes = 20, .seconds = 0.4 };

/* ---- the engine alone ---- */

struct engine { struct pool *pool; struct pool_outputs out; uint64_t ops, told, matching; struct histogram latency; };

static void step(struct engine *e, uint64_t session, const struct record *record)
{
    pool_step(e->pool, &(struct pool_input){ .kind = POOL_RECORD, .session = session, .record = record }, 1, &e->out);
    for (size_t i = 0; i < e->out.count; i++)
        if (e->out.at[i].record.kind == KIND_EVENTS)
            e->told += e->out.at[i].record.events.events.count;
    pool_outputs_clear(&e->out);
}

static void subscribe(struct engine *e, const struct schema *schema, uint64_t session, uint64_t number, const char *query)
{
    struct selector *selector;
    if (selector_compile(query, NULL, schema, NULL, &selector) != MSTRO_OK)
        exit(70);
    struct record record = { .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++e->ops, .subscription = number, .kinds = MSTRO_POOL_EVENT_OFFER,
                                                                    .selector = selector_bytes(selector) } };
    step(e, session, &record);
    selector_destroy(selector);
}

/* What is asked for: one attribute, or first one that all objects have. */
static const char *const by_name = "(.maestro.core.cdo.name = other%" PRIu64 ")";
static const char *const by_two = "(and (.maestro.core.cdo.component = producer)(.maestro.core.cdo.name = other%" PRIu64 "))";

/* 'others' subscriptions to names that nobody offers, of so many applications in turn, and perhaps one that matches each offer. */
static void engine_open(struct engine *e, const struct schema *schema, const char *shape, uint64_t others, uint64_t applications, bool told)
{
    struct pool_settings settings = pool_settings_default();
    settings.lease = 0;
    *e = (struct engine){ 0 };
    if (pool_create(&e->pool, &settings) != MSTRO_OK)
        exit(70);
    for (uint64_t session = 1; session < SUBSCRIBER + applications; session++)
        step(e, session, &(struct record){ .kind = KIND_JOIN, .join = { .op = ++e->ops, .component = text_of(session == 1 ? "producer" : "subscriber"),
                                                                        .host = text_of("node") } });
    for (uint64_t i = 1; i <= others; i++) {
        char query[160];
        snprintf(query, sizeof query, shape, i);
        subscribe(e, schema, SUBSCRIBER + i % applications, i, query);
    }
    e->matching = others + 1;
    if (told)
        subscribe(e, schema, SUBSCRIBER, e->matching, "(.maestro.core.cdo.name = object0)");
}

static double engine_rate(struct engine *e, uint64_t offers)
{
    double since = seconds_used(); /* of CPU: others may be at work on this machine */
    uint64_t seen = e->told;
    for (uint64_t i = 0; i < offers; i++) {
        uint64_t begun = nanoseconds_now();
        struct record offer = { .kind = KIND_OFFER, .offer = { .op = ++e->ops, .handle = 1, .name = text_of("object0"), .size = -1 } };
        step(e, 1, &offer);
        histogram_add(&e->latency, nanoseconds_now() - begun);
        step(e, 1, &(struct record){ .kind = KIND_WITHDRAW, .withdraw = { .op = ++e->ops, .handle = 1 } });
        if (e->told - seen >= SEE_AFTER) {
            seen = e->told;
            step(e, SUBSCRIBER, &(struct record){ .kind = KIND_SEEN, .seen = { .subscription = e->matching, .count = seen } });
        }
    }
    return (double)offers / (seconds_used() - since);
}

static double median(double *sample, int count)
{
    qsort(sample, (size_t)count, sizeof *sample, compare_doubles);
    return sample[count / 2];
}

static void engine_close(struct engine *e)
{
    pool_destroy(e->pool);
    pool_outputs_release(&e->out);
}

static void measure_engine(const struct schema *schema, const char *shape)
{
    static struct engine alone, untold, told;
    engine_open(&alone, schema, shape, 0, 1, false);
    for (int c = 0; c < CURVE; c++) {
        double without[ROUNDS_MAX], with[ROUNDS_MAX];
        engine_open(&untold, schema, shape, curve[c], 1, false);
        engine_open(&told, schema, shape, curve[c], 1, true);
        for (int r = 0; r < set.rounds; r++) {
            double rate = engine_rate(&alone, (uint64_t)set.offers);
            without[r] = engine_rate(&untold, (uint64_t)set.offers) / rate;
            with[r] = engine_rate(&told, (uint64_t)set.offers) / rate;
        }
        printf("  %7" PRIu64 " that do not match: %.2f of the rate without any, and %.2f with one more that matches each\n", curve[c],
               median(without, (int)set.rounds), median(with, (int)set.rounds));
        fflush(stdout);
        engine_close(&untold);
        engine_close(&told);
    }
    engine_close(&alone);
}

static double engine_p99(struct engine *e)
{
    e->latency = (struct histogram){ 0 };
    engine_rate(e, (uint64_t)set.offers);
    return (double)histogram_percentile(&e->latency, 0.99);
}

static void print_spread(const char *name, double *sample, int count)
{
    double middle = median(sample, count);
    printf("%s %.2f [%.2f..%.2f]", name, middle, sample[0], sample[count - 1]);
}

static void measure_engine_p99(const struct schema *schema)
{
    static struct engine few, many;
    double ratio[ROUNDS_MAX], first[ROUNDS_MAX], second[ROUNDS_MAX];
    engine_open(&few, schema, by_name, FEW, 1, true);
    engine_open(&many, schema, by_name, APPLICATIONS * EACH_HAS, APPLICATIONS, true);
    for (int r = 0; r < set.rounds; r++) {
        bool swap = r % 2;
        second[r] = swap ? engine_p99(&many) : 0;
        first[r] = engine_p99(&few);
        second[r] = swap ? second[r] : engine_p99(&many);
        ratio[r] = second[r] / first[r];
    }
    printf("  %d applications with %d that do not match each, one that matches each offer: ", APPLICATIONS, EACH_HAS);
    print_spread("p99 of an offer: ratio to that with 10", ratio, (int)set.rounds);
    printf(" (%.0f of %.0f ns)\n", median(second, (int)set.rounds), median(first, (int)set.rounds));
    engine_close(&few);
    engine_close(&many);
}

/* ---- between processes ---- */

static void must(mstro_status status)
{
    if (status == MSTRO_OK)
        return;
    fprintf(stderr, "subscriptions: %s: %s\n", mstro_status_description(status), mstro_error_detail());
    exit(70);
}

static mstro_subscription subscribe_to(const char *key, const char *value, uint64_t number)
{
    char query[96];
    mstro_cdo_selector selector;
    mstro_subscription sub;
    snprintf(query, sizeof query, "(.maestro.core.cdo.%s = %s", key, value);
    snprintf(query + strlen(query), sizeof query - strlen(query), strcmp(key, "name") == 0 ? "%" PRIu64 ")" : ")", number);
    must(mstro_cdo_selector_create(NULL, NULL, query, &selector));
    must(mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    must(mstro_cdo_selector_dispose(selector));
    return sub;
}

enum matching { MATCH_NONE, MATCH_ONE_OBJECT, MATCH_EACH };

/* What the subscriber has. */
struct subscribed { mstro_subscription other[100000], matching; uint64_t others; };

static void subscribe_as_asked(struct subscribed *all, uint64_t others, enum matching matching)
{
    must(mstro_subscription_dispose(all->matching));
    all->matching = matching == MATCH_NONE ? NULL : matching == MATCH_EACH ? subscribe_to("component", "producer", 0) : subscribe_to("name", "object", 0);
    for (; all->others > others; all->others--)
        must(mstro_subscription_dispose(all->other[all->others - 1]));
    for (; all->others < others; all->others++)
        all->other[all->others] = subscribe_to("name", "other", all->others);
}

static void take_events(mstro_subscription sub)
{
    mstro_pool_event events;
    must(mstro_subscription_poll(sub, &events));
    must(mstro_pool_event_dispose(events));
}

/* Takes events; two numbers on 'asked' are those of the subscriptions to others' names that there shall be, and enum matching of the one
 * that is told; answered by a line. */
static int be_subscriber(FILE *asked, FILE *answer, uint64_t index)
{
    static struct subscribed all;
    char line[4096];
    setvbuf(asked, NULL, _IONBF, 0); /* poll() tells of what is there */
    if (!fgets(line, sizeof line, asked))
        return 1;
    line[strcspn(line, "\n")] = '\0';
    setenv(MSTRO_ENV_POOL_INFO, line, 1);
    must(mstro_init("subscriptions", "subscriber", (int64_t)index));
    struct pollfd watched[2] = { { .fd = fileno(asked), .events = POLLIN }, { .events = POLLIN } };
    for (;;) {
        poll(watched, all.matching ? 2 : 1, -1);
        if (all.matching)
            take_events(all.matching);
        if (!watched[0].revents)
            continue;
        if (!fgets(line, sizeof line, asked))
            break;
        char *second;
        uint64_t others = strtoull(line, &second, 10);
        subscribe_as_asked(&all, others, (enum matching)strtoul(second, NULL, 10));
        if (all.matching)
            must(mstro_subscription_fd(all.matching, &watched[1].fd));
        fprintf(answer, "ready\n");
        fflush(answer);
    }
    return mstro_finalize() != MSTRO_OK;
}

struct link { FILE *ask, *answered; };

/* Of all subscribers the first few are used.  Each has the same share of the others, the first the one that matches. */
static struct { struct link link[PROCESSES_MAX]; size_t count; } subscribers;

struct side { uint64_t others; enum matching matching; double rate[ROUNDS_MAX], p99[ROUNDS_MAX], used[ROUNDS_MAX]; };

static void ask_for(size_t among, uint64_t others, enum matching matching)
{
    char line[64];
    for (size_t i = 0; i < among; i++) {
        fprintf(subscribers.link[i].ask, "%" PRIu64 " %d\n", others / among, i ? MATCH_NONE : matching);
        fflush(subscribers.link[i].ask);
    }
    for (size_t i = 0; i < among; i++)
        if (!fgets(line, sizeof line, subscribers.link[i].answered))
            exit(70);
}

enum { BATCH = 64 };

/* Each is offered and withdrawn; 'count' handles a call, 1: blocking calls on one, the times of whose offers are counted. */
struct load { mstro_cdo cdo[BATCH]; size_t count; uint64_t offers; struct histogram latency; };

static double offers_a_second(struct load *load)
{
    double since = seconds_now();
    uint64_t before = load->offers;
    do {
        uint64_t begun = nanoseconds_now();
        must(load->count > 1 ? mstro_cdo_offer_all(load->count, load->cdo, NULL) : mstro_cdo_offer(load->cdo[0]));
        histogram_add(&load->latency, nanoseconds_now() - begun);
        must(load->count > 1 ? mstro_cdo_withdraw_all(load->count, load->cdo, NULL) : mstro_cdo_withdraw(load->cdo[0]));
        load->offers += load->count;
    } while (seconds_now() - since < set.seconds);
    return (double)(load->offers - before) / (seconds_now() - since);
}

static void measure_side(size_t among, struct load *load, struct side *side, int round)
{
    ask_for(among, side->others, side->matching);
    load->latency = (struct histogram){ 0 };
    side->used[round] = -manager_seconds_used();
    uint64_t before = load->offers;
    side->rate[round] = offers_a_second(load);
    side->used[round] = (side->used[round] + manager_seconds_used()) / (double)(load->offers - before);
    side->p99[round] = (double)histogram_percentile(&load->latency, 0.99);
}

/* The second side first in every other round: whatever changes meanwhile does not always meet the same one, and subscriptions are made and
 * ended once a round. */
static void measure_sides(size_t among, struct load *load, struct side side[2])
{
    for (int r = 0; r < set.rounds; r++)
        for (int i = 0; i < 2; i++)
            measure_side(among, load, &side[(r + i) % 2], r);
}

static void print_ratio(const char *name, const double *of, const double *to)
{
    double ratio[ROUNDS_MAX];
    for (int r = 0; r < set.rounds; r++)
        ratio[r] = of[r] / to[r];
    print_spread(name, ratio, (int)set.rounds);
}

static void print_sides(struct side side[2])
{
    int rounds = (int)set.rounds;
    print_ratio("rate: ratio", side[1].rate, side[0].rate);
    print_ratio(", p99 of a call: ratio", side[1].p99, side[0].p99);
    if (manager_pid())
        print_ratio(", CPU time of the manager an offer: ratio", side[1].used, side[0].used);
    printf(" (%.0f of %.0f offers/s", median(side[1].rate, rounds), median(side[0].rate, rounds));
    printf(", p99 %.0f of %.0f us", median(side[1].p99, rounds) * 1e-3, median(side[0].p99, rounds) * 1e-3);
    if (manager_pid())
        printf(", CPU %.2f of %.2f us", median(side[1].used, rounds) * 1e6, median(side[0].used, rounds) * 1e6);
    printf(")\n");
    fflush(stdout);
}

static void compare_to_none(struct load *load, uint64_t others, enum matching matching)
{
    static struct side side[2];
    side[0] = (struct side){ .others = 0 };
    side[1] = (struct side){ .others = others, .matching = matching };
    measure_sides(1, load, side);
    printf("  %7" PRIu64 " that do not match", others);
    if (matching)
        printf(", one that matches %s", matching == MATCH_EACH && load->count > 1 ? "each object" : load->count > 1 ? "one object of 64" : "the object");
    printf(": ");
    print_sides(side);
}

static void compare_to_few(struct load *load)
{
    static struct side side[2];
    side[0] = (struct side){ .others = FEW, .matching = MATCH_ONE_OBJECT };
    side[1] = (struct side){ .others = EACH_HAS * subscribers.count, .matching = MATCH_ONE_OBJECT };
    for (int r = 0; r < set.rounds; r++)
        for (int i = 0; i < 2; i++) {
            bool many = (r + i) % 2;
            ask_for(subscribers.count, 0, MATCH_NONE);
            measure_side(many ? subscribers.count : 1, load, &side[many], r);
        }
    ask_for(subscribers.count, 0, MATCH_NONE);
    printf("  %zu processes with %d that do not match each, against one process with %d; one that matches %s: ", subscribers.count, EACH_HAS, FEW,
           load->count > 1 ? "one object of 64" : "the object");
    print_sides(side);
}

static void measure_load(size_t count)
{
    static struct load load;
    load = (struct load){ .count = count };
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "object%zu", i);
        must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &load.cdo[i]));
    }
    for (int c = 1; c < CURVE - 1; c++)
        compare_to_none(&load, curve[c], MATCH_NONE);
    compare_to_none(&load, curve[CURVE - 2] - 1, MATCH_ONE_OBJECT);
    compare_to_none(&load, 0, MATCH_ONE_OBJECT); /* what being told costs, without the others */
    if (count > 1) {
        compare_to_none(&load, curve[CURVE - 2] - 1, MATCH_EACH);
        compare_to_none(&load, 0, MATCH_EACH);
    }
    compare_to_few(&load);
    for (size_t i = 0; i < count; i++)
        must(mstro_cdo_dispose(load.cdo[i]));
}

/* The pool of a manager, if there is one in the environment; else this process serves its own. */
static void measure_library(void)
{
    char *info = getenv(MSTRO_ENV_POOL_INFO) ? strdup(getenv(MSTRO_ENV_POOL_INFO)) : NULL;
    must(mstro_init("subscriptions", "producer", 0));
    if (!info) {
        must(mstro_pm_start());
        must(mstro_pm_getinfo(&info));
    }
    for (size_t i = 0; i < subscribers.count; i++)
        fprintf(subscribers.link[i].ask, "%s\n", info);
    free(info);
    printf("offers of one process, events to others; %ld rounds, each side %.2f s in each\none offer after another of one object\n", set.rounds, set.seconds);
    measure_load(1);
    printf("calls on %d objects\n", BATCH);
    measure_load(BATCH);
    for (size_t i = 0; i < subscribers.count; i++)
        fclose(subscribers.link[i].ask);
    while (wait(NULL) > 0)
        ;
    must(mstro_finalize());
}

/* Before anything of the library has begun.  A process that has inherited the pipes to those before it would keep them open. */
static void start_subscriber(size_t number)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        exit(70);
    pid_t child = fork();
    if (child < 0)
        exit(70);
    if (child == 0) {
        for (size_t i = 0; i < number; i++) {
            fclose(subscribers.link[i].ask);
            fclose(subscribers.link[i].answered);
        }
        close(to[1]);
        close(from[0]);
        exit(be_subscriber(fdopen(to[0], "r"), fdopen(from[1], "w"), number));
    }
    close(to[0]);
    close(from[1]);
    subscribers.link[number] = (struct link){ fdopen(to[1], "w"), fdopen(from[0], "r") };
    subscribers.count++;
}

int main(int argc, char **argv)
{
    const struct bench_option options[] = {
        { "rounds", OPTION_COUNT, &set.rounds, "in each of which both sides of a comparison run" },
        { "seconds", OPTION_REAL, &set.seconds, "of a side, between processes" },
        { "offers", OPTION_COUNT, &set.offers, "of a side, in the engine alone" },
        { "processes", OPTION_COUNT, &set.processes, "that subscribe, in the comparison of many with one" },
        { "pool", OPTION_FLAG, &set.pool, "only what happens between processes" },
        { 0 }
    };
    struct schema *schema;
    options_read(argc, argv, options, "what offers cost while 10, 100 ... subscriptions ask for objects that nobody offers, and one more for those\n"
                 "that are, as ratios to offers with none: in the engine alone, then from process to process, through the pool manager of\n"
                 "MSTRO_POOL_MANAGER_INFO (with its CPU time where BENCH_MANAGER is its process id) or one that is served by the first process");
    if (set.rounds < 1 || set.rounds > ROUNDS_MAX || set.processes < 1 || set.processes > PROCESSES_MAX || set.offers < 1) {
        fprintf(stderr, "subscriptions: --rounds 1 to %d, --processes 1 to %d, --offers at least 1\n", ROUNDS_MAX, PROCESSES_MAX);
        return 2;
    }
    for (long i = 0; i < set.processes; i++)
        start_subscriber((size_t)i);
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK)
        return 70;
    if (!set.pool) {
        printf("offers in the engine alone\n");
        measure_engine(schema, by_name);
        measure_engine_p99(schema);
        printf("the same, asked for by an AND of two of which each offer has one\n");
        measure_engine(schema, by_two);
    }
    schema_release(schema);
    fflush(stdout);
    measure_library();
    return 0;
}
