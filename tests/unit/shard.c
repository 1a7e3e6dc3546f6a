/* SPDX-License-Identifier: BSD-3-Clause */
/* A shard whose thread nobody can wake: libfabric 1.17 loses a signal that meets a thread lying down. */
#include "config.h"

#include "tests/lib/check.h"

#include <stdatomic.h>

#include "lib/base/clock.h"
#include "lib/serve/shard.h"
#include "lib/wire/codec.h"
#include "tests/lib/slowness.h"

void __real_fabric_wake(struct fabric *f);
void __wrap_fabric_wake(struct fabric *f);

static atomic_bool lost; /* every ring is */
void __wrap_fabric_wake(struct fabric *f)
{
    if (!atomic_load(&lost))
        __real_fabric_wake(f);
}

enum { DEAD = 100, SESSIONS = 4 };

static struct host *host;
static struct shard *shard;
static struct fabric *fabric; /* of the clients */
static struct endpoint *endpoint;
static unsigned frames;

static void received(void *context, struct bytes frame)
{
    (void)context;
    (void)frame;
    frames++;
}

static int begin(void **state)
{
    const struct endpoint_events events = { .received = received };
    const struct fabric_options options = { 0 };
    struct pool_settings settings = pool_settings_default();
    (void)state;
    settings.lease = 0;
    return host_create(&host, &settings) == MSTRO_OK && shard_start(&shard, host, (struct id){ 1, 2 }, &options) == MSTRO_OK &&
                   fabric_open(&options, &fabric) == MSTRO_OK && endpoint_open(fabric, ENDPOINT_CONTROL, &events, &endpoint) == MSTRO_OK
               ? 0
               : -1;
}

static int end(void **state)
{
    (void)state;
    atomic_store(&lost, false);
    shard_halt(shard);
    shard_stop(shard);
    fabric_close(fabric);
    host_destroy(host);
    return 0;
}

/* ms until the frame after 'before' of them is here. */
static unsigned wait_for_frame(unsigned before, unsigned most)
{
    uint64_t since = clock_now(), until = since + most * SLOWER * NANOSECONDS_PER_MILLISECOND;
    while (frames == before && clock_now() < until)
        fabric_progress(fabric, until);
    return (unsigned)((clock_now() - since) / NANOSECONDS_PER_MILLISECOND);
}

static void join(uint64_t session, const char *name)
{
    const struct record record = { .kind = KIND_JOIN, .join = { .op = 1, .component = text_of(name), .host = text_of("h") } };
    const struct record *records[] = { &record };
    host_submit(host, session, records, 1);
}

/* The first answer makes the connection; what comes when the thread has just lain down waits longest. */
static void what_another_thread_makes_the_pool_say_leaves_within_100_ms_though_the_ring_is_lost(void **state)
{
    (void)state;
    assert_true(seal_ready());
    atomic_store(&lost, true);
    for (unsigned i = 0; i < SESSIONS; i++) {
        struct session_keys keys = { .version = PROTOCOL_VERSION, .suite = SEAL_CHACHA20_POLY1305, .to_pool = { 1 }, .to_client = { 2 } };
        struct connection *connection;
        char name[8];
        snprintf(name, sizeof name, "%u", i);
        assert_int_equal(shard_admit(shard, &keys, endpoint_address(endpoint), -1, &connection), MSTRO_OK);
        join(keys.session, name);
        unsigned before = frames;
        wait_for_frame(before, 10000);
        assert_int_equal(frames, ++before);
        join(keys.session, name);
        unsigned took = wait_for_frame(before, 10000);
        print_message("the second answer took %u ms\n", took);
        assert_int_equal(frames, before + 1);
        assert_true(took <= DEAD * SLOWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_another_thread_makes_the_pool_say_leaves_within_100_ms_though_the_ring_is_lost, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
