/* SPDX-License-Identifier: BSD-3-Clause */
/* subscriptions - what an OFFER costs when many want to be told of others
 *
 * For 0, 10, 100 ... 100 000 subscriptions to the names of other objects, and again to the component of all and such a name, without and
 * with one more that matches every offer: the rate of offers (each followed by its WITHDRAW) as a ratio to that of a pool without
 * subscriptions, side by side in the same rounds, median.  First in the engine alone, then from one process that offers to another that
 * subscribes, through the manager that is in the environment or served by the first; there the ratio to none with its range, one offer at
 * a time and by calls on many handles, that of the 99th percentile, and (BENCH_MANAGER is its process id) of the manager's CPU time.
 * Usage: subscriptions [ROUNDS [OFFERS [pool]]]; pool: only the latter */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/sample.h"
#include "lib/base/histogram.h"
#include "lib/pool/pool.h"
#include "lib/query/selector.h"
#include "lib/schema/catalogue.h"
#include "maestro/maestro.h"

enum { CURVE = 6, ROUNDS_MAX = 99, SUBSCRIBER = 2, SEE_AFTER = 64 };

static const uint64_t curve[CURVE] = { 0, 10, 100, 1000, 10000, 100000 };

/* ---- the engine alone ---- */

struct engine { struct pool *pool; struct pool_outputs out; uint64_t ops, told, matching; };

static void step(struct engine *e, uint64_t session, const struct record *record)
{
    pool_step(e->pool, &(struct pool_input){ .kind = POOL_RECORD, .session = session, .record = record }, 1, &e->out);
    for (size_t i = 0; i < e->out.count; i++)
        if (e->out.at[i].record.kind == KIND_EVENTS)
            e->told += e->out.at[i].record.events.events.count;
    pool_outputs_clear(&e->out);
}

static void subscribe(struct engine *e, const struct schema *schema, uint64_t number, const char *query)
{
    struct selector *selector;
    if (selector_compile(query, NULL, schema, NULL, &selector) != MSTRO_OK)
        exit(70);
    struct record record = { .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++e->ops, .subscription = number, .kinds = MSTRO_POOL_EVENT_OFFER,
                                                                    .selector = selector_bytes(selector) } };
    step(e, SUBSCRIBER, &record);
    selector_destroy(selector);
}

/* What is asked for: one attribute, or first one that all objects have. */
static const char *const by_name = "(.maestro.core.cdo.name = other%" PRIu64 ")";
static const char *const by_two = "(and (.maestro.core.cdo.component = producer)(.maestro.core.cdo.name = other%" PRIu64 "))";

/* 'others' subscriptions to names that nobody offers, and perhaps one that matches each offer. */
static void engine_open(struct engine *e, const struct schema *schema, const char *shape, uint64_t others, bool told)
{
    struct pool_settings settings = pool_settings_default();
    settings.lease = 0;
    *e = (struct engine){ 0 };
    if (pool_create(&e->pool, &settings) != MSTRO_OK)
        exit(70);
    for (uint64_t session = 1; session <= SUBSCRIBER; session++)
        step(e, session, &(struct record){ .kind = KIND_JOIN, .join = { .op = ++e->ops, .component = text_of(session == 1 ? "producer" : "subscriber"),
                                                                        .host = text_of("node") } });
    for (uint64_t i = 1; i <= others; i++) {
        char query[160];
        snprintf(query, sizeof query, shape, i);
        subscribe(e, schema, i, query);
    }
    e->matching = others + 1;
    if (told)
        subscribe(e, schema, e->matching, "(.maestro.core.cdo.name = object0)");
}

static double engine_rate(struct engine *e, uint64_t offers)
{
    double since = seconds_used(); /* of CPU: others may be at work on this machine */
    uint64_t seen = e->told;
    for (uint64_t i = 0; i < offers; i++) {
        struct record offer = { .kind = KIND_OFFER, .offer = { .op = ++e->ops, .handle = 1, .name = text_of("object0"), .size = -1 } };
        step(e, 1, &offer);
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

static void measure_engine(const struct schema *schema, const char *shape, int rounds, uint64_t offers)
{
    static struct engine alone, untold, told;
    engine_open(&alone, schema, shape, 0, false);
    for (int c = 0; c < CURVE; c++) {
        double without[ROUNDS_MAX], with[ROUNDS_MAX];
        engine_open(&untold, schema, shape, curve[c], false);
        engine_open(&told, schema, shape, curve[c], true);
        for (int r = 0; r < rounds; r++) {
            double rate = engine_rate(&alone, offers);
            without[r] = engine_rate(&untold, offers) / rate;
            with[r] = engine_rate(&told, offers) / rate;
        }
        printf("  %7" PRIu64 " that do not match: %.2f of the rate without any, and %.2f with one more that matches each\n", curve[c],
               median(without, rounds), median(with, rounds));
        fflush(stdout);
        engine_close(&untold);
        engine_close(&told);
    }
    engine_close(&alone);
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
static int be_subscriber(FILE *asked, FILE *answer)
{
    static struct subscribed all;
    char line[4096];
    setvbuf(asked, NULL, _IONBF, 0); /* poll() tells of what is there */
    if (!fgets(line, sizeof line, asked))
        return 1;
    line[strcspn(line, "\n")] = '\0';
    setenv(MSTRO_ENV_POOL_INFO, line, 1);
    must(mstro_init("subscriptions", "subscriber", 0));
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

static void ask_for(const struct link *link, uint64_t others, enum matching matching)
{
    char line[64];
    fprintf(link->ask, "%" PRIu64 " %d\n", others, matching);
    fflush(link->ask);
    if (!fgets(line, sizeof line, link->answered))
        exit(70);
}

enum { BATCH = 64 };

/* Each is offered and withdrawn; 'count' handles a call, 1: blocking calls on one, the times of whose offers are counted. */
struct load { mstro_cdo cdo[BATCH]; size_t count; uint64_t offers; struct histogram latency; };

static double offers_a_second(struct load *load)
{
    double since = seconds_now();
    for (uint64_t i = 0; i < load->offers; i += load->count) {
        uint64_t begun = nanoseconds_now();
        must(load->count > 1 ? mstro_cdo_offer_all(load->count, load->cdo, NULL) : mstro_cdo_offer(load->cdo[0]));
        histogram_add(&load->latency, nanoseconds_now() - begun);
        must(load->count > 1 ? mstro_cdo_withdraw_all(load->count, load->cdo, NULL) : mstro_cdo_withdraw(load->cdo[0]));
    }
    return (double)load->offers / (seconds_now() - since);
}

struct side { uint64_t others; enum matching matching; double rate[ROUNDS_MAX]; };
struct ratios { double rate[ROUNDS_MAX], p99[ROUNDS_MAX], used[ROUNDS_MAX]; };

/* In each round one after the other, so that what the machine does meanwhile happens to both. */
static void measure_sides(const struct link *link, struct load *load, struct side side[2], int rounds, struct ratios *ratio)
{
    double p99[2], used[2];
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 2; i++) {
            ask_for(link, side[i].others, side[i].matching);
            load->latency = (struct histogram){ 0 };
            used[i] = -manager_seconds_used();
            side[i].rate[r] = offers_a_second(load);
            used[i] += manager_seconds_used();
            p99[i] = (double)histogram_percentile(&load->latency, 0.99);
        }
        ratio->rate[r] = side[1].rate[r] / side[0].rate[r];
        ratio->p99[r] = p99[1] / p99[0];
        ratio->used[r] = used[1] / used[0];
    }
}

static void print_spread(const char *name, double *sample, int count)
{
    double middle = median(sample, count);
    printf("%s %.2f [%.2f..%.2f]", name, middle, sample[0], sample[count - 1]);
}

static void compare_to_none(const struct link *link, struct load *load, uint64_t others, enum matching matching, int rounds)
{
    static struct side side[2];
    static struct ratios ratio;
    side[0] = (struct side){ .others = 0 };
    side[1] = (struct side){ .others = others, .matching = matching };
    measure_sides(link, load, side, rounds, &ratio);
    printf("  %7" PRIu64 " that do not match%s: ", others, matching == MATCH_EACH ? ", one that matches each" : matching ? ", one that matches one object" : "");
    print_spread("ratio", ratio.rate, rounds);
    printf(" (%.0f of %.0f offers/s)", median(side[1].rate, rounds), median(side[0].rate, rounds));
    print_spread(load->count > 1 ? ", p99 of a call: ratio" : ", p99 of an offer: ratio", ratio.p99, rounds);
    if (manager_pid())
        print_spread(", CPU time of the manager: ratio", ratio.used, rounds);
    printf("\n");
    fflush(stdout);
}

static void measure_load(const struct link *link, size_t count, int rounds, uint64_t offers)
{
    static struct load load;
    load.count = count;
    load.offers = offers / count * count;
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "object%zu", i);
        must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &load.cdo[i]));
    }
    for (int c = 1; c < CURVE - 1; c++)
        compare_to_none(link, &load, curve[c], MATCH_NONE, rounds);
    compare_to_none(link, &load, curve[CURVE - 2] - 1, MATCH_ONE_OBJECT, rounds);
    compare_to_none(link, &load, curve[CURVE - 2] - 1, MATCH_EACH, rounds);
    compare_to_none(link, &load, 0, MATCH_EACH, rounds); /* what being told costs, without the others */
    for (size_t i = 0; i < count; i++)
        must(mstro_cdo_dispose(load.cdo[i]));
}

/* The pool of a manager, if there is one in the environment; else this process serves its own. */
static void measure_library(FILE *ask, FILE *answered, int rounds, uint64_t offers)
{
    char *info = getenv(MSTRO_ENV_POOL_INFO) ? strdup(getenv(MSTRO_ENV_POOL_INFO)) : NULL;
    struct link link = { ask, answered };
    must(mstro_init("subscriptions", "producer", 0));
    if (!info) {
        must(mstro_pm_start());
        must(mstro_pm_getinfo(&info));
    }
    fprintf(ask, "%s\n", info);
    free(info);
    printf("offers of one process, events to another; both sides in each of %d rounds, one at a time\n", rounds);
    measure_load(&link, 1, rounds, offers);
    printf("the same by calls on %d handles\n", BATCH);
    measure_load(&link, BATCH, rounds, offers * 8);
    fclose(ask);
    wait(NULL);
    must(mstro_finalize());
}

int main(int argc, char **argv)
{
    struct schema *schema;
    int rounds = argc > 1 ? atoi(argv[1]) : 9, to[2], from[2];
    uint64_t offers = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000;
    if (rounds < 1 || rounds > ROUNDS_MAX || pipe(to) != 0 || pipe(from) != 0)
        return 2;
    pid_t child = fork(); /* before anything of the library has begun */
    if (child == 0) {
        close(to[1]);
        return be_subscriber(fdopen(to[0], "r"), fdopen(from[1], "w"));
    }
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK)
        return 70;
    if (argc < 4 || strcmp(argv[3], "pool") != 0) {
        printf("offers in the engine alone\n");
        measure_engine(schema, by_name, rounds, offers);
        printf("the same, asked for by an AND of two of which each offer has one\n");
        measure_engine(schema, by_two, rounds, offers);
    }
    schema_release(schema);
    fflush(stdout);
    measure_library(fdopen(to[1], "w"), fdopen(from[0], "r"), rounds, offers / 4);
    return 0;
}
