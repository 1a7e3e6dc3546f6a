/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what four sessions say to a pool: whatever they say, its invariants hold and every record it sends can be encoded.
 *
 * The input is a sequence of: u8 session (0 to 3; 4 to 7: that session is lost; 8 and above: nothing but time), u8 time in 20 ms,
 * one record.  The first bytes that are no record end it. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/pool/pool.h"
#include "lib/wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SESSIONS = 4, STEPS_MAX = 512 };

static void check_outputs(const struct pool *pool, struct pool_outputs *out)
{
    static uint8_t memory[2 * MAX_FRAME];
    for (size_t i = 0; i < out->count; i++) {
        struct writer w = writer_of(memory, sizeof memory);
        if (record_encode(&w, &out->at[i].record) != MSTRO_OK)
            abort();
    }
    pool_outputs_clear(out);
    const char *broken = pool_check(pool);
    if (broken) {
        fprintf(stderr, "invariant: %s\n", broken);
        abort();
    }
}

static bool next_input(struct reader *in, struct arena *arena, struct record *record, struct pool_input *input, uint64_t *now)
{
    uint8_t who = reader_u8(in);
    *now += reader_u8(in) * (20 * NANOSECONDS_PER_MILLISECOND);
    *input = (struct pool_input){ .session = who % SESSIONS + 1u, .kind = who < SESSIONS ? POOL_RECORD : who < 2 * SESSIONS ? POOL_LOST : POOL_TICK, .record = record };
    if (in->fault)
        return false;
    return input->kind != POOL_RECORD || record_decode(in, PROTOCOL_VERSION, arena, record) == MSTRO_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool_settings settings = pool_settings_default();
    settings.workflow = text_of("fuzz");
    settings.fact_bytes = 4096;
    settings.inline_budget = 4096;
    settings.memory_budget = 1 << 20;
    struct pool *pool;
    struct pool_outputs out = { 0 };
    struct arena arena = { 0 };
    struct record record;
    struct pool_input input;
    struct reader in = reader_of(bytes_of(data, size));
    uint64_t now = NANOSECONDS_PER_SECOND;
    if (pool_create(&pool, &settings) != MSTRO_OK)
        return 0;
    for (int step = 0; step < STEPS_MAX && next_input(&in, &arena, &record, &input, &now); step++) {
        pool_step(pool, &input, now, &out);
        check_outputs(pool, &out);
        arena_reset(&arena);
    }
    pool_outputs_release(&out);
    pool_destroy(pool);
    arena_release(&arena);
    return 0;
}
