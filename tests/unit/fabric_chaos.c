/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric inside a process, and the one that makes trouble, around it and around libfabric. */
#include "tests/lib/check.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/fabric/chaos.h"
#include "lib/fabric/memory.h"
#include "lib/transport/mover.h"
#include "lib/transport/serving.h"

#define MILLISECONDS(n) (clock_now() + (n) * NANOSECONDS_PER_MILLISECOND)
#define KEPT 4096

struct ear {
    _Atomic unsigned frames, lost, sent;
    uint32_t number[KEPT];
};

static void hear(void *context, struct bytes frame)
{
    struct ear *ear = context;
    memcpy(&ear->number[ear->frames % KEPT], frame.at, sizeof ear->number[0]);
    ear->frames++;
}

static void hear_sent(void *context, struct peer *peer)
{
    assert_ptr_equal(peer_context(peer), context);
    ((struct ear *)context)->sent++;
}

static void hear_lost(void *context, struct peer *peer, const char *why)
{
    assert_ptr_equal(peer_context(peer), context);
    assert_non_null(why);
    ((struct ear *)context)->lost++;
}

/* Two fabrics of one network; the left one may be wrapped. */
struct pair {
    struct memory_network *network;
    struct fabric *left, *right;
    struct endpoint *from, *to;
    struct peer *peer;
    struct ear left_ear, right_ear;
};

static void pair_open(struct pair *p, const struct chaos_options *chaos)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(memory_network_create(&p->network), MSTRO_OK);
    assert_int_equal(memory_fabric_open(p->network, NULL, &p->left), MSTRO_OK);
    assert_int_equal(memory_fabric_open(p->network, NULL, &p->right), MSTRO_OK);
    if (chaos)
        assert_int_equal(chaos_open(p->left, chaos, &p->left), MSTRO_OK);
    const struct endpoint_events left = { &p->left_ear, hear, hear_sent, hear_lost }, right = { &p->right_ear, hear, hear_sent, hear_lost };
    assert_int_equal(endpoint_open(p->left, ENDPOINT_CONTROL, &left, &p->from), MSTRO_OK);
    assert_int_equal(endpoint_open(p->right, ENDPOINT_CONTROL, &right, &p->to), MSTRO_OK);
    assert_int_equal(peer_add(p->from, endpoint_address(p->to), &p->left_ear, &p->peer), MSTRO_OK);
}

static void pair_close(struct pair *p)
{
    fabric_close(p->left);
    fabric_close(p->right);
    memory_network_destroy(p->network);
}

static mstro_status send_number(struct pair *p, uint32_t number)
{
    uint32_t *frame = malloc(sizeof *frame);
    *frame = number;
    mstro_status status = endpoint_send(p->peer, frame, sizeof *frame);
    if (status)
        free(frame);
    return status;
}

static void drive(struct pair *p, uint64_t until)
{
    fabric_progress(p->left, until < MILLISECONDS(1) ? until : MILLISECONDS(1));
    fabric_progress(p->right, 0);
}

static void send_and_drain(struct pair *p, unsigned frames, unsigned expected)
{
    uint64_t deadline = MILLISECONDS(20000);
    for (uint32_t i = 0; i < frames;) {
        mstro_status status = send_number(p, i);
        i += status == MSTRO_OK;
        if (status) {
            assert_int_equal(status, MSTRO_WOULDBLOCK);
            drive(p, deadline);
        }
    }
    while ((peer_in_flight(p->peer) || p->right_ear.frames < expected) && clock_now() < deadline)
        drive(p, deadline);
    fabric_progress(p->right, 0);
}

static void memory_fabric_keeps_frames_in_order_and_bounds_the_queue(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, NULL);
    for (uint32_t i = 0; i < 64; i++)
        assert_int_equal(send_number(&p, i), MSTRO_OK);
    assert_int_equal(send_number(&p, 64), MSTRO_WOULDBLOCK);
    assert_int_equal(peer_in_flight(p.peer), 64);
    assert_int_equal(fabric_progress(p.left, 0), MSTRO_OK);
    assert_int_equal(fabric_progress(p.right, 0), MSTRO_OK);
    assert_int_equal(p.left_ear.sent, 64);
    assert_int_equal(p.right_ear.frames, 64);
    for (uint32_t i = 0; i < 64; i++)
        assert_int_equal(p.right_ear.number[i], i);
    assert_int_equal(fabric_progress(p.right, MILLISECONDS(10)), MSTRO_TIMEOUT);
    fabric_wake(p.right);
    assert_int_equal(fabric_sleep(p.right, MILLISECONDS(5000)), MSTRO_OK);
    pair_close(&p);
}

static void memory_fabric_loses_a_peer_that_is_closed_once(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, NULL);
    endpoint_close(p.to);
    assert_int_equal(send_number(&p, 1), MSTRO_OK);
    assert_int_equal(send_number(&p, 2), MSTRO_PEER_LOST);
    fabric_progress(p.left, 0);
    fabric_progress(p.left, 0);
    assert_int_equal(p.left_ear.lost, 1);
    pair_close(&p);
}

static void quiet_chaos_changes_nothing(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, &(struct chaos_options){ .seed = 1 });
    send_and_drain(&p, 500, 500);
    assert_int_equal(p.right_ear.frames, 500);
    for (uint32_t i = 0; i < 500; i++)
        assert_int_equal(p.right_ear.number[i], i);
    pair_close(&p);
}

static void same_seed_drops_duplicates_and_reorders_the_same_frames(void **state)
{
    (void)state;
    struct ear first;
    struct chaos_count counts[2];
    for (int round = 0; round < 2; round++) {
        struct pair p;
        pair_open(&p, &(struct chaos_options){ .seed = 42, .drop = 100, .duplicate = 100 });
        send_and_drain(&p, 1000, 0);
        counts[round] = chaos_count(p.left);
        assert_int_equal(counts[round].frames, 1000);
        assert_true(counts[round].dropped > 50 && counts[round].dropped < 200);
        assert_true(counts[round].duplicated > 50 && counts[round].duplicated < 200);
        assert_int_equal(p.right_ear.frames, 1000 - counts[round].dropped + counts[round].duplicated);
        if (round == 0)
            first = p.right_ear;
        else
            assert_memory_equal(first.number, p.right_ear.number, sizeof first.number);
        pair_close(&p);
    }
    assert_memory_equal(&counts[0], &counts[1], sizeof counts[0]);
}

static void reordered_frames_arrive_all_but_not_in_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, &(struct chaos_options){ .seed = 7, .reorder = 200, .delay_most = 200000 });
    send_and_drain(&p, 400, 400);
    assert_int_equal(p.right_ear.frames, 400);
    bool seen[400] = { false };
    unsigned inversions = 0;
    for (uint32_t i = 0; i < 400; i++) {
        assert_false(seen[p.right_ear.number[i]]);
        seen[p.right_ear.number[i]] = true;
        inversions += i > 0 && p.right_ear.number[i] < p.right_ear.number[i - 1];
    }
    assert_true(inversions > 0);
    assert_int_equal(chaos_count(p.left).reordered > 0, 1);
    pair_close(&p);
}

static void delayed_frames_wait_at_least_as_long_and_stay_in_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, &(struct chaos_options){ .seed = 3, .delay_least = 20000000, .delay_most = 40000000 });
    uint64_t begin = clock_now();
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(send_number(&p, i), MSTRO_OK);
    while (p.right_ear.frames == 0 && clock_now() < begin + 5 * NANOSECONDS_PER_SECOND)
        drive(&p, begin + 5 * NANOSECONDS_PER_SECOND);
    assert_true(clock_now() - begin >= 20000000);
    while (p.right_ear.frames < 20 && clock_now() < begin + 5 * NANOSECONDS_PER_SECOND)
        drive(&p, begin + 5 * NANOSECONDS_PER_SECOND);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(p.right_ear.number[i], i);
    pair_close(&p);
}

static void blocked_frames_leave_in_order_when_the_block_is_lifted(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, &(struct chaos_options){ .seed = 3 });
    chaos_block(p.left, endpoint_address(p.to));
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(send_number(&p, i), MSTRO_OK);
    for (int i = 0; i < 20; i++)
        drive(&p, MILLISECONDS(1));
    assert_int_equal(p.right_ear.frames, 0);
    assert_int_equal(peer_in_flight(p.peer), 10);
    chaos_unblock(p.left, endpoint_address(p.to));
    uint64_t deadline = MILLISECONDS(5000);
    while (p.right_ear.frames < 10 && clock_now() < deadline)
        drive(&p, deadline);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(p.right_ear.number[i], i);
    assert_int_equal(p.left_ear.lost, 0);
    pair_close(&p);
}

static void block_that_outlasts_the_lease_loses_the_peer_once(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, &(struct chaos_options){ .seed = 3, .lease = 30 * NANOSECONDS_PER_MILLISECOND });
    chaos_block(p.left, bytes_of(NULL, 0));
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(send_number(&p, i), MSTRO_OK);
    uint64_t deadline = MILLISECONDS(5000);
    while (!p.left_ear.lost && clock_now() < deadline)
        drive(&p, deadline);
    for (int i = 0; i < 50; i++)
        drive(&p, MILLISECONDS(1));
    assert_int_equal(p.left_ear.lost, 1);
    assert_int_equal(p.right_ear.frames, 0);
    assert_int_equal(send_number(&p, 11), MSTRO_PEER_LOST);
    pair_close(&p);
}

static void paused_side_neither_hears_nor_sends(void **state)
{
    (void)state;
    struct pair p;
    struct peer *back;
    pair_open(&p, &(struct chaos_options){ .seed = 3 });
    assert_int_equal(peer_add(p.to, endpoint_address(p.from), &p.right_ear, &back), MSTRO_OK);
    chaos_pause(p.left, true);
    assert_int_equal(send_number(&p, 5), MSTRO_OK);
    assert_int_equal(endpoint_send(back, calloc(1, 4), 4), MSTRO_OK);
    for (int i = 0; i < 10; i++)
        drive(&p, MILLISECONDS(1));
    assert_int_equal(p.left_ear.frames, 0);
    assert_int_equal(p.right_ear.frames, 0);
    chaos_pause(p.left, false);
    uint64_t deadline = MILLISECONDS(5000);
    while ((!p.left_ear.frames || !p.right_ear.frames) && clock_now() < deadline)
        drive(&p, deadline);
    assert_int_equal(p.left_ear.frames, 1);
    assert_int_equal(p.right_ear.frames, 1);
    pair_close(&p);
}

struct ending { _Atomic unsigned times; mstro_status status; };

static void end(void *context, mstro_status status)
{
    struct ending *ending = context;
    ending->status = status;
    ending->times++;
}

static void dropped_and_blocked_reads_end_at_their_deadline_and_closing_ends_the_rest(void **state)
{
    (void)state;
    struct pair p;
    char memory[64] = "bytes", local[64] = "";
    struct region *region;
    struct ending endings[3] = { { 0 } };
    pair_open(&p, &(struct chaos_options){ .seed = 3 });
    assert_int_equal(region_register(p.right, memory, sizeof memory, &region), MSTRO_OK);
    struct read_request request = { p.peer, local, 64, region_base(region), region_key(region), MILLISECONDS(5000), end, &endings[0] };
    assert_int_equal(endpoint_read(&request), MSTRO_OK);
    while (!endings[0].times && clock_now() < request.deadline)
        drive(&p, request.deadline);
    assert_int_equal(endings[0].status, MSTRO_OK);
    assert_string_equal(local, "bytes");
    request.key++;
    endings[0].times = 0;
    assert_int_equal(endpoint_read(&request), MSTRO_OK);
    while (!endings[0].times && clock_now() < request.deadline)
        drive(&p, request.deadline);
    assert_int_equal(endings[0].status, MSTRO_REFUSED);
    chaos_block(p.left, bytes_of(NULL, 0));
    request = (struct read_request){ p.peer, local, 64, region_base(region), region_key(region), MILLISECONDS(20), end, &endings[1] };
    assert_int_equal(endpoint_read(&request), MSTRO_OK);
    request.deadline = MILLISECONDS(60000);
    request.context = &endings[2];
    assert_int_equal(endpoint_read(&request), MSTRO_OK);
    uint64_t deadline = MILLISECONDS(5000);
    while (!endings[1].times && clock_now() < deadline)
        drive(&p, deadline);
    assert_int_equal(endings[1].status, MSTRO_TIMEOUT);
    assert_int_equal(endings[2].times, 0);
    endpoint_close(p.from);
    assert_int_equal(endings[2].times, 1);
    assert_int_equal(endings[2].status, MSTRO_CANCELLED);
    region_close(region);
    pair_close(&p);
}

/* A transfer over a fabric whose reads are delayed and small. */
static void transfer_under_chaos(struct fabric *holder, struct fabric *reading, size_t length)
{
    struct serving *serving;
    uint64_t word = 4712;
    struct region *region, *word_region;
    struct reader *reader;
    unsigned char *bytes = malloc(length), *to = calloc(1, length);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)(i * 7 + (i >> 11));
    assert_int_equal(serving_open(holder, &serving), MSTRO_OK);
    assert_int_equal(region_register(holder, &word, sizeof word, &word_region), MSTRO_OK);
    assert_int_equal(region_register(holder, bytes, length, &region), MSTRO_OK);
    assert_int_equal(reader_create(reading, &reader), MSTRO_OK);
    struct payload_source source = { .length = length, .valid = word, .data = { .base = region_base(region), .key = region_key(region) } };
    source.word = (struct payload_place){ .base = region_base(word_region), .key = region_key(word_region) };
    source.serving_length = serving_address(serving, source.serving);
    struct transfer m = { .source = &source, .to = to, .deadline = MILLISECONDS(30000) };
    assert_int_equal(mover_start(&m, TRANSPORT_RMA, reader), MSTRO_OK);
    while (!mover_step(&m, MILLISECONDS(1)))
        fabric_progress(holder, 0);
    assert_int_equal(m.outcome, TRANSFER_DONE);
    assert_memory_equal(to, bytes, length);
    reader_destroy(reader);
    region_close(region);
    region_close(word_region);
    serving_close(serving);
    fabric_close(holder);
    free(bytes);
    free(to);
}

static void lowered_largest_message_splits_transfers_in_memory(void **state)
{
    (void)state;
    struct memory_network *n;
    struct fabric *holder, *reading;
    assert_int_equal(memory_network_create(&n), MSTRO_OK);
    assert_int_equal(memory_fabric_open(n, NULL, &holder), MSTRO_OK);
    assert_int_equal(memory_fabric_open(n, NULL, &reading), MSTRO_OK);
    assert_int_equal(chaos_open(reading, &(struct chaos_options){ .seed = 9, .largest_message = 1000, .delay_most = 20000 }, &reading), MSTRO_OK);
    struct fabric *counted = reading;
    assert_int_equal(fabric_limits(counted)->largest_message, 1000);
    transfer_under_chaos(holder, reading, 100001);
    memory_network_destroy(n);
}

static void lowered_largest_message_splits_transfers_over_libfabric(void **state)
{
    (void)state;
    struct fabric *holder, *reading;
    assert_int_equal(fabric_open(&(struct fabric_options){ .providers = "tcp" }, &holder), MSTRO_OK);
    assert_int_equal(fabric_open(&(struct fabric_options){ .providers = "tcp" }, &reading), MSTRO_OK);
    assert_int_equal(chaos_open(reading, &(struct chaos_options){ .seed = 9, .largest_message = 50000, .delay_most = 20000 }, &reading), MSTRO_OK);
    transfer_under_chaos(holder, reading, 3000017);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_fabric_keeps_frames_in_order_and_bounds_the_queue),
        cmocka_unit_test(memory_fabric_loses_a_peer_that_is_closed_once),
        cmocka_unit_test(quiet_chaos_changes_nothing),
        cmocka_unit_test(same_seed_drops_duplicates_and_reorders_the_same_frames),
        cmocka_unit_test(reordered_frames_arrive_all_but_not_in_order),
        cmocka_unit_test(delayed_frames_wait_at_least_as_long_and_stay_in_order),
        cmocka_unit_test(blocked_frames_leave_in_order_when_the_block_is_lifted),
        cmocka_unit_test(block_that_outlasts_the_lease_loses_the_peer_once),
        cmocka_unit_test(paused_side_neither_hears_nor_sends),
        cmocka_unit_test(dropped_and_blocked_reads_end_at_their_deadline_and_closing_ends_the_rest),
        cmocka_unit_test(lowered_largest_message_splits_transfers_in_memory),
        cmocka_unit_test(lowered_largest_message_splits_transfers_over_libfabric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
