/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/list.h"
#include "tests/sim/parked.h"

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;
    if (world->wrong[0])
        return;
    va_start(arguments, format);
    vsnprintf(world->wrong, sizeof world->wrong, format, arguments);
    va_end(arguments);
}

uint64_t world_below(struct world *world, uint64_t limit) { return random_below(world->random, limit); }
bool world_chance(struct world *world, uint64_t in_thousand) { return world_below(world, 1000) < in_thousand; }

/* Is it parked, or is its answer held up, or that of a shard to the one where it was asked for?  For whom, is seen to in each step. */
static bool is_held(const struct world *world, const struct process *process, const struct use *use)
{
    for (uint16_t shard = 0; shard < world->shards; shard++)
        if (parked_waits(world, shard, process->session, use->number) || model_puts_off(&world->model[shard], process->session, use->op, use->number))
            return true;
    return false;
}

static void check_known(struct world *world, const struct process *process, const struct use *use)
{
    struct model *model = &world->model[shard_of_name(world, use->name)];
    const struct model_handle *handle = model_handle_of(model, process->session, use->number);
    const struct model_generation *held = model_held_by(model, process->session, use->number);
    bool known = use->kind == KIND_DEMAND ? handle && handle->demand == use->op : held && held->withdraw_op == use->op;
    if (known && use->own && use->kind == KIND_DEMAND && handle->bound == NO_GENERATION)
        world_fail(world, "process %d waits for %s, of a group that was lost", (int)(process - world->process), use->name);
    if (!known)
        world_fail(world, "process %d waits for its %s of %s, but the pool does not know that", (int)(process - world->process), record_name(use->kind), use->name);
}

void check_waiting(struct world *world, struct process *process)
{
    if (!process->joined || !process->linked || process->cut_told || process->leaving || process->ended || letters_wait(world, process) ||
        mail_waits(world))
        return;
    for (int i = 0; i < HANDLES; i++) {
        const struct use *use = &process->use[i];
        if (!use->op || use->moving)
            continue;
        if (!is_held(world, process, use))
            check_known(world, process, use);
    }
}

void world_open(struct world *world, uint64_t seed, uint16_t shards, uint64_t inline_budget, bool verbose)
{
    struct pool_settings settings = pool_settings_default();
    *world = (struct world){ .verbose = verbose, .now = 1, .shards = shards, .set_names = 2, .strangers = 200, .nested = 100, .selected = 150 };
    world->random = random_seeded(&world->seed, seed);
    settings.lease = LEASE_MS * MS;
    settings.pool = (struct id){ 1, 2 };
    settings.inline_budget = inline_budget;
    settings.fact_bytes = 64 * KEPT_FACTS;
    settings.event_window = EVENT_WINDOW;
    settings.event_linger = seed % 2 ? LINGER_MS * MS : 0;
    settings.ack_timeout = ACK_TIMEOUT_MS * MS;
    settings.shards = shards;
    for (uint16_t shard = 0; shard < shards; shard++) {
        settings.shard = shard;
        if (pool_create(&world->pool[shard], &settings) != MSTRO_OK)
            abort();
        model_init(&world->model[shard], settings.inline_budget, shard, shards);
        list_init(&world->parked[shard]);
        for (uint16_t to = 0; to < shards; to++)
            list_init(&world->mail[shard][to]);
        for (int i = 0; i < PROCESSES; i++) {
            list_init(&world->process[i].up[shard]);
            list_init(&world->process[i].down[shard]);
        }
    }
    check_sets_spread(world);
}

void world_hold(struct world *world, bool held)
{
    world->held = held;
    for (uint16_t shard = 0; shard < world->shards; shard++)
        world->model[shard].holds = held;
}

void world_close(struct world *world)
{
    for (int i = 0; i < PROCESSES; i++)
        client_destroy(world->process[i].client);
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        for (int i = 0; i < PROCESSES; i++) {
            drop_letters(&world->process[i].up[shard]);
            drop_letters(&world->process[i].down[shard]);
        }
        for (uint16_t to = 0; to < world->shards; to++)
            drop_letters(&world->mail[shard][to]);
        parked_drop(world, shard);
        pool_destroy(world->pool[shard]);
        witness_release(&world->witness[shard]);
    }
    pool_outputs_release(&world->out);
    client_outputs_release(&world->said);
}

void check_all_told(struct world *world)
{
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        witness_end(&world->witness[shard]);
        if (world->witness[shard].wrong[0])
            world_fail(world, "shard %u: %s", shard, world->witness[shard].wrong);
    }
}

void check_nothing_is_left(struct world *world)
{
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        struct pool_count left = pool_count(world->pool[shard]);
        if (left.sessions || left.cdos || left.requires || left.tickets || left.waiting || left.generations || left.inline_bytes)
            world_fail(world, "everybody has left the pool, but something is left in shard %u", shard);
        witness_groups_end(&world->witness[shard], 0);
        if (world->witness[shard].wrong[0])
            world_fail(world, "shard %u: %s", shard, world->witness[shard].wrong);
    }
}
