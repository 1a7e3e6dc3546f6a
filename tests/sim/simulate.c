/* SPDX-License-Identifier: BSD-3-Clause */
/* simulate - whole workflows in one process, driven by a seed
 *
 * Real clients (client_step), the real pool (pool_step, an engine a shard), records that pass the real codec, and a network, a clock and memories
 * that are not real: connections are cut, one-way and whole partitions come and go, processes are killed, started again and
 * paused, the pool is paused.  They offer, require, group and subscribe on all terms, all at once.  After every step the pool is compared
 * with the rules (model.h) and its invariants and the clients' are checked; a witness of each shard (witness.h) says whether subscribers are
 * told what they must be; no DEMAND that ends well may hold bytes that are not of the generation it was served with.  At the end everything is
 * healed and must end.
 *     simulate [--seed N] [--steps M] [--shards S] [--held] [--verbose]     one run; without arguments the fixed seeds of tests/seeds
 * Free: subscribers ask for nothing that holds an operation, and the rules say what must come out.  Held: some want acks, or that operations
 * wait for room in their queues; of that the rules know nothing.
 * MAESTRO_LONG in the environment: new seeds too, for a quarter of an hour or MAESTRO_SEED_SECONDS. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/random.h"
#include "lib/client/client.h"
#include "lib/wire/codec.h"
#include "maestro/subscription.h"
#include "tests/sim/world.h"

/* ---- programs ---- */

static void start_offer(struct world *world, struct process *process, struct use *use)
{
    struct record record = { .kind = KIND_OFFER };
    struct record_place place = { .address = use->number };
    unsigned char room[ATTRIBUTE_ROOM];
    uint64_t sort = world_below(world, 4);
    use->word = 1 + world_below(world, UINT32_MAX);
    use->content = use->word * 3;
    record.offer = (struct record_offer){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .word = use->word,
                                          .flags = world_chance(world, 200) ? OFFER_ON_LOSS_WAIT : 0, .size = sort == 0 ? -1 : 8,
                                          .attributes = step_attribute((int)(use->number % 3), room) };
    if (sort == 1)
        record.offer.inline_data = bytes_of(&use->content, sizeof use->content);
    if (sort > 0) {
        record.offer.data_place.count = record.offer.word_place.count = 1;
        record.offer.data_place.at = record.offer.word_place.at = &place;
    }
    process_asks(world, process, use, &record, record.offer.op);
}

static void start_need(struct world *world, struct process *process, struct use *use, enum record_kind kind)
{
    struct record record = { .kind = kind };
    uint64_t op = ++process->ops;
    uint32_t flags = world_chance(world, 200) ? REQUIRE_ON_LOSS_WAIT : 0;
    if (kind == KIND_REQUIRE)
        record.require = (struct record_require){ .op = op, .handle = use->number, .name = text_of(use->name), .flags = flags };
    else
        record.demand = (struct record_demand){ .op = op, .handle = use->number, .name = text_of(use->name), .flags = flags };
    process_asks(world, process, use, &record, op);
}

static void start_end(struct world *world, struct process *process, struct use *use, enum record_kind kind)
{
    struct record record = { .kind = kind };
    uint64_t op = ++process->ops;
    if (kind == KIND_WITHDRAW)
        record.withdraw = (struct record_withdraw){ .op = op, .handle = use->number };
    else if (kind == KIND_RETRACT)
        record.retract = (struct record_retract){ .op = op, .handle = use->number };
    else
        record.dispose = (struct record_dispose){ .op = op, .handle = use->number };
    process_asks(world, process, use, &record, op);
}

static void start_cancel(struct world *world, struct process *process, uint64_t target)
{
    struct record record = { .kind = KIND_CANCEL, .cancel = { .op = ++process->ops, .target = target } };
    process_asks(world, process, NULL, &record, record.cancel.op);
}

/* Now and then, mostly when nothing comes of waiting: the pool stands still. */
static bool loses_patience(struct world *world)
{
    return world_chance(world, world->healing || world->now < world->pool_paused ? 200 : world->held ? 4 : 15);
}

static void start_leave(struct world *world, struct process *process, bool now)
{
    struct record record = { .kind = KIND_LEAVE, .leave = { .op = ++process->ops, .force = now } };
    process->leaving = true;
    if (now)
        world->losses++;
    else
        process->leave_op = record.leave.op;
    process_asks(world, process, NULL, &record, record.leave.op);
}

static void use_begins(struct world *world, struct process *process, struct use *use)
{
    *use = (struct use){ .number = ++process->handles, .role = world_chance(world, 500) ? ROLE_OFFERS : ROLE_NEEDS };
    snprintf(use->name, sizeof use->name, "n%d", (int)world_below(world, world->shards > 1 || world->held ? 2 * NAMES : NAMES));
    if (use->role == ROLE_NEEDS && world_chance(world, 150)) /* one of a group, by itself */
        sets_name_member(world, use->name);
    if (use->role == ROLE_OFFERS)
        start_offer(world, process, use);
    else
        start_need(world, process, use, world_chance(world, 500) ? KIND_REQUIRE : KIND_DEMAND);
}

static void use_goes_on(struct world *world, struct process *process, struct use *use)
{
    if (use->op) {
        if (loses_patience(world)) {
            world->losses += use->kind == KIND_OFFER; /* it is taken back from those who need it already */
            start_cancel(world, process, use->op);
        }
    } else if (use->role == ROLE_OFFERS) {
        if (use->offered)
            start_end(world, process, use, KIND_WITHDRAW);
        else if (!world->healing && world_chance(world, 500))
            start_offer(world, process, use);
        else
            start_end(world, process, use, KIND_DISPOSE);
    } else if (use->needed && world_chance(world, world->healing ? 300 : 600))
        start_need(world, process, use, KIND_DEMAND);
    else if (use->needed && world_chance(world, 500))
        start_end(world, process, use, KIND_RETRACT);
    else if (!world->healing && !use->needed && world_chance(world, 400))
        start_need(world, process, use, world_chance(world, 500) ? KIND_REQUIRE : KIND_DEMAND);
    else
        start_end(world, process, use, KIND_DISPOSE);
}

static void program_acts(struct world *world, struct process *process)
{
    struct use *use = &process->use[world_below(world, SINGLES)];
    bool busy = false;
    if (!process->joined || process->leaving || process->ended)
        return;
    if (world_chance(world, world->healing ? 500 : 250) && watcher_acts(world, process))
        return;
    for (int i = 0; i < HANDLES; i++)
        busy = busy || process->use[i].number;
    if (world->healing ? world->parting && !busy : world_chance(world, 4))
        start_leave(world, process, !world->healing && world_chance(world, 300));
    else if (world_chance(world, 300))
        sets_lend(world, process);
    else if (world_chance(world, 400))
        sets_need(world, process);
    else if (use->number)
        use_goes_on(world, process, use);
    else if (!world->healing)
        use_begins(world, process, use);
}

/* ---- faults ---- */

/* Mostly a moment, sometimes longer than a lease. */
static uint64_t until(struct world *world) { return world->now + (1 + world_below(world, world_chance(world, 700) ? 150 : 4000)) * MS; }

static void something_fails(struct world *world, struct process *process)
{
    switch (world_below(world, 6)) {
    case 0:
        world->losses++;
        world->kills++;
        process_end(world, process, "killed by signal 9");
        break;
    case 1:
        world->losses++;
        process->linked = false; /* who notices first is left to chance */
        for (uint16_t shard = 0; shard < world->shards; shard++)
            drop_letters(&process->up[shard]);
        break;
    case 2:
        process->paused = until(world);
        break;
    case 3:
        process->up_blocked = until(world);
        break;
    case 4:
        process->down_blocked = until(world);
        if (world_chance(world, 500))
            process->up_blocked = process->down_blocked;
        break;
    default:
        world->pool_paused = until(world);
        break;
    }
}

/* ---- time ---- */

static void process_moves_on(struct world *world, struct process *process)
{
    if (!process->client) {
        if (!world->healing && world_chance(world, 100))
            process_start(world, process);
        return;
    }
    bool pool_awake = world->now >= world->pool_paused;
    check_waiting(world, process);
    if (!process->linked && !process->cut_told && pool_awake && world_chance(world, 200)) {
        tell_pool_of_cut(world, process, "connection closed");
        return;
    }
    if (process->paused > world->now)
        return;
    if (!process->linked && !process->ended && world_chance(world, 200)) {
        step_client(world, process, &(struct client_input){ .kind = CLIENT_LINK_LOST, .status = MSTRO_POOL_LOST, .reason = text_of("connection closed") });
        return;
    }
    bool moving = false;
    for (int i = 0; i < HANDLES; i++)
        moving = moving || process->use[i].moving;
    if (process->ended && !moving) {
        for (int i = 0; i < OPERATIONS; i++)
            if (process->pending[i].op)
                world_fail(world, "process %d: the session has ended, but not its %s", (int)(process - world->process), record_name(process->pending[i].kind));
        if (client_count(process->client).operations || client_count(process->client).moves)
            world_fail(world, "process %d: something is left in a client that has ended", (int)(process - world->process));
        process_end(world, process, "the session has ended");
        return;
    }
    struct use *use = some_move(world, process);
    uint16_t shard;
    switch (world_below(world, 4)) {
    case 0:
        shard = some_queue(world, process->up);
        if (shard < world->shards && process->linked && !process->cut_told && pool_awake && process->up_blocked <= world->now)
            deliver_up(world, process, shard);
        break;
    case 1:
        shard = some_queue(world, process->down);
        if (shard < world->shards && process->linked && process->down_blocked <= world->now && !process->ended)
            deliver_down(world, process, shard);
        break;
    case 2:
        if (!use || !world_chance(world, use->slow ? 60 : 600))
            break;
        move_goes_on(world, process, use);
        break;
    default:
        program_acts(world, process);
        break;
    }
}

static void clocks_tick(struct world *world)
{
    for (int i = 0; i < PROCESSES; i++) {
        struct process *process = &world->process[i];
        if (process->client && process->paused <= world->now && client_next_deadline(process->client) <= world->now)
            step_client(world, process, &(struct client_input){ .kind = CLIENT_TICK });
    }
    for (uint16_t shard = 0; shard < world->shards; shard++)
        if (world->now >= world->pool_paused && pool_next_deadline(world->pool[shard]) <= world->now)
            step_pool(world, shard, &(struct pool_input){ .kind = POOL_TICK });
}

/* Between shards nothing is lost, but all of it may take its time. */
static void mail_moves_on(struct world *world)
{
    if (world->shards == 1 || world->now < world->pool_paused || world_chance(world, 800))
        return;
    uint16_t from = (uint16_t)world_below(world, world->shards), to = some_queue(world, world->mail[from]);
    if (to < world->shards)
        deliver_mail(world, from, to);
}

static void one_step(struct world *world)
{
    world->now += world_below(world, MS / 2);
    clocks_tick(world);
    mail_moves_on(world);
    struct process *process = &world->process[world_below(world, PROCESSES)];
    if (!world->healing && process->client && world_below(world, 10000) < 4)
        something_fails(world, process);
    else
        process_moves_on(world, process);
    world->steps++;
}

/* ---- a run ---- */

struct plan { uint64_t seed, steps; uint16_t shards; bool held; };

static void heal(struct world *world)
{
    world->healing = true;
    world->pool_paused = 0;
    for (int i = 0; i < PROCESSES; i++)
        world->process[i].paused = world->process[i].up_blocked = world->process[i].down_blocked = 0;
}

/* Nothing is under way, and nobody has anything left to do but to leave. */
static bool is_quiet(const struct world *world)
{
    for (uint16_t shard = 0; shard < world->shards; shard++)
        if (pool_next_deadline(world->pool[shard]) <= world->now + LINGER_MS * MS)
            return false;
    for (int i = 0; i < PROCESSES; i++) {
        const struct process *process = &world->process[i];
        if (!process->client)
            continue;
        if (!process->linked || process->leaving || process->ended || letters_wait(world, process) || !watches_rest(process))
            return false;
        for (int h = 0; h < HANDLES; h++)
            if (process->use[h].number)
                return false;
    }
    return !mail_waits(world);
}

static bool all_ended(const struct world *world)
{
    for (int i = 0; i < PROCESSES; i++)
        if (world->process[i].client)
            return false;
    return true;
}

static void say_what_waits(struct world *world)
{
    for (int i = 0; i < PROCESSES; i++)
        for (int o = 0; world->process[i].client && o < OPERATIONS; o++)
            if (world->process[i].pending[o].op)
                world_fail(world, "healed, but the %s of process %d does not end", record_name(world->process[i].pending[o].kind), i);
    world_fail(world, "healed, but a process does not end");
}

/* What a run must have met, or it has shown nothing. */
enum thing { EVENTS, GAPS, ENDS, NAMED, ACKS, LATE, GROUPS, REFUSED, GROUPS_LOST, KILLS, EVICTIONS, THINGS };
static const char *const thing_name[THINGS] = { "events", "gaps", "ends", "names", "acks in time", "acks late", "groups read", "groups refused", "groups lost", "kills", "evictions" };

struct count { uint64_t of[THINGS]; };

static struct count count_things(const struct world *world)
{
    struct count count = { .of = { [GROUPS] = world->sets_read, [REFUSED] = world->refused_sets, [KILLS] = world->kills, [EVICTIONS] = world->evictions } };
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        const struct met *met = &world->witness[shard].met;
        const uint64_t more[THINGS] = { [EVENTS] = met->events, [GAPS] = met->gaps, [ENDS] = met->ends, [NAMED] = met->names, [ACKS] = met->acks, [LATE] = met->late,
                                        [GROUPS_LOST] = met->lost_groups };
        for (int i = 0; i < THINGS; i++)
            count.of[i] += more[i];
    }
    return count;
}

static void say_count(const struct count *count)
{
    for (int i = 0; i < THINGS; i++)
        printf("%s%" PRIu64 " %s", i ? ", " : "# ", count->of[i], thing_name[i]);
    printf("\n");
}

/* In each run of that many steps, and in all the fixed ones together: what is rare may be in none of the first. */
enum { STEPS_THAT_COUNT = 150000 };
static const struct count least_free = { { [EVENTS] = 2000, [GAPS] = 50, [ENDS] = 1, [NAMED] = 15, [GROUPS] = 10, [REFUSED] = 3 } };
static const struct count least_held = { { [EVENTS] = 2000, [GAPS] = 50, [ENDS] = 5, [NAMED] = 15, [ACKS] = 10, [LATE] = 50, [GROUPS] = 10, [REFUSED] = 3 } };
static const struct count least_of_all = { { [GROUPS_LOST] = 100, [KILLS] = 200, [EVICTIONS] = 20 } };

/* The first thing that there was not enough of; THINGS: there was enough. */
static enum thing missing_thing(const struct count *count, const struct count *least)
{
    int i = 0;
    while (i < THINGS && count->of[i] >= least->of[i])
        i++;
    return (enum thing)i;
}

static void check_met(struct world *world, const struct plan *plan, const struct count *count)
{
    const struct count *least = plan->held ? &least_held : &least_free;
    enum thing thing = missing_thing(count, least);
    if (plan->steps >= STEPS_THAT_COUNT && thing < THINGS)
        world_fail(world, "%" PRIu64 " %s are too few to show anything: at least %" PRIu64, count->of[thing], thing_name[thing], least->of[thing]);
}

static bool run(int number, const struct plan *plan, bool verbose, struct count *all)
{
    static struct world world;
    uint64_t seed = plan->seed, steps = plan->steps;
    uint16_t shards = plan->shards;
    world_open(&world, seed, shards, SCARCE_INLINE, verbose);
    world_hold(&world, plan->held);
    while (world.steps < steps && !world.wrong[0])
        one_step(&world);
    heal(&world);
    for (uint64_t i = 0; i < 400000 && !is_quiet(&world) && !world.wrong[0]; i++)
        one_step(&world);
    if (!is_quiet(&world))
        say_what_waits(&world);
    check_all_told(&world);
    world.parting = true;
    for (uint64_t i = 0; i < 400000 && (!all_ended(&world) || mail_waits(&world)) && !world.wrong[0]; i++)
        one_step(&world);
    if (!all_ended(&world))
        say_what_waits(&world);
    check_nothing_is_left(&world);
    struct count count = count_things(&world);
    check_met(&world, plan, &count);
    for (int i = 0; i < THINGS; i++)
        all->of[i] += count.of[i];
    bool good = !world.wrong[0];
    printf("%sok %d - seed %" PRIu64 ", %u shard%s%s: whatever fails, %s and everything ends\n", good ? "" : "not ", number, seed, shards,
           shards > 1 ? "s" : "", plan->held ? ", held" : "", plan->held ? "subscribers are told, operations wait for them" : "the rules hold");
    if (good)
        printf("# %" PRIu64 " steps, %" PRIu64 " sessions, %" PRIu64 " records, %.1f s\n", world.steps, world.sessions, world.letters, (double)world.now / 1e9);
    if (good)
        say_count(&count);
    else
        printf("# %s\n# again: tests/sim/simulate --seed %" PRIu64 " --steps %" PRIu64 " --shards %u%s\n", world.wrong, seed, steps, shards,
               plan->held ? " --held" : "");
    world_close(&world);
    return good;
}

/* The fixed seeds, a line each: seed, steps, shards, and "free" or "held". */
static bool run_fixed(int *number)
{
    char path[4096];
    char terms[8];
    struct plan plan;
    struct count all = { 0 };
    bool good = true;
    snprintf(path, sizeof path, "%.2000s/tests/seeds/simulate", getenv("srcdir") ? getenv("srcdir") : ".");
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("not ok %d - the fixed seeds are in %s\n", ++*number, path);
        return false;
    }
    while (fscanf(file, "%" SCNu64 " %" SCNu64 " %" SCNu16 " %7s %*[^\n]", &plan.seed, &plan.steps, &plan.shards, terms) == 4) {
        plan.held = strcmp(terms, "held") == 0;
        good = run(++*number, &plan, false, &all) && good;
    }
    fclose(file);
    bool enough = missing_thing(&all, &least_of_all) == THINGS;
    printf("%sok %d - what is rare happens in some of them\n", enough ? "" : "not ", ++*number);
    say_count(&all);
    good = good && enough;
    return good;
}

/* Seeds that nobody has seen. */
static bool run_new(int *number, uint64_t steps)
{
    const char *asked = getenv("MAESTRO_SEED_SECONDS");
    bool good = true;
    struct count all = { 0 };
    uint64_t end = clock_now() + (asked ? strtoull(asked, NULL, 10) : 900) * NANOSECONDS_PER_SECOND;
    while (good && clock_now() < end) {
        *number += 1;
        struct plan plan = { random_word(random_kernel), steps, (uint16_t)(1 + *number % SHARDS_MAX), *number % 2 };
        good = run(*number, &plan, false, &all);
    }
    return good;
}

static bool run_all(uint64_t steps)
{
    int number = 0;
    bool good = run_fixed(&number);
    if (good && getenv("MAESTRO_LONG"))
        good = run_new(&number, steps);
    printf("1..%d\n", number);
    return good;
}

int main(int argc, char **argv)
{
    struct plan plan = { .steps = 150000, .shards = 1 };
    bool verbose = false, given = false;
    struct count all = { 0 };
    for (int i = 1; i < argc; i++) {
        verbose = verbose || strcmp(argv[i], "--verbose") == 0;
        plan.held = plan.held || strcmp(argv[i], "--held") == 0;
        if (i + 1 < argc && strcmp(argv[i], "--steps") == 0)
            plan.steps = strtoull(argv[i + 1], NULL, 0);
        if (i + 1 < argc && strcmp(argv[i], "--shards") == 0 && atoi(argv[i + 1]) > 0 && atoi(argv[i + 1]) <= SHARDS_MAX)
            plan.shards = (uint16_t)atoi(argv[i + 1]);
        if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            plan.seed = strtoull(argv[i + 1], NULL, 0);
            given = true;
        }
    }
    if (given) {
        printf("1..1\n");
        return !run(1, &plan, verbose, &all);
    }
    return !run_all(plan.steps);
}
