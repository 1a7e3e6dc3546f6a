/* SPDX-License-Identifier: BSD-3-Clause */
/* deaths - whoever has to do with a group dies, at every step
 *
 * One process offers a group and takes it back, another reads it; the members are in different slots.  The group may list what is somebody
 * else's: single objects, some found by a query, and another group; a fourth process offers those.  A fifth is told of all that.  The same
 * run is made again and again, from the same seed, and one of them (the producer, the reader, the one whose objects are listed) is killed
 * after its first step, after its second, and so on; who notices that, and when, is left to the seed.  When nothing is under way any more the
 * reader has all of the group, or has been told that it was lost, or waits for the group: never for a member.  Who held a group that was
 * seen has lost it, once.  Then somebody does what the dead did, and the group is read.
 *     deaths [--seed N] [--shards S]; without arguments some seeds with 1, 2 and 7 shards.
 * MAESTRO_LONG in the environment: with more seeds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

enum { PRODUCER, READER, NEXT, OTHER, WATCHER, VICTIMS = 3, PATIENCE = 40000, NEWS = 400, STEPS_MAX = 4000, LISTED = 2, ALWAYS = 1000 };

static const int victims[VICTIMS] = { PRODUCER, READER, OTHER };
static const char *const victim_name[VICTIMS] = { "the producer of a group", "the reader of a group", "the holder of what a group lists" };

/* Held: operations wait for the one who is told. */
struct terms { uint64_t seed; uint16_t shards; bool held; };

static bool is_quiet(const struct world *world)
{
    for (int i = 0; i < PROCESSES; i++)
        if (world->process[i].client && letters_wait(world, &world->process[i]))
            return false;
    return !mail_waits(world);
}

/* It wants it back: that waits for the group that lists it, and for who has required that. */
static void take_back(struct world *world, struct process *process, struct use *use)
{
    struct record record = { .kind = KIND_WITHDRAW, .withdraw = { .op = ++process->ops, .handle = use->number } };
    process_asks(world, process, use, &record, record.withdraw.op);
}

/* What groups list: each is offered and, where nothing else holds anybody up, now and then taken back and offered again. */
static void offer_listed(struct world *world, struct process *process)
{
    struct record record = { .kind = KIND_OFFER };
    unsigned char room[ATTRIBUTE_ROOM];
    for (int i = 0; i < LISTED; i++) {
        struct use *use = &process->use[i];
        struct record_place place = { .address = use->number ? use->number : process->handles + 1 };
        if (use->op)
            continue;
        if (use->offered && !world->held && world_chance(world, 30)) {
            take_back(world, process, use);
            return;
        }
        if (use->offered)
            continue;
        *use = (struct use){ .number = use->number ? use->number : ++process->handles, .role = ROLE_OFFERS, .word = ++world->contents };
        use->content = use->word * 3;
        snprintf(use->name, sizeof use->name, "n%d", i);
        record.offer = (struct record_offer){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .word = use->word, .size = 8,
                                              .data_place = { 1, &place }, .word_place = { 1, &place }, .attributes = step_attribute(SELECTED_STEP, room) };
        process_asks(world, process, use, &record, record.offer.op);
        return;
    }
    sets_lend(world, process);
}

/* Where it is his death that counts, what he has is there before a group lists it. */
static bool waits_for_listed(const struct world *world, const struct process *process)
{
    return world->strangers == ALWAYS && process->lends == LENDS_NOTHING && !world->process[OTHER].use[0].offered;
}

static void program_acts(struct world *world, struct process *process)
{
    if (!process->joined || process->ended)
        return;
    if (process == &world->process[READER])
        sets_need(world, process);
    else if (process == &world->process[OTHER])
        offer_listed(world, process);
    else if (process == &world->process[WATCHER])
        watcher_acts(world, process);
    else if (!waits_for_listed(world, process))
        sets_lend(world, process);
}

/* One letter, one moment of a move, or one step of a program. */
static void one_step(struct world *world)
{
    world->now += MS / 8;
    uint16_t from = (uint16_t)world_below(world, world->shards), to = some_queue(world, world->mail[from]), shard;
    struct process *process = &world->process[world_below(world, PROCESSES)];
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
    else
        program_acts(world, process);
}

/* True: the group was read 'times' times. */
static bool read_again(struct world *world, uint64_t times)
{
    for (int i = 0; i < PATIENCE && world->sets_read < times && !world->wrong[0]; i++)
        one_step(world);
    return world->sets_read >= times;
}

static void news_spread(struct world *world)
{
    for (int i = 0; i < NEWS && !is_quiet(world) && !world->wrong[0]; i++)
        one_step(world);
}

static bool is_read_and_back(const struct world *world)
{
    return world->sets_read > 0 && world->process[PRODUCER].lends == LENDS_RETURNS;
}

static void open_play(struct world *world, const struct terms *terms, int victim)
{
    world_open(world, terms->seed, terms->shards, SCARCE_INLINE, false);
    world_hold(world, terms->held);
    world->set_names = 1;
    world->strangers = world->nested = world->selected = victim == OTHER ? 800 : terms->seed % 2 ? 0 : 600;
    world->process[PRODUCER].lends_set = world->process[NEXT].lends_set = 1;
    world->process[OTHER].lends_set = 2;
    if (victim == OTHER)
        world->strangers = ALWAYS; /* nothing is shown where a group lists nothing of his */
    for (int i = 0; i < PROCESSES; i++)
        if (i != NEXT)
            process_start(world, &world->process[i]);
}

static void one_dies(struct world *world, int victim)
{
    uint64_t app = world->process[victim].app;
    world->listed_lost = victim == OTHER && sets_list_of(&world->process[PRODUCER], &world->process[OTHER]);
    world->losses++;
    process_end(world, &world->process[victim], "killed by signal 9");
    news_spread(world);
    while (mail_waits(world) && !world->wrong[0])
        one_step(world);
    for (uint16_t shard = 0; app && shard < world->shards; shard++) {
        witness_groups_end(&world->witness[shard], app);
        if (world->witness[shard].wrong[0])
            world_fail(world, "shard %u: %s", shard, world->witness[shard].wrong);
    }
    process_start(world, &world->process[victim == PRODUCER ? NEXT : victim]);
}

/* How many steps it takes without a death; with one, after 'steps' of them. */
static uint64_t play(struct world *world, const struct terms *terms, int victim, uint64_t steps)
{
    uint64_t made = 0;
    open_play(world, terms, victim);
    for (; made < steps && !is_read_and_back(world) && !world->wrong[0]; made++)
        one_step(world);
    if (steps == STEPS_MAX)
        return made;
    one_dies(world, victim);
    if (!read_again(world, world->sets_read + 1))
        world_fail(world, "somebody else does it, and the group is not read");
    return made;
}

static bool all_deaths(int number, const struct terms *terms, int victim)
{
    static struct world world;
    uint64_t length = play(&world, terms, victims[victim], STEPS_MAX), steps, listed = 0, told = 0, acks = 0;
    bool good = !world.wrong[0] && is_read_and_back(&world);
    if (!good)
        printf("# without a death: %s\n", world.wrong[0] ? world.wrong : "the group is not read");
    world_close(&world);
    for (steps = 0; good && steps < length; steps++) {
        play(&world, terms, victims[victim], steps);
        listed += world.listed_lost;
        for (uint16_t shard = 0; shard < terms->shards; shard++) {
            told += world.witness[shard].met.events;
            acks += world.witness[shard].met.acks;
        }
        good = !world.wrong[0];
        if (!good)
            printf("# killed after %" PRIu64 " steps: %s\n", steps, world.wrong);
        world_close(&world);
    }
    if (good && victims[victim] == OTHER && listed == 0) {
        printf("# of those who died nobody had what an offered group lists\n");
        good = false;
    }
    if (good && terms->held && acks < length / 10) {
        printf("# only %" PRIu64 " acks were waited for in %" PRIu64 " runs\n", acks, length);
        good = false;
    }
    if (good && told < length) {
        printf("# only %" PRIu64 " events were told in %" PRIu64 " runs\n", told, length);
        good = false;
    }
    printf("%sok %d - seed %" PRIu64 ", %u shard%s%s: whenever %s dies, the group is there or is not\n", good ? "" : "not ", number,
           terms->seed, terms->shards, terms->shards > 1 ? "s" : "", terms->held ? ", held" : "", victim_name[victim]);
    if (good)
        printf("# %" PRIu64 " deaths, %" PRIu64 " of them of who had what an offered group lists, %" PRIu64 " events, %" PRIu64 " acks that were waited for\n", length, listed, told, acks);
    else
        printf("# again: tests/sim/deaths --seed %" PRIu64 " --shards %u\n", terms->seed, terms->shards);
    return good;
}

int main(int argc, char **argv)
{
    static const uint16_t all_shards[] = { 1, 2, 7 };
    uint64_t seed = 0, seeds = getenv("MAESTRO_LONG") ? 20 : 2;
    uint16_t shards = 0;
    bool good = true;
    int number = 0;
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 0);
        if (strcmp(argv[i], "--shards") == 0 && atoi(argv[i + 1]) <= SHARDS_MAX)
            shards = (uint16_t)atoi(argv[i + 1]);
    }
    for (uint64_t s = seed ? seed : 1; s <= (seed ? seed : seeds); s++)
        for (size_t i = 0; i < sizeof all_shards / sizeof all_shards[0]; i++)
            for (int victim = 0; victim < VICTIMS; victim++)
                for (int held = 0; held < 2; held++)
                    if ((!shards || shards == all_shards[i]) && (!held || seed || seeds > 2 || (s + (uint64_t)victim) % 2)) /* half of them: they are long */
                        good = all_deaths(++number, &(struct terms){ s, all_shards[i], held }, victim) && good;
    printf("1..%d\n", number);
    return !good;
}
