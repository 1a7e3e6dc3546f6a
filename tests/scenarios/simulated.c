/* SPDX-License-Identifier: BSD-3-Clause */
/* simulated - the scenarios with simulated processes and a pool of 1, 2 and 7 shards (tests/sim/world.h)
 *
 *     simulated [--seed N] [--shards S] [--verbose] [FILE...]
 *
 * The seed decides in which order what is under way arrives.  A step that waits is played until nothing is under way; after any other
 * one the next begins at once, whatever else is still to arrive.  An object's bytes are a word that tells its offer and the seed of the
 * play; sizes are those of the play, 8 or more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maestro/subscription.h"
#include "tests/scenarios/play.h"
#include "tests/sim/world.h"

enum { SEEDS = 60, PATIENCE = 20000, SEED_BITS = 8, INLINE_BUDGET = 1 << 20, INLINE_MAX = 8192 };

struct stage {
    struct world world;
    const struct play *play;
    const struct play_step *step;
    uint64_t waits[PLAY_ROLES]; /* the operation that does, 0: none */
};

static void wrong(struct stage *stage, const char *what)
{
    world_fail(&stage->world, "%s:%d: %s, %s: %s", stage->play->path, stage->step->line, stage->play->role[stage->step->role],
               play_verb_word(stage->step->verb), what);
}

/* ---- time ---- */

static void clocks_tick(struct world *world)
{
    world->now += world_below(world, MS / 100);
    for (int i = 0; i < PLAY_ROLES; i++)
        if (world->process[i].client && client_next_deadline(world->process[i].client) <= world->now)
            step_client(world, &world->process[i], &(struct client_input){ .kind = CLIENT_TICK });
    for (uint16_t shard = 0; shard < world->shards; shard++)
        if (pool_next_deadline(world->pool[shard]) <= world->now)
            step_pool(world, shard, &(struct pool_input){ .kind = POOL_TICK });
}

static bool is_quiet(struct world *world)
{
    for (int i = 0; i < PLAY_ROLES; i++)
        if (world->process[i].client && (letters_wait(world, &world->process[i]) || some_move(world, &world->process[i])))
            return false;
    return !mail_waits(world);
}

/* One letter or one moment of a move, if the process or shard of this moment has any. */
static void something_arrives(struct world *world)
{
    uint16_t from = (uint16_t)world_below(world, world->shards), to = some_queue(world, world->mail[from]), shard;
    struct process *process = &world->process[world_below(world, PLAY_ROLES)];
    clocks_tick(world);
    if (to < world->shards && world_chance(world, 400)) {
        deliver_mail(world, from, to);
        return;
    }
    struct use *use = process->client ? some_move(world, process) : NULL;
    if (!process->client)
        return;
    if ((shard = some_queue(world, process->up)) < world->shards && world_chance(world, 500))
        deliver_up(world, process, shard);
    else if ((shard = some_queue(world, process->down)) < world->shards && world_chance(world, 500))
        deliver_down(world, process, shard);
    else if (use && world_chance(world, 500))
        move_goes_on(world, process, use);
}

static void come_to_rest(struct world *world)
{
    for (int i = 0; i < PATIENCE && !is_quiet(world) && !world->wrong[0]; i++)
        something_arrives(world);
}

/* ---- operations ---- */

/* Of one that is not: nothing may have been begun since. */
static mstro_status status_of(const struct process *process, uint64_t op)
{
    for (int i = 0; i < OPERATIONS; i++)
        if (process->pending[i].ended == op)
            return process->pending[i].status;
    return MSTRO_FAIL;
}

/* Until it has ended: as the step says. */
static void op_ends(struct stage *stage, struct process *process, uint64_t op)
{
    struct world *world = &stage->world;
    char text[100];
    while (is_pending(process, op) && !is_quiet(world) && !world->wrong[0])
        something_arrives(world);
    if (is_pending(process, op))
        wrong(stage, "does not end");
    else if (status_of(process, op) != stage->step->status) {
        snprintf(text, sizeof text, "expected %s, got %s", mstro_status_name(stage->step->status), mstro_status_name(status_of(process, op)));
        wrong(stage, text);
    }
}

static struct use *use_of_step(struct stage *stage, struct process *process)
{
    if (stage->step->object < 0)
        return NULL;
    struct use *use = &process->use[stage->step->object];
    if (use->number == 0) {
        int64_t room = use->room;
        *use = (struct use){ .number = ++process->handles, .role = stage->step->verb == PLAY_OFFER ? ROLE_OFFERS : ROLE_NEEDS, .room = room };
        snprintf(use->name, sizeof use->name, "%s", stage->play->object[stage->step->object]);
    }
    return use;
}

static struct record offer_of(struct stage *stage, struct process *process, struct use *use, struct record_place *place, uint8_t *bytes)
{
    const struct play_step *step = stage->step;
    struct record record = { .kind = KIND_OFFER };
    *place = (struct record_place){ .address = use->number };
    use->word = ++stage->world.contents << SEED_BITS | step->seed;
    use->content = use->word * 3;
    memcpy(bytes, &use->content, sizeof use->content);
    record.offer = (struct record_offer){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .word = use->word, .size = step->size };
    if (step->size > 0 && step->size <= client_membership(process->client).inline_limit)
        record.offer.inline_data = bytes_of(bytes, (size_t)step->size);
    if (step->size > 0) {
        record.offer.data_place.count = record.offer.word_place.count = 1;
        record.offer.data_place.at = record.offer.word_place.at = place;
    }
    return record;
}

static struct record record_of(struct stage *stage, struct process *process, struct use *use)
{
    uint64_t op = ++process->ops, handle = use ? use->number : 0;
    struct text name = use ? text_of(use->name) : (struct text){ 0 };
    switch (stage->step->verb) {
    case PLAY_REQUIRE: return (struct record){ .kind = KIND_REQUIRE, .require = { .op = op, .handle = handle, .name = name } };
    case PLAY_DEMAND: return (struct record){ .kind = KIND_DEMAND, .demand = { .op = op, .handle = handle, .name = name } };
    case PLAY_WITHDRAW: return (struct record){ .kind = KIND_WITHDRAW, .withdraw = { .op = op, .handle = handle } };
    case PLAY_RETRACT: return (struct record){ .kind = KIND_RETRACT, .retract = { .op = op, .handle = handle } };
    case PLAY_DISPOSE: return (struct record){ .kind = KIND_DISPOSE, .dispose = { .op = op, .handle = handle } };
    case PLAY_WATCH:
        process->watch[0] = (struct watch){ .number = 1, .op = op };
        return (struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .op = op, .subscription = 1, .kinds = MSTRO_POOL_EVENT_OFFER,
                                                                       .options = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK } };
    default: /* PLAY_LEAVE */
        process->leaving = true;
        process->leave_op = op;
        return (struct record){ .kind = KIND_LEAVE, .leave = { .op = op } };
    }
}

static void begin_op(struct stage *stage, struct process *process)
{
    static uint8_t bytes[INLINE_MAX];
    struct record_place place;
    struct use *use = use_of_step(stage, process);
    struct record record = stage->step->verb == PLAY_OFFER ? offer_of(stage, process, use, &place, bytes) : record_of(stage, process, use);
    uint64_t op = process->ops;
    if (stage->step->verb == PLAY_WATCH)
        world_hold(&stage->world, true);
    process_asks(&stage->world, process, use, &record, op);
    if (stage->step->waits) {
        stage->waits[stage->step->role] = op;
        come_to_rest(&stage->world);
    } else
        op_ends(stage, process, op);
}

static void check_still_waiting(struct stage *stage)
{
    for (int role = 0; role < stage->play->roles; role++)
        if (stage->waits[role] && !is_pending(&stage->world.process[role], stage->waits[role]))
            wrong(stage, "what waits has ended");
}

/* ---- steps ---- */

/* When it has left, nothing is left of it. */
static void part(struct stage *stage, struct process *process)
{
    for (int i = 0; i < PATIENCE && !process->ended && !stage->world.wrong[0]; i++)
        something_arrives(&stage->world);
    if (!process->ended)
        wrong(stage, "its session does not end");
    process_end(&stage->world, process, "the session has ended");
}

static void go_on(struct stage *stage, struct process *process)
{
    uint64_t op = stage->waits[stage->step->role];
    stage->waits[stage->step->role] = 0;
    if (stage->step->verb == PLAY_CANCEL) {
        struct record record = { .kind = KIND_CANCEL, .cancel = { .op = ++process->ops, .target = op } };
        uint64_t cancel = record.cancel.op;
        process_asks(&stage->world, process, NULL, &record, cancel);
    }
    op_ends(stage, process, op);
    if (stage->play->step[stage->step->begun].verb == PLAY_LEAVE)
        part(stage, process);
}

static void die(struct stage *stage, struct process *process)
{
    stage->waits[stage->step->role] = 0;
    stage->world.losses++;
    process_end(&stage->world, process, "killed by signal 9");
}

static void check_bytes(struct stage *stage, const struct use *use)
{
    const struct play_step *step = stage->step;
    uint64_t seed = use->read_content / 3 & ((1 << SEED_BITS) - 1);
    mstro_status status = use->got && use->ticket.size > 0 ? MSTRO_OK : MSTRO_NOENT;
    if (status != step->status)
        wrong(stage, mstro_status_name(status));
    else if (status == MSTRO_OK && (use->ticket.size != step->size || seed != step->seed || use->read_content % 3))
        wrong(stage, "other bytes, or as many");
}

static void hear_of(struct stage *stage, struct process *process)
{
    while (!process->event.fresh && !is_quiet(&stage->world) && !stage->world.wrong[0])
        something_arrives(&stage->world);
    if (!process->event.fresh || process->event.kind != MSTRO_POOL_EVENT_OFFER || strcmp(process->event.name, stage->play->object[stage->step->object]) != 0)
        wrong(stage, "another event, or none");
    process->event.fresh = false;
}

static void acknowledge(struct stage *stage, struct process *process)
{
    struct record record = { .kind = KIND_ACK_EVENT, .ack_event = { .subscription = 1, .serial = process->event.serial } };
    step_client(&stage->world, process, &(struct client_input){ .kind = CLIENT_START, .record = &record });
}

static void play_step(struct stage *stage)
{
    struct process *process = &stage->world.process[stage->step->role];
    if (stage->step->size > 0 && stage->step->size < (int64_t)sizeof(uint64_t))
        wrong(stage, "objects have 8 bytes or more here");
    switch (stage->step->verb) {
    case PLAY_GOES_ON:
    case PLAY_CANCEL: go_on(stage, process); break;
    case PLAY_DIE: die(stage, process); break;
    case PLAY_ROOM: use_of_step(stage, process)->room = stage->step->size; break;
    case PLAY_HOLDS: check_bytes(stage, &process->use[stage->step->object]); break;
    case PLAY_HEAR: hear_of(stage, process); break;
    case PLAY_ACK: acknowledge(stage, process); break;
    default: begin_op(stage, process); break;
    }
    if (stage->step->verb == PLAY_LEAVE && !stage->step->waits)
        part(stage, process);
}

/* ---- a run ---- */

static bool run(struct stage *stage, const struct play *play, uint64_t seed, uint16_t shards, bool verbose)
{
    struct world *world = &stage->world;
    world_open(world, seed, shards, INLINE_BUDGET, verbose);
    world->healing = true; /* nothing fails but what the play says */
    stage->play = play;
    stage->step = play->step;
    memset(stage->waits, 0, sizeof stage->waits);
    for (int i = 0; i < play->roles; i++)
        process_start(world, &world->process[i]);
    come_to_rest(world);
    for (int i = 0; i < play->steps && !world->wrong[0]; i++) {
        stage->step = &play->step[i];
        if (stage->step->verb != PLAY_GOES_ON) /* what the last step let end may have */
            check_still_waiting(stage);
        play_step(stage);
        if (stage->step->waits)
            check_still_waiting(stage);
    }
    come_to_rest(world);
    bool good = !world->wrong[0];
    if (!good)
        printf("# %s\n# again: tests/scenarios/simulated --verbose --seed %" PRIu64 " --shards %u %s\n", world->wrong, seed, shards, play->path);
    world_close(world);
    return good;
}

struct wish { uint64_t seed; uint16_t shards; bool verbose; };

static bool run_file(const char *path, const struct wish *wish, int number)
{
    static const uint16_t shards[] = { 1, 2, SHARDS_MAX };
    static struct stage stage;
    struct play play;
    const char *fault = play_read(&play, path);
    bool good = !fault;
    if (fault)
        printf("# %s\n", fault);
    for (uint64_t seed = 1; seed <= SEEDS && good; seed++)
        for (size_t i = 0; i < sizeof shards / sizeof shards[0] && good; i++)
            if ((!wish->seed || wish->seed == seed) && (!wish->shards || wish->shards == shards[i]))
                good = run(&stage, &play, seed, shards[i], wish->verbose);
    printf("%sok %d - %s\n", good ? "" : "not ", number, play.sentence);
    return good;
}

int main(int argc, char **argv)
{
    struct wish wish = { 0 };
    glob_t files;
    bool good = true;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (at + 1 < argc && strcmp(argv[at], "--seed") == 0)
            wish.seed = strtoull(argv[++at], NULL, 0);
        else if (at + 1 < argc && strcmp(argv[at], "--shards") == 0)
            wish.shards = (uint16_t)atoi(argv[++at]);
        else
            wish.verbose = true;
    }
    if (!play_files(argc - at, argv + at, &files)) {
        printf("Bail out! there are no scenarios\n");
        return 1;
    }
    printf("1..%zu\n", files.gl_pathc);
    for (size_t i = 0; i < files.gl_pathc; i++)
        good = run_file(files.gl_pathv[i], &wish, (int)i + 1) && good;
    globfree(&files);
    return !good;
}
