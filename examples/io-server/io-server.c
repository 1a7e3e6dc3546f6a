/* SPDX-License-Identifier: BSD-3-Clause */
/* io-server - a weather model's I/O server: producers offer fields as they are computed, consumers take those that they select
 *
 *   io-server all                             producers and consumers as threads of this process; no pool manager is needed
 *   io-server produce INDEX | consume INDEX   one producer, or one consumer, as a process of its own (see maestro-run(1))
 * Options: --producers P (4)  --consumers C (4)  --workers W (2, of each consumer)  --steps S (10)  --values N (5000, doubles a field)
 *
 * A consumer says that it is ready by offering an object of 0 bytes, which the producers demand first.  Its broker thread subscribes
 * to OFFER, with a selector on the keys of the fields (model_field.h) and with acknowledgement: while it holds the producer, it requires
 * the field, so that none is withdrawn before it was taken.  Worker threads demand the fields, check them, dispose of the handle and
 * free the memory, which is theirs.  A producer says that it is done by another object of 0 bytes. */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <maestro/maestro.h>

#include "examples/io-server/model_field.h"

enum { MOST = 64, SIGNAL_NAME_MAX = 64 };

static struct { long producers, consumers, workers, steps, values; } run = { 4, 4, 2, 10, 5000 };

static void must(mstro_status s, const char *what)
{
    if (s == MSTRO_OK)
        return;
    fprintf(stderr, "io-server: %s: %s (%s)\n", what, mstro_status_description(s), mstro_error_detail());
    exit(1);
}

/* ---- signals: objects without data */

static mstro_cdo signal_offer(const char *name)
{
    mstro_cdo cdo;
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), name);
    must(mstro_cdo_offer(cdo), name);
    return cdo;
}

static mstro_cdo signal_require(const char *name)
{
    mstro_cdo cdo;
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), name);
    must(mstro_cdo_require(cdo), name);
    return cdo;
}

static void signal_wait(mstro_cdo cdo)
{
    must(mstro_cdo_demand(cdo), mstro_cdo_name(cdo));
    must(mstro_cdo_dispose(cdo), "dispose of a signal");
}

static void signal_take_back(mstro_cdo cdo)
{
    must(mstro_cdo_withdraw(cdo), mstro_cdo_name(cdo));
    must(mstro_cdo_dispose(cdo), "dispose of a signal");
}

static void ready_name(char name[SIGNAL_NAME_MAX], long consumer)
{
    snprintf(name, SIGNAL_NAME_MAX, "io-server/consumer-%ld/ready", consumer);
}

static void done_name(char name[SIGNAL_NAME_MAX], long producer)
{
    snprintf(name, SIGNAL_NAME_MAX, "io-server/producer-%ld/done", producer);
}

/* The signal 'name_of' each of 'count'.  Ahead, so that nobody can have come and gone unseen. */
static void signals_require(mstro_cdo signal[MOST], void name_of(char *name, long index), long count)
{
    char name[SIGNAL_NAME_MAX];
    for (long i = 0; i < count; i++) {
        name_of(name, i);
        signal[i] = signal_require(name);
    }
}

/* ---- a producer: one member of an ensemble */

static mstro_cdo field_offer(const struct model_field *field, double **memory)
{
    char name[FIELD_NAME_MAX];
    mstro_cdo cdo;
    void *place = NULL;
    int64_t size = run.values * (int64_t)sizeof(double);

    if (posix_memalign(&place, 64, (size_t)size) != 0)
        must(MSTRO_NOMEM, "memory of a field");
    *memory = place;
    for (long i = 0; i < run.values; i++)
        (*memory)[i] = model_field_value(field, i);
    model_field_name(field, name);
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), name);
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, place, false, true), "raw-ptr");
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true), "local-size");
    must(model_field_set(cdo, field), "keys of a field");
    must(mstro_cdo_offer(cdo), name);
    return cdo;
}

static void produce_step(long producer, long step)
{
    mstro_cdo cdo[FIELDS_A_STEP];
    double *memory[FIELDS_A_STEP];
    for (unsigned place = 0; place < FIELDS_A_STEP; place++) {
        struct model_field field = model_field_at(producer, step, place);
        cdo[place] = field_offer(&field, &memory[place]);
    }
    for (unsigned place = 0; place < FIELDS_A_STEP; place++) {
        must(mstro_cdo_withdraw(cdo[place]), "withdraw");
        memset(memory[place], 0xff, (size_t)run.values * sizeof(double)); /* it is ours again */
        must(mstro_cdo_dispose(cdo[place]), "dispose");
        free(memory[place]);
    }
}

static void produce(long producer)
{
    char name[SIGNAL_NAME_MAX];
    mstro_cdo ready[MOST];
    signals_require(ready, ready_name, run.consumers);
    for (long consumer = 0; consumer < run.consumers; consumer++)
        signal_wait(ready[consumer]);
    for (long step = 0; step < run.steps; step++)
        produce_step(producer, step);
    done_name(name, producer);
    signal_take_back(signal_offer(name));
}

/* ---- a consumer: a broker, and a queue of required fields between it and the workers */

struct consumer {
    long index;
    const struct selection *selection;
    mstro_subscription fields;
    atomic_bool over;           /* no field follows */
    atomic_long taken, wrong;
    atomic_bool *seen;          /* a place for each field of the model */
    pthread_mutex_t lock;       /* guards all below */
    pthread_cond_t changed;
    mstro_cdo *queue;
    size_t count, room;
    bool closed;
};

static void queue_put(struct consumer *c, mstro_cdo cdo)
{
    pthread_mutex_lock(&c->lock);
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 64;
        c->queue = realloc(c->queue, c->room * sizeof *c->queue);
        if (!c->queue)
            must(MSTRO_NOMEM, "queue");
    }
    c->queue[c->count++] = cdo;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* NULL when it is closed and empty. */
static mstro_cdo queue_take(struct consumer *c)
{
    mstro_cdo cdo = NULL;
    pthread_mutex_lock(&c->lock);
    while (c->count == 0 && !c->closed)
        pthread_cond_wait(&c->changed, &c->lock);
    if (c->count > 0)
        cdo = c->queue[--c->count];
    pthread_mutex_unlock(&c->lock);
    return cdo;
}

static void queue_close(struct consumer *c)
{
    pthread_mutex_lock(&c->lock);
    c->closed = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* Where the field with these keys has its place in 'seen'; -1: the model has none that is described so. */
static long place_of(const struct model_field *field)
{
    int64_t member = field->number[KEY_NUMBER], step = field->number[KEY_STEP];
    if (member < 0 || member >= run.producers || step < 0 || step >= run.steps)
        return -1;
    for (unsigned place = 0; place < FIELDS_A_STEP; place++) {
        struct model_field known = model_field_at(member, step, place);
        if (model_field_equal(&known, field))
            return (long)((member * run.steps + step) * FIELDS_A_STEP + place);
    }
    return -1;
}

/* What is wrong with a field that came; NULL: nothing. */
static const char *fault_of(struct consumer *c, mstro_cdo cdo, const double *value, int64_t size)
{
    struct model_field field;
    char name[FIELD_NAME_MAX];
    if (model_field_get(cdo, &field) != MSTRO_OK)
        return "has not all keys";
    long place = place_of(&field);
    if (place < 0)
        return "has keys that no field has";
    model_field_name(&field, name);
    if (strcmp(name, mstro_cdo_name(cdo)) != 0)
        return "has the keys of another field";
    if (!c->selection->selects(&field))
        return "was not selected";
    if (atomic_exchange(&c->seen[place], true))
        return "came twice";
    bool right = size == run.values * (int64_t)sizeof *value;
    for (long i = 0; right && i < run.values; i++)
        right = value[i] == model_field_value(&field, i);
    return right ? NULL : "is not what was offered";
}

static void *work(void *argument)
{
    struct consumer *c = argument;
    for (mstro_cdo cdo; (cdo = queue_take(c));) {
        void *data;
        int64_t size;
        must(mstro_cdo_demand(cdo), mstro_cdo_name(cdo));
        must(mstro_cdo_access_ptr(cdo, &data, &size), "access_ptr");
        const char *fault = fault_of(c, cdo, data, size);
        if (fault) {
            fprintf(stderr, "io-server: consumer %ld: %s %s\n", c->index, mstro_cdo_name(cdo), fault);
            atomic_fetch_add(&c->wrong, 1);
        }
        must(mstro_cdo_dispose(cdo), "dispose");
        free(data);
        atomic_fetch_add(&c->taken, 1);
    }
    return NULL;
}

static void require_all(struct consumer *c, mstro_pool_event events)
{
    for (mstro_pool_event e = events; e; e = e->next) {
        mstro_cdo cdo;
        if (e->kind == MSTRO_POOL_EVENT_OVERFLOW)
            must(MSTRO_OVERFLOW, "a consumer was not told of all fields");
        if (e->kind != MSTRO_POOL_EVENT_OFFER)
            continue;
        must(mstro_cdo_declare(e->payload.offer.cdo_name, MSTRO_ATTR_DEFAULT, &cdo), e->payload.offer.cdo_name);
        must(mstro_cdo_require(cdo), e->payload.offer.cdo_name);
        queue_put(c, cdo);
    }
}

static void *broke(void *argument)
{
    struct consumer *c = argument;
    while (!atomic_load(&c->over)) {
        struct timespec until;
        mstro_pool_event events;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50 * 1000 * 1000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        mstro_status s = mstro_subscription_timedwait(c->fields, &until, &events);
        if (s == MSTRO_TIMEOUT)
            continue;
        must(s, "waiting for events");
        require_all(c, events);
        must(mstro_subscription_ack(c->fields, events), "ack");
        must(mstro_pool_event_dispose(events), "event_dispose");
    }
    return NULL;
}

static void consumer_begin(struct consumer *c, long index)
{
    mstro_cdo_selector fields;
    c->index = index;
    c->selection = &selections[index % SELECTIONS];
    c->seen = calloc((size_t)(run.producers * run.steps * FIELDS_A_STEP), sizeof *c->seen);
    if (!c->seen)
        must(MSTRO_NOMEM, "what was seen");
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    must(mstro_cdo_selector_create(NULL, NULL, c->selection->query, &fields), c->selection->query);
    must(mstro_subscribe(fields, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &c->fields), "subscribe");
    must(mstro_cdo_selector_dispose(fields), "selector_dispose");
}

static void consumer_end(struct consumer *c)
{
    must(mstro_subscription_dispose(c->fields), "subscription_dispose");
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c->queue);
    free(c->seen);
}

/* How many fields the consumer selects of all that the model has. */
static long expected_of(const struct consumer *c)
{
    long expected = 0;
    for (long member = 0; member < run.producers; member++)
        for (long step = 0; step < run.steps; step++)
            for (unsigned place = 0; place < FIELDS_A_STEP; place++) {
                struct model_field field = model_field_at(member, step, place);
                expected += c->selection->selects(&field);
            }
    return expected;
}

/* Take fields until all producers are done. */
static void consume_all(struct consumer *c)
{
    pthread_t broker, worker[MOST];
    mstro_cdo done[MOST];
    char name[SIGNAL_NAME_MAX];

    signals_require(done, done_name, run.producers);
    pthread_create(&broker, NULL, broke, c);
    for (long i = 0; i < run.workers; i++)
        pthread_create(&worker[i], NULL, work, c);
    ready_name(name, c->index);
    mstro_cdo ready = signal_offer(name);
    for (long producer = 0; producer < run.producers; producer++)
        signal_wait(done[producer]);
    atomic_store(&c->over, true);
    pthread_join(broker, NULL);
    queue_close(c);
    for (long i = 0; i < run.workers; i++)
        pthread_join(worker[i], NULL);
    signal_take_back(ready);
}

/* True when every field that was selected came, once, and came right. */
static bool consume(long index)
{
    struct consumer c = { 0 };
    consumer_begin(&c, index);
    consume_all(&c);
    long expected = expected_of(&c), taken = atomic_load(&c.taken), wrong = atomic_load(&c.wrong);
    printf("consumer %ld (%s): fields taken: %ld of %ld, wrong: %ld\n", index, c.selection->what, taken, expected, wrong);
    consumer_end(&c);
    return taken == expected && wrong == 0;
}

/* ---- roles */

struct role { pthread_t thread; long index; bool complete; };

static void *produce_thread(void *argument)
{
    struct role *role = argument;
    produce(role->index);
    role->complete = true;
    return NULL;
}

static void *consume_thread(void *argument)
{
    struct role *role = argument;
    role->complete = consume(role->index);
    return NULL;
}

static void start(struct role role[MOST], long count, void *body(void *))
{
    for (long i = 0; i < count; i++) {
        role[i].index = i;
        pthread_create(&role[i].thread, NULL, body, &role[i]);
    }
}

static bool join(struct role role[MOST], long count)
{
    bool complete = true;
    for (long i = 0; i < count; i++) {
        pthread_join(role[i].thread, NULL);
        complete = complete && role[i].complete;
    }
    return complete;
}

static bool all_in_one(void)
{
    static struct role producer[MOST], consumer[MOST];
    start(producer, run.producers, produce_thread);
    start(consumer, run.consumers, consume_thread);
    bool produced = join(producer, run.producers);
    return join(consumer, run.consumers) && produced;
}

static int usage(const char *why)
{
    fprintf(stderr, "io-server: %s\n", why);
    fprintf(stderr, "usage: io-server [--producers P] [--consumers C] [--workers W] [--steps S] [--values N]\n"
                    "                 all | produce INDEX | consume INDEX\n");
    return 2;
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = { { "producers", required_argument, NULL, 'p' },
                                             { "consumers", required_argument, NULL, 'c' },
                                             { "workers", required_argument, NULL, 'w' },
                                             { "steps", required_argument, NULL, 's' },
                                             { "values", required_argument, NULL, 'v' },
                                             { 0 } };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        long number = optarg ? strtol(optarg, NULL, 10) : 0;
        switch (option) {
        case 'p': run.producers = number; break;
        case 'c': run.consumers = number; break;
        case 'w': run.workers = number; break;
        case 's': run.steps = number; break;
        case 'v': run.values = number; break;
        default: return false;
        }
    }
    return run.producers > 0 && run.producers <= MOST && run.consumers > 0 && run.consumers <= MOST && run.workers > 0
        && run.workers <= MOST && run.steps > 0 && run.values > 0;
}

/* The INDEX behind the role; -1: there is none. */
static long index_of(int argc, char **argv, long limit)
{
    char *end = NULL;
    long index = optind + 1 < argc ? strtol(argv[optind + 1], &end, 10) : -1;
    return end && *end == '\0' && index < limit ? index : -1;
}

int main(int argc, char **argv)
{
    bool right = true;
    if (!read_options(argc, argv))
        return usage("P, C and W are numbers from 1 to 64, S and N are at least 1");
    if (optind >= argc)
        return usage("which part is it to play?");
    const char *role = argv[optind];
    bool produces = strcmp(role, "produce") == 0, consumes = strcmp(role, "consume") == 0;
    long index = produces || consumes ? index_of(argc, argv, produces ? run.producers : run.consumers) : 0;
    if (!produces && !consumes && strcmp(role, "all") != 0)
        return usage("there is no such part");
    if (index < 0)
        return usage("INDEX is which producer or consumer it is, from 0");
    must(mstro_init(NULL, produces ? "producer" : consumes ? "consumer" : "io-server", index), "mstro_init");
    if (produces)
        produce(index);
    else
        right = consumes ? consume(index) : all_in_one();
    must(mstro_finalize(), "mstro_finalize");
    return right ? 0 : 1;
}
