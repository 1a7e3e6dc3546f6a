/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric whose frames go through rings, around one of libfabric, over which nothing may go then. */
#include "tests/lib/ear.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fabric/bell.h"
#include "lib/fabric/chaos.h"
#include "lib/fabric/memory.h"
#include "lib/fabric/rings.h"
#include "lib/fabric/rings_fabric.h"
#include "tests/lib/share.h"

#define SECONDS(n) (clock_now() + (n) * NANOSECONDS_PER_SECOND)
#define MOMENT (clock_now() + NANOSECONDS_PER_MILLISECOND)

/* A client and a pool, each with a fabric of its own, as in two processes. */
struct side { struct fabric *fabric, *counted; struct endpoint *endpoint; struct peer *peer; struct ear ear; };
struct talk { struct side client, pool; struct ring_pair seen; /* as the client sees it */ };

static void side_open(struct side *s, const struct fabric_options *options)
{
    struct fabric_options o = options ? *options : (struct fabric_options){ 0 };
    struct fabric *inner;
    const struct endpoint_events events = events_of(&s->ear);
    o.providers = "tcp";
    assert_int_equal(fabric_open(&o, &inner), MSTRO_OK);
    assert_int_equal(chaos_open(inner, &(struct chaos_options){ .seed = 1 }, &s->counted), MSTRO_OK);
    assert_int_equal(rings_wrap(s->counted, options, &s->fabric), MSTRO_OK);
    assert_int_equal(endpoint_open(s->fabric, ENDPOINT_CONTROL, &events, &s->endpoint), MSTRO_OK);
}

/* Rings for two peers that know each other already; *seen, when it is not NULL, is as the first one sees them. */
static void share(struct peer *client, struct peer *pool, struct ring_pair *seen)
{
    struct segment made, adopted;
    share_segment(&made, &adopted, 1);
    if (seen)
        *seen = made.pair[0];
    assert_int_equal(peer_use_rings(client, segment_pair(&made, 0)), MSTRO_OK);
    assert_int_equal(peer_use_rings(pool, segment_pair(&adopted, 0)), MSTRO_OK);
    segment_close(&made);
    segment_close(&adopted);
}

static void talk_open(struct talk *t, const struct fabric_options *options)
{
    memset(t, 0, sizeof *t);
    side_open(&t->client, options);
    side_open(&t->pool, options);
    assert_int_equal(peer_add(t->client.endpoint, endpoint_address(t->pool.endpoint), NULL, &t->client.peer), MSTRO_OK);
    assert_int_equal(peer_add(t->pool.endpoint, endpoint_address(t->client.endpoint), NULL, &t->pool.peer), MSTRO_OK);
    share(t->client.peer, t->pool.peer, &t->seen);
}

static void talk_close(struct talk *t)
{
    assert_int_equal(chaos_count(t->client.counted).frames + chaos_count(t->pool.counted).frames, 0);
    fabric_close(t->client.fabric);
    fabric_close(t->pool.fabric);
}

static mstro_status say(struct side *s, uint32_t number, size_t length)
{
    unsigned char *frame = calloc(1, length);
    assert_non_null(frame);
    memcpy(frame, &number, sizeof number);
    mstro_status status = endpoint_send(s->peer, frame, length);
    if (status != MSTRO_OK)
        free(frame);
    return status;
}

static void await(struct side *s, const _Atomic unsigned *counter, unsigned wanted)
{
    drive_until(s->fabric, counter, wanted, SECONDS(20));
    assert_true(*counter >= wanted);
}

static void drive_until_quiet(struct side *s)
{
    while (fabric_progress(s->fabric, MOMENT) == MSTRO_OK)
        ;
}

static unsigned long bells_of(struct side *s) { return rings_of(s->fabric)->rung; }

static void first_frame_rings_and_those_behind_it_do_not(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(say(&t.client, i, 600), MSTRO_OK);
    assert_int_equal(bells_of(&t.client), 1);
    await(&t.pool, &t.pool.ear.frames, 100);
    assert_int_equal(t.pool.ear.out_of_order, 0);
    talk_close(&t);
}

/* The reader looks by itself. */
static void no_bell_is_rung_while_the_reader_is_awake(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL);
    assert_int_equal(say(&t.client, 0, 600), MSTRO_OK);
    await(&t.pool, &t.pool.ear.frames, 1);
    for (uint32_t i = 1; i < 1000; i++) {
        assert_int_equal(say(&t.client, i, 600), MSTRO_OK);
        assert_int_equal(fabric_progress(t.pool.fabric, 0), MSTRO_OK);
        assert_int_equal(t.pool.ear.frames, i + 1);
    }
    assert_int_equal(bells_of(&t.client), 1);
    assert_int_equal(fabric_progress(t.pool.fabric, MOMENT), MSTRO_TIMEOUT); /* it has slept */
    assert_int_equal(say(&t.client, 1000, 600), MSTRO_OK);
    assert_int_equal(bells_of(&t.client), 2);
    talk_close(&t);
}

struct answering { struct side *side; unsigned rounds; };

static void *answer_each(void *context)
{
    struct answering *a = context;
    for (unsigned i = 0; i < a->rounds; i++) {
        await(a->side, &a->side->ear.frames, i + 1);
        assert_int_equal(say(a->side, i, 100), MSTRO_OK);
    }
    return NULL;
}

static void two_that_sleep_between_frames_never_miss_one(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL);
    struct answering a = { .side = &t.pool, .rounds = 3000 };
    pthread_t pool;
    assert_int_equal(pthread_create(&pool, NULL, answer_each, &a), 0);
    for (unsigned i = 0; i < a.rounds; i++) {
        assert_int_equal(say(&t.client, i, 100), MSTRO_OK);
        await(&t.client, &t.client.ear.frames, i + 1);
    }
    pthread_join(pool, NULL);
    assert_int_equal(t.client.ear.out_of_order + t.pool.ear.out_of_order, 0);
    talk_close(&t);
}

static void who_does_not_read_holds_the_writer_back_and_loses_it_after_the_lease(void **state)
{
    (void)state;
    struct talk t;
    const struct fabric_options options = { .send_queue = 4, .lease = 200 * NANOSECONDS_PER_MILLISECOND };
    talk_open(&t, &options);
    uint32_t n = 0;
    mstro_status status;
    while ((status = say(&t.client, n, 60000)) == MSTRO_OK)
        n++;
    assert_int_equal(status, MSTRO_WOULDBLOCK);
    assert_true(peer_in_flight(t.client.peer) >= 4);
    uint64_t begin = clock_now();
    await(&t.client, &t.client.ear.lost, 1);
    assert_true(clock_now() - begin < 2 * NANOSECONDS_PER_SECOND);
    assert_non_null(strstr(t.client.ear.why, "within the lease"));
    assert_int_equal(say(&t.client, n, 100), MSTRO_PEER_LOST);
    talk_close(&t);
}

static void what_waited_for_room_leaves_when_there_is_some(void **state)
{
    (void)state;
    struct talk t;
    const struct fabric_options options = { .send_queue = 4 };
    talk_open(&t, &options);
    uint32_t n = 0;
    while (say(&t.client, n, 60000) == MSTRO_OK)
        n++;
    uint64_t deadline = SECONDS(20);
    while (t.pool.ear.frames < n && clock_now() < deadline) {
        fabric_progress(t.pool.fabric, 0);
        fabric_progress(t.client.fabric, MOMENT);
    }
    assert_int_equal(t.pool.ear.frames, n);
    assert_int_equal(t.pool.ear.out_of_order, 0);
    assert_true(t.client.ear.sent >= 4);
    talk_close(&t);
}

static void who_writes_rubbish_is_lost_once_and_others_are_not(void **state)
{
    (void)state;
    struct talk t, other;
    talk_open(&t, NULL);
    assert_int_equal(say(&t.client, 0, 100), MSTRO_OK);
    await(&t.pool, &t.pool.ear.frames, 1);
    atomic_store(&t.seen.out.ring->written, UINT64_C(1) << 40);
    await(&t.pool, &t.pool.ear.lost, 1);
    assert_non_null(strstr(t.pool.ear.why, "not valid"));
    assert_int_equal(say(&t.pool, 0, 100), MSTRO_PEER_LOST);
    for (int i = 0; i < 10; i++)
        fabric_progress(t.pool.fabric, MOMENT);
    assert_int_equal(t.pool.ear.lost, 1);
    assert_int_equal(t.pool.ear.frames, 1);
    talk_open(&other, NULL);
    assert_int_equal(say(&other.client, 0, 100), MSTRO_OK);
    await(&other.pool, &other.pool.ear.frames, 1);
    talk_close(&other);
    talk_close(&t);
}

/* A reader that says it has taken what was never written. */
static void who_lies_about_what_it_has_read_is_lost(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL);
    atomic_store(&t.seen.in.ring->taken, UINT64_C(1) << 40);
    mstro_status status;
    for (uint32_t n = 0; (status = say(&t.pool, n, 1000)) == MSTRO_OK && n < 1000; n++)
        ;
    assert_int_equal(status, MSTRO_PEER_LOST);
    await(&t.pool, &t.pool.ear.lost, 1);
    talk_close(&t);
}

/* Between a frame's being written and its bell the reader, whom another bell has brought, may take it and lie down. */
static void ring_that_was_emptied_before_its_bell_came_is_armed_again(void **state)
{
    (void)state;
    struct talk t;
    unsigned char frame[100] = { 0 };
    talk_open(&t, NULL);
    assert_int_equal(ring_put(&t.seen.out, frame, sizeof frame), RING_OK);
    for (int i = 0; i < 2; i++) { /* one for nothing; its own */
        assert_true(i == 0 || ring_must_ring(&t.seen.out));
        bell_ring(t.seen.bell);
        drive_until_quiet(&t.pool);
        assert_int_equal(t.pool.ear.frames, 1);
    }
    assert_int_equal(ring_put(&t.seen.out, frame, sizeof frame), RING_OK);
    assert_true(ring_must_ring(&t.seen.out));
    talk_close(&t);
}

static void bell_of_one_that_was_removed_does_no_harm(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL);
    int kept = dup(rings_peer_of(t.pool.peer)->rings.bell); /* as a child of fork may */
    assert_int_equal(say(&t.client, 0, 100), MSTRO_OK);
    peer_remove(t.pool.peer);
    assert_int_equal(fabric_sleep(t.pool.counted, MOMENT), MSTRO_TIMEOUT);
    assert_int_equal(fabric_progress(t.pool.fabric, MOMENT), MSTRO_TIMEOUT);
    assert_int_equal(t.pool.ear.frames, 0);
    close(kept);
    talk_close(&t);
}

/* A bell is not lost because there is no connection yet, or one that is given up for another. */
static void bell_that_comes_before_the_ring_is_heard_when_there_is_one(void **state)
{
    (void)state;
    struct talk t;
    struct segment client, pool;
    struct peer *there, *here;
    talk_open(&t, NULL);
    assert_int_equal(peer_add(t.client.endpoint, endpoint_address(t.pool.endpoint), NULL, &there), MSTRO_OK);
    assert_int_equal(peer_add(t.pool.endpoint, endpoint_address(t.client.endpoint), NULL, &here), MSTRO_OK);
    share_segment(&client, &pool, 1);
    assert_int_equal(peer_use_rings(there, segment_pair(&client, 0)), MSTRO_OK);
    unsigned char *frame = calloc(1, 100);
    assert_int_equal(endpoint_send(there, frame, 100), MSTRO_OK);
    drive_until_quiet(&t.pool);
    assert_int_equal(peer_use_rings(here, segment_pair(&pool, 0)), MSTRO_OK);
    await(&t.pool, &t.pool.ear.frames, 1);
    segment_close(&client);
    segment_close(&pool);
    talk_close(&t);
}

/* It lets itself be rung for, again and again, and hears nothing. */
static void who_does_not_listen_to_its_bell_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct talk t;
    unsigned char got[RING_LARGEST_FRAME];
    size_t length;
    talk_open(&t, NULL);
    for (uint32_t i = 0; i < 20000; i++) {
        atomic_store(&t.seen.in.ring->armed, 1);
        assert_int_equal(say(&t.pool, i, 100), MSTRO_OK);
        assert_int_equal(ring_take(&t.seen.in, got, &length), RING_OK);
    }
    assert_int_equal(bells_of(&t.pool), 20000);
    talk_close(&t);
}

/* The kernel says so to who rings for it, which makes that one's bell readable. */
static void who_closes_its_bell_wakes_the_other_side_once(void **state)
{
    (void)state;
    struct talk t;
    uint16_t port;
    int another;
    talk_open(&t, NULL);
    drive_until_quiet(&t.pool);
    assert_int_equal(bell_make(&another, &port), MSTRO_OK);
    assert_int_equal(dup2(another, t.seen.bell), t.seen.bell);
    assert_int_equal(say(&t.pool, 0, 100), MSTRO_OK);
    assert_int_equal(bells_of(&t.pool), 1);
    assert_int_equal(fabric_sleep(t.pool.counted, SECONDS(10)), MSTRO_OK);
    drive_until_quiet(&t.pool);
    assert_int_equal(fabric_sleep(t.pool.counted, MOMENT), MSTRO_TIMEOUT);
    atomic_store(&t.seen.in.ring->armed, 1);
    assert_int_equal(say(&t.pool, 1, 100), MSTRO_OK); /* which no signal answers */
    assert_int_equal(fabric_sleep(t.pool.counted, MOMENT), MSTRO_TIMEOUT);
    close(another);
    talk_close(&t);
}

/* As it is where the kernel has no memory for sockets left. */
static void bell_that_was_lost_is_made_up_for_within_a_second_or_so(void **state)
{
    (void)state;
    struct talk t;
    unsigned char frame[100] = { 0 };
    talk_open(&t, NULL);
    for (unsigned i = 1; i <= 2; i++) {
        drive_until_quiet(&t.pool);
        assert_int_equal(ring_put(&t.seen.out, frame, sizeof frame), RING_OK);
        assert_true(ring_must_ring(&t.seen.out));
        uint64_t begin = clock_now();
        await(&t.pool, &t.pool.ear.frames, i);
        assert_true(clock_now() - begin < 5 * NANOSECONDS_PER_SECOND);
    }
    talk_close(&t);
}

static void one_of_many_that_rings_is_heard_and_the_others_are_not_looked_into(void **state)
{
    (void)state;
    enum { MANY = 100 };
    struct talk t;
    struct peer *client[MANY], *pool[MANY];
    talk_open(&t, NULL);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(peer_add(t.client.endpoint, endpoint_address(t.pool.endpoint), NULL, &client[i]), MSTRO_OK);
        assert_int_equal(peer_add(t.pool.endpoint, endpoint_address(t.client.endpoint), NULL, &pool[i]), MSTRO_OK);
        share(client[i], pool[i], NULL);
    }
    drive_until_quiet(&t.pool);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned char *frame = calloc(1, 100);
        assert_int_equal(endpoint_send(client[i], frame, 100), MSTRO_OK);
        assert_int_equal(fabric_progress(t.pool.fabric, SECONDS(10)), MSTRO_OK);
        assert_int_equal(rings_of(t.pool.fabric)->looked_into, 1);
        assert_int_equal(t.pool.ear.frames, i + 1);
        drive_until_quiet(&t.pool);
    }
    talk_close(&t);
}

/* What would fail once the pool has taken the memory has to fail before. */
static void rings_that_were_expected_can_be_used_and_others_are_refused_before_they_are_offered(void **state)
{
    (void)state;
    struct talk t;
    struct segment client, pool;
    struct peer *there, *here;
    talk_open(&t, NULL);
    share_segment(&client, &pool, 1);
    assert_int_equal(peer_add(t.client.endpoint, endpoint_address(t.pool.endpoint), NULL, &there), MSTRO_OK);
    assert_int_equal(peer_add(t.pool.endpoint, endpoint_address(t.client.endpoint), NULL, &here), MSTRO_OK);
    const struct ring_pair unheard = { .bell = -1 };
    assert_int_equal(fabric_expect_rings(t.client.fabric, &unheard), MSTRO_NOMEM);
    assert_int_equal(fabric_expect_rings(t.client.fabric, &client.pair[0]), MSTRO_OK);
    bell_ring(pool.pair[0].bell); /* before anybody listens */
    assert_int_equal(fabric_progress(t.client.fabric, MOMENT), MSTRO_TIMEOUT);
    assert_int_equal(peer_use_rings(there, segment_pair(&client, 0)), MSTRO_OK);
    assert_int_equal(peer_use_rings(here, segment_pair(&pool, 0)), MSTRO_OK);
    unsigned char *frame = calloc(1, 100);
    drive_until_quiet(&t.client);
    assert_int_equal(endpoint_send(here, frame, 100), MSTRO_OK);
    await(&t.client, &t.client.ear.frames, 1);
    segment_close(&client);
    segment_close(&pool);
    talk_close(&t);
}

static void fabric_that_watches_no_descriptor_is_not_wrapped(void **state)
{
    (void)state;
    struct memory_network *network;
    struct fabric *inner, *none;
    assert_int_equal(memory_network_create(&network), MSTRO_OK);
    assert_int_equal(memory_fabric_open(network, NULL, &inner), MSTRO_OK);
    assert_int_equal(rings_wrap(inner, NULL, &none), MSTRO_UNIMPL);
    assert_false(fabric_takes_rings(inner));
    fabric_close(inner);
    memory_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_frame_rings_and_those_behind_it_do_not),
        cmocka_unit_test(no_bell_is_rung_while_the_reader_is_awake),
        cmocka_unit_test(two_that_sleep_between_frames_never_miss_one),
        cmocka_unit_test(who_does_not_read_holds_the_writer_back_and_loses_it_after_the_lease),
        cmocka_unit_test(what_waited_for_room_leaves_when_there_is_some),
        cmocka_unit_test(who_writes_rubbish_is_lost_once_and_others_are_not),
        cmocka_unit_test(who_lies_about_what_it_has_read_is_lost),
        cmocka_unit_test(ring_that_was_emptied_before_its_bell_came_is_armed_again),
        cmocka_unit_test(bell_of_one_that_was_removed_does_no_harm),
        cmocka_unit_test(bell_that_comes_before_the_ring_is_heard_when_there_is_one),
        cmocka_unit_test(who_does_not_listen_to_its_bell_keeps_nobody_waiting),
        cmocka_unit_test(who_closes_its_bell_wakes_the_other_side_once),
        cmocka_unit_test(bell_that_was_lost_is_made_up_for_within_a_second_or_so),
        cmocka_unit_test(one_of_many_that_rings_is_heard_and_the_others_are_not_looked_into),
        cmocka_unit_test(rings_that_were_expected_can_be_used_and_others_are_refused_before_they_are_offered),
        cmocka_unit_test(fabric_that_watches_no_descriptor_is_not_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
