/* SPDX-License-Identifier: BSD-3-Clause */
/* subscriptions - what an OFFER costs when many want to be told of others
 *
 * For 0, 10, 100 ... 100 000 subscriptions to the names of other objects, and again to the component of all and such a name, without and with one more that matches every offer: the rate of
 * offers (each followed by its WITHDRAW) as a ratio to that of a pool without subscriptions, side by side in the same rounds, median.  First in the
 * engine alone, then from one process that offers to another that is told, through the manager that is in the environment or served by the
 * first.  Usage: subscriptions [ROUNDS [OFFERS]] */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/sample.h"
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

static mstro_subscription subscribe_to(const char *name, uint64_t number)
{
    char query[96];
    mstro_cdo_selector selector;
    mstro_subscription sub;
    snprintf(query, sizeof query, "(.maestro.core.cdo.name = %s%" PRIu64 ")", name, number);
    must(mstro_cdo_selector_create(NULL, NULL, query, &selector));
    must(mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    must(mstro_cdo_selector_dispose(selector));
    return sub;
}

/* Takes events; a number on 'asked' is that of the subscriptions to others' names that there shall be, answered by a line. */
static int be_subscriber(FILE *asked, FILE *answer)
{
    char line[4096];
    uint64_t others = 0, wanted;
    mstro_pool_event events;
    setvbuf(asked, NULL, _IONBF, 0); /* poll() tells of what is there */
    if (!fgets(line, sizeof line, asked))
        return 1;
    line[strcspn(line, "\n")] = '\0';
    setenv(MSTRO_ENV_POOL_INFO, line, 1);
    must(mstro_init("subscriptions", "subscriber", 0));
    mstro_subscription sub = NULL;
    struct pollfd watched[2] = { { .fd = fileno(asked), .events = POLLIN }, { .events = POLLIN } };
    for (;;) {
        poll(watched, sub ? 2 : 1, -1);
        if (sub) {
            must(mstro_subscription_poll(sub, &events));
            must(mstro_pool_event_dispose(events));
        }
        if (!watched[0].revents)
            continue;
        if (!fgets(line, sizeof line, asked))
            break;
        for (wanted = strtoull(line, NULL, 10); others < wanted; others++)
            subscribe_to("other", others);
        if (!sub)
            must(mstro_subscription_fd(sub = subscribe_to("object", 0), &watched[1].fd));
        fprintf(answer, "ready\n");
        fflush(answer);
    }
    return mstro_finalize() != MSTRO_OK;
}

static double library_rate(mstro_cdo cdo, uint64_t offers)
{
    double since = seconds_now();
    for (uint64_t i = 0; i < offers; i++) {
        must(mstro_cdo_offer(cdo));
        must(mstro_cdo_withdraw(cdo));
    }
    return (double)offers / (seconds_now() - since);
}

static double library_median(mstro_cdo cdo, int rounds, uint64_t offers)
{
    double rate[ROUNDS_MAX];
    for (int r = 0; r < rounds; r++)
        rate[r] = library_rate(cdo, offers);
    return median(rate, rounds);
}

/* The pool of a manager, if there is one in the environment; else this process serves its own. */
static void measure_library(FILE *ask, FILE *answered, int rounds, uint64_t offers)
{
    char line[64], *info = getenv(MSTRO_ENV_POOL_INFO) ? strdup(getenv(MSTRO_ENV_POOL_INFO)) : NULL;
    mstro_cdo cdo;
    must(mstro_init("subscriptions", "producer", 0));
    if (!info) {
        must(mstro_pm_start());
        must(mstro_pm_getinfo(&info));
    }
    fprintf(ask, "%s\n", info);
    free(info);
    must(mstro_cdo_declare("object0", MSTRO_ATTR_DEFAULT, &cdo));
    double none = library_median(cdo, rounds, offers);
    for (int c = 0; c < CURVE; c++) {
        fprintf(ask, "%" PRIu64 "\n", curve[c]);
        fflush(ask);
        if (!fgets(line, sizeof line, answered))
            exit(70);
        double with = library_median(cdo, rounds, offers);
        printf("  %7" PRIu64 " that do not match, and one that matches each: %.2f of the rate without any (%.0f offers/s)\n", curve[c], with / none, with);
        fflush(stdout);
    }
    fclose(ask);
    wait(NULL);
    must(mstro_cdo_dispose(cdo));
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
    printf("offers in the engine alone\n");
    measure_engine(schema, by_name, rounds, offers);
    printf("the same, asked for by an AND of two of which each offer has one\n");
    measure_engine(schema, by_two, rounds, offers);
    schema_release(schema);
    printf("offers of one process, events to another\n");
    fflush(stdout);
    measure_library(fdopen(to[1], "w"), fdopen(from[0], "r"), rounds, offers / 4);
    return 0;
}
