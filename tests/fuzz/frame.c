/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a frame: whatever is accepted can be printed, and encoded and decoded again to the same. */
#include <stdlib.h>

#include "lib/wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool truth)
{
    if (!truth)
        abort();
}

static void round_trip(const struct record *r, struct arena *arena)
{
    static uint8_t first[2 * MAX_FRAME], second[2 * MAX_FRAME];
    struct writer w = writer_of(first, sizeof first), again = writer_of(second, sizeof second);
    struct record copy;
    expect(record_encode(&w, r) == MSTRO_OK);
    struct reader in = reader_of(bytes_of(first, writer_length(&w)));
    expect(record_decode(&in, PROTOCOL_VERSION, arena, &copy) == MSTRO_OK);
    expect(record_encode(&again, &copy) == MSTRO_OK);
    expect(bytes_equal(bytes_of(first, writer_length(&w)), bytes_of(second, writer_length(&again))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[MAX_FRAME];
    struct arena arena = { 0 };
    struct frame_reader f;
    struct record r;
    char text[256];
    if (size > sizeof memory)
        return 0;
    memcpy(memory, data, size);
    if (frame_open(&f, memory, size, NULL) == SEAL_OPENED)
        while (frame_next(&f, &arena, &r) == MSTRO_OK) {
            record_print(text, sizeof text, &r);
            round_trip(&r, &arena);
        }
    arena_release(&arena);
    return 0;
}
