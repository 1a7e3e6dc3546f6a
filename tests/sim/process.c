/* SPDX-License-Identifier: BSD-3-Clause */
/* process.c - the client of a simulated process, and what its program learns from it */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/schema/block.h"
#include "tests/sim/world.h"

struct use *use_of(struct process *process, uint64_t handle)
{
    for (int i = 0; i < HANDLES; i++)
        if (process->use[i].number == handle && handle)
            return &process->use[i];
    return NULL;
}

static void owe(struct process *process, uint64_t op, enum record_kind kind)
{
    for (int i = 0; i < OPERATIONS; i++)
        if (!process->pending[i].op) {
            process->pending[i].op = op;
            process->pending[i].kind = kind;
            return;
        }
    abort();
}

bool is_pending(const struct process *process, uint64_t op)
{
    for (int i = 0; i < OPERATIONS; i++)
        if (process->pending[i].op == op)
            return true;
    return false;
}

/* The user has its memory back and writes into it. */
static void reuse_memory(struct use *use) { use->word = use->content = 0; }

static void check_demanded(struct world *world, struct process *process, struct use *use)
{
    if (!use->got)
        world_fail(world, "process %d: a DEMAND of %s ended well without bytes", (int)(process - world->process), use->name);
}

/* Whatever it had offered was given back before. */
static void check_left(struct world *world, struct process *process)
{
    for (uint16_t shard = 0; shard < world->shards; shard++)
        for (int i = 0; i < MODEL_GENERATIONS; i++)
            if (world->model[shard].generation[i].name[0] && world->model[shard].generation[i].session == process->session)
                world_fail(world, "process %d has left, but shard %u has an offer of it", (int)(process - world->process), shard);
}

static void operation_ended(struct world *world, struct process *process, const struct client_output *out)
{
    int at = 0;
    while (at < OPERATIONS && process->pending[at].op != out->op)
        at++;
    if (at == OPERATIONS) {
        world_fail(world, "process %d: operation %" PRIu64 " ended twice or never began", (int)(process - world->process), out->op);
        return;
    }
    enum record_kind kind = process->pending[at].kind;
    process->pending[at].op = 0;
    process->pending[at].ended = out->op;
    process->pending[at].status = out->status;
    if (world->verbose)
        printf("# %9.3f    %d: %s %" PRIu64 " done: %s " TEXT_FORMAT "\n", (double)world->now / 1e9, (int)(process - world->process),
               record_name(kind), out->op, mstro_status_name(out->status), TEXT_ARGUMENTS(out->detail));
    if (kind == KIND_JOIN) {
        process->joined = out->status == MSTRO_OK;
        return;
    }
    if (kind == KIND_SUBSCRIBE || kind == KIND_UNSUBSCRIBE)
        watch_answered(process, out->op, out->status);
    if (kind == KIND_LEAVE && out->op == process->leave_op && out->status == MSTRO_OK)
        check_left(world, process);
    struct use *use = NULL;
    for (int i = 0; i < HANDLES; i++)
        if (process->use[i].number && process->use[i].op == out->op)
            use = &process->use[i];
    if (!use)
        return;
    use->op = 0;
    use->status = out->status;
    bool good = out->status == MSTRO_OK;
    switch (kind) {
    case KIND_OFFER:
        use->offered = good;
        if (!good)
            reuse_memory(use);
        if (use == &process->use[LENT_SET] && out->status == MSTRO_INVMSG)
            sets_refused(world, process);
        break;
    case KIND_WITHDRAW:
        if (good) {
            use->offered = false;
            reuse_memory(use);
        }
        break;
    case KIND_REQUIRE:
        use->needed = good;
        if (use->retains && good)
            sets_retained(world, use, out->generation);
        else if (out->status == MSTRO_PEER_LOST)
            sets_missed(world, process, use);
        break;
    case KIND_DEMAND:
        use->needed = !good;
        if (good)
            check_demanded(world, process, use);
        if (out->status == MSTRO_PEER_LOST)
            sets_missed(world, process, use);
        if (out->status == MSTRO_PEER_LOST && world->losses == 0 && (use->own || !use->commit)) /* else it may have been withdrawn */
            world_fail(world, "process %d was told of a loss, but nothing was lost", (int)(process - world->process));
        break;
    case KIND_RETRACT:
        if (good)
            use->needed = false;
        break;
    case KIND_DISPOSE:
        if (good) {
            if (use->moving)
                world_fail(world, "process %d: disposed while its bytes are moving", (int)(process - world->process));
            *use = (struct use){ 0 };
        }
        break;
    default:
        break;
    }
}

static void move_begins(struct world *world, struct process *process, const struct client_output *out)
{
    struct use *use = use_of(process, out->handle);
    if (!use || use->moving) {
        world_fail(world, "process %d: a move of a handle that is none, or that is moving", (int)(process - world->process));
        return;
    }
    if (use->retains)
        world_fail(world, "process %d: it brings %s, which it only keeps for its group", (int)(process - world->process), use->name);
    use->moving = true;
    use->slow = world_chance(world, 300);
    use->abort = use->moved_here = false;
    use->ticket = out->record.ticket;
    use->got = false;
    use->source = use->ticket.data_place.count ? use->ticket.data_place.at->address : 0;
    if (use->ticket.how == TICKET_GROUP && use == &process->use[NEEDED_SET])
        set_listed(world, process, &out->record.ticket);
    if (use->ticket.how == TICKET_INLINE) {
        memcpy(&use->read_content, use->ticket.inline_data.at, sizeof use->read_content);
        if (use->read_content == 0 || use->read_content % 3 != 0)
            world_fail(world, "process %d: inline bytes of %s that nobody offered", (int)(process - world->process), use->name);
    }
}

static void take_outputs(struct world *world, struct process *process)
{
    for (size_t i = 0; i < world->said.count; i++) {
        const struct client_output *out = &world->said.at[i];
        switch (out->kind) {
        case CLIENT_SEND:
            if (process->linked)
                post_letter(world, &process->up[out->shard], &out->record);
            break;
        case CLIENT_DONE:
            operation_ended(world, process, out);
            break;
        case CLIENT_MOVE:
            move_begins(world, process, out);
            break;
        case CLIENT_ABORT_MOVE:
            if (use_of(process, out->handle))
                use_of(process, out->handle)->abort = true;
            break;
        case CLIENT_ENDED:
            process->ended = true;
            break;
        case CLIENT_EVENTS:
            watch_events(world, process, &out->record.events);
            break;
        case CLIENT_SUBSCRIPTION_ENDED:
            if (out->object)
                ((struct watch *)out->object)->over = true;
            break;
        case CLIENT_NAMES:
            sets_found(process, &out->record.selected);
            break;
        case CLIENT_DIFFERENCE:
        case CLIENT_NOTE:
            break;
        }
    }
    client_outputs_clear(&world->said);
    process->app = client_membership(process->client).app;
    const char *broken = client_check(process->client);
    if (broken)
        world_fail(world, "client of process %d: %s does not hold", (int)(process - world->process), broken);
}

void step_client(struct world *world, struct process *process, const struct client_input *in)
{
    client_step(process->client, in, world->now, &world->said);
    take_outputs(world, process);
}

void deliver_down(struct world *world, struct process *process, uint16_t shard)
{
    static struct arena arena;
    struct record record;
    struct letter *letter = take_letter(world, &process->down[shard], &arena, &record);
    show_record(world, "<-", process, &record);
    struct watch *watch = record.kind == KIND_EVENTS && !process->leaving && client_status(process->client) == MSTRO_OK ? watch_of(process, record.events.subscription) : NULL;
    uint64_t come = watch ? watch->come[shard] : 0, more = watch && !watch->ending ? record.events.events.count : 0;
    step_client(world, process, &(struct client_input){ .kind = CLIENT_RECORD, .record = &record });
    bool good = !watch || watch->come[shard] == come + more;
    if (!process->ended && !process->leaving)
        watch_acknowledges(world, process);
    if (!good)
        world_fail(world, "process %d: of the events that came its program has others", (int)(process - world->process));
    free(letter);
    arena_reset(&arena);
}

static void note_doubled(struct world *world, struct process *process, const struct use *use)
{
    int count = 0, at = 0;
    for (int i = 0; i < HANDLES; i++)
        count += process->use[i].number && strcmp(process->use[i].name, use->name) == 0;
    if (count < 2)
        return;
    while (at < DOUBLED - 1 && process->doubled[at].until > world->now && strcmp(process->doubled[at].name, use->name) != 0)
        at++;
    snprintf(process->doubled[at].name, sizeof process->doubled[at].name, "%s", use->name);
    process->doubled[at].until = world->now + 4 * UNCLEAR;
}

void process_asks(struct world *world, struct process *process, struct use *use, struct record *record, uint64_t op)
{
    owe(process, op, record->kind);
    if (use) {
        use->op = op;
        use->kind = record->kind;
    }
    show_record(world, "..", process, record);
    if (use)
        note_doubled(world, process, use);
    if (record->kind == KIND_CANCEL)
        process->unclear = world->now + 4 * UNCLEAR; /* less, when that is there */
    step_client(world, process, &(struct client_input){ .kind = CLIENT_START, .record = record,
                                                        .object = record->kind == KIND_SUBSCRIBE ? watch_of(process, record->subscribe.subscription) : NULL });
}

struct bytes step_attribute(int step, unsigned char room[ATTRIBUTE_ROOM])
{
    struct block_item item = { .key = text_of(W_STEP_KEY), .value = { .kind = VALUE_INT64, .integer = step } };
    block_write(&item, 1, room);
    return bytes_of(room, block_size(&item, 1));
}

void process_start(struct world *world, struct process *process)
{
    if (client_create(&process->client) != MSTRO_OK)
        abort();
    process->session = ++world->sessions;
    process->linked = true;
    process->cut_told = process->joined = process->leaving = process->ended = false;
    process->app = process->paused = process->up_blocked = process->down_blocked = 0;
    process->handles = process->ops = process->leave_op = 0;
    memset(process->watch, 0, sizeof process->watch);
    memset(process->doubled, 0, sizeof process->doubled);
    process->subscriptions = process->unclear = 0;
    process->heard = world->now;
    memset(process->use, 0, sizeof process->use);
    process->lends = LENDS_NOTHING;
    process->select_op = 0;
    process->needs = NEEDS_NOTHING;
    memset(process->pending, 0, sizeof process->pending);
    char component[W_NAME];
    struct record record = { .kind = KIND_JOIN };
    process->join_op = record.join.op = ++process->ops;
    snprintf(component, sizeof component, W_COMPONENT, (int)(process - world->process));
    record.join.component = text_of(component);
    record.join.host = text_of("node");
    record.join.index = process - world->process;
    record.join.pid = process->session;
    process_asks(world, process, NULL, &record, record.join.op);
}

/* It is there no more.  What it sent before may still arrive, or not. */
void process_end(struct world *world, struct process *process, const char *reason)
{
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        while (!list_empty(&process->up[shard]) && process->linked && !process->cut_told && world_chance(world, 700))
            deliver_up(world, process, shard);
        drop_letters(&process->up[shard]);
    }
    client_destroy(process->client);
    process->client = NULL;
    if (!process->cut_told)
        tell_pool_of_cut(world, process, reason);
    process->linked = false;
    process->session = 0;
}
