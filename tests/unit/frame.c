/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames: many records at once, and nobody between the two ends who reads, changes, repeats or reorders them. */
#define _GNU_SOURCE /* memmem */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/wire/frame.h"

static uint8_t memory[MAX_FRAME];
static struct arena arena;

static const uint8_t key[SEAL_KEY_SIZE] = "a key of thirty-two bytes, yes!";

static struct record acknowledgement(uint64_t serial)
{
    return (struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = 1, .serial = serial } };
}

/* A frame of this version with one ACK_EVENT of this serial, in 'to'. */
static size_t frame_of_version(uint16_t version, uint8_t *to, size_t size, uint64_t serial, struct seal *seal)
{
    struct frame_writer f;
    struct record r = acknowledgement(serial);
    frame_begin(&f, to, size);
    f.taken = seal ? 0x1234 : 0;
    assert_int_equal(frame_append(&f, &r), MSTRO_OK);
    return frame_finish(&f, version, 0, 77, seal);
}

static size_t frame_with(uint8_t *to, size_t size, uint64_t serial, struct seal *seal)
{
    return frame_of_version(PROTOCOL_VERSION, to, size, serial, seal);
}

static void make_pair(uint32_t suite, struct seal *out, struct seal *in)
{
    assert_true(seal_ready());
    seal_init(out, (enum seal_suite)suite, SEAL_TO_POOL, key);
    seal_init(in, (enum seal_suite)suite, SEAL_TO_POOL, key);
}

/* Run a test with each suite this processor has. */
static void with_each_suite(void (*test)(struct seal *out, struct seal *in))
{
    for (uint32_t suite = SEAL_AES256_GCM; suite <= SEAL_CHACHA20_POLY1305; suite <<= 1) {
        struct seal out, in;
        if (!(seal_suites() & suite))
            continue;
        make_pair(suite, &out, &in);
        test(&out, &in);
    }
}

static uint64_t only_serial(struct frame_reader *f)
{
    struct record r;
    assert_int_equal(frame_next(f, &arena, &r), MSTRO_OK);
    assert_int_equal(r.kind, KIND_ACK_EVENT);
    uint64_t serial = r.ack_event.serial;
    assert_int_equal(frame_next(f, &arena, &r), MSTRO_NOMATCH);
    return serial;
}

static void full_frame(struct seal *out, struct seal *in)
{
    struct frame_writer f;
    struct frame_reader r;
    struct record record;
    uint64_t put = 0, got = 0;
    frame_begin(&f, memory, sizeof memory);
    for (record = acknowledgement(put); frame_append(&f, &record) == MSTRO_OK; record = acknowledgement(++put))
        ;
    assert_int_equal(f.records, put);
    size_t length = frame_finish(&f, PROTOCOL_VERSION, 0, 77, out);
    assert_true(length <= sizeof memory && length > sizeof memory - 64);
    assert_int_equal(frame_open(&r, memory, length, in), SEAL_OPENED);
    assert_int_equal(r.header.session, 77);
    for (; frame_next(&r, &arena, &record) == MSTRO_OK; got++)
        assert_int_equal(record.ack_event.serial, got);
    assert_int_equal(got, put);
}

static void a_frame_takes_records_until_it_is_full_and_gives_all_back(void **state)
{
    (void)state;
    full_frame(NULL, NULL);
    with_each_suite(full_frame);
}

static void flip_every_bit(struct seal *out, struct seal *in)
{
    uint8_t sent[128], tried[128];
    size_t length = frame_with(sent, sizeof sent, 5, out);
    struct frame_reader r;
    for (size_t bit = 0; bit < 8 * length; bit++) {
        memcpy(tried, sent, length);
        tried[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum seal_verdict verdict = frame_open(&r, tried, length, in);
        assert_true(verdict == SEAL_FORGED || verdict == SEAL_DUPLICATE); /* the counter turned to 0 */
    }
    assert_int_equal(frame_open(&r, sent, length, in), SEAL_OPENED);
    assert_int_equal(only_serial(&r), 5);
}

static void no_bit_of_a_sealed_frame_can_be_changed(void **state)
{
    (void)state;
    with_each_suite(flip_every_bit);
}

static void hide(struct seal *out, struct seal *in)
{
    (void)in;
    uint8_t sent[128];
    struct frame_writer f;
    struct record r = { .kind = KIND_SERVING, .serving = { .serving = bytes_of("a secret address", 16) } };
    frame_begin(&f, sent, sizeof sent);
    assert_int_equal(frame_append(&f, &r), MSTRO_OK);
    assert_non_null(memmem(sent, sizeof sent, "secret", 6));
    size_t length = frame_finish(&f, PROTOCOL_VERSION, 0, 77, out);
    assert_null(memmem(sent, length, "secret", 6));
}

static void what_a_sealed_frame_carries_cannot_be_read(void **state)
{
    (void)state;
    with_each_suite(hide);
}

static void repeat_and_reorder(struct seal *out, struct seal *in)
{
    uint8_t frames[4][128], again[128];
    size_t length[4];
    struct frame_reader r;
    for (uint64_t i = 0; i < 4; i++)
        length[i] = frame_with(frames[i], sizeof frames[i], i, out);
    memcpy(again, frames[0], length[0]);
    assert_int_equal(frame_open(&r, frames[0], length[0], in), SEAL_OPENED);
    assert_int_equal(frame_open(&r, again, length[0], in), SEAL_DUPLICATE);
    assert_int_equal(frame_open(&r, frames[2], length[2], in), SEAL_GAP);
    assert_int_equal(frame_open(&r, frames[1], length[1], in), SEAL_DUPLICATE);
    assert_int_equal(frame_open(&r, frames[3], length[3], in), SEAL_OPENED);
    assert_int_equal(only_serial(&r), 3);
}

static void repeated_and_reordered_frames_are_told_apart_from_the_next_one(void **state)
{
    (void)state;
    with_each_suite(repeat_and_reorder);
}

static void a_frame_does_not_open_in_the_other_direction(void **state)
{
    (void)state;
    struct seal out, in;
    struct frame_reader r;
    make_pair(SEAL_CHACHA20_POLY1305, &out, &in);
    seal_init(&in, SEAL_CHACHA20_POLY1305, SEAL_TO_CLIENT, key);
    size_t length = frame_with(memory, sizeof memory, 1, &out);
    assert_int_equal(frame_open(&r, memory, length, &in), SEAL_FORGED);
}

static void an_open_frame_does_not_pass_where_a_sealed_one_is_due(void **state)
{
    (void)state;
    struct seal out, in;
    struct frame_reader r;
    make_pair(SEAL_CHACHA20_POLY1305, &out, &in);
    assert_int_equal(frame_open(&r, memory, frame_with(memory, sizeof memory, 1, NULL), &in), SEAL_FORGED);
    assert_int_equal(frame_open(&r, memory, frame_with(memory, sizeof memory, 1, &out), NULL), SEAL_FORGED);
}

static void what_is_no_frame_is_refused_by_its_header(void **state)
{
    (void)state;
    uint8_t good[128], bad[128];
    size_t length = frame_with(good, sizeof good, 1, NULL), whole;
    struct frame_header h;
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(frame_header_read(bytes_of(good, cut), &h), MSTRO_INVMSG);
    const size_t spoil[] = { 0, 3, 6, 12 }; /* magic, magic, flags, taken: nothing is taken outside a session */
    for (size_t i = 0; i < 4; i++) {
        memcpy(bad, good, length);
        bad[spoil[i]] ^= 0x40;
        assert_int_equal(frame_header_read(bytes_of(bad, length), &h), MSTRO_INVMSG);
        assert_int_equal(frame_length(bad, MAX_FRAME, &whole), MSTRO_INVMSG);
    }
    assert_int_equal(frame_length(good, MAX_FRAME, &whole), MSTRO_OK);
    assert_int_equal(whole, length);
    assert_int_equal(frame_length(good, length - 1, &whole), MSTRO_INVMSG);
    memset(good + 8, 0xff, 4); /* a length of 4 GiB */
    assert_int_equal(frame_length(good, MAX_FRAME, &whole), MSTRO_INVMSG);
}

static void records_behind_a_bad_one_are_not_read(void **state)
{
    (void)state;
    struct frame_writer f;
    struct frame_reader r;
    struct record record = acknowledgement(1);
    frame_begin(&f, memory, sizeof memory);
    frame_append(&f, &record);
    writer_u16(&f.body, 999);
    writer_u32(&f.body, 0);
    frame_append(&f, &record);
    size_t length = frame_finish(&f, PROTOCOL_VERSION, 0, 77, NULL);
    assert_int_equal(frame_open(&r, memory, length, NULL), SEAL_OPENED);
    assert_int_equal(frame_next(&r, &arena, &record), MSTRO_OK);
    assert_int_equal(frame_next(&r, &arena, &record), MSTRO_INVMSG);
}

static void tell(struct seal *out, struct seal *in)
{
    struct frame_writer f;
    struct frame_reader r;
    struct record record;
    frame_begin(&f, memory, FRAME_HEADER_SIZE + SEAL_TAG_SIZE);
    f.taken = 0xfedcba98;
    size_t length = frame_finish(&f, PROTOCOL_VERSION, FRAME_ASKS, 77, out);
    assert_int_equal(length, FRAME_HEADER_SIZE + SEAL_TAG_SIZE);
    assert_int_equal(frame_open(&r, memory, length, in), SEAL_OPENED);
    assert_int_equal(r.header.taken, 0xfedcba98);
    assert_int_equal(r.header.flags, FRAME_SEALED | FRAME_ASKS);
    assert_int_equal(frame_next(&r, &arena, &record), MSTRO_NOMATCH);
}

static void a_frame_without_records_says_what_was_taken_and_asks(void **state)
{
    (void)state;
    with_each_suite(tell);
}

/* golden/frames.hex: the bytes of a sealed frame, as every program must make those of version 1 from this key and counter. */
static void the_bytes_of_frames_are_those_of_the_golden_file(void **state)
{
    (void)state;
    const char *source = getenv("srcdir"), *fresh = getenv("MAESTRO_GOLDEN_WRITE");
    char path[4096], line[512], expected[512];
    snprintf(path, sizeof path, "%s/tests/unit/golden/frames.hex", source ? source : ".");
    FILE *golden = fopen(fresh ? fresh : path, fresh ? "w" : "r");
    assert_non_null(golden);
    const struct { const char *name; uint32_t suite; } rows[] = { { "open", 0 }, { "aes256-gcm", SEAL_AES256_GCM }, { "chacha20-poly1305", SEAL_CHACHA20_POLY1305 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal out, in;
        bool skip = rows[i].suite && !(seal_suites() & rows[i].suite);
        if (rows[i].suite && !skip)
            make_pair(rows[i].suite, &out, &in);
        size_t length = skip ? 0 : frame_of_version(1, memory, sizeof memory, 5, rows[i].suite ? &out : NULL);
        int used = snprintf(line, sizeof line, "%s ", rows[i].name);
        for (size_t b = 0; b < length; b++)
            used += snprintf(line + used, sizeof line - (size_t)used, "%02x", memory[b]);
        snprintf(line + used, sizeof line - (size_t)used, "\n");
        if (fresh) {
            fputs(line, golden);
            continue;
        }
        assert_non_null(fgets(expected, sizeof expected, golden));
        if (!skip)
            assert_string_equal(line, expected);
    }
    fclose(golden);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_takes_records_until_it_is_full_and_gives_all_back),
        cmocka_unit_test(no_bit_of_a_sealed_frame_can_be_changed),
        cmocka_unit_test(what_a_sealed_frame_carries_cannot_be_read),
        cmocka_unit_test(repeated_and_reordered_frames_are_told_apart_from_the_next_one),
        cmocka_unit_test(a_frame_does_not_open_in_the_other_direction),
        cmocka_unit_test(an_open_frame_does_not_pass_where_a_sealed_one_is_due),
        cmocka_unit_test(what_is_no_frame_is_refused_by_its_header),
        cmocka_unit_test(records_behind_a_bad_one_are_not_read),
        cmocka_unit_test(a_frame_without_records_says_what_was_taken_and_asks),
        cmocka_unit_test(the_bytes_of_frames_are_those_of_the_golden_file),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
