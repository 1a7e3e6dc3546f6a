/* SPDX-License-Identifier: BSD-3-Clause */
/* subscribers - random producers and subscribers, whose processes die and come again, around the real pool
 *
 * What everybody says to the pool is delayed, what they hear as well; subscribers ask on all terms, take and acknowledge at random or
 * not at all.  The witness (witness.h) says whether they are told what they must be.  Everything follows from the seed.
 *     subscribers [--seed N] [--steps N] [--verbose] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/random.h"
#include "lib/pool/fact.h"
#include "lib/pool/pool.h"
#include "lib/pool/seal.h"
#include "lib/query/selector.h"
#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"
#include "lib/wire/codec.h"
#include "lib/wire/copy.h"
#include "tests/sim/witness.h"

#define MS NANOSECONDS_PER_MILLISECOND

enum { PRODUCERS = 3, PROCESSES = 8, OBJECTS = 4, HELD_MAX = 1000, SUBSCRIPTIONS = 3, ACK_TIMEOUT_MS = 60, STEPS = 12000 };

struct letter { struct list link; struct record record; char room[]; };

enum verb { VERB_NONE, VERB_OFFER, VERB_WITHDRAW, VERB_REQUIRE, VERB_RETRACT, VERB_DISPOSE };

/* A producer's handle of an object. */
struct use { bool known, offered, required; uint64_t op; enum verb verb; };

/* A subscriber's subscription, and what it was told and has not acknowledged. */
struct held { uint64_t serial; };
struct watch {
    uint64_t number, op; /* number 0: none; op: of the SUBSCRIBE or UNSUBSCRIBE under way */
    bool asked, placed, ending, forget; /* placed: was told where it begins */
    struct wanted wanted;
    uint64_t told, seen, last;
    struct held held[HELD_MAX];
    size_t holds;
    uint64_t laziness; /* in a thousand: how often it does not acknowledge */
};

struct process {
    bool runs, joined;
    uint64_t session, app, ops, numbers;
    struct list up, down;
    struct use use[OBJECTS];
    struct watch watch[SUBSCRIPTIONS];
};

static struct witness witness;
static struct process process[PROCESSES];
static struct pool *pool;
static struct pool_outputs out;
static struct schema *schema;
static struct random_seed seed;
static struct random_source source;
static uint64_t now, sessions, counter; /* counter: facts that the witness has seen */
static bool healing, verbose;

static uint64_t below(uint64_t limit) { return random_below(source, limit); }
static bool chance(uint64_t in_thousand) { return below(1000) < in_thousand; }
static bool is_producer(const struct process *p) { return p - process < PRODUCERS; }

static struct process *process_of(uint64_t session)
{
    for (int i = 0; i < PROCESSES; i++)
        if (process[i].runs && process[i].session == session)
            return &process[i];
    return NULL;
}

static void post(struct list *queue, const struct record *record)
{
    struct letter *letter = malloc(sizeof *letter + record_room(record));
    if (!letter)
        abort();
    record_copy_to(letter->room, record, &letter->record);
    list_append(queue, &letter->link);
}

static struct letter *take(struct list *queue)
{
    struct letter *letter = list_entry(queue->next, struct letter, link);
    list_remove(&letter->link);
    return letter;
}

static void drop_letters(struct list *queue)
{
    while (!list_empty(queue))
        free(take(queue));
}

/* ---- the pool ---- */

static struct happened happened_of(const struct fact *fact)
{
    bool intent = fact->kind == FACT_INTENT;
    enum fact_kind kind = intent ? fact->intended : fact->kind;
    struct value step;
    struct happened happened = { .serial = fact->serial, .time = fact->time, .app = fact->by ? fact->by->app : 0, .event = fact_event(kind),
                                 .intent = intent, .announced = !intent && fact_is_announced(kind) && fact->intended != FACT_SUDDEN,
                                 .size = fact->size, .generation = fact->generation, .step = -2 };
    snprintf(happened.name, sizeof happened.name, TEXT_FORMAT, TEXT_ARGUMENTS(seal_name(fact->sealed)));
    if (block_find(seal_rest(fact->sealed), text_of(W_STEP_KEY), &step))
        happened.step = (int)step.integer;
    return happened;
}

static void see_facts(uint64_t actor)
{
    const struct fact *fact;
    while ((fact = facts_after(pool, counter << 10))) {
        if (fact->serial >> 10 != ++counter)
            abort(); /* the ring holds what one step does */
        struct happened happened = happened_of(fact);
        if (verbose)
            printf("# %9.3f    * %" PRIu64 " %s%s %s by app %" PRIu64 "\n", (double)now / 1e9, counter, happened.intent ? "INTENT " : "", fact_name(happened.intent ? fact->intended : fact->kind),
                   happened.name, happened.app);
        witness_happened(&witness, &happened, actor);
    }
}

static void show(const char *way, uint64_t session, const struct record *record)
{
    char line[600];
    const struct process *p = process_of(session);
    if (!verbose)
        return;
    record_print(line, sizeof line, record);
    printf("# %9.3f %s %d: %s\n", (double)now / 1e9, way, p ? (int)(p - process) : -1, line);
}

static struct watch *watch_of_op(struct process *p, uint64_t op)
{
    for (int i = 0; i < SUBSCRIPTIONS; i++)
        if (p->watch[i].number && p->watch[i].op == op)
            return &p->watch[i];
    return NULL;
}

static void see_ack(struct process *p, const struct record_ack *ack, uint64_t newest)
{
    struct watch *watch = watch_of_op(p, ack->op);
    for (int i = 0; i < OBJECTS; i++)
        if (p->use[i].op == ack->op && ack->op) {
            char name[W_NAME];
            snprintf(name, sizeof name, "n%d", i);
            witness_answered(&witness, p->app, name);
        }
    if (watch && ack->status == MSTRO_OK && !watch->ending && !watch->placed)
        snprintf(witness.wrong, sizeof witness.wrong, "a subscription is made before it is said where it begins");
    if (watch && ack->status == MSTRO_OK && !watch->ending)
        witness_subscribed(&witness, p->session, p->app, watch->number, &watch->wanted, newest);
}

static void see_output(const struct pool_output *output, bool forgotten, uint64_t newest)
{
    struct process *p = process_of(output->session);
    const struct record *record = &output->record;
    if (!p)
        return;
    show("<-", output->session, record);
    if (record->kind == KIND_WELCOME)
        p->app = record->welcome.app;
    if (record->kind == KIND_ACK)
        see_ack(p, &record->ack, newest);
    for (int i = 0; record->kind == KIND_EVENTS && i < SUBSCRIPTIONS; i++)
        p->watch[i].placed |= p->watch[i].number == record->events.subscription;
    if (record->kind == KIND_EVENTS && record->events.events.count)
        witness_told(&witness, output->session, &record->events);
    if (record->kind == KIND_SUBSCRIPTION_END)
        witness_ended(&witness, output->session, &record->subscription_end, forgotten);
    post(&p->down, record);
}

static void step(const struct pool_input *in)
{
    const struct process *actor = in->kind == POOL_RECORD ? process_of(in->session) : NULL;
    bool forgotten = in->kind == POOL_RECORD && in->record->kind == KIND_UNSUBSCRIBE && in->record->unsubscribe.forget;
    if (in->kind == POOL_RECORD)
        show("->", in->session, in->record);
    else if (in->kind == POOL_LOST && verbose)
        printf("# %9.3f session %" PRIu64 " is lost\n", (double)now / 1e9, in->session);
    uint64_t newest = witness_newest(&witness);
    witness.now = now;
    pool_step(pool, in, now, &out);
    see_facts(actor ? actor->app : 0);
    witness_time(&witness, now);
    for (size_t i = 0; i < out.count; i++)
        see_output(&out.at[i], forgotten, newest);
    witness_step_ends(&witness);
    pool_outputs_clear(&out);
    if (pool_check(pool) && !witness.wrong[0])
        snprintf(witness.wrong, sizeof witness.wrong, "pool: %s does not hold", pool_check(pool));
}

static void deliver_up(struct process *p)
{
    struct letter *letter = take(&p->up);
    const struct record *record = &letter->record;
    int times = (record->kind == KIND_SEEN || record->kind == KIND_ACK_EVENT) && chance(100) ? 2 : 1; /* twice is as good as once */
    for (int i = 0; i < times; i++) {
        if (record->kind == KIND_SEEN)
            witness_seen(&witness, p->session, &record->seen);
        if (record->kind == KIND_ACK_EVENT)
            witness_acknowledged(&witness, p->session, &record->ack_event);
        if (record->kind == KIND_UNSUBSCRIBE)
            witness_unsubscribed(&witness, p->session, record->unsubscribe.subscription, record->unsubscribe.forget);
        step(&(struct pool_input){ .kind = POOL_RECORD, .session = p->session, .record = record });
    }
    free(letter);
}

/* ---- what programs hear ---- */

static void hear_events(struct process *p, const struct record_events *events)
{
    for (int i = 0; i < SUBSCRIPTIONS; i++) {
        struct watch *watch = &p->watch[i];
        if (watch->number != events->subscription)
            continue;
        for (uint32_t k = 0; k < events->events.count; k++) {
            watch->told++;
            watch->last = events->events.at[k].serial;
            if ((watch->wanted.options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK) && watch->holds < HELD_MAX)
                watch->held[watch->holds++].serial = watch->last;
        }
    }
}

static void hear_ack(struct process *p, const struct record_ack *ack)
{
    struct watch *watch = watch_of_op(p, ack->op);
    bool good = ack->status == MSTRO_OK;
    if (watch && (watch->ending || !good))
        watch->number = 0;
    else if (watch)
        watch->op = 0;
    for (int i = 0; i < OBJECTS; i++) {
        struct use *use = &p->use[i];
        if (!use->op || use->op != ack->op)
            continue;
        use->op = 0;
        use->known = use->known || (good && (use->verb == VERB_OFFER || use->verb == VERB_REQUIRE));
        if (good && (use->verb == VERB_OFFER || use->verb == VERB_WITHDRAW))
            use->offered = use->verb == VERB_OFFER;
        if (good && (use->verb == VERB_REQUIRE || use->verb == VERB_RETRACT))
            use->required = use->verb == VERB_REQUIRE;
        if (good && use->verb == VERB_DISPOSE)
            *use = (struct use){ 0 };
    }
}

static void deliver_down(struct process *p)
{
    struct letter *letter = take(&p->down);
    const struct record *record = &letter->record;
    if (record->kind == KIND_WELCOME)
        p->joined = true;
    if (record->kind == KIND_ACK)
        hear_ack(p, &record->ack);
    if (record->kind == KIND_EVENTS)
        hear_events(p, &record->events);
    for (int i = 0; record->kind == KIND_SUBSCRIPTION_END && i < SUBSCRIPTIONS; i++)
        if (p->watch[i].number == record->subscription_end.subscription && !p->watch[i].ending)
            p->watch[i].number = 0;
    free(letter);
}

/* ---- producers ---- */

static void begin(struct process *p, int object, enum verb verb)
{
    struct use *use = &p->use[object];
    char name[W_NAME];
    unsigned char sealed[128];
    struct block_item item = { .key = text_of(W_STEP_KEY), .value = { .kind = VALUE_INT64, .integer = (int64_t)below(3) } };
    struct record record = { .kind = KIND_DISPOSE };
    uint64_t handle = (uint64_t)object + 1;
    snprintf(name, sizeof name, "n%d", object);
    use->op = ++p->ops;
    use->verb = verb;
    switch (verb) {
    case VERB_OFFER:
        block_write(&item, 1, sealed);
        record.kind = KIND_OFFER;
        record.offer = (struct record_offer){ .op = use->op, .handle = handle, .size = -1, .name = text_of(name), .attributes = bytes_of(sealed, block_size(&item, 1)) };
        break;
    case VERB_WITHDRAW:
        record.kind = KIND_WITHDRAW;
        record.withdraw = (struct record_withdraw){ .op = use->op, .handle = handle };
        break;
    case VERB_REQUIRE:
        record.kind = KIND_REQUIRE;
        record.require = (struct record_require){ .op = use->op, .handle = handle, .name = text_of(name) };
        break;
    case VERB_RETRACT:
        record.kind = KIND_RETRACT;
        record.retract = (struct record_retract){ .op = use->op, .handle = handle };
        break;
    default:
        record.dispose = (struct record_dispose){ .op = use->op, .handle = handle };
    }
    post(&p->up, &record);
}

static void produce(struct process *p)
{
    int object = (int)below(OBJECTS);
    struct use *use = &p->use[object];
    if (use->op)
        return;
    if (use->offered)
        begin(p, object, VERB_WITHDRAW);
    else if (use->required)
        begin(p, object, VERB_RETRACT);
    else if (use->known && chance(300))
        begin(p, object, VERB_DISPOSE);
    else if (!healing)
        begin(p, object, chance(800) ? VERB_OFFER : VERB_REQUIRE);
}

/* ---- subscribers ---- */

static void choose_name(struct wanted *wanted)
{
    int which = (int)below(4);
    wanted->flags = which == 0 ? SUBSCRIBE_SHARED : which == 1 ? SUBSCRIBE_DURABLE : which == 2 ? SUBSCRIBE_DURABLE | SUBSCRIBE_SHARED : 0;
    if (!wanted->flags)
        return;
    /* a name stands for what it is asked for: it follows from the name */
    snprintf(wanted->title, sizeof wanted->title, "%d", which);
    wanted->options = which == 1 ? MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK : which == 2 ? MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE : 0;
    wanted->kinds = which == 1 ? UINT32_MAX >> 1 : MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_APP_JOIN;
    wanted->name[0] = '\0';
    wanted->step = -1;
    wanted->attributes = which == 2;
    wanted->max_bytes = 0;
    wanted->start = which == 0 ? MSTRO_SUBSCRIPTION_START_AGE : MSTRO_SUBSCRIPTION_START_NOW;
    wanted->since = 20 * MS;
    wanted->max_events = 40;
    wanted->when_full = which == 2 ? MSTRO_SUBSCRIPTION_FULL_END : which == 1 ? MSTRO_SUBSCRIPTION_FULL_HOLD : MSTRO_SUBSCRIPTION_FULL_DROP;
    wanted->when_late = MSTRO_SUBSCRIPTION_LATE_GO_ON;
}

static struct wanted choose_terms(const struct watch *before)
{
    static const uint32_t kinds[] = { UINT32_MAX >> 1, MSTRO_POOL_EVENT_OFFER, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_POOL_CHECKPOINT,
                                      MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_SUBSCRIBE };
    struct wanted wanted = { .kinds = kinds[below(4)], .step = chance(300) ? (int)below(3) : -1, .when_full = (uint8_t)below(3), .when_late = (uint8_t)below(2),
                             .start = (uint8_t)below(5), .attributes = chance(300), .max_bytes = chance(200) ? 100 + below(1500) : 0, .max_events = 1 + below(20), .hold_time = (5 + below(ACK_TIMEOUT_MS - 4)) * MS };
    wanted.options = (chance(400) ? MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK : 0) | (chance(300) ? MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE : 0) |
                     (chance(200) ? MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS : 0);
    if (chance(300))
        snprintf(wanted.name, sizeof wanted.name, "n%d", (int)below(OBJECTS));
    if (wanted.start == MSTRO_SUBSCRIPTION_START_AGE)
        wanted.since = below(100) * MS;
    if (wanted.start == MSTRO_SUBSCRIPTION_START_SERIAL || wanted.start == MSTRO_SUBSCRIPTION_START_CURSOR)
        wanted.since = before->last ? before->last : below(counter + 1) << 10;
    if (chance(400))
        choose_name(&wanted);
    return wanted;
}

static struct selector *selector_of(const struct wanted *wanted)
{
    char query[200];
    struct selector *selector;
    if (!wanted->name[0] && wanted->step < 0)
        return NULL;
    if (wanted->step >= 0)
        snprintf(query, sizeof query, "(and (.maestro.core.cdo.name glob \"%s\") (" W_STEP_KEY " = %d))", wanted->name[0] ? wanted->name : "*", wanted->step);
    else
        snprintf(query, sizeof query, "(.maestro.core.cdo.name = %s)", wanted->name);
    if (selector_compile(query, NULL, schema, NULL, &selector) != MSTRO_OK)
        abort();
    return selector;
}

static void subscribe(struct process *p, struct watch *watch)
{
    struct record_position position;
    struct record_key key = { text_of(W_STEP_KEY) };
    struct record record = { .kind = KIND_SUBSCRIBE };
    struct wanted wanted = choose_terms(watch);
    struct selector *selector = selector_of(&wanted);
    *watch = (struct watch){ .number = ++p->numbers, .op = ++p->ops, .wanted = wanted, .laziness = chance(500) ? 0 : below(1000) };
    record.subscribe = (struct record_subscribe){
        .op = watch->op, .subscription = watch->number, .kinds = wanted.kinds, .options = wanted.options, .max_events = wanted.max_events,
        .hold_time = wanted.hold_time, .when_full = wanted.when_full, .when_late = wanted.when_late, .flags = wanted.flags, .start = wanted.start,
        .since = wanted.since, .max_bytes = wanted.max_bytes, .attributes = { wanted.attributes, &key }, .name = text_of(wanted.title), .selector = selector ? selector_bytes(selector) : (struct bytes){ 0 } };
    position.serial = wanted.since;
    if (wanted.start == MSTRO_SUBSCRIPTION_START_CURSOR) {
        record.subscribe.positions.count = 1;
        record.subscribe.positions.at = &position;
    }
    post(&p->up, &record);
    selector_destroy(selector);
}

static void acknowledge(struct process *p, struct watch *watch)
{
    size_t i = (size_t)below(watch->holds);
    struct record record = { .kind = KIND_ACK_EVENT, .ack_event = { .subscription = watch->number, .serial = watch->held[i].serial } };
    watch->held[i] = watch->held[--watch->holds];
    if (healing || !chance(watch->laziness))
        post(&p->up, &record);
    else if (watch->wanted.title[0])
        watch->held[watch->holds++].serial = record.ack_event.serial; /* later */
}

static void see_all(struct process *p, struct watch *watch)
{
    watch->seen = watch->told;
    struct record record = { .kind = KIND_SEEN, .seen = { .subscription = watch->number, .serial = watch->last, .count = watch->seen } };
    post(&p->up, &record);
}

static void end(struct process *p, struct watch *watch)
{
    watch->ending = true;
    watch->forget = chance(300);
    watch->op = ++p->ops;
    post(&p->up, &(struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .op = watch->op, .subscription = watch->number, .forget = watch->forget } });
}

static void consume(struct process *p)
{
    struct watch *watch = &p->watch[below(SUBSCRIPTIONS)];
    if (!watch->number) {
        if (!healing && chance(200))
            subscribe(p, watch);
    } else if (watch->op)
        return;
    else if (watch->holds && chance(500))
        acknowledge(p, watch);
    else if (watch->seen != watch->told && (healing || chance(300)))
        see_all(p, watch);
    else if (!healing && chance(15))
        end(p, watch);
}

/* ---- processes ---- */

static void process_starts(struct process *p)
{
    *p = (struct process){ .runs = true, .session = ++sessions };
    list_init(&p->up);
    list_init(&p->down);
    struct record record = { .kind = KIND_JOIN, .join = { .op = ++p->ops, .component = text_of("sim"), .host = text_of("node"), .index = p - process } };
    post(&p->up, &record);
}

static void process_dies(struct process *p)
{
    drop_letters(&p->up);
    drop_letters(&p->down);
    witness_lost(&witness, p->session, p->app);
    p->runs = false;
    step(&(struct pool_input){ .kind = POOL_LOST, .session = p->session, .reason = text_of("killed") });
}

static void moves_on(struct process *p)
{
    if (!p->runs) {
        if (healing ? !is_producer(p) : chance(100))
            process_starts(p);
        return;
    }
    uint64_t which = below(4);
    if (!healing && below(10000) < 12)
        process_dies(p);
    else if (which == 0 && !list_empty(&p->up))
        deliver_up(p);
    else if (which == 1 && !list_empty(&p->down))
        deliver_down(p);
    else if (p->joined && is_producer(p))
        produce(p);
    else if (p->joined)
        consume(p);
}

static void one_step(void)
{
    now += below(MS / 4);
    if (pool_next_deadline(pool) <= now)
        step(&(struct pool_input){ .kind = POOL_TICK });
    moves_on(&process[below(PROCESSES)]);
}

static bool is_quiet(void)
{
    if (pool_next_deadline(pool) != NO_DEADLINE)
        return false;
    for (int i = 0; i < PROCESSES; i++) {
        const struct process *p = &process[i];
        if (p->runs && (!list_empty(&p->up) || !list_empty(&p->down)))
            return false;
        for (int k = 0; p->runs && k < OBJECTS; k++)
            if (p->use[k].op || p->use[k].offered || p->use[k].required)
                return false;
        for (int k = 0; p->runs && k < SUBSCRIPTIONS; k++)
            if (p->watch[k].number && (p->watch[k].op || p->watch[k].holds || p->watch[k].seen != p->watch[k].told))
                return false;
    }
    return true;
}

static void open_world(uint64_t number)
{
    struct pool_settings settings = pool_settings_default();
    source = random_seeded(&seed, number);
    settings.lease = 0;
    settings.ack_timeout = ACK_TIMEOUT_MS * MS;
    settings.fact_bytes = 64 * 200;
    settings.event_window = 16;
    if (pool_create(&pool, &settings) != MSTRO_OK)
        abort();
    memset(process, 0, sizeof process);
    now = 1;
    sessions = counter = 0;
    healing = false;
}

static void close_world(void)
{
    for (int i = 0; i < PROCESSES; i++)
        if (process[i].runs) {
            drop_letters(&process[i].up);
            drop_letters(&process[i].down);
        }
    witness_release(&witness);
    pool_destroy(pool);
}

static bool run(int test, uint64_t number, uint64_t steps)
{
    open_world(number);
    for (uint64_t i = 0; i < steps && !witness.wrong[0]; i++)
        one_step();
    healing = true;
    for (uint64_t i = 0; i < 200000 && !witness.wrong[0] && !is_quiet(); i++)
        one_step();
    if (!witness.wrong[0] && !is_quiet())
        snprintf(witness.wrong, sizeof witness.wrong, "healed, but it does not come to rest");
    if (!witness.wrong[0])
        witness_end(&witness);
    bool good = !witness.wrong[0];
    printf("%sok %d - seed %" PRIu64 ": subscribers are told what they must be, in order, once, or that it is missing\n", good ? "" : "not ", test, number);
    if (good)
        printf("# %zu facts, %" PRIu64 " sessions, %" PRIu64 " events, %.1f s\n", witness.facts, sessions, witness.checked, (double)now / 1e9);
    else
        printf("# %s\n# again: tests/sim/subscribers --seed %" PRIu64 " --steps %" PRIu64 "\n", witness.wrong, number, steps);
    close_world();
    return good;
}

int main(int argc, char **argv)
{
    uint64_t steps = STEPS, given = 0;
    bool good = true;
    int tests = 0, seeds = 12;
    for (int i = 1; i < argc; i++) {
        verbose = verbose || strcmp(argv[i], "--verbose") == 0;
        if (i + 1 == argc)
            break;
        if (strcmp(argv[i], "--seed") == 0)
            given = strtoull(argv[i + 1], NULL, 0);
        if (strcmp(argv[i], "--steps") == 0)
            steps = strtoull(argv[i + 1], NULL, 0);
    }
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK)
        return 99;
    if (given)
        good = run(++tests, given, steps);
    for (uint64_t number = 1; !given && number <= (uint64_t)seeds; number++)
        good = run(++tests, number, steps) && good;
    uint64_t until = clock_now() + 600 * NANOSECONDS_PER_SECOND;
    while (!given && good && getenv("MAESTRO_LONG") && clock_now() < until)
        good = run(++tests, random_word(random_kernel), steps);
    printf("1..%d\n", tests);
    pool_outputs_release(&out);
    schema_release(schema);
    return !good;
}
