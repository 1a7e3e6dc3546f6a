/* SPDX-License-Identifier: BSD-3-Clause */
/* linear.c - what processes do with an object at the same time could have happened one after the other
 *
 * Several processes offer, demand and withdraw a few objects through one manager as fast as they can; one is killed on the way.  Each
 * writes down, in memory that they share, when it called and what came back.  The history of each object is then searched for an order
 * (tests/lib/history.h). */
#define _GNU_SOURCE /* memfd_create */
#include "tests/lib/check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "maestro/maestro.h"
#include "tests/lib/history.h"
#include "tests/proc/stage.h"

enum { CLIENTS = 5, OBJECTS = 8, NOTES = 4000, LARGE = 9000, RUN_MS = 1500, DEMAND_MS = 5 };

struct note { struct history_operation operation; int object; };

/* One process writes it; the parent reads it when that has ended. */
struct diary { size_t count; struct note notes[NOTES]; char wrong[256]; };

static struct diary *diaries; /* shared, one a process */
static int memory;             /* what they stand in */
static int halfway[2];        /* the one that will be killed says when half of its time is over */

/* ---- a process ---- */

struct held { mstro_cdo cdo; uint64_t value; char data[LARGE]; };

struct client {
    struct diary *diary;
    uint32_t number;
    uint64_t values, until;
    struct random_seed seed;
    struct random_source random;
    struct held held[OBJECTS];
};

static void wrong(struct client *c, const char *what, mstro_status status)
{
    if (!c->diary->wrong[0])
        snprintf(c->diary->wrong, sizeof c->diary->wrong, "process %u: %s: %s: %s", c->number, what, mstro_status_name(status), mstro_error_detail());
}

/* Before the call; it may never return. */
static struct history_operation *begin(struct client *c, int object, enum history_kind kind, uint64_t value)
{
    struct note *note = &c->diary->notes[c->diary->count];
    *note = (struct note){ { kind, c->number, value, clock_now(), HISTORY_OPEN }, object };
    __atomic_store_n(&c->diary->count, c->diary->count + 1, __ATOMIC_RELEASE); /* a kill finds it written */
    return &note->operation;
}

/* It has had no effect, and says nothing about the object. */
static void take_back(struct client *c) { c->diary->count--; }

static mstro_cdo declare(struct client *c, int object)
{
    char name[16];
    mstro_cdo cdo = NULL;
    snprintf(name, sizeof name, "object-%d", object);
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo);
    if (status != MSTRO_OK)
        wrong(c, "declare", status);
    return cdo;
}

/* Small ones travel in the messages, large ones are read in place. */
static int64_t size_of(uint64_t value) { return value % 2 ? LARGE : 8; }

static void offer(struct client *c, int object)
{
    struct held *held = &c->held[object];
    held->cdo = declare(c, object);
    held->value = (uint64_t)c->number << 32 | ++c->values;
    int64_t size = size_of(held->value);
    for (int64_t i = 0; i < size; i += (int64_t)sizeof held->value)
        memcpy(held->data + i, &held->value, sizeof held->value);
    mstro_cdo_attribute_set(held->cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, held->data, false, true);
    mstro_cdo_attribute_set(held->cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false);
    struct history_operation *o = begin(c, object, HISTORY_OFFER, held->value);
    mstro_status status = mstro_cdo_offer(held->cdo);
    o->end = clock_now();
    if (status == MSTRO_OK)
        return;
    o->kind = HISTORY_CONFLICT;
    if (status != MSTRO_CONFLICT)
        wrong(c, "offer", status);
    mstro_cdo_dispose(held->cdo);
    held->cdo = NULL;
}

static void withdraw(struct client *c, int object)
{
    struct held *held = &c->held[object];
    struct history_operation *o = begin(c, object, HISTORY_WITHDRAW, held->value);
    mstro_status status = mstro_cdo_withdraw(held->cdo);
    o->end = clock_now();
    if (status != MSTRO_OK)
        wrong(c, "withdraw", status);
    memset(held->data, 0xff, sizeof held->data);
    mstro_cdo_dispose(held->cdo);
    held->cdo = NULL;
}

static void read_value(struct client *c, mstro_cdo cdo, uint64_t *value)
{
    void *data = NULL;
    int64_t size = 0;
    mstro_status status = mstro_cdo_access_ptr(cdo, &data, &size);
    if (status != MSTRO_OK || size < 8) {
        wrong(c, "access", status);
        return;
    }
    memcpy(value, data, sizeof *value);
    if (size != size_of(*value) || memcmp(data, (char *)data + size - 8, 8) != 0)
        wrong(c, "what was brought is not whole", MSTRO_CORRUPT);
    free(data);
}

/* Ends when nobody offers it for a while. */
static mstro_status demand_for(mstro_cdo cdo, unsigned ms)
{
    mstro_request request = NULL;
    struct timespec at;
    mstro_status status = mstro_cdo_demand_async(cdo, &request);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += (long)ms * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    bool done = false;
    if (status != MSTRO_OK)
        return status;
    status = mstro_request_timedwait(request, &at);
    if (status != MSTRO_TIMEOUT)
        return status;
    status = mstro_request_test(request, &done);
    return done ? status : mstro_request_cancel(request);
}

static void demand(struct client *c, int object)
{
    mstro_cdo cdo = declare(c, object);
    struct history_operation *o = begin(c, object, HISTORY_DEMAND, 0);
    mstro_status status = demand_for(cdo, DEMAND_MS);
    uint64_t end = clock_now();
    if (status == MSTRO_OK) {
        read_value(c, cdo, &o->value);
        o->end = end;
    } else
        take_back(c);
    if (status != MSTRO_OK && status != MSTRO_CANCELLED && status != MSTRO_PEER_LOST)
        wrong(c, "demand", status);
    mstro_cdo_dispose(cdo);
}

static void act(struct client *c)
{
    int object = (int)random_below(c->random, OBJECTS);
    if (c->held[object].cdo)
        withdraw(c, object);
    else if (random_below(c->random, 2))
        offer(c, object);
    else
        demand(c, object);
}

static void run_client(struct diary *diary, uint32_t number)
{
    static struct client client;
    client = (struct client){ .diary = diary, .number = number };
    client.random = random_seeded(&client.seed, number + 1);
    mstro_status status = mstro_init(NULL, "linear", number);
    if (status != MSTRO_OK)
        wrong(&client, "init", status);
    client.until = clock_now() + RUN_MS * NANOSECONDS_PER_MILLISECOND;
    while (!diary->wrong[0] && clock_now() < client.until && diary->count < NOTES - OBJECTS) {
        act(&client);
        if (number == CLIENTS - 1 && clock_now() > client.until - RUN_MS / 2 * NANOSECONDS_PER_MILLISECOND && write(halfway[1], "", 1) == 1)
            number = CLIENTS; /* from here on it may be killed in whatever it does */
    }
    for (int object = 0; object < OBJECTS && !diary->wrong[0]; object++)
        if (client.held[object].cdo)
            withdraw(&client, object);
    if ((status = mstro_finalize()) != MSTRO_OK)
        wrong(&client, "finalize", status);
    _exit(0);
}

/* ---- the parent ---- */

static struct history_operation history[HISTORY_MAX];

/* The operations on an object, and the death of the one that was killed. */
static size_t collect(int object, uint64_t killed_at)
{
    size_t count = 0;
    for (uint32_t client = 0; client < CLIENTS; client++)
        for (size_t i = 0; i < diaries[client].count; i++) {
            struct history_operation o = diaries[client].notes[i].operation;
            if (diaries[client].notes[i].object != object || (o.kind == HISTORY_DEMAND && o.end == HISTORY_OPEN))
                continue;
            assert_true(count < HISTORY_MAX - 2);
            history[count++] = o;
        }
    history[count++] = (struct history_operation){ HISTORY_LOSS, CLIENTS - 1, 0, killed_at, HISTORY_OPEN };
    return count;
}

static void check_history(int object, size_t count)
{
    char text[200];
    size_t last = 0;
    if (history_linearizable(history, count, &last))
        return;
    history_print(text, sizeof text, &history[last]);
    fail_msg("object-%d: nothing of what could have happened before explains: %s", object, text);
}

/* Let one demand have brought what was withdrawn before another offer that had ended when it began.  False: there is no such demand. */
static bool plant(size_t count)
{
    for (size_t d = 0; d < count; d++)
        for (size_t w = 0; w < count && history[d].kind == HISTORY_DEMAND; w++)
            if (history[w].kind == HISTORY_WITHDRAW && history[w].end < history[d].begin && history[w].value != history[d].value) {
                history[d].value = history[w].value;
                return true;
            }
    return false;
}

/* Anew: what a sanitizer has begun in this process does not survive a fork. */
static void become_client(uint32_t number)
{
    char text[3][16];
    snprintf(text[0], sizeof text[0], "%u", number);
    snprintf(text[1], sizeof text[1], "%d", memory);
    snprintf(text[2], sizeof text[2], "%d", halfway[1]);
    execl("/proc/self/exe", "linear", text[0], text[1], text[2], (char *)NULL);
    _exit(127);
}

static uint64_t play(void)
{
    pid_t pid[CLIENTS];
    memset(diaries, 0, CLIENTS * sizeof *diaries);
    assert_int_equal(pipe(halfway), 0);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        pid[i] = fork();
        assert_true(pid[i] >= 0);
        if (pid[i] == 0)
            become_client(i);
    }
    struct pollfd ready = { .fd = halfway[0], .events = POLLIN }; /* or all have ended: what was wrong is checked later */
    close(halfway[1]);
    assert_int_equal(poll(&ready, 1, 60000), 1);
    close(halfway[0]);
    uint64_t killed_at = clock_now();
    kill(pid[CLIENTS - 1], SIGKILL);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        int ended = -1;
        assert_int_equal(waitpid(pid[i], &ended, 0), pid[i]);
        assert_string_equal(diaries[i].wrong, "");
        assert_int_equal(ended, i == CLIENTS - 1 ? SIGKILL : 0);
    }
    return killed_at;
}

static void histories_are_linearizable(const char *shards)
{
    const char *arguments[] = { "--shards", shards, NULL };
    size_t operations = 0, planted = 0;
    stage_open(&stage);
    stage_manager(&stage, arguments);
    uint64_t killed_at = play();
    stage_close(&stage);
    for (int object = 0; object < OBJECTS; object++) {
        size_t count = collect(object, killed_at);
        check_history(object, count);
        operations += count;
        if (plant(count)) {
            planted++;
            assert_false(history_linearizable(history, count, NULL));
        }
    }
    print_message("%zu operations on %d objects; %zu lies found\n", operations, OBJECTS, planted);
    assert_true(planted > 0);
}

static void objects_of_one_shard_have_one_order(void **state) { (void)state; histories_are_linearizable("1"); }
static void objects_of_two_shards_have_one_order_each(void **state) { (void)state; histories_are_linearizable("2"); }
static void objects_of_seven_shards_have_one_order_each(void **state) { (void)state; histories_are_linearizable("7"); }

static void open_diaries(int descriptor)
{
    memory = descriptor;
    diaries = mmap(NULL, CLIENTS * sizeof *diaries, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (diaries == MAP_FAILED)
        exit(99);
}

int main(int argc, char **argv)
{
    if (argc == 4) {
        open_diaries(atoi(argv[2]));
        halfway[1] = atoi(argv[3]);
        run_client(&diaries[atoi(argv[1])], (uint32_t)atoi(argv[1]));
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_of_one_shard_have_one_order),
        cmocka_unit_test(objects_of_two_shards_have_one_order_each),
        cmocka_unit_test(objects_of_seven_shards_have_one_order_each),
    };
    int descriptor = memfd_create("diaries", 0);
    if (descriptor < 0 || ftruncate(descriptor, CLIENTS * sizeof *diaries) != 0)
        return 99;
    open_diaries(descriptor);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
