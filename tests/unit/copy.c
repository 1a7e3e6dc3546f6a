/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "lib/wire/codec.h"
#include "lib/wire/copy.h"

static size_t encode(const struct record *record, uint8_t room[MAX_FRAME])
{
    struct writer writer = writer_of(room, MAX_FRAME);
    assert_int_equal(record_encode(&writer, record), MSTRO_OK);
    return (size_t)(writer.at - room);
}

/* The bytes of a copy are those of the record, also when everything the record showed is gone. */
static void check_copy(const struct record *record, void *shown, size_t length)
{
    static uint8_t before[MAX_FRAME], after[MAX_FRAME];
    size_t size = encode(record, before);
    struct arena arena = { 0 };
    struct record in_arena, in_room;
    void *room = malloc(record_room(record) + 1);
    assert_non_null(room);
    assert_true(record_copy(&arena, record, &in_arena));
    record_copy_to(room, record, &in_room);
    memset(shown, 'x', length);
    assert_int_equal(encode(&in_arena, after), size);
    assert_memory_equal(after, before, size);
    assert_int_equal(encode(&in_room, after), size);
    assert_memory_equal(after, before, size);
    arena_release(&arena);
    free(room);
}

static void copied_offer_stands_on_its_own(void **state)
{
    (void)state;
    struct { char name[4], bytes[5]; struct record_place place; } shown = { "temp", "12345", { .address = 7, .base = 8, .key = 9 } };
    struct record record = { .kind = KIND_OFFER };
    record.offer = (struct record_offer){ .op = 1, .handle = 2, .size = 5, .name = { shown.name, 4 }, .inline_data = { shown.bytes, 5 },
                                          .data_place = { 1, &shown.place } };
    check_copy(&record, &shown, sizeof shown);
}

static void texts_of_copied_events_stand_on_their_own(void **state)
{
    (void)state;
    struct { char name[4], component[1]; struct record_event event[3]; } shown = { .name = "temp", .component = "a" };
    for (uint64_t i = 0; i < 3; i++)
        shown.event[i] = (struct record_event){ .serial = i + 1, .kind = 8, .name = { shown.name, 4 - i }, .component = { shown.component, 1 } };
    struct record record = { .kind = KIND_EVENTS, .events = { .subscription = 1, .events = { 3, shown.event } } };
    check_copy(&record, &shown, sizeof shown);
}

static void record_that_shows_nothing_is_copied_as_it_is(void **state)
{
    (void)state;
    struct record record = { .kind = KIND_HEARTBEAT, .heartbeat = { .sent = 5 } };
    char nothing;
    check_copy(&record, &nothing, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copied_offer_stands_on_its_own),
        cmocka_unit_test(texts_of_copied_events_stand_on_their_own),
        cmocka_unit_test(record_that_shows_nothing_is_copied_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
