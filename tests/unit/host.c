/* SPDX-License-Identifier: BSD-3-Clause */
/* The hosts of one pool: what its engines tell each other goes from one to another. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/serve/host.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static bool scarce;            /* allocations fail .. */
static unsigned until_scarce;  /* .. after so many */

static bool is_short(void) { return scarce && (until_scarce == 0 || until_scarce-- == 0); }
void *__wrap_malloc(size_t size) { return is_short() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return is_short() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *at, size_t size) { return is_short() ? NULL : __real_realloc(at, size); }
void *__wrap_aligned_alloc(size_t alignment, size_t size) { return is_short() ? NULL : __real_aligned_alloc(alignment, size); }

enum { SHARDS = 3 };

static struct host *hosts[SHARDS];
static unsigned rung[SHARDS];
static enum record_kind said; /* the last record to the session */
static uint32_t runs;

static void hear(struct host_sink *sink, const struct record *record)
{
    (void)sink;
    said = record->kind;
    if (record->kind == KIND_WELCOME)
        runs = record->welcome.slot_map.count;
}

static void nothing(struct host_sink *sink) { (void)sink; }
static void ring(void *context) { ++*(unsigned *)context; }

static struct host_sink sink = { hear, nothing };

static int begin(void **state)
{
    struct pool_settings settings = pool_settings_default();
    (void)state;
    settings.memory_budget = 3000000;
    said = 0;
    if (hosts_create(hosts, SHARDS, &settings) != MSTRO_OK)
        return -1;
    for (unsigned i = 0; i < SHARDS; i++) {
        rung[i] = 0;
        host_set_bell(hosts[i], ring, &rung[i]);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    hosts_destroy(hosts, SHARDS);
    return 0;
}

static uint64_t join(void)
{
    static const struct record join = { .kind = KIND_JOIN, .join = { .op = 1, .component = { "a", 1 }, .host = { "h", 1 } } };
    const struct record *records[] = { &join };
    uint64_t session;
    assert_int_equal(host_open(hosts[0], &sink, &session), MSTRO_OK);
    host_submit(hosts[0], session, records, 1);
    return session;
}

static void tick_all(void)
{
    for (unsigned i = 1; i < SHARDS; i++)
        host_tick(hosts[i]);
    host_tick(hosts[0]);
}

static void who_joins_is_welcome_when_every_host_has_taken_its_mail(void **state)
{
    (void)state;
    join();
    assert_int_equal(said, 0);
    host_tick(hosts[1]);
    host_tick(hosts[0]);
    assert_int_equal(said, 0);
    host_tick(hosts[2]);
    host_tick(hosts[0]);
    assert_int_equal(said, KIND_WELCOME);
    assert_int_equal(runs, SHARDS);
    for (unsigned i = 0; i < SHARDS; i++)
        assert_int_equal(host_count(hosts[i]).sessions, 1);
}

static void a_host_is_rung_for_when_mail_comes_into_an_empty_box(void **state)
{
    (void)state;
    join();
    assert_int_equal(rung[1], 1);
    assert_int_equal(rung[2], 1);
    tick_all();
    assert_int_equal(rung[0], 1); /* for the first of two */
}

static void a_session_that_one_host_loses_is_lost_to_all(void **state)
{
    static struct host_sink other = { hear, nothing };
    (void)state;
    uint64_t session = join();
    assert_int_equal(host_attach(hosts[2], &other, session), MSTRO_OK);
    tick_all();
    host_close(hosts[2], session, text_of("killed"));
    tick_all();
    tick_all();
    for (unsigned i = 0; i < SHARDS; i++)
        assert_int_equal(host_count(hosts[i]).sessions, 0);
    assert_int_equal(said, KIND_BYE);
}

static void have_memory_for(unsigned allocations)
{
    scarce = true;
    until_scarce = allocations;
}

static uint64_t sessions_anywhere(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SHARDS; i++)
        sum += host_count(hosts[i]).sessions;
    return sum;
}

/* For every number of allocations that succeed before all others fail: in, or named no. */
static void who_joins_is_let_in_or_refused_wherever_memory_ends(void **state)
{
    unsigned refused = 0;
    (void)state;
    for (unsigned allocations = 0; said != KIND_WELCOME; allocations++) {
        uint64_t session;
        static const struct record join = { .kind = KIND_JOIN, .join = { .op = 1, .component = { "a", 1 }, .host = { "h", 1 } } };
        const struct record *records[] = { &join };
        said = 0;
        assert_int_equal(host_open(hosts[0], &sink, &session), MSTRO_OK);
        have_memory_for(allocations);
        host_submit(hosts[0], session, records, 1);
        for (int i = 0; i < 3; i++)
            tick_all();
        scarce = false;
        assert_true(allocations < 1000);
        if (said == KIND_WELCOME)
            break;
        refused += said == KIND_REFUSED;
        host_close(hosts[0], session, text_of(""));
        uint64_t end = clock_now() + 10 * NANOSECONDS_PER_SECOND;
        while (sessions_anywhere() && clock_now() < end)
            tick_all();
        assert_int_equal(sessions_anywhere(), 0);
    }
    assert_true(refused > 0);
    assert_int_equal(sessions_anywhere(), SHARDS);
}

/* More than there are messages in reserve, on all ways between hosts. */
static void those_who_end_while_there_is_no_memory_are_gone_everywhere_when_there_is(void **state)
{
    enum { MANY = 3 * HOST_ENVELOPES };
    static struct host_sink other = { hear, nothing };
    uint64_t sessions[MANY];
    char name[8];
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%u", i);
        struct record join = { .kind = KIND_JOIN, .join = { .op = 1, .component = text_of(name), .host = { "h", 1 } } };
        const struct record *records[] = { &join };
        assert_int_equal(host_open(hosts[0], &sink, &sessions[i]), MSTRO_OK);
        assert_int_equal(host_attach(hosts[1], &other, sessions[i]), MSTRO_OK);
        host_submit(hosts[0], sessions[i], records, 1);
        tick_all();
    }
    have_memory_for(0);
    for (unsigned i = 0; i < MANY; i++)
        host_close(hosts[i % 2], sessions[i], text_of("killed"));
    for (int i = 0; i < 3; i++)
        tick_all();
    scarce = false;
    uint64_t end = clock_now() + 10 * NANOSECONDS_PER_SECOND;
    while (sessions_anywhere() && clock_now() < end)
        tick_all();
    assert_int_equal(sessions_anywhere(), 0);
}

static void mail_that_nobody_took_goes_with_its_host(void **state)
{
    (void)state;
    join();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_joins_is_welcome_when_every_host_has_taken_its_mail, begin, end),
        cmocka_unit_test_setup_teardown(a_host_is_rung_for_when_mail_comes_into_an_empty_box, begin, end),
        cmocka_unit_test_setup_teardown(a_session_that_one_host_loses_is_lost_to_all, begin, end),
        cmocka_unit_test_setup_teardown(who_joins_is_let_in_or_refused_wherever_memory_ends, begin, end),
        cmocka_unit_test_setup_teardown(those_who_end_while_there_is_no_memory_are_gone_everywhere_when_there_is, begin, end),
        cmocka_unit_test_setup_teardown(mail_that_nobody_took_goes_with_its_host, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
