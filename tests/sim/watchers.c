/* SPDX-License-Identifier: BSD-3-Clause */
/* watchers.c - programs of simulated processes that subscribe
 *
 * They ask on all terms; take what has come and say so, shard by shard, as the library does around the client's step; acknowledge some at
 * once, some late and some never; end what they have while events are under way, and give up what they have begun.  What they must be
 * told is the witness's to say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/selector.h"
#include "lib/schema/catalogue.h"
#include "tests/sim/world.h"

enum { ALL_KINDS = INT32_MAX };

struct watch *watch_of(struct process *process, uint64_t number)
{
    for (int i = 0; i < WATCHES; i++)
        if (process->watch[i].number == number && number)
            return &process->watch[i];
    return NULL;
}

/* ---- what they hear ---- */

static uint16_t shard_of(uint64_t serial) { return (uint16_t)(serial % SERIAL_STEP); }

static void owe_ack_of(struct watch *watch, uint64_t serial)
{
    if ((watch->wanted.options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK) && watch->holds < HELD_MAX)
        watch->held[watch->holds++] = serial;
}

void watch_events(struct world *world, struct process *process, const struct record_events *events)
{
    struct watch *watch = watch_of(process, events->subscription);
    uint16_t shard = shard_of(events->position);
    if (!watch || watch->ending) {
        world_fail(world, "process %d: events of a subscription that it has no more", (int)(process - world->process));
        return;
    }
    for (uint32_t i = 0; i < events->events.count; i++) {
        const struct record_event *event = &events->events.at[i];
        owe_ack_of(watch, event->serial);
        process->event.serial = event->serial;
        process->event.kind = event->kind;
        process->event.fresh = true;
        snprintf(process->event.name, sizeof process->event.name, TEXT_FORMAT, TEXT_ARGUMENTS(event->name));
    }
    watch->come[shard] += events->events.count;
    watch->position[shard] = events->position;
    if (!events->quiet || !watch->terse)
        watch->asked[shard] = watch->come[shard];
    if (watch->come[shard] == 0)
        watch->cursor[shard] = events->position; /* where it begins */
}

void watch_answered(struct process *process, uint64_t op, mstro_status status)
{
    for (int i = 0; i < WATCHES; i++) {
        struct watch *watch = &process->watch[i];
        if (!watch->number || watch->op != op)
            continue;
        if (watch->ending || status != MSTRO_OK)
            watch->number = 0;
        watch->op = 0;
    }
}

bool watches_rest(const struct process *process)
{
    for (int i = 0; i < WATCHES; i++) {
        const struct watch *watch = &process->watch[i];
        if (watch->number && (watch->op || watch->holds || watch->over))
            return false;
        for (uint16_t shard = 0; watch->number && shard < SHARDS_MAX; shard++)
            if (watch->taken[shard] != watch->come[shard])
                return false;
    }
    return true;
}

/* ---- what they ask for ---- */

/* A name stands for what it is asked for: that follows from the name.  Some hold operations up. */
static void choose_name(struct world *world, struct wanted *wanted)
{
    static const struct wanted names[] = {
        { .title = "any", .flags = SUBSCRIBE_SHARED, .kinds = ALL_KINDS, .start = MSTRO_SUBSCRIPTION_START_AGE, .since = 20 * MS, .when_full = MSTRO_SUBSCRIPTION_FULL_DROP },
        { .title = "one", .flags = SUBSCRIBE_DURABLE, .kinds = ALL_KINDS, .attributes = true, .when_full = MSTRO_SUBSCRIPTION_FULL_DROP },
        { .title = "both", .flags = SUBSCRIBE_DURABLE | SUBSCRIBE_SHARED, .kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_APP_JOIN },
        { .title = "slow", .flags = SUBSCRIBE_DURABLE, .kinds = ALL_KINDS, .options = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, .when_full = MSTRO_SUBSCRIPTION_FULL_HOLD },
        { .title = "ahead", .flags = SUBSCRIBE_DURABLE | SUBSCRIBE_SHARED, .kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_APP_JOIN,
          .options = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE },
    };
    *wanted = names[world_below(world, world->held ? 5 : 3)];
    wanted->step = -1;
    wanted->max_events = 40;
    wanted->hold_time = ACK_TIMEOUT_MS * MS;
}

static void choose_start(struct world *world, const struct process *process, struct wanted *wanted)
{
    wanted->start = (uint8_t)world_below(world, 5);
    if (wanted->start == MSTRO_SUBSCRIPTION_START_AGE)
        wanted->since = world_below(world, 200) * MS;
    if (wanted->start == MSTRO_SUBSCRIPTION_START_SERIAL)
        wanted->since = process->cursor[world_below(world, world->shards)];
}

static void choose_object(struct world *world, struct wanted *wanted)
{
    uint64_t sort = world_below(world, 10);
    if (sort < 2)
        snprintf(wanted->name, sizeof wanted->name, "n%d", (int)world_below(world, NAMES));
    else if (sort == 2)
        snprintf(wanted->name, sizeof wanted->name, "g%d", (int)world_below(world, world->set_names));
    if (sort == 0 || (sort > 2 && sort < 5))
        wanted->step = (int)world_below(world, 3);
}

static uint32_t choose_options(struct world *world)
{
    uint32_t ack = world_chance(world, 400) ? MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK : 0;
    return (world->held ? ack : 0) | (world_chance(world, 300) ? MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE : 0) |
           (world_chance(world, 200) ? MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS : 0);
}

static struct wanted choose_terms(struct world *world, const struct process *process)
{
    static const uint32_t kinds[] = { ALL_KINDS, MSTRO_POOL_EVENT_OFFER, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_POOL_CHECKPOINT,
                                      MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_SUBSCRIBE,
                                      MSTRO_POOL_EVENT_SEAL_GROUP | MSTRO_POOL_EVENT_GROUP_LOST | MSTRO_POOL_EVENT_LOST | MSTRO_POOL_EVENT_OFFER };
    static const uint8_t full[] = { MSTRO_SUBSCRIPTION_FULL_DROP, MSTRO_SUBSCRIPTION_FULL_END, MSTRO_SUBSCRIPTION_FULL_HOLD };
    struct wanted wanted = { .step = -1, .kinds = kinds[world_below(world, 5)], .when_full = full[world_below(world, world->held ? 3 : 2)],
                             .when_late = (uint8_t)world_below(world, 2), .max_events = 1 + world_below(world, 40), .attributes = world_chance(world, 300),
                             .hold_time = (world_chance(world, 300) ? 5 + world_below(world, ACK_TIMEOUT_MS - 4) : ACK_TIMEOUT_MS) * MS };
    wanted.options = choose_options(world);
    if (world_chance(world, 300)) {
        wanted.max_events = 10 + world_below(world, 40);
        wanted.max_bytes = 100 + world_below(world, 500);
    }
    choose_object(world, &wanted);
    choose_start(world, process, &wanted);
    if (world_chance(world, 400))
        choose_name(world, &wanted);
    return wanted;
}

static struct selector *compile(const char *query)
{
    static struct schema *schema; /* the same for all, as long as the program runs */
    struct selector *selector;
    if ((!schema && catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK) || selector_compile(query, NULL, schema, NULL, &selector) != MSTRO_OK)
        abort();
    return selector;
}

struct selector *step_selector(int step)
{
    char query[200];
    snprintf(query, sizeof query, "(" W_STEP_KEY " = %d)", step);
    return compile(query);
}

static struct selector *selector_of(const struct wanted *wanted)
{
    char query[200];
    if (wanted->step >= 0 && !wanted->name[0])
        return step_selector(wanted->step);
    if (wanted->step >= 0) {
        snprintf(query, sizeof query, "(and (.maestro.core.cdo.name glob \"%s\") (" W_STEP_KEY " = %d))", wanted->name, wanted->step);
        return compile(query);
    }
    snprintf(query, sizeof query, "(.maestro.core.cdo.name = %s)", wanted->name);
    return wanted->name[0] ? compile(query) : NULL;
}

static void subscribe(struct world *world, struct process *process, struct watch *watch)
{
    struct record_position position[SHARDS_MAX];
    struct record_key key = { text_of(W_STEP_KEY) };
    struct record record = { .kind = KIND_SUBSCRIBE };
    struct wanted wanted = choose_terms(world, process);
    struct selector *selector = selector_of(&wanted);
    *watch = (struct watch){ .number = ++process->subscriptions, .op = ++process->ops, .wanted = wanted, .laziness = world_chance(world, 500) ? 0 : world_below(world, 1000) };
    watch->terse = watch->number % 2;
    watch->prompt = world->held && world_chance(world, 600);
    record.subscribe = (struct record_subscribe){
        .op = watch->op, .subscription = watch->number, .kinds = wanted.kinds, .options = wanted.options, .max_events = wanted.max_events,
        .max_bytes = wanted.max_bytes, .hold_time = wanted.hold_time, .when_full = wanted.when_full, .when_late = wanted.when_late,
        .flags = wanted.flags, .start = wanted.start, .since = wanted.since, .name = text_of(wanted.title), .attributes = { wanted.attributes, &key },
        .selector = selector ? selector_bytes(selector) : (struct bytes){ 0 } };
    process->asked[watch->number % ASKED] = wanted;
    record.subscribe.positions.at = position;
    for (uint16_t shard = 0; wanted.start == MSTRO_SUBSCRIPTION_START_CURSOR && shard < world->shards; shard++)
        if (process->cursor[shard])
            position[record.subscribe.positions.count++].serial = process->cursor[shard];
    if (world->verbose)
        printf("# %9.3f    %d: selects name=%s step=%d\n", (double)world->now / 1e9, (int)(process - world->process), wanted.name, wanted.step);
    process_asks(world, process, NULL, &record, watch->op);
    selector_destroy(selector);
}

/* ---- what they do with it ---- */

static void say(struct world *world, struct process *process, const struct record *record)
{
    step_client(world, process, &(struct client_input){ .kind = CLIENT_START, .record = record });
}

/* All that is here. */
static void take_events(struct world *world, struct process *process, struct watch *watch)
{
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        if (watch->come[shard] == watch->taken[shard])
            continue;
        watch->taken[shard] = watch->come[shard];
        watch->cursor[shard] = watch->position[shard];
        if (watch->said[shard] >= watch->asked[shard])
            continue;
        watch->said[shard] = watch->taken[shard];
        say(world, process, &(struct record){ .kind = KIND_SEEN, .seen = { .subscription = watch->number, .serial = watch->cursor[shard], .count = watch->said[shard] } });
    }
}

static void acknowledge(struct world *world, struct process *process, struct watch *watch)
{
    size_t i = (size_t)world_below(world, watch->holds);
    uint64_t serial = watch->held[i];
    watch->held[i] = watch->held[--watch->holds];
    if (world->healing || !world_chance(world, watch->laziness))
        say(world, process, &(struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = watch->number, .serial = serial } });
    else if (watch->wanted.title[0])
        watch->held[watch->holds++] = serial; /* later */
}

void watch_acknowledges(struct world *world, struct process *process)
{
    for (int i = 0; i < WATCHES; i++) {
        struct watch *watch = &process->watch[i];
        while (watch->prompt && watch->number && !watch->ending && !watch->over && watch->holds)
            say(world, process, &(struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = watch->number, .serial = watch->held[--watch->holds] } });
    }
}

static void unsubscribe(struct world *world, struct process *process, struct watch *watch)
{
    bool forgets = watch->wanted.title[0] && world_chance(world, 300);
    struct record record = { .kind = KIND_UNSUBSCRIBE };
    for (uint16_t shard = 0; shard < world->shards; shard++)
        process->cursor[shard] = watch->cursor[shard] ? watch->cursor[shard] : process->cursor[shard];
    watch->ending = true;
    watch->op = ++process->ops;
    record.unsubscribe = (struct record_unsubscribe){ .op = watch->op, .subscription = watch->number, .forget = forgets ? FORGET_NAME : FORGET_NOTHING };
    process_asks(world, process, NULL, &record, watch->op);
}

/* It may be made by then, or may be being ended. */
static void give_up(struct world *world, struct process *process, struct watch *watch)
{
    struct record record = { .kind = KIND_CANCEL, .cancel = { .op = ++process->ops, .target = watch->op } };
    watch->number = 0;
    process_asks(world, process, NULL, &record, record.cancel.op);
}

static bool has_come(const struct watch *watch)
{
    for (uint16_t shard = 0; shard < SHARDS_MAX; shard++)
        if (watch->come[shard] != watch->taken[shard])
            return true;
    return false;
}

bool watcher_acts(struct world *world, struct process *process)
{
    struct watch *watch = &process->watch[world_below(world, WATCHES)];
    if (!watch->number) {
        if (world->healing || !world_chance(world, 60))
            return false;
        subscribe(world, process, watch);
    } else if (watch->op) {
        if (world->healing || !world_chance(world, 10))
            return false;
        give_up(world, process, watch);
    } else if (watch->over || (!world->healing && world_chance(world, 6)))
        unsubscribe(world, process, watch);
    else if (watch->holds && world_chance(world, 600))
        acknowledge(world, process, watch);
    else if (has_come(watch) && (world->healing || world_chance(world, 400)))
        take_events(world, process, watch);
    else
        return false;
    return true;
}
