/* SPDX-License-Identifier: BSD-3-Clause */
/* subscription_scale - what many subscriptions cost the engine, in counts and bytes */
#include "tests/lib/check.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/pool/pool.h"
#include "lib/query/selector.h"
#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"
#include "maestro/subscription.h"

enum { PRODUCER = 1, SUBSCRIBER, OTHER };

static const char reals_yaml[] = "schema-name: reals\nschema-version: 1\nschema-namespace: .real.\nmaestro-attributes:\n"
                                 "  - {key: single, type: float()}\n  - {key: double, type: double()}\n";

static struct pool *pool;
static struct pool_outputs out;
static struct schema *schema;
static uint64_t ops, told, status, answered; /* told: events that came out since start(); status: of the last ACK; answered: its operation */
static uint64_t serial; /* of the last event */
static bool quiet;      /* the last EVENTS */

static void step(const struct pool_input *in)
{
    pool_step(pool, in, 1, &out);
    for (size_t i = 0; i < out.count; i++) {
        const struct record *record = &out.at[i].record;
        if (record->kind == KIND_EVENTS && record->events.events.count) {
            told += record->events.events.count;
            serial = record->events.events.at[record->events.events.count - 1].serial;
            quiet = record->events.quiet;
        } else if (record->kind == KIND_ACK) {
            status = record->ack.status;
            answered = record->ack.op;
        }
    }
    pool_outputs_clear(&out);
}

static void say(uint64_t session, const struct record *record)
{
    step(&(struct pool_input){ .kind = POOL_RECORD, .session = session, .record = record });
}

static void join(uint64_t session, const char *component)
{
    say(session, &(struct record){ .kind = KIND_JOIN, .join = { .op = ++ops, .component = text_of(component), .host = text_of("node") } });
}

static void start(struct pool_settings settings)
{
    settings.lease = 0;
    assert_int_equal(pool_create(&pool, &settings), MSTRO_OK);
    told = 0;
    join(PRODUCER, "producer");
    join(SUBSCRIBER, "subscriber");
}

static void stop(void)
{
    pool_destroy(pool);
    pool_outputs_release(&out);
}

static void offer_with(uint64_t number, struct bytes attributes)
{
    char name[32];
    snprintf(name, sizeof name, "object %" PRIu64, number);
    struct record record = { .kind = KIND_OFFER, .offer = { .op = ++ops, .handle = number + 1, .name = text_of(name), .size = -1, .attributes = attributes } };
    say(PRODUCER, &record);
}

static void offer(uint64_t number) { offer_with(number, (struct bytes){ 0 }); }

/* An object that is described by these attributes. */
static void offer_field(uint64_t number, const char *yaml)
{
    struct attributes *a;
    assert_int_equal(attributes_create(schema, "field", &a), MSTRO_OK);
    assert_int_equal(attributes_set_yaml(a, yaml), MSTRO_OK);
    assert_int_equal(attributes_seal(a), MSTRO_OK);
    offer_with(number, attributes_block(a));
    attributes_destroy(a);
}

static void subscribe_of(uint64_t session, uint64_t number, uint32_t kinds, const char *query, uint8_t begin)
{
    struct selector *selector = NULL;
    struct record record = { .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++ops, .subscription = number, .kinds = kinds, .start = begin } };
    if (query) {
        assert_int_equal(selector_compile(query, NULL, schema, NULL, &selector), MSTRO_OK);
        record.subscribe.selector = selector_bytes(selector);
    }
    if (begin == MSTRO_SUBSCRIPTION_START_AGE)
        record.subscribe.since = UINT64_MAX;
    say(session, &record);
    selector_destroy(selector);
}

static void subscribe(uint64_t number, uint32_t kinds, const char *query, uint8_t begin) { subscribe_of(SUBSCRIBER, number, kinds, query, begin); }

static void subscribe_to_name(uint64_t number, const char *name)
{
    char query[96];
    snprintf(query, sizeof query, "(.maestro.core.cdo.name = \"%s\")", name);
    subscribe(number, MSTRO_POOL_EVENT_OFFER, query, MSTRO_SUBSCRIPTION_START_NOW);
}

static void offer_asks_only_the_selectors_that_ask_for_its_value(void **state)
{
    (void)state;
    start(pool_settings_default());
    for (uint64_t i = 1; i <= 10000; i++) {
        char name[32];
        snprintf(name, sizeof name, i == 5000 ? "object 3" : "other %" PRIu64, i);
        subscribe_to_name(i, name);
    }
    for (uint64_t i = 0; i < 10; i++)
        offer(i);
    assert_int_equal(told, 1);
    assert_int_equal(pool_effort(pool).selectors, 1);
    assert_int_equal(pool_effort(pool).subscriptions, 1);
    stop();
}

/* 'many' subscriptions that a number from 'from' on tells apart; the format has it once or twice. */
static void subscribe_to_many(uint64_t many, uint64_t from, const char *format)
{
    for (uint64_t i = 0; i < many; i++) {
        char query[200];
        snprintf(query, sizeof query, format, (int)(from + i), (int)(from + i + 1));
        subscribe(i + 1, MSTRO_POOL_EVENT_OFFER, query, MSTRO_SUBSCRIPTION_START_NOW);
    }
}

static void what_all_ask_for_does_not_hide_what_tells_them_apart(void **state)
{
    (void)state;
    const char *shapes[] = { "(and (.maestro.ecmwf.class = od)(.maestro.ecmwf.step = %d))",
                             "(and (.maestro.ecmwf.class = od)(and (.maestro.ecmwf.stream = oper)(.maestro.ecmwf.step = %d)))",
                             "(and (.maestro.ecmwf.step = %d)(.maestro.ecmwf.class = od))" };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        start(pool_settings_default());
        subscribe_to_many(10000, 1, shapes[i]);
        uint64_t before = pool_effort(pool).selectors;
        offer_field(1, "{.maestro.ecmwf.class: od, .maestro.ecmwf.stream: oper, .maestro.ecmwf.step: 20000}");
        assert_int_equal(told, 0);
        assert_true(pool_effort(pool).selectors - before <= 2); /* the first ones came when nothing was crowded */
        before = pool_effort(pool).selectors;
        offer_field(2, "{.maestro.ecmwf.class: od, .maestro.ecmwf.stream: oper, .maestro.ecmwf.step: 5000}");
        assert_int_equal(told, 1);
        assert_true(pool_effort(pool).selectors - before <= 3);
        stop();
    }
}

static void one_of_a_few_values_is_asked_for_without_asking_those_who_want_others(void **state)
{
    (void)state;
    const char *shapes[] = { "(.maestro.ecmwf.step = %d/%d)", "(or (.maestro.ecmwf.step = %d)(.maestro.ecmwf.step = %d))",
                             "(and (.maestro.ecmwf.class = od)(.maestro.ecmwf.step = %d/%d))" };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        start(pool_settings_default());
        uint64_t counted = pool_count(pool).memory_bytes;
        subscribe_to_many(10000, 10, shapes[i]);
        uint64_t before = pool_effort(pool).selectors;
        offer_field(1, "{.maestro.ecmwf.class: od, .maestro.ecmwf.step: 20000}");
        assert_int_equal(told, 0);
        assert_true(pool_effort(pool).selectors - before <= 2);
        before = pool_effort(pool).selectors;
        offer_field(2, "{.maestro.ecmwf.class: od, .maestro.ecmwf.step: 5000}");
        assert_int_equal(told, 2); /* once each */
        assert_true(pool_effort(pool).selectors - before <= 2 + 2);
        for (uint64_t number = 1; number <= 10000; number++)
            say(SUBSCRIBER, &(struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .op = ++ops, .subscription = number } });
        assert_int_equal(pool_count(pool).subscriptions, 0);
        assert_true(pool_count(pool).memory_bytes < counted + 100000); /* two objects are there, and what has happened */
        stop();
    }
}

static void attributes_that_an_object_does_not_have_are_not_looked_up(void **state)
{
    (void)state;
    enum { KEYS = 1000 };
    char *yaml = NULL;
    size_t size;
    struct schema *mine, *usual = schema;
    FILE *text = open_memstream(&yaml, &size);
    fprintf(text, "schema-name: mine\nschema-namespace: \".maestro.my.\"\nmaestro-attributes:\n");
    for (int i = 0; i < KEYS; i++)
        fprintf(text, "  - {key: key%d, type: int()}\n", i);
    fclose(text);
    assert_int_equal(schema_read_text(text_of(yaml), "mine.yaml", &mine), MSTRO_OK);
    schema = mine;
    start(pool_settings_default());
    subscribe_to_many(KEYS, 0, "(.maestro.my.key%d = 1)");
    schema = usual;
    uint64_t before = pool_effort(pool).attributes;
    offer_field(1, "{.maestro.ecmwf.class: od, .maestro.ecmwf.step: 1}");
    assert_true(pool_effort(pool).attributes > before);
    assert_true(pool_effort(pool).attributes - before <= 3 * 20); /* three facts, each of an object with a few */
    stop();
    schema_release(mine);
    free(yaml);
}

static void event_asks_nobody_who_waits_for_other_kinds(void **state)
{
    (void)state;
    start(pool_settings_default());
    for (uint64_t i = 1; i <= 1000; i++)
        subscribe(i, MSTRO_POOL_EVENT_OFFER, NULL, MSTRO_SUBSCRIPTION_START_NOW);
    join(OTHER, "other");
    assert_int_equal(pool_effort(pool).subscriptions, 0);
    for (uint64_t i = 1001; i <= 2000; i++)
        subscribe(i, MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_APP_LEAVE, NULL, MSTRO_SUBSCRIPTION_START_NOW);
    offer(1);
    assert_int_equal(pool_effort(pool).subscriptions, 1000);
    assert_int_equal(told, 1000);
    step(&(struct pool_input){ .kind = POOL_LOST, .session = OTHER, .reason = text_of("killed") });
    assert_int_equal(pool_effort(pool).subscriptions, 2000);
    stop();
}

static size_t resident_bytes(void)
{
    size_t pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &pages, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void a_hundred_thousand_subscriptions_take_a_kibibyte_each(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    start(pool_settings_default());
    subscribe_to_name(MANY + 1, "first");
    malloc_trim(0);
    uint64_t counted = pool_count(pool).memory_bytes;
    size_t resident = resident_bytes();
    for (uint64_t i = 1; i <= MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "other %" PRIu64, i);
        subscribe_to_name(i, name);
    }
    assert_int_equal(pool_count(pool).subscriptions, MANY + 1);
    uint64_t each = (pool_count(pool).memory_bytes - counted) / MANY, really = (resident_bytes() - resident) / MANY;
    printf("# a subscription: %" PRIu64 " bytes counted, %" PRIu64 " resident\n", each, really);
    assert_true(each <= 1024);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ /* which have more for each allocation */
    assert_true(really <= 1024);
    assert_true(really <= each + each / 4); /* what is counted is what there is */
#endif
    stop();
}

static void a_thousand_applications_with_a_hundred_subscriptions_each_cost_an_offer_what_one_costs(void **state)
{
    (void)state;
    enum { APPLICATIONS = 1000, EACH = 100, FIRST = 10 };
    start(pool_settings_default());
    for (uint64_t a = 0; a < APPLICATIONS; a++) {
        char component[32];
        snprintf(component, sizeof component, "application-%" PRIu64, a);
        join(FIRST + a, component);
    }
    uint64_t counted = pool_count(pool).memory_bytes;
    for (uint64_t a = 0; a < APPLICATIONS; a++)
        for (uint64_t i = 1; i <= EACH; i++) {
            char query[96];
            snprintf(query, sizeof query, "(.maestro.core.cdo.name = \"object %" PRIu64 "\")", a * EACH + i);
            subscribe_of(FIRST + a, i, MSTRO_POOL_EVENT_OFFER, query, MSTRO_SUBSCRIPTION_START_NOW);
            assert_int_equal(status, MSTRO_OK);
        }
    assert_int_equal(pool_count(pool).subscriptions, APPLICATIONS * EACH);
    assert_true((pool_count(pool).memory_bytes - counted) / (APPLICATIONS * EACH) <= 1024);
    for (uint64_t i = 1; i <= 100; i++)
        offer(i * 1000);
    assert_int_equal(told, 100);
    assert_int_equal(pool_effort(pool).subscriptions, 100);
    for (uint64_t a = 0; a < APPLICATIONS; a++)
        step(&(struct pool_input){ .kind = POOL_LOST, .session = FIRST + a, .reason = text_of("killed") });
    assert_int_equal(pool_count(pool).subscriptions, 0);
    assert_true(pool_count(pool).memory_bytes <= counted + 65536); /* the facts of their end */
    stop();
}

/* What an object of this attribute is told to: who asks for it by the index, among a thousand who ask for others, and who asks in a way that
 * the index does not know. */
static void told_by_index_and_without(const char *yaml, const char *key, const char *value, const char *of_others, bool is_told)
{
    char query[160];
    start(pool_settings_default());
    for (uint64_t i = 1; i <= 1000; i++) {
        char other[64];
        snprintf(other, sizeof other, of_others, (int)i);
        snprintf(query, sizeof query, "(%s = %s)", key, other);
        subscribe(i, MSTRO_POOL_EVENT_OFFER, query, MSTRO_SUBSCRIPTION_START_NOW);
    }
    snprintf(query, sizeof query, "(%s = %s)", key, value);
    subscribe(1001, MSTRO_POOL_EVENT_OFFER, query, MSTRO_SUBSCRIPTION_START_NOW);
    assert_int_equal(status, MSTRO_OK);
    offer_field(1, yaml);
    if (told != is_told || pool_effort(pool).selectors > 1)
        fail_msg("%s, %s: told to %d, of %d asked", yaml, query, (int)told, (int)pool_effort(pool).selectors);
    snprintf(query, sizeof query, "(not (%s != %s))", key, value);
    subscribe(1002, MSTRO_POOL_EVENT_OFFER, query, MSTRO_SUBSCRIPTION_START_NOW);
    told = 0;
    offer_field(2, yaml);
    if (told != (is_told ? 2 : 0))
        fail_msg("%s, %s: told to %d", yaml, query, (int)told);
    stop();
}

static void timestamps_and_reals_are_found_by_their_value_however_written(void **state)
{
    (void)state;
    const char *const days = "2020-01-01T00:00:00.%03dZ", *const halves = "%d.25";
    told_by_index_and_without("{.maestro.ecmwf.date: 2026-11-21T12:00:00Z}", ".maestro.ecmwf.date", "2026-11-21T12:00:00Z", days, true);
    told_by_index_and_without("{.maestro.ecmwf.date: 2026-11-21T13:00:00+01:00}", ".maestro.ecmwf.date", "2026-11-21T12:00:00Z", days, true);
    told_by_index_and_without("{.maestro.ecmwf.date: 2026-11-21T12:00:00.5Z}", ".maestro.ecmwf.date", "2026-11-21T12:00:00Z", days, false);
    told_by_index_and_without("{.real.single: 0.1}", ".real.single", "0.1", halves, true);
    told_by_index_and_without("{.real.double: 0.1}", ".real.double", "1e-1", halves, true);
    told_by_index_and_without("{.real.double: 3}", ".real.double", "3.0", halves, true);
    told_by_index_and_without("{.real.double: -0.0}", ".real.double", "0", halves, true);
    told_by_index_and_without("{.real.double: 0.1}", ".real.double", "0.1000001", halves, false);
}

static void layout_is_found_as_what_users_describe(void **state)
{
    (void)state;
    static const char field[] = "{.maestro.core.cdo.layout.element-size: 8, .maestro.core.cdo.layout.ndims: 2, .maestro.core.cdo.layout.dims-size: [640, 1280], "
                                ".maestro.core.cdo.layout.order: 1}";
    told_by_index_and_without(field, ".maestro.core.cdo.layout.element-size", "8", "1%03d", true);
    told_by_index_and_without(field, ".maestro.core.cdo.layout.element-size", "4", "1%03d", false);
    told_by_index_and_without(field, ".maestro.core.cdo.layout.order", "1", "1%03d", true);
    told_by_index_and_without(field, ".maestro.core.cdo.layout.ndims", "2", "1%03d", true);
    start(pool_settings_default());
    subscribe(1, MSTRO_POOL_EVENT_OFFER, "(.maestro.core.cdo.layout.dims-size = 1280)", MSTRO_SUBSCRIPTION_START_NOW);
    subscribe(2, MSTRO_POOL_EVENT_OFFER, "(and (has .maestro.core.cdo.layout.dims-size)(.maestro.core.cdo.layout.dims-size < 641))", MSTRO_SUBSCRIPTION_START_NOW);
    subscribe(3, MSTRO_POOL_EVENT_OFFER, "(.maestro.core.cdo.layout.dims-size > 1280)", MSTRO_SUBSCRIPTION_START_NOW);
    offer_field(1, field);
    assert_int_equal(told, 2);
    stop();
}

static void subscription_beyond_the_quota_is_refused_by_name(void **state)
{
    (void)state;
    struct pool_settings settings = pool_settings_default();
    settings.subscriptions = 100;
    start(settings);
    for (uint64_t i = 1; i <= 100; i++) {
        subscribe_to_name(i, "any");
        assert_int_equal(status, MSTRO_OK);
    }
    subscribe_to_name(101, "any");
    assert_int_equal(status, MSTRO_QUOTA);
    say(SUBSCRIBER, &(struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .op = ++ops, .subscription = 50 } });
    subscribe_to_name(102, "any");
    assert_int_equal(status, MSTRO_OK);
    stop();
}

static void subscribe_durably(uint64_t number, const char *name)
{
    say(SUBSCRIBER, &(struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++ops, .subscription = number, .kinds = MSTRO_POOL_EVENT_OFFER,
                                                                           .name = text_of(name), .flags = SUBSCRIBE_DURABLE } });
}

static void unsubscribe(uint64_t number, uint8_t forget)
{
    say(SUBSCRIBER, &(struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .op = ++ops, .subscription = number, .forget = forget } });
}

static void names_that_nobody_has_count_until_they_are_forgotten(void **state)
{
    (void)state;
    struct pool_settings settings = pool_settings_default();
    settings.subscriptions = 100;
    start(settings);
    for (uint64_t i = 1; i <= 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "name %" PRIu64, i);
        subscribe_durably(i, name);
        assert_int_equal(status, MSTRO_OK);
        unsubscribe(i, FORGET_NOTHING);
    }
    assert_int_equal(pool_count(pool).subscriptions, 0);
    assert_int_equal(pool_count(pool).subscription_names, 100);
    subscribe_durably(101, "name 101");
    assert_int_equal(status, MSTRO_QUOTA);
    subscribe_durably(102, "name 7"); /* is there */
    assert_int_equal(status, MSTRO_OK);
    subscribe_to_name(103, "any"); /* has none */
    assert_int_equal(status, MSTRO_OK);
    unsubscribe(102, FORGET_NAME);
    subscribe_durably(104, "name 101");
    assert_int_equal(status, MSTRO_OK);
    stop();
}

static void reading_a_long_past_takes_many_short_steps(void **state)
{
    (void)state;
    enum { PAST = 20000 }; /* three facts each, and all are kept */
    struct pool_settings settings = pool_settings_default();
    settings.fact_bytes = 16 << 20;
    start(settings);
    for (uint64_t i = 0; i < PAST; i++)
        offer(i);
    subscribe(1, MSTRO_POOL_EVENT_OFFER, "(.maestro.core.cdo.name = \"object 19999\")", MSTRO_SUBSCRIPTION_START_AGE);
    assert_int_equal(told, 0);
    uint64_t steps = 0, before = pool_effort(pool).selectors;
    while (told == 0 && pool_next_deadline(pool) != NO_DEADLINE) {
        assert_true(pool_next_deadline(pool) <= 1); /* it wants to go on at once */
        step(&(struct pool_input){ .kind = POOL_TICK });
        assert_true(pool_effort(pool).selectors - before <= 4096);
        before = pool_effort(pool).selectors;
        steps++;
    }
    assert_int_equal(told, 1);
    assert_true(steps > 3 * PAST / 4096 - 1);
    step(&(struct pool_input){ .kind = POOL_TICK });
    assert_true(pool_next_deadline(pool) == NO_DEADLINE);
    stop();
}

static void who_reads_the_past_and_has_no_room_wakes_the_pool_for_nothing(void **state)
{
    (void)state;
    start(pool_settings_default());
    for (uint64_t i = 0; i < 4; i++)
        offer(i);
    /* The byte bound leaves room, but not as much as the next event needs. */
    say(SUBSCRIBER, &(struct record){ .kind = KIND_SUBSCRIBE,
                                      .subscribe = { .op = ++ops, .subscription = 1, .kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_POOL_CHECKPOINT,
                                                     .start = MSTRO_SUBSCRIPTION_START_AGE, .since = UINT64_MAX, .max_events = 2, .max_bytes = 150 } });
    for (uint64_t waits = 2; waits <= 5; waits++) {
        assert_int_equal(told, waits);
        assert_true(pool_next_deadline(pool) == NO_DEADLINE);
        if (waits < 5)
            say(SUBSCRIBER, &(struct record){ .kind = KIND_SEEN, .seen = { .subscription = 1, .count = waits - 1 } });
    }
    stop();
}

static void ack_is_found_among_those_that_thousands_owe_for_the_same_event(void **state)
{
    (void)state;
    enum { ACKERS = 10000 };
    struct pool_settings settings = pool_settings_default();
    settings.subscriptions = 0;
    start(settings);
    for (uint64_t i = 1; i <= ACKERS; i++)
        say(SUBSCRIBER, &(struct record){ .kind = KIND_SUBSCRIBE,
                                          .subscribe = { .op = ++ops, .subscription = i, .kinds = MSTRO_POOL_EVENT_OFFER,
                                                         .options = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK } });
    offer(1);
    assert_int_equal(told, ACKERS);
    uint64_t before = pool_effort(pool).acks, offered = ops;
    for (uint64_t i = 1; i <= ACKERS; i++) {
        assert_true(answered != offered); /* it waits for every one */
        say(SUBSCRIBER, &(struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = i, .serial = serial } });
    }
    assert_int_equal(answered, offered);
    assert_true(pool_effort(pool).acks - before < 4 * ACKERS);
    stop();
}

static void see(uint64_t number, uint64_t count)
{
    say(SUBSCRIBER, &(struct record){ .kind = KIND_SEEN, .seen = { .subscription = number, .count = count } });
}

/* Of four: two may lie unseen, without a word for each. */
static void subscriber_is_asked_what_it_has_taken_when_half_of_its_window_is_used_up(void **state)
{
    (void)state;
    start(pool_settings_default());
    say(SUBSCRIBER, &(struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++ops, .subscription = 1, .kinds = MSTRO_POOL_EVENT_OFFER, .max_events = 4 } });
    for (uint64_t i = 1; i <= 4; i++) {
        offer(i);
        assert_int_equal(told, i);
        assert_int_equal(quiet, i <= 2);
    }
    see(1, 3);
    offer(5);
    assert_true(quiet);
    offer(6);
    assert_false(quiet);
    stop();
}

/* What it has not taken another is to get. */
static void subscriber_under_a_name_is_asked_each_time(void **state)
{
    (void)state;
    start(pool_settings_default());
    say(SUBSCRIBER, &(struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++ops, .subscription = 1, .kinds = MSTRO_POOL_EVENT_OFFER,
                                                                             .flags = SUBSCRIBE_DURABLE, .name = text_of("name") } });
    quiet = true;
    offer(1);
    assert_int_equal(told, 1);
    assert_false(quiet);
    stop();
}

static void gap_that_memory_was_short_for_is_told_when_there_is_memory_again(void **state)
{
    (void)state;
    start(pool_settings_default());
    subscribe(1, MSTRO_POOL_EVENT_APP_JOIN, NULL, MSTRO_SUBSCRIPTION_START_NOW);
    for (uint64_t i = 2; i < 6; i++)
        subscribe(i, MSTRO_POOL_EVENT_OFFER, NULL, MSTRO_SUBSCRIPTION_START_NOW);
    pool_grow_no_more(pool);
    join(OTHER, "other"); /* it comes in, but there is no memory to tell of it */
    assert_int_equal(told, 0);
    uint64_t due = pool_next_deadline(pool);
    assert_true(due > 1 && due != NO_DEADLINE);
    for (uint64_t i = 2; i < 6; i++) /* gives memory back */
        say(SUBSCRIBER, &(struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .op = ++ops, .subscription = i } });
    pool_step(pool, &(struct pool_input){ .kind = POOL_TICK }, due, &out);
    assert_int_equal(out.count, 1);
    const struct record_events *events = &out.at[0].record.events;
    assert_int_equal(out.at[0].record.kind, KIND_EVENTS);
    assert_int_equal(events->events.count, 1);
    assert_int_equal(events->events.at[0].kind, MSTRO_POOL_EVENT_OVERFLOW);
    assert_int_equal(events->events.at[0].count, 1);
    pool_outputs_clear(&out);
    assert_true(pool_next_deadline(pool) == NO_DEADLINE);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offer_asks_only_the_selectors_that_ask_for_its_value),
        cmocka_unit_test(what_all_ask_for_does_not_hide_what_tells_them_apart),
        cmocka_unit_test(one_of_a_few_values_is_asked_for_without_asking_those_who_want_others),
        cmocka_unit_test(attributes_that_an_object_does_not_have_are_not_looked_up),
        cmocka_unit_test(event_asks_nobody_who_waits_for_other_kinds),
        cmocka_unit_test(a_hundred_thousand_subscriptions_take_a_kibibyte_each),
        cmocka_unit_test(a_thousand_applications_with_a_hundred_subscriptions_each_cost_an_offer_what_one_costs),
        cmocka_unit_test(timestamps_and_reals_are_found_by_their_value_however_written),
        cmocka_unit_test(layout_is_found_as_what_users_describe),
        cmocka_unit_test(subscription_beyond_the_quota_is_refused_by_name),
        cmocka_unit_test(names_that_nobody_has_count_until_they_are_forgotten),
        cmocka_unit_test(reading_a_long_past_takes_many_short_steps),
        cmocka_unit_test(who_reads_the_past_and_has_no_room_wakes_the_pool_for_nothing),
        cmocka_unit_test(ack_is_found_among_those_that_thousands_owe_for_the_same_event),
        cmocka_unit_test(subscriber_is_asked_what_it_has_taken_when_half_of_its_window_is_used_up),
        cmocka_unit_test(subscriber_under_a_name_is_asked_each_time),
        cmocka_unit_test(gap_that_memory_was_short_for_is_told_when_there_is_memory_again),
    };
    struct schema *reals;
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK || schema_read_text(text_of(reals_yaml), "reals.yaml", &reals) != MSTRO_OK ||
        schema_merge(schema, reals) != MSTRO_OK)
        return 99;
    schema_release(reals);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    schema_release(schema);
    return failed;
}
