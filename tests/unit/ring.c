/* SPDX-License-Identifier: BSD-3-Clause */
/* One ring, between a writer and a reader that keep to the rules, and against ones that do not; and the memory that rings lie in. */
#define _GNU_SOURCE /* memfd_create */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/fabric/bell.h"
#include "tests/lib/share.h"

struct ends { struct ring_writer out; struct ring_reader in; };

static struct ends ring_new(void)
{
    struct ring_memory *ring = aligned_alloc(RING_CONTROL, sizeof *ring);
    assert_non_null(ring);
    memset(ring, 0, sizeof *ring);
    return (struct ends){ { .ring = ring }, { .ring = ring } };
}

static unsigned char frame[RING_LARGEST_FRAME + 1], got[RING_LARGEST_FRAME];

static void fill(uint32_t number, size_t length)
{
    for (size_t i = 0; i < length; i++)
        frame[i] = (unsigned char)(i * 7 + number * 13);
}

static enum ring_result put(struct ends *e, uint32_t number, size_t length)
{
    fill(number, length);
    return ring_put(&e->out, frame, length);
}

static void expect(struct ends *e, uint32_t number, size_t length)
{
    size_t came = 0;
    assert_int_equal(ring_take(&e->in, got, &came), RING_OK);
    fill(number, length);
    assert_int_equal(came, length);
    assert_memory_equal(got, frame, length);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static size_t some_length(uint64_t *random)
{
    uint64_t r = next_random(random);
    switch (r % 4) {
    case 0: return 1 + r / 4 % 8;
    case 1: return 1 + r / 4 % 600;
    case 2: return 1 + r / 4 % RING_LARGEST_FRAME;
    default: return RING_LARGEST_FRAME;
    }
}

static void frames_come_whole_and_in_order_however_often_the_ring_wraps(void **state)
{
    (void)state;
    struct ends e = ring_new();
    enum { MOST = 8 * 1024 };
    static size_t length[MOST];
    uint64_t random = 88172645463325252u;
    uint32_t written = 0, taken = 0;
    while (written < MOST) {
        length[written] = some_length(&random);
        bool full = put(&e, written, length[written]) == RING_NOTHING;
        written += !full;
        assert_true(!full || taken < written); /* one that is empty is never full */
        for (uint64_t n = full ? 1 : next_random(&random) % 3; n > 0 && taken < written; n--, taken++)
            expect(&e, taken, length[taken]);
    }
    for (; taken < written; taken++)
        expect(&e, taken, length[taken]);
    size_t none;
    assert_int_equal(ring_take(&e.in, got, &none), RING_NOTHING);
    free(e.in.ring);
}

static void empty_ring_takes_the_largest_frame_wherever_it_stands(void **state)
{
    (void)state;
    struct ends e = ring_new();
    for (uint32_t i = 0; i < 2 * RING_BYTES / 4096; i++) {
        assert_int_equal(put(&e, i, 4000), RING_OK);
        expect(&e, i, 4000);
        struct ends at = e;
        struct ring_memory *copy = aligned_alloc(RING_CONTROL, sizeof *copy);
        memcpy(copy, e.in.ring, sizeof *copy);
        at.out.ring = at.in.ring = copy;
        assert_int_equal(put(&at, i, RING_LARGEST_FRAME), RING_OK);
        expect(&at, i, RING_LARGEST_FRAME);
        free(copy);
    }
    free(e.in.ring);
}

static void full_ring_refuses_until_the_reader_has_made_room(void **state)
{
    (void)state;
    struct ends e = ring_new();
    uint32_t n = 0;
    while (put(&e, n, 1000) == RING_OK)
        n++;
    assert_true(n > RING_BYTES / 1008 - 2);
    assert_int_equal(put(&e, n, 1000), RING_NOTHING);
    expect(&e, 0, 1000);
    expect(&e, 1, 1000);
    assert_int_equal(put(&e, n, 1000), RING_OK);
    for (uint32_t i = 2; i <= n; i++)
        expect(&e, i, 1000);
    free(e.in.ring);
}

static void small_frames_one_at_a_time_touch_a_part_of_the_ring_only(void **state)
{
    (void)state;
    struct ends e = ring_new();
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(put(&e, i, 600), RING_OK);
        expect(&e, i, 600);
    }
    size_t touched = 0;
    for (size_t i = 0; i < RING_BYTES; i++)
        touched = e.in.ring->bytes[i] ? i : touched;
    assert_true(touched > 0 && touched < RING_BYTES / 4);
    free(e.in.ring);
}

static void frame_that_was_not_published_is_not_seen(void **state)
{
    (void)state;
    struct ends e = ring_new();
    size_t length;
    memset(e.out.ring->bytes, 0x55, 4096); /* a writer that died in the middle */
    assert_int_equal(ring_take(&e.in, got, &length), RING_NOTHING);
    free(e.in.ring);
}

static void bell_is_to_be_rung_once_for_each_time_that_the_reader_arms_it(void **state)
{
    (void)state;
    struct ends e = ring_new();
    assert_true(ring_arm(&e.in));
    assert_int_equal(put(&e, 0, 10), RING_OK);
    assert_true(ring_must_ring(&e.out));
    assert_int_equal(put(&e, 1, 10), RING_OK);
    assert_false(ring_must_ring(&e.out));
    assert_false(ring_arm(&e.in)); /* there is something */
    assert_false(ring_must_ring(&e.out));
    expect(&e, 0, 10);
    expect(&e, 1, 10);
    assert_true(ring_arm(&e.in));
    free(e.in.ring);
}

/* ---- who does not keep to the rules ---- */

static void reader_finds_a_position_that_cannot_be(void **state)
{
    (void)state;
    const uint64_t lies[] = { 8 - 1, RING_BYTES + 8, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63 };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct ends e = ring_new();
        size_t length;
        for (size_t n = 0; n < RING_BYTES / 8; n++) /* frames everywhere */
            e.in.ring->bytes[8 * n] = 4;
        atomic_store(&e.in.ring->written, lies[i]);
        assert_int_equal(ring_take(&e.in, got, &length), RING_BROKEN);
        free(e.in.ring);
    }
}

static void reader_finds_a_length_that_cannot_be(void **state)
{
    (void)state;
    const uint32_t lies[] = { 0, 101, 1000, RING_LARGEST_FRAME + 1, INT32_MAX, UINT32_MAX };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct ends e = ring_new();
        size_t length;
        assert_int_equal(put(&e, 0, 100), RING_OK);
        memcpy(e.in.ring->bytes, &lies[i], sizeof lies[i]);
        assert_int_equal(ring_take(&e.in, got, &length), RING_BROKEN);
        assert_int_equal(ring_take(&e.in, got, &length), RING_BROKEN);
        free(e.in.ring);
    }
}

static void reader_does_not_skip_to_what_was_not_written(void **state)
{
    (void)state;
    struct ends e = ring_new();
    const uint32_t skip = UINT32_MAX;
    size_t length;
    assert_int_equal(put(&e, 0, 100), RING_OK);
    assert_int_equal(put(&e, 1, 100), RING_OK);
    expect(&e, 0, 100);
    memcpy(e.in.ring->bytes + 104, &skip, sizeof skip);
    assert_int_equal(ring_take(&e.in, got, &length), RING_BROKEN);
    free(e.in.ring);
}

static void writer_finds_a_position_that_cannot_be(void **state)
{
    (void)state;
    const uint64_t lies[] = { RING_BYTES, UINT64_MAX, 4 };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct ends e = ring_new();
        enum ring_result result;
        atomic_store(&e.out.ring->taken, lies[i]);
        for (unsigned n = 0; (result = put(&e, 0, 1000)) == RING_OK && n < 1000; n++)
            ;
        assert_int_equal(result, RING_BROKEN);
        free(e.in.ring);
    }
}

/* Whatever lies in the memory, each call ends and leaves everything outside alone. */
static void any_bytes_are_frames_or_a_broken_ring(void **state)
{
    (void)state;
    uint64_t random = 362436069;
    struct ring_memory *ring = ring_new().in.ring;
    for (int i = 0; i < 20000; i++) {
        struct ends e = { { .ring = ring }, { .ring = ring } };
        size_t length;
        for (int n = 0; n < 64; n++)
            ((uint32_t *)(void *)e.in.ring->bytes)[n] = (uint32_t)(next_random(&random) % 5 ? next_random(&random) % 256 : next_random(&random));
        atomic_store(&e.in.ring->written, next_random(&random) % 5 ? next_random(&random) % 512 * 8 : next_random(&random));
        enum ring_result result;
        unsigned frames = 0;
        while ((result = ring_take(&e.in, got, &length)) == RING_OK) {
            assert_true(length >= 1 && length <= RING_LARGEST_FRAME);
            assert_true(++frames < RING_BYTES / 8);
        }
    }
    free(ring);
}

/* ---- two threads ---- */

enum { CROSSING = 50000 };

static void *write_many(void *context)
{
    struct ends *e = context;
    uint32_t number[8];
    for (uint32_t i = 0; i < CROSSING; i++) {
        for (int n = 0; n < 8; n++)
            number[n] = i;
        while (ring_put(&e->out, number, 4 + i % 29) == RING_NOTHING)
            sched_yield();
    }
    return NULL;
}

static void frames_cross_from_thread_to_thread(void **state)
{
    (void)state;
    struct ends e = ring_new();
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_many, &e), 0);
    for (uint32_t i = 0; i < CROSSING; i++) {
        uint32_t number[8];
        size_t length;
        enum ring_result result;
        while ((result = ring_take(&e.in, number, &length)) == RING_NOTHING)
            sched_yield();
        assert_int_equal(result, RING_OK);
        assert_int_equal(length, 4 + i % 29);
        assert_int_equal(number[0], i);
    }
    pthread_join(writer, NULL);
    free(e.in.ring);
}

/* ---- the memory ---- */

static const unsigned char other[SEGMENT_TOKEN] = "something else";

static void both_sides_of_a_segment_speak_to_each_other(void **state)
{
    (void)state;
    struct segment client, pool;
    size_t length;
    share_segment(&client, &pool, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct ring_pair at_client = segment_pair(&client, i), at_pool = segment_pair(&pool, i);
        frame[0] = (unsigned char)(65 + i);
        assert_int_equal(ring_put(&at_client.out, frame, 1), RING_OK);
        assert_true(ring_must_ring(&at_client.out)); /* who has not been there yet must be rung */
        assert_int_equal(ring_take(&at_pool.in, got, &length), RING_OK);
        assert_int_equal(got[0], 65 + i);
        assert_int_equal(ring_put(&at_pool.out, frame, 1), RING_OK);
        assert_int_equal(ring_take(&at_client.in, got, &length), RING_OK);
        ring_pair_close(&at_client);
        ring_pair_close(&at_pool);
    }
    segment_close(&client);
    segment_close(&pool);
}

static void segment_that_nobody_takes_in_time_is_not_taken_later(void **state)
{
    (void)state;
    struct segment client, pool;
    share_offer(&client, &pool, 1);
    assert_int_equal(segment_await(&client, share_token, clock_now() + 1000000), MSTRO_TIMEOUT);
    assert_false(segment_take(&pool, share_token));
    segment_close(&client);
    segment_close(&pool);
}

static void segment_that_was_taken_by_somebody_else_is_not_used(void **state)
{
    (void)state;
    struct segment client, pool;
    share_offer(&client, &pool, 1);
    assert_true(segment_take(&pool, other));
    assert_int_equal(segment_await(&client, share_token, clock_now()), MSTRO_REFUSED);
    segment_close(&client);
    segment_close(&pool);
}

static mstro_status adopt(unsigned pairs, int given)
{
    struct segment pool;
    mstro_status status = segment_adopt(&pool, pairs, given);
    assert_true(fcntl(given, F_GETFD) >= 0); /* it is still the caller's */
    return status;
}

/* Its owner could end us by a signal. */
static void memory_that_can_shrink_or_has_another_size_is_not_mapped(void **state)
{
    (void)state;
    struct segment client;
    struct stat size;
    char head[4096];
    int given, open_one = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING), pipe_of[2];
    assert_int_equal(segment_create(&client, 2, &given), MSTRO_OK);
    assert_int_equal(fstat(given, &size), 0);
    assert_true(ftruncate(given, 4096) != 0 && ftruncate(given, size.st_size + 4096) != 0);
    assert_int_equal(adopt(1, given), MSTRO_INVMSG);
    assert_int_equal(adopt(3, given), MSTRO_INVMSG);
    assert_int_equal(ftruncate(open_one, size.st_size), 0);
    assert_int_equal(pread(given, head, sizeof head, 0), sizeof head);
    assert_int_equal(pwrite(open_one, head, sizeof head, 0), sizeof head);
    assert_int_equal(adopt(2, open_one), MSTRO_INVMSG);
    assert_int_equal(fcntl(open_one, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    assert_int_equal(adopt(2, open_one), MSTRO_INVMSG); /* a seal that forbids writing could be added */
    assert_int_equal(pipe(pipe_of), 0);
    assert_int_equal(adopt(2, pipe_of[0]), MSTRO_INVMSG);
    close(pipe_of[0]);
    close(pipe_of[1]);
    close(open_one);
    close(given);
    segment_close(&client);
}

/* Everybody's datagrams would ring it. */
static void bell_without_a_port_is_refused_on_either_side(void **state)
{
    (void)state;
    struct segment client, pool;
    int given;
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(segment_create(&client, 2, &given), MSTRO_OK);
        uint16_t *ports = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, given, 0), mine;
        socklen_t length = sizeof(struct sockaddr_in);
        struct sockaddr_in own;
        assert_true(ports != MAP_FAILED);
        assert_int_equal(getsockname(client.pair[1].bell, (struct sockaddr *)&own, &length), 0);
        mine = ntohs(own.sin_port);
        while (*ports != mine)
            ports++;
        if (side == 0)
            *ports = 0;
        assert_int_equal(segment_adopt(&pool, 2, given), side == 0 ? MSTRO_INVMSG : MSTRO_OK);
        ports[1] = side == 1 ? 0 : ports[1];
        if (side == 1)
            assert_true(segment_take(&pool, share_token));
        assert_int_equal(segment_await(&client, share_token, clock_now()), side == 0 ? MSTRO_REFUSED : MSTRO_INVMSG);
        munmap((void *)((uintptr_t)ports & ~(uintptr_t)4095), 4096);
        segment_close(&client);
        segment_close(&pool);
        close(given);
    }
}

/* What another process shares with us, or can hand over through, could keep us waiting. */
static void bells_are_sockets_of_our_own_that_only_the_other_side_can_ring(void **state)
{
    (void)state;
    struct segment client, pool;
    share_segment(&client, &pool, 2);
    const int bells[] = { client.pair[0].bell, client.pair[1].bell, pool.pair[0].bell, pool.pair[1].bell };
    for (size_t i = 0; i < 4; i++) {
        struct pollfd rung = { .fd = bells[i], .events = POLLIN };
        struct sockaddr_in own;
        socklen_t length = sizeof own;
        int stranger = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(getsockname(bells[i], (struct sockaddr *)&own, &length), 0);
        assert_int_equal(own.sin_family, AF_INET);
        assert_int_equal(own.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
        assert_int_equal(sendto(stranger, "", 1, 0, (struct sockaddr *)&own, length), 1);
        assert_int_equal(poll(&rung, 1, 0), 0);
        bell_ring(bells[(i + 2) % 4]);
        assert_int_equal(poll(&rung, 1, 10000), 1);
        close(stranger);
    }
    segment_close(&client);
    segment_close(&pool);
}

static void bell_that_nobody_hears_holds_a_few_rings_and_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct segment client, pool;
    share_segment(&client, &pool, 1);
    struct pollfd rung = { .fd = pool.pair[0].bell, .events = POLLIN };
    for (int i = 0; i < 3; i++) {
        int heard = 0;
        assert_int_equal(poll(&rung, 1, 0), 0);
        for (int n = 0; n <= 5000 * i; n++)
            bell_ring(client.pair[0].bell);
        for (; poll(&rung, 1, heard ? 0 : 10000) == 1; heard++)
            assert_true(bell_hear(pool.pair[0].bell));
        assert_in_range(heard, 1, 16);
    }
    assert_true(bell_hear(pool.pair[0].bell));
    segment_close(&client);
    bell_ring(pool.pair[0].bell);
    assert_int_equal(poll(&rung, 1, 10000), 1);
    assert_false(bell_hear(pool.pair[0].bell));
    segment_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_whole_and_in_order_however_often_the_ring_wraps),
        cmocka_unit_test(empty_ring_takes_the_largest_frame_wherever_it_stands),
        cmocka_unit_test(full_ring_refuses_until_the_reader_has_made_room),
        cmocka_unit_test(small_frames_one_at_a_time_touch_a_part_of_the_ring_only),
        cmocka_unit_test(frame_that_was_not_published_is_not_seen),
        cmocka_unit_test(bell_is_to_be_rung_once_for_each_time_that_the_reader_arms_it),
        cmocka_unit_test(reader_finds_a_position_that_cannot_be),
        cmocka_unit_test(reader_finds_a_length_that_cannot_be),
        cmocka_unit_test(reader_does_not_skip_to_what_was_not_written),
        cmocka_unit_test(writer_finds_a_position_that_cannot_be),
        cmocka_unit_test(any_bytes_are_frames_or_a_broken_ring),
        cmocka_unit_test(frames_cross_from_thread_to_thread),
        cmocka_unit_test(both_sides_of_a_segment_speak_to_each_other),
        cmocka_unit_test(segment_that_nobody_takes_in_time_is_not_taken_later),
        cmocka_unit_test(segment_that_was_taken_by_somebody_else_is_not_used),
        cmocka_unit_test(memory_that_can_shrink_or_has_another_size_is_not_mapped),
        cmocka_unit_test(bell_without_a_port_is_refused_on_either_side),
        cmocka_unit_test(bells_are_sockets_of_our_own_that_only_the_other_side_can_ring),
        cmocka_unit_test(bell_that_nobody_hears_holds_a_few_rings_and_keeps_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
