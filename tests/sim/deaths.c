/* SPDX-License-Identifier: BSD-3-Clause */
/* deaths - a producer of a group that dies at every step
 *
 * One process offers a group and takes it back, another reads it; the members are in different slots.  The same run is made again and again,
 * from the same seed, and the producer is killed after its first step, after its second, and so on; who notices that, and when, is left to
 * the seed.  When nothing is under way any more the reader has all of the group, or has been told that it was lost, or waits for the group:
 * never for a member.  Then somebody else offers the group, and it is read.
 * MAESTRO_LONG in the environment: with more seeds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/world.h"

enum { PRODUCER, READER, NEXT, PATIENCE = 20000, STEPS_MAX = 2000 };

static bool is_quiet(const struct world *world)
{
    for (int i = 0; i < PROCESSES; i++)
        if (world->process[i].client && letters_wait(world, &world->process[i]))
            return false;
    return !mail_waits(world);
}

/* One letter, one moment of a move, or one step of a program. */
static void one_step(struct world *world)
{
    world->now += MS / 8;
    uint16_t from = (uint16_t)world_below(world, world->shards), to = some_queue(world, world->mail[from]), shard;
    struct process *process = &world->process[world_below(world, NEXT + 1)];
    if (to < world->shards && world_chance(world, 400)) {
        deliver_mail(world, from, to);
        return;
    }
    for (uint16_t s = 0; s < world->shards; s++)
        if (pool_next_deadline(world->pool[s]) <= world->now)
            step_pool(world, s, &(struct pool_input){ .kind = POOL_TICK });
    if (!process->client)
        return;
    if (client_next_deadline(process->client) <= world->now)
        step_client(world, process, &(struct client_input){ .kind = CLIENT_TICK });
    check_waiting(world, process);
    struct use *use = some_move(world, process);
    if ((shard = some_queue(world, process->up)) < world->shards && world_chance(world, 600))
        deliver_up(world, process, shard);
    else if ((shard = some_queue(world, process->down)) < world->shards && world_chance(world, 600))
        deliver_down(world, process, shard);
    else if (use && world_chance(world, 500))
        move_goes_on(world, process, use);
    else if (process->joined && process == &world->process[READER])
        sets_need(world, process);
    else if (process->joined)
        sets_lend(world, process);
}

/* True: the group was read 'times' times. */
static bool read_again(struct world *world, uint64_t times)
{
    for (int i = 0; i < PATIENCE && world->sets_read < times && !world->wrong[0]; i++)
        one_step(world);
    return world->sets_read >= times;
}

static void come_to_rest(struct world *world)
{
    for (int i = 0; i < PATIENCE && !is_quiet(world) && !world->wrong[0]; i++)
        one_step(world);
}

static bool is_read_and_back(const struct world *world)
{
    return world->sets_read > 0 && world->process[PRODUCER].lends == LENDS_RETURNS;
}

/* How many steps it takes without a death; with one, after 'steps' of them. */
static uint64_t play(struct world *world, uint64_t seed, uint16_t shards, uint64_t steps)
{
    uint64_t made = 0;
    world_open(world, seed, shards, SCARCE_INLINE, false);
    world->set_names = 1;
    world->strangers = false;
    process_start(world, &world->process[PRODUCER]);
    process_start(world, &world->process[READER]);
    for (; made < steps && !is_read_and_back(world) && !world->wrong[0]; made++)
        one_step(world);
    if (steps == STEPS_MAX)
        return made;
    world->losses++;
    process_end(world, &world->process[PRODUCER], "killed by signal 9");
    come_to_rest(world);
    process_start(world, &world->process[NEXT]);
    if (!read_again(world, world->sets_read + 1))
        world_fail(world, "somebody else offers the group, and it is not read");
    return made;
}

static bool all_deaths(int number, uint64_t seed, uint16_t shards)
{
    static struct world world;
    uint64_t length = play(&world, seed, shards, STEPS_MAX), steps;
    bool good = !world.wrong[0] && is_read_and_back(&world);
    if (!good)
        printf("# without a death: %s\n", world.wrong[0] ? world.wrong : "the group is not read");
    world_close(&world);
    for (steps = 0; good && steps < length; steps++) {
        play(&world, seed, shards, steps);
        good = !world.wrong[0];
        if (!good)
            printf("# killed after %" PRIu64 " steps: %s\n", steps, world.wrong);
        world_close(&world);
    }
    printf("%sok %d - seed %" PRIu64 ", %u shard%s: whenever the producer of a group dies, the group is there or is not\n", good ? "" : "not ", number,
           seed, shards, shards > 1 ? "s" : "");
    if (good)
        printf("# %" PRIu64 " deaths\n", length);
    return good;
}

int main(void)
{
    static const uint16_t shards[] = { 1, 2, 7 };
    enum { COUNT = sizeof shards / sizeof shards[0] };
    bool good = true;
    int total = (getenv("MAESTRO_LONG") ? 20 : 2) * COUNT;
    printf("1..%d\n", total);
    for (int i = 0; i < total; i++)
        good = all_deaths(i + 1, (uint64_t)(i / COUNT + 1), shards[i % COUNT]) && good;
    return !good;
}
