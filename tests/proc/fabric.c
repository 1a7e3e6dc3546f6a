/* SPDX-License-Identifier: BSD-3-Clause */
/* Two processes on loopback: frames, one-sided reads, and a partner that dies or stands still. */
#include "config.h"

#include "tests/lib/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/fabric/fabric.h"
#include "tests/lib/slowness.h"
#include "tests/proc/partner.h"

#define MIB ((size_t)1 << 20)
#define PAYLOAD (64 * MIB)

/* What the partner tells of itself. */
struct card {
    unsigned char control[FABRIC_ADDRESS_MAX], serving[FABRIC_ADDRESS_MAX];
    size_t control_length, serving_length;
    uint64_t base, key;
};

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 31 + (i >> 12));
}

/* ---- the partner: echoes frames, serves its payload ---- */

struct echo { struct endpoint *control; struct peer *back; unsigned frames; };

static void echo_frame(void *context, struct bytes frame)
{
    struct echo *echo = context;
    if (!echo->back) { /* the first frame is the address of the sender */
        peer_add(echo->control, frame, NULL, &echo->back);
        return;
    }
    void *copy = malloc(frame.length);
    memcpy(copy, frame.at, frame.length);
    if (endpoint_send(echo->back, copy, frame.length) != MSTRO_OK)
        exit(3);
    echo->frames++;
}

static int run_partner(int socket, const char *provider)
{
    struct echo echo = { 0 };
    struct endpoint_events events = { .context = &echo, .received = echo_frame };
    struct fabric *f;
    struct endpoint *serving;
    struct region *region;
    struct card card = { .control_length = 0 };
    unsigned char *payload = malloc(PAYLOAD);
    for (size_t i = 0; i < PAYLOAD; i++)
        payload[i] = byte_at(i);
    if (fabric_open(&(struct fabric_options){ .providers = provider }, &f) ||
        endpoint_open(f, ENDPOINT_CONTROL, &events, &echo.control) ||
        endpoint_open(f, ENDPOINT_SERVING, NULL, &serving) || region_register(f, payload, PAYLOAD, &region))
        return 2;
    struct bytes control = endpoint_address(echo.control), served = endpoint_address(serving);
    memcpy(card.control, control.at, card.control_length = control.length);
    memcpy(card.serving, served.at, card.serving_length = served.length);
    card.base = region_base(region);
    card.key = region_key(region);
    if (!block_send(socket, &card, sizeof card))
        return 2;
    while (command_poll(socket) != 'q')
        fabric_progress(f, MILLISECONDS(20));
    region_close(region);
    fabric_close(f);
    free(payload);
    return 0;
}

/* ---- the test ---- */

struct scene {
    struct partner partner;
    struct card card;
    struct fabric *fabric;
    struct endpoint *control, *reading;
    struct peer *to_control, *to_serving;
    unsigned frames, lost;
    size_t last_length;
    unsigned char last_byte;
};

static void hear(void *context, struct bytes frame)
{
    struct scene *s = context;
    s->frames++;
    s->last_length = frame.length;
    s->last_byte = ((const unsigned char *)frame.at)[frame.length - 1];
}

static void hear_lost(void *context, struct peer *peer, const char *why)
{
    (void)peer;
    print_message("# lost: %s\n", why);
    ((struct scene *)context)->lost++;
}

static void scene_open(struct scene *s, const char *provider)
{
    memset(s, 0, sizeof *s);
    partner_start(&s->partner, provider);
    struct endpoint_events events = { s, hear, NULL, hear_lost };
    assert_int_equal(fabric_open(&(struct fabric_options){ .providers = provider, .lease = 500 * NANOSECONDS_PER_MILLISECOND }, &s->fabric), MSTRO_OK);
    assert_int_equal(endpoint_open(s->fabric, ENDPOINT_CONTROL, &events, &s->control), MSTRO_OK);
    assert_int_equal(endpoint_open(s->fabric, ENDPOINT_READING, NULL, &s->reading), MSTRO_OK);
    assert_true(block_receive(s->partner.socket, &s->card, sizeof s->card));
    assert_int_equal(peer_add(s->control, bytes_of(s->card.control, s->card.control_length), NULL, &s->to_control), MSTRO_OK);
    assert_int_equal(peer_add(s->reading, bytes_of(s->card.serving, s->card.serving_length), NULL, &s->to_serving), MSTRO_OK);
}

static void scene_close(struct scene *s)
{
    fabric_close(s->fabric);
    partner_end(&s->partner);
}

static void introduce(struct scene *s)
{
    struct bytes mine = endpoint_address(s->control);
    void *frame = malloc(mine.length);
    memcpy(frame, mine.at, mine.length);
    assert_int_equal(endpoint_send(s->to_control, frame, mine.length), MSTRO_OK);
}

static void exchange(struct scene *s, unsigned frames)
{
    uint64_t deadline = MILLISECONDS(30000);
    for (unsigned i = 0; i < frames; i++) {
        size_t length = 1 + (i * 997) % FABRIC_LARGEST_FRAME;
        unsigned char *frame = calloc(1, length);
        frame[length - 1] = (unsigned char)(i | 1);
        assert_int_equal(endpoint_send(s->to_control, frame, length), MSTRO_OK);
        while (s->frames == i && clock_now() < deadline)
            fabric_progress(s->fabric, deadline);
        assert_int_equal(s->frames, i + 1);
        assert_int_equal(s->last_length, length);
        assert_int_equal(s->last_byte, (unsigned char)(i | 1));
    }
}

struct ending { unsigned times; mstro_status status; uint64_t at; };

static void end(void *context, mstro_status status)
{
    struct ending *ending = context;
    ending->times++;
    ending->status = status;
    ending->at = clock_now();
}

static void read_piece(struct scene *s, void *local, size_t offset, size_t length, uint64_t deadline, struct ending *ending)
{
    const struct read_request request = { s->to_serving, local, length, s->card.base + offset, s->card.key, deadline, end, ending };
    *ending = (struct ending){ 0 };
    assert_int_equal(endpoint_read(&request), MSTRO_OK);
}

static void await(struct scene *s, const struct ending *ending, uint64_t deadline)
{
    while (!ending->times && clock_now() < deadline)
        fabric_progress(s->fabric, deadline);
    assert_int_equal(ending->times, 1);
}

static void frames_and_reads_cross_between_processes(const char *provider)
{
    struct scene s;
    struct ending ending;
    scene_open(&s, provider);
    introduce(&s);
    exchange(&s, 300);
    unsigned char *local = calloc(1, PAYLOAD);
    read_piece(&s, local, 0, PAYLOAD, MILLISECONDS(20000), &ending);
    await(&s, &ending, MILLISECONDS(25000));
    assert_int_equal(ending.status, MSTRO_OK);
    size_t wrong = 0;
    for (size_t i = 0; i < PAYLOAD; i++)
        wrong += local[i] != byte_at(i);
    assert_int_equal(wrong, 0);
    assert_int_equal(s.lost, 0);
    assert_true(block_send(s.partner.socket, "q", 1));
    int how = -1;
    assert_int_equal(waitpid(s.partner.process, &how, 0), s.partner.process);
    s.partner.process = 0;
    assert_int_equal(how, 0);
    scene_close(&s);
    free(local);
}

static void frames_and_reads_cross_over_the_native_tcp_provider(void **state)
{
    (void)state;
    frames_and_reads_cross_between_processes("tcp");
}

static void frames_and_reads_cross_over_the_layered_tcp_provider(void **state)
{
    (void)state;
    frames_and_reads_cross_between_processes("tcp;ofi_rxm");
}

enum { READS = 8 };

static void start_reads(struct scene *s, unsigned char *local, struct ending *endings, uint64_t deadline)
{
    read_piece(s, local, 0, 4096, MILLISECONDS(10000), &endings[0]);
    await(s, &endings[0], MILLISECONDS(10000));
    for (size_t i = 0; i < READS; i++)
        read_piece(s, local + i * PAYLOAD, 0, PAYLOAD, deadline, &endings[i]);
    await(s, &endings[0], MILLISECONDS(20000)); /* one is through: the others are under way */
    assert_int_equal(endings[0].status, MSTRO_OK);
}

static void killed_partner_ends_every_read_once_within_a_tenth_of_a_second(void **state)
{
    (void)state;
    struct scene s;
    struct ending endings[READS];
    unsigned char *local = malloc(READS * PAYLOAD);
    scene_open(&s, "tcp");
    start_reads(&s, local, endings, MILLISECONDS(20000));
    uint64_t killed = clock_now();
    kill(s.partner.process, SIGKILL);
    waitpid(s.partner.process, NULL, 0);
    uint64_t gone = clock_now();
    unsigned lost = 0;
    for (size_t i = 0; i < READS; i++) {
        await(&s, &endings[i], MILLISECONDS(5000));
        assert_true(endings[i].status == MSTRO_OK || endings[i].status == MSTRO_PEER_LOST);
        lost += endings[i].status == MSTRO_PEER_LOST;
    }
    uint64_t last = endings[READS - 1].at;
    print_message("# killed: %u reads lost, the last %.1f ms after the kill, teardown %.1f ms\n", lost, (double)(last - killed) / 1e6,
                  (double)(gone - killed) / 1e6);
    assert_true(lost > 0);
    assert_true(last <= gone + SLOWER * 100 * NANOSECONDS_PER_MILLISECOND);
    fabric_progress(s.fabric, MILLISECONDS(20));
    const struct read_request late = { s.to_serving, local, 8, s.card.base, s.card.key, MILLISECONDS(100), end, &endings[0] };
    assert_int_equal(endpoint_read(&late), MSTRO_PEER_LOST);
    endpoint_close(s.reading);
    for (size_t i = 0; i < READS; i++)
        assert_int_equal(endings[i].times, 1);
    s.partner.process = 0;
    scene_close(&s);
    free(local);
}

static void fabric_works_on_after_many_partners_died_in_the_middle_of_reads(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "tcp");
    unsigned char *local = malloc(READS * PAYLOAD);
    for (int round = 0; round < 5; round++) {
        struct ending endings[READS];
        start_reads(&s, local, endings, MILLISECONDS(20000));
        kill(s.partner.process, SIGKILL);
        for (size_t i = 0; i < READS; i++)
            await(&s, &endings[i], MILLISECONDS(5000));
        endpoint_close(s.reading);
        partner_end(&s.partner);
        partner_start(&s.partner, "tcp");
        assert_true(block_receive(s.partner.socket, &s.card, sizeof s.card));
        assert_int_equal(endpoint_open(s.fabric, ENDPOINT_READING, NULL, &s.reading), MSTRO_OK);
        assert_int_equal(peer_add(s.reading, bytes_of(s.card.serving, s.card.serving_length), NULL, &s.to_serving), MSTRO_OK);
        peer_remove(s.to_control);
        assert_int_equal(peer_add(s.control, bytes_of(s.card.control, s.card.control_length), NULL, &s.to_control), MSTRO_OK);
        introduce(&s);
        s.frames = 0;
        exchange(&s, 50);
        struct ending pieces[64];
        memset(local, 0, 64 * 65536);
        for (size_t i = 0; i < 64; i++)
            read_piece(&s, local + i * 65536, i * 65536, 65536, MILLISECONDS(10000), &pieces[i]);
        for (size_t i = 0; i < 64; i++) {
            await(&s, &pieces[i], MILLISECONDS(10000));
            assert_int_equal(pieces[i].status, MSTRO_OK);
        }
        for (size_t i = 0; i < 64 * 65536; i++)
            if (local[i] != byte_at(i))
                fail_msg("byte %zu is wrong", i);
    }
    scene_close(&s);
    free(local);
}

static void stopped_partner_costs_the_deadline_and_closing_frees_the_buffers(void **state)
{
    (void)state;
    struct scene s;
    struct ending endings[READS];
    unsigned char *local = malloc(READS * PAYLOAD);
    scene_open(&s, "tcp");
    uint64_t deadline = MILLISECONDS(1500 * SLOWER);
    start_reads(&s, local, endings, deadline);
    kill(s.partner.process, SIGSTOP);
    assert_true(process_wait_stopped(s.partner.process));
    unsigned stuck = 0;
    for (size_t i = 0; i < READS; i++) {
        await(&s, &endings[i], MILLISECONDS(10000 * SLOWER));
        assert_true(endings[i].status == MSTRO_OK || endings[i].status == MSTRO_TIMEOUT);
        stuck += endings[i].status == MSTRO_TIMEOUT;
    }
    assert_true(stuck > 0);
    assert_true(clock_now() < deadline + SLOWER * 100 * NANOSECONDS_PER_MILLISECOND);
    uint64_t begin = clock_now();
    endpoint_close(s.reading);
    print_message("# stopped: %u reads timed out, closing took %.1f ms\n", stuck, (double)(clock_now() - begin) / 1e6);
    assert_true(clock_now() - begin < SLOWER * 100 * NANOSECONDS_PER_MILLISECOND);
    memset(local, 0x5A, READS * PAYLOAD);
    kill(s.partner.process, SIGCONT);
    fabric_progress(s.fabric, MILLISECONDS(50));
    for (size_t i = 0; i < READS * PAYLOAD; i += 509)
        if (local[i] != 0x5A)
            fail_msg("a buffer was written after its endpoint was closed");
    for (size_t i = 0; i < READS; i++)
        assert_int_equal(endings[i].times, 1);
    scene_close(&s);
    free(local);
}

static void killed_partner_is_lost_with_the_next_frame_within_the_lease(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "tcp");
    introduce(&s);
    exchange(&s, 3);
    partner_end(&s.partner);
    fabric_progress(s.fabric, MILLISECONDS(20));
    uint64_t begin = clock_now();
    mstro_status status = MSTRO_OK;
    while (status == MSTRO_OK && !s.lost && clock_now() < begin + 5 * NANOSECONDS_PER_SECOND) {
        void *frame = calloc(1, 1000);
        status = endpoint_send(s.to_control, frame, 1000);
        if (status)
            free(frame);
        fabric_progress(s.fabric, MILLISECONDS(20));
    }
    uint64_t took = clock_now() - begin;
    print_message("# dead peer was noticed after %.0f ms\n", (double)took / 1e6);
    assert_int_equal(s.lost, 1);
    assert_true(took < (500 + 200 * SLOWER) * NANOSECONDS_PER_MILLISECOND);
    scene_close(&s);
}

int main(int count, char **arguments)
{
    if (count == 4 && strcmp(arguments[1], "--partner") == 0)
        return run_partner(atoi(arguments[2]), arguments[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_reads_cross_over_the_native_tcp_provider),
        cmocka_unit_test(frames_and_reads_cross_over_the_layered_tcp_provider),
        cmocka_unit_test(killed_partner_ends_every_read_once_within_a_tenth_of_a_second),
        cmocka_unit_test(fabric_works_on_after_many_partners_died_in_the_middle_of_reads),
        cmocka_unit_test(stopped_partner_costs_the_deadline_and_closing_frees_the_buffers),
        cmocka_unit_test(killed_partner_is_lost_with_the_next_frame_within_the_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
