/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric whose frames go through rings, around one in the process that counts what goes over it: bells. */
#include "tests/lib/check.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/fabric/chaos.h"
#include "lib/fabric/memory.h"
#include "lib/fabric/rings.h"
#include "lib/fabric/rings_fabric.h"
#include "lib/fabric/segment.h"

#define SECONDS(n) (clock_now() + (n) * NANOSECONDS_PER_SECOND)

struct ear { _Atomic unsigned frames, sent, lost, out_of_order; uint32_t last; char why[128]; };

static void hear(void *context, struct bytes frame)
{
    struct ear *ear = context;
    uint32_t number;
    memcpy(&number, frame.at, sizeof number);
    ear->out_of_order += ear->frames && number != ear->last + 1;
    ear->last = number;
    ear->frames++;
}

static void hear_sent(void *context, struct peer *peer)
{
    (void)peer;
    ((struct ear *)context)->sent++;
}

static void hear_lost(void *context, struct peer *peer, const char *why)
{
    struct ear *ear = context;
    (void)peer;
    snprintf(ear->why, sizeof ear->why, "%s", why);
    ear->lost++;
}

/* A client and a pool, each with a fabric of its own, as in two processes. */
struct side { struct fabric *fabric, *counted; struct endpoint *endpoint; struct peer *peer; struct ear ear; };
struct talk { struct memory_network *network; struct side client, pool; struct ring_pair seen; /* as the client sees it */ };

static void side_open(struct side *s, struct memory_network *n, const struct chaos_options *chaos, const struct fabric_options *options)
{
    struct fabric *inner;
    const struct endpoint_events events = { &s->ear, hear, hear_sent, hear_lost };
    assert_int_equal(memory_fabric_open(n, options, &inner), MSTRO_OK);
    assert_int_equal(chaos_open(inner, chaos, &s->counted), MSTRO_OK);
    assert_int_equal(rings_wrap(s->counted, options, &s->fabric), MSTRO_OK);
    assert_int_equal(endpoint_open(s->fabric, ENDPOINT_CONTROL, &events, &s->endpoint), MSTRO_OK);
}

static void talk_open(struct talk *t, const struct chaos_options *chaos, const struct fabric_options *options)
{
    static const struct chaos_options none = { .seed = 1 };
    struct segment client, pool;
    int fd;
    memset(t, 0, sizeof *t);
    assert_int_equal(memory_network_create(&t->network), MSTRO_OK);
    side_open(&t->client, t->network, chaos ? chaos : &none, options);
    side_open(&t->pool, t->network, chaos ? chaos : &none, options);
    assert_int_equal(peer_add(t->client.endpoint, endpoint_address(t->pool.endpoint), NULL, &t->client.peer), MSTRO_OK);
    assert_int_equal(peer_add(t->pool.endpoint, endpoint_address(t->client.endpoint), NULL, &t->pool.peer), MSTRO_OK);
    assert_int_equal(segment_create(&client, 1, &fd), MSTRO_OK);
    assert_int_equal(segment_adopt(&pool, 1, fd), MSTRO_OK);
    t->seen = client.pair[0];
    assert_int_equal(peer_use_rings(t->client.peer, segment_pair(&client, 0)), MSTRO_OK);
    assert_int_equal(peer_use_rings(t->pool.peer, segment_pair(&pool, 0)), MSTRO_OK);
    segment_close(&client);
    segment_close(&pool);
    close(fd);
}

static void talk_close(struct talk *t)
{
    fabric_close(t->client.fabric);
    fabric_close(t->pool.fabric);
    memory_network_destroy(t->network);
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

/* What counts bells holds them until its side is driven. */
static void let_go(struct side *s) { fabric_progress(s->fabric, 0); }

static void drive_until(struct side *s, const _Atomic unsigned *counter, unsigned wanted)
{
    uint64_t deadline = SECONDS(20);
    while (*counter < wanted && clock_now() < deadline)
        fabric_progress(s->fabric, deadline);
    assert_true(*counter >= wanted);
}

static uint64_t bells_of(struct side *s) { return chaos_count(s->counted).frames; }

static void first_frame_rings_and_those_behind_it_do_not(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL, NULL);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(say(&t.client, i, 600), MSTRO_OK);
    assert_int_equal(bells_of(&t.client), 1);
    let_go(&t.client);
    drive_until(&t.pool, &t.pool.ear.frames, 100);
    assert_int_equal(t.pool.ear.out_of_order, 0);
    talk_close(&t);
}

/* The reader looks by itself. */
static void no_bell_is_rung_while_the_reader_is_awake(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL, NULL);
    assert_int_equal(say(&t.client, 0, 600), MSTRO_OK);
    let_go(&t.client);
    drive_until(&t.pool, &t.pool.ear.frames, 1);
    for (uint32_t i = 1; i < 1000; i++) {
        assert_int_equal(say(&t.client, i, 600), MSTRO_OK);
        assert_int_equal(fabric_progress(t.pool.fabric, 0), MSTRO_OK);
        assert_int_equal(t.pool.ear.frames, i + 1);
    }
    assert_int_equal(bells_of(&t.client), 1);
    assert_int_equal(fabric_progress(t.pool.fabric, clock_now() + NANOSECONDS_PER_MILLISECOND), MSTRO_TIMEOUT); /* it has slept */
    assert_int_equal(say(&t.client, 1000, 600), MSTRO_OK);
    assert_int_equal(bells_of(&t.client), 2);
    talk_close(&t);
}

struct answering { struct side *side; unsigned rounds; atomic_bool over; };

static void *answer_each(void *context)
{
    struct answering *a = context;
    for (unsigned i = 0; i < a->rounds; i++) {
        drive_until(a->side, &a->side->ear.frames, i + 1);
        assert_int_equal(say(a->side, i, 100), MSTRO_OK);
    }
    while (!a->over)
        let_go(a->side);
    return NULL;
}

static void two_that_sleep_between_frames_never_miss_one(void **state)
{
    (void)state;
    struct talk t;
    const struct chaos_options late = { .seed = 7, .delay_least = 0, .delay_most = 50000 };
    talk_open(&t, &late, NULL);
    struct answering a = { .side = &t.pool, .rounds = 3000 };
    pthread_t pool;
    assert_int_equal(pthread_create(&pool, NULL, answer_each, &a), 0);
    for (unsigned i = 0; i < a.rounds; i++) {
        assert_int_equal(say(&t.client, i, 100), MSTRO_OK);
        drive_until(&t.client, &t.client.ear.frames, i + 1);
    }
    a.over = true;
    pthread_join(pool, NULL);
    assert_int_equal(t.client.ear.out_of_order + t.pool.ear.out_of_order, 0);
    talk_close(&t);
}

static void who_does_not_read_holds_the_writer_back_and_loses_it_after_the_lease(void **state)
{
    (void)state;
    struct talk t;
    const struct fabric_options options = { .send_queue = 4, .lease = 200 * NANOSECONDS_PER_MILLISECOND };
    talk_open(&t, NULL, &options);
    uint32_t n = 0;
    mstro_status status;
    while ((status = say(&t.client, n, 60000)) == MSTRO_OK)
        n++;
    assert_int_equal(status, MSTRO_WOULDBLOCK);
    assert_true(peer_in_flight(t.client.peer) >= 4); /* and the bell */
    uint64_t begin = clock_now();
    drive_until(&t.client, &t.client.ear.lost, 1);
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
    talk_open(&t, NULL, &options);
    uint32_t n = 0;
    while (say(&t.client, n, 60000) == MSTRO_OK)
        n++;
    uint64_t deadline = SECONDS(20);
    while (t.pool.ear.frames < n && clock_now() < deadline) {
        fabric_progress(t.pool.fabric, 0);
        fabric_progress(t.client.fabric, clock_now() + NANOSECONDS_PER_MILLISECOND);
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
    talk_open(&t, NULL, NULL);
    assert_int_equal(say(&t.client, 0, 100), MSTRO_OK);
    let_go(&t.client);
    drive_until(&t.pool, &t.pool.ear.frames, 1);
    atomic_store(&t.seen.out.ring->written, UINT64_C(1) << 40);
    drive_until(&t.pool, &t.pool.ear.lost, 1);
    assert_non_null(strstr(t.pool.ear.why, "not valid"));
    assert_int_equal(say(&t.pool, 0, 100), MSTRO_PEER_LOST);
    for (int i = 0; i < 10; i++)
        fabric_progress(t.pool.fabric, clock_now() + NANOSECONDS_PER_MILLISECOND);
    assert_int_equal(t.pool.ear.lost, 1);
    assert_int_equal(t.pool.ear.frames, 1);
    talk_open(&other, NULL, NULL);
    assert_int_equal(say(&other.client, 0, 100), MSTRO_OK);
    let_go(&other.client);
    drive_until(&other.pool, &other.pool.ear.frames, 1);
    talk_close(&other);
    talk_close(&t);
}

/* A reader that says it has taken what was never written. */
static void who_lies_about_what_it_has_read_is_lost(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL, NULL);
    atomic_store(&t.seen.in.ring->taken, UINT64_C(1) << 40);
    mstro_status status;
    for (uint32_t n = 0; (status = say(&t.pool, n, 1000)) == MSTRO_OK && n < 1000; n++)
        ;
    assert_int_equal(status, MSTRO_PEER_LOST);
    drive_until(&t.pool, &t.pool.ear.lost, 1);
    talk_close(&t);
}

/* Between a frame's being written and its bell the reader, whom another bell has brought, may take it and lie down. */
static void ring_that_was_emptied_before_its_bell_came_is_armed_again(void **state)
{
    (void)state;
    struct talk t;
    struct peer *plain;
    unsigned char frame[100] = { 0 }, *bell;
    talk_open(&t, NULL, NULL);
    assert_int_equal(peer_add(t.client.endpoint, endpoint_address(t.pool.endpoint), NULL, &plain), MSTRO_OK);
    assert_int_equal(ring_put(&t.seen.out, frame, sizeof frame), RING_OK);
    for (int i = 0; i < 2; i++) { /* somebody else's; its own */
        assert_non_null(bell = malloc(sizeof bell_frame));
        memcpy(bell, bell_frame, sizeof bell_frame);
        assert_true(i == 0 || ring_must_ring(&t.seen.out));
        assert_int_equal(endpoint_send(plain, bell, sizeof bell_frame), MSTRO_OK);
        let_go(&t.client);
        while (fabric_progress(t.pool.fabric, clock_now() + NANOSECONDS_PER_MILLISECOND) == MSTRO_OK)
            ;
        assert_int_equal(t.pool.ear.frames, 1);
    }
    assert_int_equal(ring_put(&t.seen.out, frame, sizeof frame), RING_OK);
    assert_true(ring_must_ring(&t.seen.out));
    talk_close(&t);
}

/* It belongs to one that was removed meanwhile, perhaps. */
static void bell_that_nobody_waited_for_does_no_harm(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t, NULL, NULL);
    assert_int_equal(say(&t.client, 0, 100), MSTRO_OK);
    let_go(&t.client);
    peer_remove(t.pool.peer);
    assert_int_equal(fabric_progress(t.pool.fabric, SECONDS(10)), MSTRO_OK);
    assert_int_equal(t.pool.ear.frames, 0);
    talk_close(&t);
}

static void frame_that_was_written_before_the_reader_knew_of_the_ring_is_found(void **state)
{
    (void)state;
    struct talk t;
    struct segment client, pool;
    struct peer *there, *here;
    int fd;
    talk_open(&t, NULL, NULL);
    assert_int_equal(peer_add(t.client.endpoint, endpoint_address(t.pool.endpoint), NULL, &there), MSTRO_OK);
    assert_int_equal(peer_add(t.pool.endpoint, endpoint_address(t.client.endpoint), NULL, &here), MSTRO_OK);
    assert_int_equal(segment_create(&client, 1, &fd), MSTRO_OK);
    assert_int_equal(segment_adopt(&pool, 1, fd), MSTRO_OK);
    assert_int_equal(peer_use_rings(there, segment_pair(&client, 0)), MSTRO_OK);
    unsigned char *frame = calloc(1, 100);
    assert_int_equal(endpoint_send(there, frame, 100), MSTRO_OK);
    let_go(&t.client);
    while (fabric_progress(t.pool.fabric, clock_now() + NANOSECONDS_PER_MILLISECOND) == MSTRO_OK)
        ; /* the bell is heard, and no ring known */
    assert_int_equal(peer_use_rings(here, segment_pair(&pool, 0)), MSTRO_OK);
    drive_until(&t.pool, &t.pool.ear.frames, 1);
    segment_close(&client);
    segment_close(&pool);
    close(fd);
    talk_close(&t);
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
        cmocka_unit_test(bell_that_nobody_waited_for_does_no_harm),
        cmocka_unit_test(frame_that_was_written_before_the_reader_knew_of_the_ring_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
