/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages between processes of one node go through memory that they share, and nothing of it is left, however they end. */
#include "tests/lib/check.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/client/remote_greeting.h"
#include "lib/serve/rings_door.h"
#include "lib/system/credential.h"
#include "tests/lib/entries.h"
#include "tests/lib/lingering.h"
#include "tests/proc/stage.h"

enum { PATIENT = 20000 };

/* Lines of /proc/PID/maps of memory for rings: one for each client and shard, in the manager and in the client. */
static int mapped_by(const struct process *p)
{
    char path[64], line[4096];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)p->pid);
    FILE *f = fopen(path, "r");
    int count = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        count += strstr(line, "memfd:maestro-rings") != NULL;
    fclose(f);
    return count;
}

static void await(int (*count)(const struct process *), const struct process *p, int wanted)
{
    uint64_t until = clock_now() + allowance(PATIENT) * NANOSECONDS_PER_MILLISECOND;
    while (count(p) != wanted && clock_now() < until)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    assert_int_equal(count(p), wanted);
}

static int descriptors(const struct process *p)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)p->pid);
    return entries_of(path);
}

static void a_process_of_the_same_node_shares_memory_with_each_shard(void **state)
{
    (void)state;
    const char *arguments[] = { "--shards=3", NULL };
    stage_open(&stage);
    stage_manager(&stage, arguments);
    assert_int_equal(mapped_by(&stage.manager), 0);
    struct process *a = stage_actor(&stage, "producer");
    await(mapped_by, &stage.manager, 3);
    assert_true(mapped_by(a) >= 3);
    expect(a, "declare 0 one", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect(a, "withdraw 0", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
    await(mapped_by, &stage.manager, 0);
}

static void a_killed_client_leaves_neither_memory_nor_descriptors(void **state)
{
    (void)state;
    int before = entries_of("/dev/shm"), descriptors_before;
    struct process *stays = stage_actor(&stage, "stays");
    await(mapped_by, &stage.manager, 1);
    descriptors_before = descriptors(&stage.manager);
    for (int i = 0; i < 5; i++) {
        struct process *a = stage_extra(&stage);
        char line[64];
        snprintf(line, sizeof line, "init killed%d 0", i);
        expect(a, line, "MSTRO_OK");
        await(mapped_by, &stage.manager, 2);
        expect(a, "subscribe 255 0", "MSTRO_OK"); /* the pool has something to say to it */
        expect(stays, "declare 0 thing", "MSTRO_OK");
        expect(stays, "offer 0", "MSTRO_OK");
        process_kill(a, SIGKILL);
        assert_int_equal(process_wait(a, PATIENT), 128 + SIGKILL);
        expect(stays, "withdraw 0", "MSTRO_OK");
        expect(stays, "dispose 0", "MSTRO_OK");
        await(mapped_by, &stage.manager, 1);
    }
    await(descriptors, &stage.manager, descriptors_before);
    assert_int_equal(entries_of("/dev/shm"), before);
}

static void a_killed_manager_leaves_nothing_and_another_takes_its_place(void **state)
{
    (void)state;
    int before = entries_of("/dev/shm");
    struct process *a = stage_actor(&stage, "producer");
    assert_true(mapped_by(a) > 0);
    process_kill(&stage.manager, SIGKILL);
    assert_int_equal(process_wait(&stage.manager, PATIENT), 128 + SIGKILL);
    expect(a, "declare 0 lost", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_POOL_LOST");
    expect(a, "finalize", "MSTRO_");
    assert_int_equal(mapped_by(a), 0);
    assert_int_equal(entries_of("/dev/shm"), before);
    stage_manager(&stage, NULL);
    struct process *b = stage_actor(&stage, "again");
    await(mapped_by, &stage.manager, 1);
    expect(b, "declare 0 found", "MSTRO_OK");
    expect(b, "offer 0", "MSTRO_OK");
    expect(b, "withdraw 0", "MSTRO_OK");
}

static void works_over_the_network_too(void)
{
    struct process *a = stage_actor(&stage, "producer");
    expect(a, "declare 0 one", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect(a, "withdraw 0", "MSTRO_OK");
    assert_int_equal(mapped_by(a), 0);
    assert_int_equal(mapped_by(&stage.manager), 0);
}

static void a_manager_told_to_do_without_is_joined_over_the_network(void **state)
{
    (void)state;
    const char *arguments[] = { "--rings=no", NULL };
    stage_open(&stage);
    stage_manager(&stage, arguments);
    works_over_the_network_too();
}

static void a_client_told_to_do_without_speaks_over_the_network(void **state)
{
    (void)state;
    setenv("MSTRO_RINGS", "no", 1);
    works_over_the_network_too();
}

static void a_setting_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct process *a;
    setenv("MSTRO_RINGS", "perhaps", 1);
    a = stage_extra(&stage);
    tell(a, "init producer 0");
    assert_non_null(strstr(hear(a, PATIENT), "MSTRO_RINGS"));
}

/* Anybody of the node can send there. */
static void what_strangers_hand_over_is_dropped(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct record_pool_info info;
    uint8_t rubbish[HANDOVER_WORDS] = { 1 };
    int file[2];
    assert_int_equal(pool_info_decode(stage.info, &arena, &info), MSTRO_OK);
    struct process *a = stage_actor(&stage, "producer");
    await(mapped_by, &stage.manager, 1);
    int before = descriptors(&stage.manager);
    assert_int_equal(pipe(file), 0);
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(handover_give(info.pool, CREDENTIAL_POOL, bytes_of(rubbish, i % 2 ? 42 : 1 + i % HANDOVER_WORDS), file[0]), MSTRO_OK);
    close(file[0]);
    expect(a, "declare 0 one", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    await(descriptors, &stage.manager, before);
    struct process *b = stage_actor(&stage, "consumer");
    assert_true(mapped_by(b) > 0);
    await(mapped_by, &stage.manager, 2);
    assert_int_equal(write(file[1], "x", 1), -1); /* nobody holds the other end any more */
    close(file[1]);
    arena_release(&arena);
}

static struct sockaddr_un name_of(uint64_t number, socklen_t *length)
{
    struct arena arena = { 0 };
    struct record_pool_info info;
    struct sockaddr_un name;
    assert_int_equal(pool_info_decode(stage.info, &arena, &info), MSTRO_OK);
    *length = credential_name(info.pool, number, &name);
    arena_release(&arena);
    return name;
}

/* To somebody who stands still meanwhile: else we might be the last to close it.  *reader ends the waiting. */
static void bring_lingering(uint64_t number, int type, int *reader)
{
    socklen_t length;
    const struct sockaddr_un name = name_of(number, &length);
    int fd = lingering_socket(reader);
    bring_descriptors(type, &name, length, &fd, 1);
    close(fd);
}

/* The number under which the only client of the pool shows itself. */
static uint64_t session_of_client(void)
{
    socklen_t length;
    const struct sockaddr_un manager = name_of(CREDENTIAL_POOL, &length);
    char line[512], prefix[128];
    uint64_t found = CREDENTIAL_POOL;
    snprintf(prefix, sizeof prefix, "%.*s", (int)strlen(manager.sun_path + 1) - 1, manager.sun_path + 1); /* but for the number */
    FILE *f = fopen("/proc/net/unix", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        const char *at = strstr(line, prefix);
        uint64_t number = at ? strtoull(at + strlen(prefix), NULL, 10) : CREDENTIAL_POOL;
        found = number != CREDENTIAL_POOL ? number : found;
    }
    fclose(f);
    assert_true(found != CREDENTIAL_POOL);
    return found;
}

/* Well below the time for which what was brought lingers. */
static void is_soon(uint64_t begin) { assert_true(clock_now() - begin < LINGER / 2 * NANOSECONDS_PER_SECOND); }

static void strangers_whose_descriptors_linger_keep_nobody_from_joining(void **state)
{
    (void)state;
    int readers[2];
    struct process *a = stage_actor(&stage, "before");
    process_stop(&stage.manager);
    bring_lingering(CREDENTIAL_POOL, SOCK_DGRAM, &readers[0]);
    bring_lingering(CREDENTIAL_POOL, SOCK_STREAM, &readers[1]);
    process_kill(&stage.manager, SIGCONT);
    uint64_t begin = clock_now();
    struct process *b = stage_actor(&stage, "after");
    is_soon(begin);
    expect(b, "subscribe 255 0", "MSTRO_OK");
    expect(a, "declare 0 one", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect(b, "finalize", "MSTRO_OK");
    is_soon(begin);
    process_kill(&stage.manager, SIGTERM);
    expect(a, "finalize", "MSTRO_");
    assert_int_equal(process_wait(&stage.manager, PATIENT), 0);
    is_soon(begin);
    close(readers[0]);
    close(readers[1]);
}

static void a_client_that_strangers_look_at_notices_the_end_of_its_pool_at_once(void **state)
{
    (void)state;
    int reader;
    struct process *a = stage_actor(&stage, "producer");
    process_stop(a);
    bring_lingering(session_of_client(), SOCK_STREAM, &reader);
    process_kill(a, SIGCONT);
    uint64_t begin = clock_now();
    expect(a, "declare 0 lost", "MSTRO_OK");
    process_kill(&stage.manager, SIGKILL);
    assert_int_equal(process_wait(&stage.manager, PATIENT), 128 + SIGKILL);
    expect(a, "offer 0", "MSTRO_POOL_LOST");
    is_soon(begin);
    expect(a, "finalize", "MSTRO_");
    is_soon(begin);
    close(reader);
    stage_manager(&stage, NULL);
}

/* Offer memory for 'pairs' shards as this session, and keep none of it. */
static mstro_status offer_as(const struct session_keys *keys, struct id pool, unsigned pairs)
{
    struct segment s;
    int given;
    assert_int_equal(segment_create(&s, pairs, &given), MSTRO_OK);
    mstro_status status = rings_offer(pool, keys, &s, given);
    close(given);
    segment_close(&s);
    return status;
}

static void memory_is_taken_from_who_has_the_keys_of_the_session_and_once(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct record_pool_info info;
    struct session_keys keys, forged;
    char local[WITNESS_ADDRESS_MAX];
    int witness;
    const struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = 9, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    uint64_t deadline = clock_now() + PATIENT * NANOSECONDS_PER_MILLISECOND;
    assert_int_equal(pool_info_decode(stage.info, &arena, &info), MSTRO_OK);
    assert_int_equal(witness_connect(info.witness, deadline, &witness, local), MSTRO_OK);
    assert_int_equal(remote_greet(&witness, local, &info, bytes_of((const uint8_t *)&nowhere, sizeof nowhere), deadline, &keys), MSTRO_OK);
    forged = keys;
    forged.to_pool[0] ^= 1;
    assert_int_equal(offer_as(&forged, info.pool, 1), MSTRO_TIMEOUT);
    assert_int_equal(offer_as(&keys, info.pool, 2), MSTRO_TIMEOUT); /* there is one shard */
    assert_int_equal(mapped_by(&stage.manager), 0);
    assert_int_equal(offer_as(&keys, info.pool, 1), MSTRO_OK);
    await(mapped_by, &stage.manager, 1); /* its page that says so goes a moment later */
    assert_int_equal(offer_as(&keys, info.pool, 1), MSTRO_TIMEOUT);
    await(mapped_by, &stage.manager, 1); /* its page that says so goes a moment later */
    close(witness);
    await(mapped_by, &stage.manager, 0);
    arena_release(&arena);
}

static int end(void **state)
{
    unsetenv("MSTRO_RINGS");
    return stage_end(state);
}

#define on(setup, test) cmocka_unit_test_setup_teardown(test, setup, end)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        on(NULL, a_process_of_the_same_node_shares_memory_with_each_shard),
        on(stage_begin, a_killed_client_leaves_neither_memory_nor_descriptors),
        on(stage_begin, a_killed_manager_leaves_nothing_and_another_takes_its_place),
        on(NULL, a_manager_told_to_do_without_is_joined_over_the_network),
        on(stage_begin, a_client_told_to_do_without_speaks_over_the_network),
        on(stage_begin, a_setting_that_cannot_be_read_is_named),
        on(stage_begin, what_strangers_hand_over_is_dropped),
        on(stage_begin, strangers_whose_descriptors_linger_keep_nobody_from_joining),
        on(stage_begin, a_client_that_strangers_look_at_notices_the_end_of_its_pool_at_once),
        on(stage_begin, memory_is_taken_from_who_has_the_keys_of_the_session_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
