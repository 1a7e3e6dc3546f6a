/* SPDX-License-Identifier: BSD-3-Clause */
/* When records leave, and with how many others: two ends of a session over the fabric inside a process, moved on by hand. */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "lib/fabric/memory.h"
#include "lib/serve/outbox.h"

enum { EVENTS = 250, ATTRIBUTES = 800, POSITION = 1000 };

/* One end: its outbox, and what it was sent. */
struct end {
    struct fabric *fabric;
    struct endpoint *endpoint;
    struct outbox *outbox;
    struct seal *seal;
    unsigned frames, records, asked; /* that came */
    uint64_t serial;                 /* of the last record, or event */
    uint64_t position;               /* of the last EVENTS */
};

struct talk {
    struct memory_network *network;
    struct end left, right;
};

static struct arena arena;

/* What has been told is told up to the last of it, not further. */
static void hear_events(struct end *e, const struct record_events *events)
{
    for (uint32_t i = 0; i < events->events.count; i++)
        assert_int_equal(events->events.at[i].serial, ++e->serial);
    e->position = events->position;
    assert_true(e->position == e->serial || e->serial == EVENTS);
}

static void received(void *context, struct bytes bytes)
{
    struct end *e = context;
    struct frame_reader f;
    struct record record;
    uint8_t *memory = malloc(bytes.length);
    assert_non_null(memory);
    memcpy(memory, bytes.at, bytes.length);
    assert_int_equal(frame_open(&f, memory, bytes.length, e->seal), SEAL_OPENED);
    for (; frame_next(&f, &arena, &record) == MSTRO_OK; e->records++) {
        if (record.kind == KIND_HEARTBEAT)
            continue;
        if (record.kind == KIND_EVENTS) {
            hear_events(e, &record.events);
            continue;
        }
        assert_int_equal(record.seen.serial, e->serial + 1);
        e->serial = record.seen.serial;
    }
    e->frames++;
    e->asked += (f.header.flags & FRAME_ASKS) != 0;
    outbox_heard(e->outbox, &f.header);
    free(memory);
}

static void open_end(struct talk *t, struct end *e, const struct session_keys *keys, enum seal_direction out)
{
    const struct endpoint_events events = { .context = e, .received = received };
    assert_int_equal(memory_fabric_open(t->network, NULL, &e->fabric), MSTRO_OK);
    assert_int_equal(endpoint_open(e->fabric, ENDPOINT_CONTROL, &events, &e->endpoint), MSTRO_OK);
    assert_int_equal(outbox_create(&e->outbox, keys, out, 1 << 20), MSTRO_OK);
    e->seal = aligned_alloc(64, (sizeof *e->seal + 63) / 64 * 64);
    assert_non_null(e->seal);
    seal_init(e->seal, keys->suite, out == SEAL_TO_POOL ? SEAL_TO_CLIENT : SEAL_TO_POOL, out == SEAL_TO_POOL ? keys->to_client : keys->to_pool);
}

static void introduce(struct end *to, struct end *whom)
{
    struct peer *peer;
    assert_int_equal(peer_add(to->endpoint, endpoint_address(whom->endpoint), to, &peer), MSTRO_OK);
    outbox_connect(to->outbox, peer);
}

static void talk_open(struct talk *t)
{
    *t = (struct talk){ 0 };
    const struct session_keys keys = { .version = PROTOCOL_VERSION, .suite = SEAL_CHACHA20_POLY1305, .session = 7, .to_pool = { 1 }, .to_client = { 2 } };
    assert_true(seal_ready());
    assert_int_equal(memory_network_create(&t->network), MSTRO_OK);
    open_end(t, &t->left, &keys, SEAL_TO_POOL);
    open_end(t, &t->right, &keys, SEAL_TO_CLIENT);
    introduce(&t->left, &t->right);
    introduce(&t->right, &t->left);
}

static void close_end(struct end *e)
{
    outbox_connect(e->outbox, NULL);
    fabric_close(e->fabric);
    outbox_destroy(e->outbox);
    free(e->seal);
}

static void talk_close(struct talk *t)
{
    close_end(&t->left);
    close_end(&t->right);
    memory_network_destroy(t->network);
    arena_release(&arena);
}

static void put(struct end *e, uint64_t serial)
{
    assert_int_equal(outbox_put(e->outbox, &(struct record){ .kind = KIND_SEEN, .seen = { .subscription = 1, .serial = serial } }), MSTRO_OK);
    assert_int_equal(outbox_send(e->outbox), MSTRO_OK);
}

/* Take what has come, then let go what may. */
static void turn(struct end *e)
{
    fabric_progress(e->fabric, 0);
    assert_int_equal(outbox_send(e->outbox), MSTRO_OK);
}

static void a_lone_record_leaves_at_once_and_asks_for_nothing(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    put(&t.left, 1);
    assert_true(outbox_empty(t.left.outbox));
    turn(&t.right);
    assert_int_equal(t.right.records, 1);
    assert_int_equal(t.right.asked, 0);
    turn(&t.left);
    assert_int_equal(t.left.frames, 0); /* nor is it given anything */
    talk_close(&t);
}

static void what_comes_while_two_frames_are_not_taken_travels_together(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    for (uint64_t serial = 1; serial <= 100; serial++) {
        put(&t.left, serial);
        fabric_progress(t.left.fabric, 0); /* that a frame has left is not that it was taken */
    }
    turn(&t.right);
    assert_int_equal(t.right.frames, 2);
    assert_int_equal(t.right.records, 2);
    turn(&t.left);
    turn(&t.right);
    assert_int_equal(t.right.frames, 3);
    assert_int_equal(t.right.records, 100);
    talk_close(&t);
}

static bool put_and_send_some(struct end *e, uint64_t serial, bool stream)
{
    bool kept = false;
    assert_int_equal(outbox_put(e->outbox, &(struct record){ .kind = KIND_SEEN, .seen = { .subscription = 1, .serial = serial } }), MSTRO_OK);
    assert_int_equal(outbox_send_some(e->outbox, stream, &kept), MSTRO_OK);
    assert_true(kept == !outbox_empty(e->outbox));
    return kept;
}

static void who_says_that_more_follows_keeps_what_would_be_the_second_frame(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    assert_false(put_and_send_some(&t.left, 1, true)); /* a lone one leaves at once, stream or not: nothing was before it */
    for (uint64_t serial = 2; serial <= 50; serial++)
        assert_true(put_and_send_some(&t.left, serial, false));
    turn(&t.left); /* whoever is in a hurry lets them go */
    turn(&t.right);
    assert_int_equal(t.right.frames, 2);
    assert_int_equal(t.right.records, 50);
    talk_close(&t);
}

static void in_a_stream_also_the_first_frame_waits_for_more_but_not_when_it_is_large(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    for (uint64_t serial = 1; serial <= 20; serial++)
        put_and_send_some(&t.left, serial, false);
    turn(&t.left);
    turn(&t.right);
    turn(&t.left); /* all 20 were taken, in frames of 1 and 19 */
    assert_true(put_and_send_some(&t.left, 21, true));
    uint64_t serial = 22;
    while (put_and_send_some(&t.left, serial, true))
        assert_true(++serial < 5000);
    turn(&t.right);
    assert_int_equal(t.right.frames, 3);
    assert_int_equal(t.right.records, serial);
    talk_close(&t);
}

static void who_has_to_wait_asks_and_is_answered_by_who_has_nothing_to_say(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    put(&t.left, 1);
    put(&t.left, 2);
    turn(&t.right);
    assert_int_equal(t.right.asked, 1);
    turn(&t.left);
    assert_int_equal(t.left.frames, 1);
    assert_int_equal(t.left.records, 0);
    put(&t.left, 3); /* both were taken */
    put(&t.left, 4);
    assert_true(outbox_empty(t.left.outbox));
    talk_close(&t);
}

static void a_record_is_answer_enough(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    put(&t.left, 1);
    put(&t.left, 2);
    fabric_progress(t.right.fabric, 0);
    put(&t.right, 1);
    turn(&t.right);
    turn(&t.left);
    assert_int_equal(t.left.frames, 1);
    assert_int_equal(t.left.records, 1);
    talk_close(&t);
}

static void two_that_speak_at_once_both_get_through_and_then_fall_silent(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    for (uint64_t serial = 1; serial <= 1000; serial++) {
        put(&t.left, serial);
        put(&t.right, serial);
        if (serial % 7 == 0)
            turn(&t.left);
        if (serial % 11 == 0)
            turn(&t.right);
    }
    for (int i = 0; i < 4; i++) {
        turn(&t.left);
        turn(&t.right);
    }
    assert_int_equal(t.left.records, 1000);
    assert_int_equal(t.right.records, 1000);
    unsigned frames = t.left.frames + t.right.frames;
    turn(&t.left);
    turn(&t.right);
    turn(&t.left);
    assert_int_equal(t.left.frames + t.right.frames, frames);
    talk_close(&t);
}

static void beat(struct end *e)
{
    assert_int_equal(outbox_put(e->outbox, &(struct record){ .kind = KIND_HEARTBEAT }), MSTRO_OK);
    assert_int_equal(outbox_send(e->outbox), MSTRO_OK);
}

static void of_lone_heartbeats_one_in_eight_is_answered(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    for (int i = 0; i < 80; i++) {
        beat(&t.left);
        turn(&t.right);
        turn(&t.left);
    }
    assert_int_equal(t.right.records, 80);
    assert_int_equal(t.left.frames, 10);
    talk_close(&t);
}

static void who_stands_still_is_not_sent_ever_more_heartbeats(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    for (int i = 0; i < 100; i++)
        beat(&t.left);
    assert_false(outbox_empty(t.left.outbox));
    turn(&t.right);
    assert_int_equal(t.right.frames, 9);
    turn(&t.left);
    turn(&t.right);
    assert_int_equal(t.right.records, 100);
    talk_close(&t);
}

static void a_heartbeat_among_others_makes_no_difference(void **state)
{
    (void)state;
    struct talk t;
    talk_open(&t);
    put(&t.left, 1);
    assert_int_equal(outbox_put(t.left.outbox, &(struct record){ .kind = KIND_HEARTBEAT }), MSTRO_OK);
    put(&t.left, 2);
    put(&t.left, 3);
    assert_false(outbox_empty(t.left.outbox)); /* two are under way */
    turn(&t.right);
    assert_int_equal(t.right.asked, 1);
    talk_close(&t);
}

static void events_that_a_frame_does_not_hold_come_in_several_each_with_how_far_it_has_told(void **state)
{
    (void)state;
    static const unsigned char attributes[ATTRIBUTES];
    static struct record_event event[EVENTS];
    struct talk t;
    talk_open(&t);
    for (unsigned i = 0; i < EVENTS; i++)
        event[i] = (struct record_event){ .kind = 1, .serial = i + 1, .attributes = bytes_of(attributes, sizeof attributes) };
    struct record record = { .kind = KIND_EVENTS, .events = { .subscription = 1, .position = POSITION, .events = { EVENTS, event } } };
    assert_int_equal(outbox_put(t.left.outbox, &record), MSTRO_OK);
    while (t.right.serial < EVENTS) {
        turn(&t.left);
        turn(&t.right);
    }
    assert_true(t.right.frames > 2);
    assert_int_equal(t.right.position, POSITION); /* what did not concern the subscription, too */
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lone_record_leaves_at_once_and_asks_for_nothing),
        cmocka_unit_test(what_comes_while_two_frames_are_not_taken_travels_together),
        cmocka_unit_test(who_says_that_more_follows_keeps_what_would_be_the_second_frame),
        cmocka_unit_test(in_a_stream_also_the_first_frame_waits_for_more_but_not_when_it_is_large),
        cmocka_unit_test(who_has_to_wait_asks_and_is_answered_by_who_has_nothing_to_say),
        cmocka_unit_test(a_record_is_answer_enough),
        cmocka_unit_test(two_that_speak_at_once_both_get_through_and_then_fall_silent),
        cmocka_unit_test(of_lone_heartbeats_one_in_eight_is_answered),
        cmocka_unit_test(who_stands_still_is_not_sent_ever_more_heartbeats),
        cmocka_unit_test(a_heartbeat_among_others_makes_no_difference),
        cmocka_unit_test(events_that_a_frame_does_not_hold_come_in_several_each_with_how_far_it_has_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
