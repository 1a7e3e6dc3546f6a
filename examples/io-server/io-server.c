/* SPDX-License-Identifier: BSD-3-Clause */
/* io-server - a weather model's I/O server: producers offer fields as they are computed, the server takes every one
 *
 *   io-server all                        producers and server as threads of this process; no pool manager is needed
 *   io-server produce INDEX | serve      one producer, or the server, as a process of its own (see maestro-run(1))
 * Options: --producers P (4)  --workers W (4)  --steps S (10)  --values N (5000, doubles a field)
 *
 * The server says that it is ready by offering an object of 0 bytes, which the producers demand first.  Its broker thread subscribes
 * to OFFER with acknowledgement: while it holds the producer, it requires the field, so that none is withdrawn before it was
 * taken.  Worker threads demand the fields, check them, dispose of the handle and free the memory, which is theirs.  A producer
 * says that it is done by another object of 0 bytes. */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <maestro/maestro.h>

enum { PARAMS = 3, MOST = 64 };
static const char ready_name[] = "io-server/ready";

static struct { long producers, workers, steps, values; } run = { 4, 4, 10, 5000 };
static atomic_long fields_taken, fields_wrong;

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

static void done_name(char name[64], long producer)
{
    snprintf(name, 64, "io-server/producer-%ld/done", producer);
}

/* ---- fields: what stands in them follows from their metadata, so that whoever has both can check them */

static double value_of(int64_t number, int64_t step, int64_t param, long point)
{
    return (double)number * 1e6 + (double)step * 1e3 + (double)param + (double)point / 1024.0;
}

static void set_text(mstro_cdo cdo, const char *key, const char *text)
{
    char *value = (char *)text;
    must(mstro_cdo_attribute_set(cdo, key, &value, true, true), key);
}

static void set_number(mstro_cdo cdo, const char *key, int64_t number)
{
    must(mstro_cdo_attribute_set(cdo, key, &number, true, true), key);
}

static void describe(mstro_cdo cdo, int64_t producer, int64_t step, int64_t param)
{
    mstro_timestamp date = { 1700000000, 0, 0 };
    uint64_t hour = 1200;
    set_text(cdo, ".maestro.ecmwf.class", "od");
    set_text(cdo, ".maestro.ecmwf.stream", "oper");
    set_text(cdo, ".maestro.ecmwf.expver", "0001");
    set_text(cdo, ".maestro.ecmwf.type", "fc");
    set_text(cdo, ".maestro.ecmwf.domain", "g");
    set_text(cdo, ".maestro.ecmwf.levtype", "pl");
    set_number(cdo, ".maestro.ecmwf.levelist", 500);
    set_number(cdo, ".maestro.ecmwf.number", producer);
    set_number(cdo, ".maestro.ecmwf.step", step);
    set_number(cdo, ".maestro.ecmwf.param", param);
    must(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.date", &date, true, true), "date");
    must(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.time", &hour, true, true), "time");
}

static mstro_cdo field_offer(int64_t producer, int64_t step, int64_t param, double **memory)
{
    char name[96];
    mstro_cdo cdo;
    void *place = NULL;
    int64_t size = run.values * (int64_t)sizeof(double);

    if (posix_memalign(&place, 64, (size_t)size) != 0)
        must(MSTRO_NOMEM, "memory of a field");
    *memory = place;
    for (long i = 0; i < run.values; i++)
        (*memory)[i] = value_of(producer, step, param, i);
    snprintf(name, sizeof name, "field/member-%lld/step-%lld/param-%lld", (long long)producer, (long long)step, (long long)param);
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), name);
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, place, false, true), "raw-ptr");
    must(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true), "local-size");
    describe(cdo, producer, step, param);
    must(mstro_cdo_offer(cdo), name);
    return cdo;
}

static void produce(long producer)
{
    char name[64];
    mstro_cdo field[PARAMS];
    double *memory[PARAMS];

    signal_wait(signal_require(ready_name));
    for (long step = 0; step < run.steps; step++) {
        for (long param = 0; param < PARAMS; param++)
            field[param] = field_offer(producer, step, 130 + param, &memory[param]);
        for (long param = 0; param < PARAMS; param++) {
            must(mstro_cdo_withdraw(field[param]), "withdraw");
            memset(memory[param], 0xff, (size_t)run.values * sizeof(double)); /* it is ours again */
            must(mstro_cdo_dispose(field[param]), "dispose");
            free(memory[param]);
        }
    }
    done_name(name, producer);
    signal_take_back(signal_offer(name));
}

/* ---- the server: a queue of required fields between the broker and the workers */

static struct {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    mstro_cdo *field;
    size_t count, room;
    bool closed;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void queue_put(mstro_cdo cdo)
{
    pthread_mutex_lock(&queue.lock);
    if (queue.count == queue.room) {
        queue.room = queue.room ? 2 * queue.room : 64;
        queue.field = realloc(queue.field, queue.room * sizeof *queue.field);
        if (!queue.field)
            must(MSTRO_NOMEM, "queue");
    }
    queue.field[queue.count++] = cdo;
    pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

/* NULL when it is closed and empty. */
static mstro_cdo queue_take(void)
{
    mstro_cdo cdo = NULL;
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0 && !queue.closed)
        pthread_cond_wait(&queue.changed, &queue.lock);
    if (queue.count > 0)
        cdo = queue.field[--queue.count];
    pthread_mutex_unlock(&queue.lock);
    return cdo;
}

static void queue_close(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

static int64_t number_of(mstro_cdo cdo, const char *key)
{
    const void *value;
    enum mstro_cdo_attr_value_type type;
    must(mstro_cdo_attribute_get(cdo, key, &type, &value), key);
    return *(const int64_t *)value;
}

static void field_check(mstro_cdo cdo, const double *value, int64_t size)
{
    int64_t producer = number_of(cdo, ".maestro.ecmwf.number"), step = number_of(cdo, ".maestro.ecmwf.step"),
            param = number_of(cdo, ".maestro.ecmwf.param");
    bool right = size == run.values * (int64_t)sizeof *value;
    for (long i = 0; right && i < run.values; i++)
        right = value[i] == value_of(producer, step, param, i);
    if (!right) {
        fprintf(stderr, "io-server: %s is not what was offered\n", mstro_cdo_name(cdo));
        atomic_fetch_add(&fields_wrong, 1);
    }
}

static void *work(void *unused)
{
    for (mstro_cdo cdo; (cdo = queue_take());) {
        void *data;
        int64_t size;
        must(mstro_cdo_demand(cdo), mstro_cdo_name(cdo));
        must(mstro_cdo_access_ptr(cdo, &data, &size), "access_ptr");
        field_check(cdo, data, size);
        must(mstro_cdo_dispose(cdo), "dispose");
        free(data);
        atomic_fetch_add(&fields_taken, 1);
    }
    return unused;
}

struct broker { mstro_subscription fields; atomic_bool over; };

static void require_all(mstro_pool_event events)
{
    for (mstro_pool_event e = events; e; e = e->next) {
        mstro_cdo cdo;
        must(mstro_cdo_declare(e->payload.offer.cdo_name, MSTRO_ATTR_DEFAULT, &cdo), e->payload.offer.cdo_name);
        must(mstro_cdo_require(cdo), e->payload.offer.cdo_name);
        queue_put(cdo);
    }
}

static void *broke(void *argument)
{
    struct broker *broker = argument;
    while (!atomic_load(&broker->over)) {
        struct timespec until;
        mstro_pool_event events;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50 * 1000 * 1000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        mstro_status s = mstro_subscription_timedwait(broker->fields, &until, &events);
        if (s == MSTRO_TIMEOUT)
            continue;
        must(s, "waiting for events");
        require_all(events);
        must(mstro_subscription_ack(broker->fields, events), "ack");
        must(mstro_pool_event_dispose(events), "event_dispose");
    }
    return NULL;
}

static struct broker subscribe_to_fields(void)
{
    struct broker broker = { 0 };
    mstro_cdo_selector fields;
    must(mstro_cdo_selector_create(NULL, NULL, "(and (has .maestro.ecmwf.param) (.maestro.ecmwf.levtype = pl))", &fields), "selector");
    must(mstro_subscribe(fields, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &broker.fields), "subscribe");
    must(mstro_cdo_selector_dispose(fields), "selector_dispose");
    return broker;
}

/* True when every field came, and came right. */
static bool serve(void)
{
    struct broker broker = subscribe_to_fields();
    pthread_t broker_thread, worker[MOST];
    mstro_cdo done[MOST];

    for (long producer = 0; producer < run.producers; producer++) {
        char name[64];
        done_name(name, producer);
        done[producer] = signal_require(name); /* ahead, so that no producer can be done and gone unseen */
    }
    pthread_create(&broker_thread, NULL, broke, &broker);
    for (long i = 0; i < run.workers; i++)
        pthread_create(&worker[i], NULL, work, NULL);
    mstro_cdo ready = signal_offer(ready_name);
    for (long producer = 0; producer < run.producers; producer++)
        signal_wait(done[producer]);
    atomic_store(&broker.over, true);
    pthread_join(broker_thread, NULL);
    queue_close();
    for (long i = 0; i < run.workers; i++)
        pthread_join(worker[i], NULL);
    signal_take_back(ready);
    must(mstro_subscription_dispose(broker.fields), "subscription_dispose");
    free(queue.field);

    long expected = run.producers * run.steps * PARAMS;
    printf("fields taken: %ld of %ld, wrong: %ld\n", atomic_load(&fields_taken), expected, atomic_load(&fields_wrong));
    return atomic_load(&fields_taken) == expected && atomic_load(&fields_wrong) == 0;
}

/* ---- roles */

static void *produce_thread(void *argument)
{
    produce(*(long *)argument);
    return NULL;
}

static bool all_in_one(void)
{
    pthread_t producer[MOST];
    long number[MOST];
    for (long i = 0; i < run.producers; i++) {
        number[i] = i;
        pthread_create(&producer[i], NULL, produce_thread, &number[i]);
    }
    bool complete = serve();
    for (long i = 0; i < run.producers; i++)
        pthread_join(producer[i], NULL);
    return complete;
}

static int usage(void)
{
    fprintf(stderr, "usage: io-server [--producers P] [--workers W] [--steps S] [--values N] all | serve | produce INDEX\n");
    return 2;
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = { { "producers", required_argument, NULL, 'p' },
                                             { "workers", required_argument, NULL, 'w' },
                                             { "steps", required_argument, NULL, 's' },
                                             { "values", required_argument, NULL, 'v' },
                                             { 0 } };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        long number = optarg ? strtol(optarg, NULL, 10) : 0;
        switch (option) {
        case 'p': run.producers = number; break;
        case 'w': run.workers = number; break;
        case 's': run.steps = number; break;
        case 'v': run.values = number; break;
        default: return false;
        }
    }
    return run.producers > 0 && run.producers <= MOST && run.workers > 0 && run.workers <= MOST && run.steps > 0 && run.values > 0;
}

int main(int argc, char **argv)
{
    bool right = true;
    if (!read_options(argc, argv) || optind >= argc)
        return usage();
    const char *role = argv[optind];
    if (strcmp(role, "produce") == 0 && optind + 1 < argc) {
        long producer = strtol(argv[optind + 1], NULL, 10);
        must(mstro_init(NULL, "producer", producer), "mstro_init");
        produce(producer);
    } else if (strcmp(role, "serve") == 0 || strcmp(role, "all") == 0) {
        must(mstro_init(NULL, "io-server", 0), "mstro_init");
        right = strcmp(role, "all") == 0 ? all_in_one() : serve();
    } else
        return usage();
    must(mstro_finalize(), "mstro_finalize");
    return right ? 0 : 1;
}
