/* SPDX-License-Identifier: BSD-3-Clause */
/* Records to bytes and back.  Every kind is filled through its rows, so that a new record or field is tested without a word
 * here; golden/records.hex keeps the bytes that other versions of the program send. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/wire/codec.h"
#include "lib/wire/rows.h"
#include "maestro/status.h"

/* ---- a value for every field, that differs from its neighbours' ---- */

static uint64_t filling;
static struct arena filled;

static wire_u8 fill_u8(void) { return (wire_u8)(++filling % 256); }
static wire_u16 fill_u16(void) { return (wire_u16)(0x0100 + ++filling); }
static wire_u32 fill_u32(void) { return 0x01020300u + (wire_u32)++filling; }
static wire_u64 fill_u64(void) { return UINT64_C(0x0102030405060700) + ++filling; }
static wire_i64 fill_i64(void) { return -(wire_i64)++filling; }
static wire_id fill_id(void) { return (wire_id){ fill_u64(), fill_u64() }; }

static struct bytes fill_bytes(const char *field)
{
    return arena_copy(&filled, bytes_of(field, strlen(field)));
}

static struct text fill_text(const char *field)
{
    struct bytes b = fill_bytes(field);
    return (struct text){ b.at, b.length };
}

#define FILL_F(type, field, since) r->field = fill_##type();
#define FILL_T(field, max, since) r->field = fill_text(#field " \xc3\xa9");
#define FILL_B(field, max, since) r->field = fill_bytes(#field);
#define FILL_L(record, field, max, since) \
    r->field.count = max > 1 ? 2 : 1; \
    r->field.at = fill_##record##_list(r->field.count);
#define DEFINE_FILL(NAME, name, ...) \
    static void fill_##name(struct record_##name *r) { RECORD_##NAME(FILL_F, FILL_T, FILL_B, FILL_L) }
#define DEFINE_NESTED_FILL(NAME, name) \
    DEFINE_FILL(NAME, name) \
    static struct record_##name *fill_##name##_list(uint32_t count) \
    { \
        struct record_##name *at = arena_take(&filled, count * sizeof *at); \
        for (uint32_t i = 0; i < count; i++) \
            fill_##name(&at[i]); \
        return at; \
    }
NESTED_RECORDS(DEFINE_NESTED_FILL)
RECORDS(DEFINE_FILL)

static const enum record_kind every_kind[] = {
#define LIST_KIND(NAME, name, number) KIND_##NAME,
    RECORDS(LIST_KIND)
};
enum { KIND_COUNT = sizeof every_kind / sizeof every_kind[0] };

static struct record filled_record(enum record_kind kind)
{
    struct record r = { .kind = kind };
    filling = 0;
    switch (kind) {
#define FILL_KIND(NAME, name, number) \
    case KIND_##NAME: \
        fill_##name(&r.name); \
        break;
        RECORDS(FILL_KIND)
    }
    return r;
}

static int release(void **state)
{
    (void)state;
    arena_release(&filled);
    return 0;
}

static struct bytes encoded(struct writer *w, const struct record *r)
{
    assert_int_equal(record_encode(w, r), MSTRO_OK);
    return bytes_of(w->start, writer_length(w));
}

/* ---- all kinds ---- */

static void every_record_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        uint8_t first[4096], second[4096];
        struct record sent = filled_record(every_kind[i]), got;
        struct writer w = writer_of(first, sizeof first), again = writer_of(second, sizeof second);
        struct bytes wire = encoded(&w, &sent);
        struct reader r = reader_of(wire);
        assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_OK);
        assert_int_equal(reader_left(&r), 0);
        assert_true(bytes_equal(wire, encoded(&again, &got)));
    }
}

/* The list of fields stands in the printed text, so what prints alike has been decoded alike. */
static void every_record_prints_alike_before_and_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        uint8_t memory[4096];
        char before[4096], after[4096];
        struct record sent = filled_record(every_kind[i]), got;
        struct writer w = writer_of(memory, sizeof memory);
        struct reader r = reader_of(encoded(&w, &sent));
        assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_OK);
        assert_true(record_print(before, sizeof before, &sent) < sizeof before);
        record_print(after, sizeof after, &got);
        assert_string_equal(before, after);
    }
}

static void a_record_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        uint8_t memory[4096];
        struct record sent = filled_record(every_kind[i]), got;
        struct writer w = writer_of(memory, sizeof memory);
        struct bytes wire = encoded(&w, &sent);
        for (size_t length = 0; length < wire.length; length++) {
            struct reader r = reader_of(bytes_of(wire.at, length));
            assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_INVMSG);
            if (length < RECORD_HEADER)
                continue;
            uint32_t shorter = htole32((uint32_t)(length - RECORD_HEADER));
            memcpy(memory + 2, &shorter, sizeof shorter);
            r = reader_of(bytes_of(wire.at, length));
            assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_INVMSG);
            uint32_t right = htole32((uint32_t)(wire.length - RECORD_HEADER));
            memcpy(memory + 2, &right, sizeof right);
        }
    }
}

static void bytes_behind_the_known_fields_are_skipped(void **state)
{
    (void)state;
    uint8_t memory[256];
    struct record sent = { .kind = KIND_RETRACT, .retract = { .op = 3, .handle = 7 } }, got;
    struct writer w = writer_of(memory, sizeof memory);
    encoded(&w, &sent);
    writer_text(&w, text_of("a field of the future"));
    uint32_t length = htole32((uint32_t)(writer_length(&w) - RECORD_HEADER));
    memcpy(memory + 2, &length, sizeof length);
    encoded(&w, &sent);
    struct reader r = reader_of(bytes_of(memory, writer_length(&w)));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_OK);
        assert_int_equal(got.retract.handle, 7);
    }
    assert_int_equal(reader_left(&r), 0);
}

/* Lines "NAME hex".  MAESTRO_GOLDEN_WRITE=FILE writes them anew, for a change of the format that is meant. */
static void the_bytes_are_those_of_the_golden_file(void **state)
{
    (void)state;
    const char *source = getenv("srcdir"), *fresh = getenv("MAESTRO_GOLDEN_WRITE");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/unit/golden/records.hex", source ? source : ".");
    FILE *golden = fopen(fresh ? fresh : path, fresh ? "w" : "r");
    assert_non_null(golden);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        uint8_t memory[4096];
        char line[8192], expected[8192];
        struct record sent = filled_record(every_kind[i]);
        struct writer w = writer_of(memory, sizeof memory);
        struct bytes wire = encoded(&w, &sent);
        int length = snprintf(line, sizeof line, "%s ", record_name(every_kind[i]));
        for (size_t b = 0; b < wire.length; b++)
            length += snprintf(line + length, sizeof line - (size_t)length, "%02x", memory[b]);
        snprintf(line + length, sizeof line - (size_t)length, "\n");
        if (fresh) {
            fputs(line, golden);
            continue;
        }
        assert_non_null(fgets(expected, sizeof expected, golden));
        assert_string_equal(line, expected);
    }
    fclose(golden);
}

/* ---- limits ---- */

static void decoding_a_name_beyond_the_limit_is_refused_by_name(void **state)
{
    (void)state;
    uint8_t memory[2 * MAX_NAME];
    struct writer w = writer_of(memory, sizeof memory);
    writer_u16(&w, KIND_REQUIRE);
    writer_u32(&w, 8 + 8 + 4 + 4 + MAX_NAME + 1);
    writer_u64(&w, 1);
    writer_u64(&w, 2);
    writer_u32(&w, 0);
    writer_u32(&w, MAX_NAME + 1);
    memset(writer_take(&w, MAX_NAME + 1), 'n', MAX_NAME + 1);
    struct reader r = reader_of(bytes_of(memory, writer_length(&w)));
    struct record got;
    assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_INVMSG);
    assert_string_equal(mstro_error_detail(), "REQUIRE: name is longer than its limit");
}

static void encoding_a_name_beyond_the_limit_is_refused_and_writes_nothing(void **state)
{
    (void)state;
    static char name[MAX_NAME + 1];
    uint8_t memory[2 * MAX_NAME];
    memset(name, 'n', sizeof name);
    struct record sent = { .kind = KIND_REQUIRE, .require = { .name = { name, sizeof name } } };
    struct writer w = writer_of(memory, sizeof memory);
    assert_int_equal(record_encode(&w, &sent), MSTRO_INVARG);
    assert_string_equal(mstro_error_detail(), "REQUIRE: name is longer than its limit");
    assert_int_equal(writer_length(&w), 0);
    sent.require.name.length = MAX_NAME;
    assert_int_equal(record_encode(&w, &sent), MSTRO_OK);
}

static void a_record_that_does_not_fit_leaves_the_writer_as_it_was(void **state)
{
    (void)state;
    uint8_t memory[64];
    struct record small = { .kind = KIND_SEEN }, large = { .kind = KIND_JOIN };
    struct writer w = writer_of(memory, sizeof memory);
    assert_int_equal(record_encode(&w, &small), MSTRO_OK);
    size_t before = writer_length(&w);
    assert_int_equal(record_encode(&w, &large), MSTRO_WOULDBLOCK);
    assert_int_equal(writer_length(&w), before);
    assert_int_equal(record_encode(&w, &small), MSTRO_OK);
}

/* A list that claims 2^32-1 elements, or more than its record can hold, costs no memory. */
static void a_list_longer_than_its_record_takes_no_memory(void **state)
{
    (void)state;
    const uint32_t claims[] = { UINT32_MAX, 257, 256, 5 };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        uint8_t memory[64];
        struct writer w = writer_of(memory, sizeof memory);
        writer_u16(&w, KIND_EVENTS);
        writer_u32(&w, 8 + 4 + 8);
        writer_u64(&w, 1);
        writer_u32(&w, claims[i]);
        writer_u64(&w, 0);
        struct reader r = reader_of(bytes_of(memory, writer_length(&w)));
        struct arena arena = { 0 };
        struct record got;
        assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &arena, &got), MSTRO_INVMSG);
        assert_null(arena.block);
    }
}

static void unknown_kinds_and_impossible_lengths_are_refused(void **state)
{
    (void)state;
    const struct { uint16_t kind; uint32_t length; } bad[] = { { 0, 0 }, { 31, 0 }, { 65535, 0 }, { KIND_SEEN, UINT32_MAX }, { KIND_SEEN, 17 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t memory[RECORD_HEADER + 16] = { 0 };
        struct writer w = writer_of(memory, sizeof memory);
        writer_u16(&w, bad[i].kind);
        writer_u32(&w, bad[i].length);
        struct reader r = reader_of(bytes_of(memory, sizeof memory));
        struct record got;
        assert_int_equal(record_decode(&r, PROTOCOL_VERSION, &filled, &got), MSTRO_INVMSG);
    }
}

static mstro_status decode_named(const char *name, size_t length)
{
    uint8_t memory[256];
    struct record sent = { .kind = KIND_REQUIRE, .require = { .name = { name, length } } }, got;
    struct writer w = writer_of(memory, sizeof memory);
    struct reader r = reader_of(encoded(&w, &sent));
    return record_decode(&r, PROTOCOL_VERSION, &filled, &got);
}

static void names_that_are_not_utf8_are_refused(void **state)
{
    (void)state;
    const char *good[] = { "", "temp", "temp\xc3\xa9ratur in Z\xc3\xbcrich", "\xe2\x82\xac", "\xf0\x9f\x8c\xa7 rain", "eight ch", "eight chars\xc2\xb5" };
    const char *bad[] = { "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "temperat\xe2\x82" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(decode_named(good[i], strlen(good[i])), MSTRO_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(decode_named(bad[i], strlen(bad[i])), MSTRO_INVMSG);
    assert_int_equal(decode_named("a\0b", 3), MSTRO_INVMSG);
    assert_int_equal(decode_named("eight ch\0eight ch", 17), MSTRO_INVMSG);
}

/* ---- fields that came later ---- */

#define RECORD_POINT(F, T, B, L) F(u32, x, 0) F(u32, y, 2)
#define RECORD_LINE(F, T, B, L) F(u64, op, 0) L(point, points, 4, 0) F(u16, colour, 2) T(label, 9, 3)
struct record_point { RECORD_POINT(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
struct record_line { RECORD_LINE(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
DEFINE_NESTED_ENCODE(POINT, point)
DEFINE_NESTED_DECODE(POINT, point)
DEFINE_NESTED_PRINT(POINT, point)
DEFINE_ENCODE(LINE, line)
DEFINE_DECODE(LINE, line)
DEFINE_PRINT(LINE, line)

#define RECORD_OLD_POINT(F, T, B, L) F(u32, x, 0)
#define RECORD_OLD_LINE(F, T, B, L) F(u64, op, 0) L(old_point, points, 4, 0)
struct record_old_point { RECORD_OLD_POINT(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
struct record_old_line { RECORD_OLD_LINE(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
DEFINE_NESTED_ENCODE(OLD_POINT, old_point)
DEFINE_NESTED_DECODE(OLD_POINT, old_point)
DEFINE_ENCODE(OLD_LINE, old_line)
DEFINE_DECODE(OLD_LINE, old_line)

static void an_older_senders_missing_fields_read_as_zero(void **state)
{
    (void)state;
    uint8_t memory[256];
    const struct record_old_point points[] = { { 10 }, { 20 } };
    struct record_old_line old = { .op = 5, .points = { 2, points } };
    struct writer w = writer_of(memory, sizeof memory);
    encode_old_line(&(struct encoder){ .out = &w }, &old);

    struct record_line got;
    struct decoder d = { .in = reader_of(bytes_of(memory, writer_length(&w))), .version = 1, .arena = &filled };
    decode_line(&d, &got);
    char text[128];
    struct printer p = { text, sizeof text, 0 };
    print_line(&p, &got);
    assert_null(d.in.fault);
    assert_string_equal(text, " op=5 points=[{ x=10 y=0 }{ x=20 y=0 }] colour=0 label=\"\"");

    d = (struct decoder){ .in = reader_of(bytes_of(memory, writer_length(&w))), .version = 2, .arena = &filled };
    decode_line(&d, &got);
    assert_non_null(d.in.fault);
}

static void a_newer_senders_fields_are_skipped_in_lists_too(void **state)
{
    (void)state;
    uint8_t memory[256];
    const struct record_point points[] = { { 10, 11 }, { 20, 21 } };
    struct record_line line = { .op = 5, .points = { 2, points }, .colour = 7, .label = text_of("red") };
    struct writer w = writer_of(memory, sizeof memory);
    encode_line(&(struct encoder){ .out = &w }, &line);

    struct record_old_line got;
    struct decoder d = { .in = reader_of(bytes_of(memory, writer_length(&w))), .version = 3, .arena = &filled };
    decode_old_line(&d, &got);
    assert_null(d.in.fault);
    assert_int_equal(got.points.count, 2);
    assert_int_equal(got.points.at[1].x, 20);
}

/* ---- text for people ---- */

static void a_record_prints_its_kind_and_every_field(void **state)
{
    (void)state;
    char text[512];
    struct record_place place = { 4096, 0, 9 };
    struct record r = { .kind = KIND_OFFER, .offer = { .op = 3, .handle = 7, .size = -1, .name = text_of("a \"b\"\n"),
                                                       .attributes = bytes_of("0123456789abcdefgh", 18), .data_place = { 1, &place } } };
    record_print(text, sizeof text, &r);
    assert_string_equal(text, "OFFER op=3 handle=7 size=-1 flags=0 word=0 name=\"a \\\"b\\\"\\x0a\" attributes=18:30313233343536373839616263646566..."
                              " data_place=[{ address=4096 base=0 key=9 }] word_place=[] inline_data=0: group=0 members=0");
    char small[12];
    assert_int_equal(record_print(small, sizeof small, &r), strlen(text));
    assert_string_equal(small, "OFFER op=3 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_back_as_it_was_sent),
        cmocka_unit_test(every_record_prints_alike_before_and_after),
        cmocka_unit_test(a_record_cut_short_anywhere_is_refused),
        cmocka_unit_test(bytes_behind_the_known_fields_are_skipped),
        cmocka_unit_test(the_bytes_are_those_of_the_golden_file),
        cmocka_unit_test(decoding_a_name_beyond_the_limit_is_refused_by_name),
        cmocka_unit_test(encoding_a_name_beyond_the_limit_is_refused_and_writes_nothing),
        cmocka_unit_test(a_record_that_does_not_fit_leaves_the_writer_as_it_was),
        cmocka_unit_test(a_list_longer_than_its_record_takes_no_memory),
        cmocka_unit_test(unknown_kinds_and_impossible_lengths_are_refused),
        cmocka_unit_test(names_that_are_not_utf8_are_refused),
        cmocka_unit_test(an_older_senders_missing_fields_read_as_zero),
        cmocka_unit_test(a_newer_senders_fields_are_skipped_in_lists_too),
        cmocka_unit_test(a_record_prints_its_kind_and_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
