/* SPDX-License-Identifier: BSD-3-Clause */
/* engine - what the pool's decisions cost without anything around them
 *
 * One thread steps a pool: offers, requires, demands, withdrawals and deaths of many objects; per operation in nanoseconds, and the
 * memory of an offered object beyond its name and attributes.  Usage: engine [OBJECTS] */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/pool/pool.h"
#include "lib/query/selector.h"
#include "lib/schema/catalogue.h"
#include "maestro/subscription.h"

static struct pool *pool;
static struct pool_outputs out;
static uint64_t last_ticket;

static void step(uint64_t session, const struct record *record)
{
    pool_step(pool, &(struct pool_input){ .kind = POOL_RECORD, .session = session, .record = record }, 1, &out);
    for (size_t i = 0; i < out.count; i++)
        if (out.at[i].record.kind == KIND_TICKET)
            last_ticket = out.at[i].record.ticket.ticket;
    pool_outputs_clear(&out);
}

static void join(uint64_t session, const char *component)
{
    step(session, &(struct record){ .kind = KIND_JOIN, .join = { .op = 1, .component = text_of(component), .host = text_of("node") } });
}

static struct text name_of(uint64_t object)
{
    static char name[32];
    int length = snprintf(name, sizeof name, "object-%016" PRIx64, object);
    return (struct text){ name, (size_t)length };
}

static void offer(uint64_t object)
{
    static const struct record_place place = { .address = 4096 };
    struct record record = { .kind = KIND_OFFER };
    record.offer = (struct record_offer){ .op = object + 2, .handle = object + 1, .name = name_of(object), .size = 4096,
                                          .data_place = { 1, &place }, .word_place = { 1, &place } };
    step(1, &record);
}

static void require(uint64_t object)
{
    step(2, &(struct record){ .kind = KIND_REQUIRE, .require = { .handle = object + 1, .name = name_of(object) } });
}

static void demand(uint64_t object)
{
    step(2, &(struct record){ .kind = KIND_DEMAND, .demand = { .op = object + 2, .handle = object + 1, .name = name_of(object) } });
    step(2, &(struct record){ .kind = KIND_COMPLETED, .completed = { .handle = object + 1, .ticket = last_ticket } });
}

static void withdraw(uint64_t object) { step(1, &(struct record){ .kind = KIND_WITHDRAW, .withdraw = { .op = object + 2, .handle = object + 1 } }); }

static void say(const char *what, uint64_t objects, uint64_t since)
{
    double each = (double)(clock_now() - since) / (double)objects;
    printf("%-44s %8.0f ns %10.0f /s\n", what, each, 1e9 / each);
}

static void each(const char *what, uint64_t objects, void (*act)(uint64_t object))
{
    uint64_t since = clock_now();
    for (uint64_t i = 0; i < objects; i++)
        act(i);
    say(what, objects, since);
}

static void die(const char *what, uint64_t objects, uint64_t session)
{
    uint64_t since = clock_now();
    pool_step(pool, &(struct pool_input){ .kind = POOL_LOST, .session = session, .reason = text_of("killed") }, 1, &out);
    pool_outputs_clear(&out);
    say(what, objects, since);
}

/* Sessions 3 and on: 'count' subscriptions to OFFER, each to another name; 'matching' of them to all names. */
static void subscribe(uint64_t session, struct schema *schema, uint64_t count, uint64_t matching)
{
    char component[32], query[128];
    struct selector *selector;
    snprintf(component, sizeof component, "subscriber-%" PRIu64, session);
    join(session, component);
    for (uint64_t i = 0; i < count; i++) {
        struct record record = { .kind = KIND_SUBSCRIBE };
        snprintf(query, sizeof query, "(.maestro.core.cdo.name = other-%" PRIu64 ")", i);
        if (selector_compile(i < matching ? NULL : query, NULL, schema, NULL, &selector) != MSTRO_OK)
            exit(70);
        record.subscribe = (struct record_subscribe){ .op = i + 2, .subscription = i + 1, .kinds = MSTRO_POOL_EVENT_OFFER, .selector = selector_bytes(selector) };
        step(session, &record);
        selector_destroy(selector);
    }
}

int main(int argc, char **argv)
{
    struct schema *schema;
    uint64_t objects = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    struct pool_settings settings = pool_settings_default();
    settings.lease = 0;
    if (pool_create(&pool, &settings) != MSTRO_OK)
        return 70;
    join(1, "producer");
    join(2, "consumer");
    size_t before = mallinfo2().uordblks;
    uint64_t counted = pool_count(pool).memory_bytes;
    each("offer", objects, offer);
    double name = (double)name_of(0).length;
    printf("%-44s %8.0f bytes, %.0f with the allocator's\n", "an offered object beyond its name", (double)(pool_count(pool).memory_bytes - counted) / (double)objects - name,
           (double)(mallinfo2().uordblks - before) / (double)objects - name);
    each("require", objects, require);
    each("demand and completed", objects, demand);
    each("withdraw", objects, withdraw);
    each("offer again", objects, offer);
    each("require again", objects, require);
    die("death of who offers all that, per object", objects, 1);
    die("death of who requires all that, per object", objects, 2);
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK)
        return 70;
    uint64_t some = objects / 10;
    join(1, "producer");
    each("offer again, nobody is told", some, offer);
    each("withdraw", some, withdraw);
    subscribe(3, schema, 1, 1);
    each("offer, 1 subscription that matches", some, offer);
    each("withdraw", some, withdraw);
    subscribe(4, schema, 10000, 1);
    each("offer, 10000 more of which 1 matches", some, offer);
    schema_release(schema);
    pool_destroy(pool);
    pool_outputs_release(&out);
    return 0;
}
