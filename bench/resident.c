/* SPDX-License-Identifier: BSD-3-Clause */
/* resident - the rate of operations while many objects are offered, and what one of them takes in memory
 *
 * One process offers so many objects (field.h); then, again and again, it withdraws and disposes of some that it picks at random
 * and offers them anew, calls on IN-FLIGHT handles at once (1: calls on one).  Needs MSTRO_POOL_MANAGER_INFO. */
#define _GNU_SOURCE
#include <string.h>

#include "bench/field.h"
#include "bench/options.h"
#include "bench/sample.h"

static struct settings {
    long objects, in_flight, subscriptions;
    double seconds;
} set = { .objects = 10000, .in_flight = 64, .seconds = 1 };

static mstro_cdo *cdo, *batch;
static size_t *picked;
static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static void fill(void)
{
    for (long i = 0; i < set.objects; i += 64) {
        size_t count = set.objects - i < 64 ? (size_t)(set.objects - i) : 64;
        for (size_t k = 0; k < count; k++)
            cdo[(size_t)i + k] = field_declare(i + (long)k);
        must(mstro_cdo_offer_all(count, cdo + i, NULL), "mstro_cdo_offer_all");
    }
}

/* Pick different ones: what is picked has no handle meanwhile. */
static void pick(void)
{
    for (size_t i = 0; i < (size_t)set.in_flight; i++) {
        do
            picked[i] = random_number() % (size_t)set.objects;
        while (!cdo[picked[i]]);
        batch[i] = cdo[picked[i]];
        cdo[picked[i]] = NULL;
    }
}

static void renew(void)
{
    size_t count = (size_t)set.in_flight;
    pick();
    if (count == 1) {
        must(mstro_cdo_withdraw(batch[0]), "mstro_cdo_withdraw");
        must(mstro_cdo_dispose(batch[0]), "mstro_cdo_dispose");
        batch[0] = field_declare((int64_t)picked[0]);
        must(mstro_cdo_offer(batch[0]), "mstro_cdo_offer");
    } else {
        must(mstro_cdo_withdraw_all(count, batch, NULL), "mstro_cdo_withdraw_all");
        must(mstro_cdo_dispose_all(count, batch, NULL), "mstro_cdo_dispose_all");
        for (size_t i = 0; i < count; i++)
            batch[i] = field_declare((int64_t)picked[i]);
        must(mstro_cdo_offer_all(count, batch, NULL), "mstro_cdo_offer_all");
    }
    for (size_t i = 0; i < count; i++)
        cdo[picked[i]] = batch[i];
}

static void empty(void)
{
    for (long i = 0; i < set.objects; i += 64) {
        size_t count = set.objects - i < 64 ? (size_t)(set.objects - i) : 64;
        must(mstro_cdo_withdraw_all(count, cdo + i, NULL), "mstro_cdo_withdraw_all");
        must(mstro_cdo_dispose_all(count, cdo + i, NULL), "mstro_cdo_dispose_all");
    }
}

static void print_memory(const char *name, double before, double after, long count)
{
    if (before > 0 && after > 0)
        print_figure(name, (after - before) / (double)count, "bytes");
}

/* What a subscription of a query of its own takes. */
static void subscribe(void)
{
    char query[128];
    mstro_cdo_selector selector;
    mstro_subscription *subscription = calloc((size_t)set.subscriptions, sizeof *subscription);
    double manager = resident_bytes(manager_pid()), since = seconds_now();
    for (long i = 0; i < set.subscriptions; i++) {
        snprintf(query, sizeof query, "(.maestro.core.cdo.name = bench/nothing/%ld)", i);
        must(mstro_cdo_selector_create(NULL, NULL, query, &selector), "mstro_cdo_selector_create");
        must(mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &subscription[i]), "mstro_subscribe");
        must(mstro_cdo_selector_dispose(selector), "mstro_cdo_selector_dispose");
    }
    print_figure("subscribed", (double)set.subscriptions / (seconds_now() - since), "1/s");
    if (manager_pid())
        print_memory("manager-a-subscription", manager, resident_bytes(manager_pid()), set.subscriptions);
    free(subscription); /* they end with the session */
}

static void measure(void)
{
    double since = seconds_now(), used = seconds_used(), manager_used = manager_seconds_used(), now;
    long turns = 0;
    do {
        renew();
        turns++;
        now = seconds_now();
    } while (now - since < set.seconds);
    double operations = 3.0 * (double)turns * (double)set.in_flight;
    print_figure("operations", operations / (now - since), "1/s");
    print_figure("cpu", (seconds_used() - used) * 1e6 / operations, "us/operation");
    if (manager_pid())
        print_figure("manager-cpu", (manager_seconds_used() - manager_used) * 1e6 / operations, "us/operation");
}

int main(int argc, char **argv)
{
    const struct bench_option options[] = {
        { "objects", OPTION_COUNT, &set.objects, "that are offered all the time" },
        { "in-flight", OPTION_COUNT, &set.in_flight, "handles a call" },
        { "subscriptions", OPTION_COUNT, &set.subscriptions, "that match none of them, made first" },
        { "seconds", OPTION_REAL, &set.seconds, "time to measure" },
        { 0 }
    };
    options_read(argc, argv, options, "operations on random objects while many are offered");
    if (set.in_flight < 1 || set.objects < 2 * set.in_flight) {
        fprintf(stderr, "resident: --objects at least twice --in-flight, which is at least 1\n");
        return 2;
    }
    cdo = calloc((size_t)set.objects, sizeof *cdo);
    batch = calloc((size_t)set.in_flight, sizeof *batch);
    picked = calloc((size_t)set.in_flight, sizeof *picked);
    must(mstro_init("bench", "resident", getpid()), "mstro_init");
    if (set.subscriptions)
        subscribe();
    double mine = resident_bytes(0), manager = resident_bytes(manager_pid());
    fill();
    print_memory("client-an-object", mine, resident_bytes(0), set.objects);
    if (manager_pid())
        print_memory("manager-an-object", manager, resident_bytes(manager_pid()), set.objects);
    measure();
    empty();
    must(mstro_finalize(), "mstro_finalize");
    free(cdo);
    free(batch);
    free(picked);
    return 0;
}
