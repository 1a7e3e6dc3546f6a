/* SPDX-License-Identifier: BSD-3-Clause */
/* Processes that are killed or stop, and what the others are told, and when.
 *
 * Bounds in ms, as doc/rfc/protocol.md has them, in one of three tries (tries.h).
 *
 * MAESTRO_LONG in the environment: all of it MAESTRO_KILL_ROUNDS times (200), which is more than a thousand processes killed. */
#define _GNU_SOURCE /* process_vm_readv */
#include "tests/lib/check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>

#include "lib/base/clock.h"
#include "tests/proc/stage.h"
#include "tests/proc/tries.h"

enum { DEAD = 100, LEASE = 2500, PATIENT = 20000 };

static struct process *a, *b;

static int open_with(const char *const arguments[])
{
    stage_open(&stage);
    stage_manager(&stage, arguments);
    a = stage_actor(&stage, "producer");
    b = stage_actor(&stage, "consumer");
    return 0;
}

static int open_stage(void **state)
{
    (void)state;
    return open_with(NULL);
}

static int open_short_lease(void **state)
{
    (void)state;
    const char *arguments[] = { "--lease=500ms", "--heartbeat=100ms", NULL };
    return open_with(arguments);
}

static int open_reading_stage(void **state)
{
    setenv("MSTRO_TRANSPORT_DEFAULT", "RDMA", 1);
    return open_stage(state);
}

static int close_stage(void **state)
{
    unsetenv("MSTRO_TRANSPORT_DEFAULT");
    return stage_end(state);
}

static void kill_and_wait(struct process *p)
{
    process_kill(p, SIGKILL);
    assert_int_equal(process_wait(p, PATIENT), 128 + SIGKILL);
}

/* The consumer has required, the producer has offered 'size' bytes. */
static void offer(long long size)
{
    expect(b, "declare 0 thing", "MSTRO_OK");
    expect(b, "require 0", "MSTRO_OK");
    expect(a, "declare 0 thing", "MSTRO_OK");
    tell(a, "fill 0 %lld 1", size);
    expect_within(a, "MSTRO_OK", PATIENT);
    expect(a, "offer 0", "MSTRO_OK");
}

/* ---- a read that is under way ---- */

enum { READ_SIZE = 64 << 20, ROUNDS = 10 }; /* a read may be over before we see that it has begun */

/* The consumer has required, into a buffer of its own; where that is. */
static uint64_t offer_to_room(int size)
{
    expect(b, "declare 0 thing", "MSTRO_OK");
    tell(b, "room 0 %d", size);
    expect_within(b, "MSTRO_OK 0x", PATIENT);
    uint64_t room = strtoull(b->answer + strlen("MSTRO_OK "), NULL, 16);
    expect(b, "require 0", "MSTRO_OK");
    expect(a, "declare 0 thing", "MSTRO_OK");
    tell(a, "fill 0 %d 1", size); /* no byte of which is 0 */
    expect_within(a, "MSTRO_OK", PATIENT);
    expect(a, "offer 0", "MSTRO_OK");
    return room;
}

/* What its process has there. */
static unsigned char byte_in(const struct process *p, uint64_t address)
{
    unsigned char byte = 0;
    struct iovec here = { &byte, 1 }, there = { (void *)(uintptr_t)address, 1 };
    assert_int_equal(process_vm_readv(p->pid, &here, 1, &there, 1, 0), 1);
    return byte;
}

static void await_first_byte(uint64_t room)
{
    uint64_t end = clock_now() + PATIENT * NANOSECONDS_PER_MILLISECOND;
    while (byte_in(b, room) == 0)
        assert_true(clock_now() < end);
}

static void expect_all(struct process *p, int seed)
{
    tell(p, "check 0 %d %d", READ_SIZE, seed);
    expect_within(p, "MSTRO_OK right", PATIENT);
}

/* How long it took, in ms. */
static unsigned hear_in(struct process *p)
{
    uint64_t begin = clock_now();
    hear(p, PATIENT);
    return (unsigned)((clock_now() - begin) / NANOSECONDS_PER_MILLISECOND);
}

/* ---- the producer ---- */

static void a_killed_producer_is_named_to_who_demands(void **state)
{
    (void)state;
    offer(100000);
    kill_and_wait(a);
    tell(b, "demand 0");
    expect_in_time(b, "MSTRO_PEER_LOST", DEAD);
    assert_non_null(strstr(b->answer, "producer"));
    tell(b, "demand 0"); /* told once; the next one waits for another offer */
    hear_nothing(b, 200);
    struct process *again = stage_actor(&stage, "producer"); /* its name is free */
    expect(again, "declare 0 thing", "MSTRO_OK");
    expect(again, "fill 0 100000 2", "MSTRO_OK");
    expect(again, "offer 0", "MSTRO_OK");
    expect_within(b, "MSTRO_OK", PATIENT);
    expect(b, "check 0 100000 2", "MSTRO_OK right");
}

static void small_data_survive_their_producer(void **state)
{
    (void)state;
    offer(1000);
    kill_and_wait(a);
    expect(b, "demand 0", "MSTRO_OK");
    expect(b, "check 0 1000 1", "MSTRO_OK right");
}

static void a_producer_killed_while_it_is_read_leaves_no_half_read(void **state)
{
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t room = offer_to_room(READ_SIZE);
        tell(b, "demand 0");
        await_first_byte(room);
        kill_and_wait(a);
        unsigned took = hear_in(b);
        if (strncmp(b->answer, "MSTRO_OK", 8) != 0) {
            assert_memory_equal(b->answer, "MSTRO_PEER_LOST", 15);
            tries_took(took * NANOSECONDS_PER_MILLISECOND, DEAD * NANOSECONDS_PER_MILLISECOND);
            return;
        }
        expect_all(b, 1); /* the read was over before */
        close_stage(state);
        open_reading_stage(state);
    }
    fail_msg("no read was under way in any of %d rounds", ROUNDS);
}

static void a_stopped_producer_loses_its_place_and_is_told(void **state)
{
    (void)state;
    offer(1 << 20);
    process_stop(a);
    tell(b, "demand 0"); /* reads need its progress */
    expect_in_time(b, "MSTRO_PEER_LOST", LEASE);
    process_kill(a, SIGCONT);
    tell(a, "withdraw 0");
    hear(a, PATIENT);
    assert_memory_equal(a->answer, "MSTRO_STALE_EPOCH", 17);
    expect(a, "finalize", "MSTRO_");
}

/* ---- the consumer ---- */

static void a_withdraw_ends_when_who_required_is_killed(void **state)
{
    (void)state;
    offer(100000);
    process_stop(b); /* so that its library does not bring the bytes */
    tell(a, "withdraw 0");
    hear_nothing(a, 200);
    kill_and_wait(b);
    expect_in_time(a, "MSTRO_OK", DEAD);
}

static void a_withdraw_ends_when_who_required_is_silent_for_the_lease(void **state)
{
    (void)state;
    offer(100000);
    process_stop(b);
    tell(a, "withdraw 0");
    expect_in_time(a, "MSTRO_OK", LEASE);
    process_kill(b, SIGCONT);
    tell(b, "demand 0");
    hear(b, PATIENT);
    assert_memory_equal(b->answer, "MSTRO_STALE_EPOCH", 17);
}

/* So long that the manager has closed the connection too: the end of that must not be taken for the manager's. */
static void who_was_evicted_long_ago_is_told_so_and_why(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct process *c = stage_actor(&stage, "sleeper");
        expect(c, "declare 0 nap", "MSTRO_OK");
        expect(c, "offer 0", "MSTRO_OK");
        process_stop(c);
        nanosleep(&(struct timespec){ .tv_sec = 3, .tv_nsec = 500000000 }, NULL); /* the lease is 500 ms here, the farewell 2 s */
        tell(c, "withdraw 0");
        process_kill(c, SIGCONT);
        hear(c, PATIENT);
        assert_string_equal(c->answer, "MSTRO_STALE_EPOCH this process was silent for longer than the lease of 0.5 s and was taken for dead "
                                       "(MSTRO_LEASE of the pool manager sets it)");
        expect(c, "dispose 0", "MSTRO_OK");
        expect(c, "finalize", "MSTRO_");
    }
}

/* Stopped in the middle of a read, evicted, the buffer overwritten, continued: what it has is never taken for valid. */
static void a_stopped_reader_never_ends_well_with_bytes_written_later(void **state)
{
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t room = offer_to_room(READ_SIZE);
        tell(b, "demand 0");
        await_first_byte(room);
        process_stop(b);
        bool under_way = byte_in(b, room + READ_SIZE - 1) == 0;
        tell(a, "withdraw 0");
        expect_in_time(a, "MSTRO_OK", LEASE);
        tell(a, "fill 0 %d 99", READ_SIZE);
        expect_within(a, "MSTRO_OK", PATIENT);
        process_kill(b, SIGCONT);
        hear(b, PATIENT);
        if (strncmp(b->answer, "MSTRO_OK", 8) == 0)
            expect_all(b, 1);
        else if (under_way)
            return;
        close_stage(state);
        open_reading_stage(state);
    }
    fail_msg("no read was under way and then cut in any of %d rounds", ROUNDS);
}

/* ---- the manager ---- */

static void a_killed_manager_ends_what_waits(void **state)
{
    (void)state;
    expect(b, "declare 0 never", "MSTRO_OK");
    struct process *c = stage_actor(&stage, "watcher");
    expect(c, "subscribe 8 0", "MSTRO_OK");
    tell(b, "demand 0");
    tell(c, "event 100000");
    hear_nothing(b, 100);
    kill_and_wait(&stage.manager);
    expect_in_time(b, "MSTRO_POOL_LOST", LEASE);
    expect_in_time(c, "MSTRO_POOL_LOST", LEASE);
    tell(c, "finalize"); /* with the subscription alive */
    expect_in_time(c, "MSTRO_", LEASE);
    tell(b, "declare 1 more");
    hear(b, PATIENT);
    expect(a, "declare 0 more", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_POOL_LOST");
    tell(a, "finalize");
    expect_in_time(a, "MSTRO_", LEASE);
    tell(b, "finalize");
    expect_in_time(b, "MSTRO_", LEASE);
    struct process *late = stage_extra(&stage);
    tell(late, "init late 0");
    expect_in_time(late, "MSTRO_NO_PM", 1000 + DEAD);
    stage_manager(&stage, NULL); /* the lock of the dead one holds nobody up; its file goes with the next */
}

static void handles_can_be_given_back_and_disposed_when_the_manager_is_gone(void **state)
{
    (void)state;
    offer(100000);
    expect(a, "declare 1 other", "MSTRO_OK");
    expect(a, "offer 1", "MSTRO_OK");
    kill_and_wait(&stage.manager);
    tell(a, "withdraw 0");
    expect_in_time(a, "MSTRO_POOL_LOST", LEASE);
    expect(a, "dispose 0", "MSTRO_OK");
    expect(a, "dispose 1", "MSTRO_OK"); /* offered to the end */
    tell(b, "demand 0");
    hear(b, PATIENT); /* the bytes may have been on their way */
    expect(b, "dispose 0", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_");
    expect(b, "finalize", "MSTRO_");
    stage_manager(&stage, NULL);
}

static void a_paused_manager_evicts_nobody(void **state)
{
    (void)state;
    offer(100000);
    process_stop(&stage.manager);
    nanosleep(&(struct timespec){ .tv_sec = 3 }, NULL); /* the lease is 500 ms here */
    process_kill(&stage.manager, SIGCONT);
    expect(b, "demand 0", "MSTRO_OK");
    expect(a, "withdraw 0", "MSTRO_OK");
}

static void others_go_on_when_one_is_killed(void **state)
{
    (void)state;
    struct process *c = stage_actor(&stage, "bystander");
    expect(c, "declare 0 own", "MSTRO_OK");
    expect(c, "declare 1 own", "MSTRO_OK");
    expect(c, "fill 0 50000 5", "MSTRO_OK");
    offer(100000);
    kill_and_wait(a);
    expect(c, "offer 0", "MSTRO_OK");
    expect(c, "demand 1", "MSTRO_OK");
    expect(c, "check 1 50000 5", "MSTRO_OK right");
}

#define on(opened, test) TRIED(opened, test, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on(open_stage, a_killed_producer_is_named_to_who_demands),
        on(open_stage, small_data_survive_their_producer),
        on(open_reading_stage, a_producer_killed_while_it_is_read_leaves_no_half_read),
        on(open_reading_stage, a_stopped_producer_loses_its_place_and_is_told),
        on(open_stage, a_withdraw_ends_when_who_required_is_killed),
        on(open_stage, a_withdraw_ends_when_who_required_is_silent_for_the_lease),
        on(open_short_lease, who_was_evicted_long_ago_is_told_so_and_why),
        on(open_reading_stage, a_stopped_reader_never_ends_well_with_bytes_written_later),
        on(open_stage, a_killed_manager_ends_what_waits),
        on(open_stage, handles_can_be_given_back_and_disposed_when_the_manager_is_gone),
        on(open_short_lease, a_paused_manager_evicts_nobody),
        on(open_stage, others_go_on_when_one_is_killed),
    };
    enum { COUNT = sizeof tests / sizeof tests[0] };
    const char *asked = getenv("MAESTRO_KILL_ROUNDS");
    size_t rounds = !getenv("MAESTRO_LONG") ? 1 : asked ? strtoul(asked, NULL, 10) : 200;
    struct CMUnitTest *all = calloc(rounds, sizeof tests);
    if (!all)
        return 1;
    for (size_t i = 0; i < rounds; i++)
        memcpy(all + i * COUNT, tests, sizeof tests);
    int failed = _cmocka_run_group_tests("death", all, rounds * COUNT, NULL, NULL);
    free(all);
    return failed;
}
