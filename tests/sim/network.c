/* SPDX-License-Identifier: BSD-3-Clause */
/* network.c - what is under way between processes and the pool, and the pool's steps */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/list.h"
#include "lib/wire/codec.h"
#include "tests/sim/observer.h"
#include "tests/sim/parked.h"

/* ---- the network ---- */

void show_record(struct world *world, const char *way, const struct process *process, const struct record *record)
{
    char line[300];
    if (!world->verbose)
        return;
    record_print(line, sizeof line, record);
    printf("# %9.3f %s %d: %s\n", (double)world->now / 1e9, way, (int)(process - world->process), line);
}

void post_letter(struct world *world, struct list *queue, const struct record *record)
{
    static uint8_t room[MAX_FRAME];
    struct writer writer = writer_of(room, sizeof room);
    if (record_encode(&writer, record) != MSTRO_OK) {
        world_fail(world, "a record cannot be encoded: %s", mstro_error_detail());
        return;
    }
    size_t length = (size_t)(writer.at - room);
    struct letter *letter = malloc(sizeof *letter + length);
    if (!letter)
        abort();
    letter->serial = ++world->letters;
    letter->length = length;
    memcpy(letter->at, room, length);
    list_append(queue, &letter->link);
}

void drop_letters(struct list *queue)
{
    while (!list_empty(queue)) {
        struct letter *letter = list_entry(queue->next, struct letter, link);
        list_remove(&letter->link);
        free(letter);
    }
}

/* The first letter of the queue; the caller frees it.  Its record points into it and into 'arena'. */
struct letter *take_letter(struct world *world, struct list *queue, struct arena *arena, struct record *record)
{
    struct letter *letter = list_entry(queue->next, struct letter, link);
    struct reader reader = reader_of(bytes_of(letter->at, letter->length));
    list_remove(&letter->link);
    if (record_decode(&reader, PROTOCOL_VERSION, arena, record) != MSTRO_OK)
        world_fail(world, "a record cannot be decoded: %s", mstro_error_detail());
    return letter;
}

struct process *process_of_session(struct world *world, uint64_t session)
{
    for (int i = 0; i < PROCESSES; i++)
        if (world->process[i].session == session)
            return &world->process[i];
    return NULL;
}

struct process *process_of_app(struct world *world, uint64_t app)
{
    for (int i = 0; i < PROCESSES; i++)
        if (world->process[i].client && world->process[i].app == app)
            return &world->process[i];
    return NULL;
}

bool letters_wait(const struct world *world, const struct process *process)
{
    for (uint16_t shard = 0; shard < world->shards; shard++)
        if (!list_empty(&process->up[shard]) || !list_empty(&process->down[shard]))
            return true;
    return false;
}

bool mail_waits(const struct world *world)
{
    for (uint16_t from = 0; from < world->shards; from++)
        for (uint16_t to = 0; to < world->shards; to++)
            if (!list_empty(&world->mail[from][to]))
                return true;
    return false;
}

uint16_t some_queue(struct world *world, const struct list *queues)
{
    uint16_t filled[SHARDS_MAX], count = 0;
    for (uint16_t shard = 0; shard < world->shards; shard++)
        if (!list_empty(&queues[shard]))
            filled[count++] = shard;
    return count == 0 ? world->shards : filled[count > 1 ? world_below(world, count) : 0];
}

uint16_t shard_of_name(const struct world *world, const char *name)
{
    return shard_of_slot(slot_of_id(id_of_name((struct id){ 1, 2 }, text_of(name))), world->shards);
}

/* ---- the pool ---- */

static bool is_eviction(const struct pool_output *output)
{
    return output->record.kind == KIND_BYE && output->record.bye.op == 0 && output->record.bye.status == MSTRO_STALE_EPOCH;
}

/* Who is put out was silent for longer than the lease, while the pool was awake. */
static void check_evictions(struct world *world)
{
    for (size_t i = 0; i < world->out.count; i++) {
        const struct pool_output *output = &world->out.at[i];
        struct process *process = process_of_session(world, output->session);
        bool in = false; /* else it is told that it is a stranger */
        for (int s = 0; s < MODEL_SESSIONS; s++)
            in = in || (world->model[0].session[s].in && world->model[0].session[s].number == output->session);
        if (output->session == 0 || !is_eviction(output) || !in)
            continue;
        if (process && world->now - process->heard <= LEASE_MS * MS)
            world_fail(world, "process %d was put out after %" PRIu64 " ms", (int)(process - world->process), (world->now - process->heard) / MS);
        world->losses++;
        world->evictions++;
        model_evict(&world->model[0], output->session);
    }
}

/* The pool was away: nobody's silence counts. */
static void excuse_silence(struct world *world)
{
    uint64_t gap = world->now - world->pool_stepped;
    for (int i = 0; gap > LEASE_MS * MS / 4 && i < PROCESSES; i++)
        world->process[i].heard += gap;
    world->pool_stepped = world->now;
}

static void post_outputs(struct world *world, uint16_t shard)
{
    for (size_t i = 0; i < world->out.count; i++) {
        const struct pool_output *output = &world->out.at[i];
        struct process *process = output->session ? process_of_session(world, output->session) : NULL;
        if (process)
            show_record(world, "<.", process, &output->record);
        if (output->session == 0)
            post_letter(world, &world->mail[shard][output->shard], &output->record);
        else if (process && process->linked)
            post_letter(world, &process->down[shard], &output->record);
    }
}

void step_pool(struct world *world, uint16_t shard, const struct pool_input *in)
{
    const char *broken;
    struct model *model = &world->model[shard];
    if (shard == 0)
        excuse_silence(world);
    model_begin(model);
    model->moment = 1 + world->witness[shard].moment;
    model->subscribed = in->kind == POOL_RECORD && in->record->kind == KIND_UNSUBSCRIBE &&
                        witness_knows(&world->witness[shard], in->session, in->record->unsubscribe.subscription);
    if (!(world->held && parked_keeps(world, shard, in)) && !parked_cancels(world, shard, in))
        model_more(model, in);
    observe_input(world, shard, in);
    pool_step(world->pool[shard], in, world->now, &world->out);
    observe_facts(world, shard);
    if (shard == 0)
        check_evictions(world);
    parked_follow(world, shard);
    observe_outputs(world, shard, in);
    parked_check(world, shard);
    if ((broken = pool_check(world->pool[shard])))
        world_fail(world, "shard %u: %s does not hold", shard, broken);
    post_outputs(world, shard);
    pool_outputs_clear(&world->out);
}

void deliver_mail(struct world *world, uint16_t from, uint16_t to)
{
    static struct arena arena;
    struct record record;
    struct letter *letter = take_letter(world, &world->mail[from][to], &arena, &record);
    if (world->verbose)
        printf("# %9.3f shard %u -> %u: %s\n", (double)world->now / 1e9, from, to, record_name(record.kind));
    step_pool(world, to, &(struct pool_input){ .kind = POOL_SHARD, .shard = from, .record = &record });
    free(letter);
    arena_reset(&arena);
}

void deliver_up(struct world *world, struct process *process, uint16_t shard)
{
    static struct arena arena;
    struct record record;
    struct letter *letter = take_letter(world, &process->up[shard], &arena, &record);
    if (shard == 0)
        process->heard = world->now;
    show_record(world, "->", process, &record);
    step_pool(world, shard, &(struct pool_input){ .kind = POOL_RECORD, .session = process->session, .record = &record });
    bool harmless = record.kind == KIND_COMPLETED || record.kind == KIND_HEARTBEAT || record.kind == KIND_SEEN || record.kind == KIND_ACK_EVENT;
    if (harmless && world_chance(world, 100)) /* twice is as good as once */
        step_pool(world, shard, &(struct pool_input){ .kind = POOL_RECORD, .session = process->session, .record = &record });
    free(letter);
    arena_reset(&arena);
}

void tell_pool_of_cut(struct world *world, struct process *process, const char *reason)
{
    /* any shard that it can have spoken to */
    uint16_t shard = world->shards > 1 && process->joined ? (uint16_t)world_below(world, world->shards) : 0;
    for (uint16_t s = 0; s < world->shards; s++)
        drop_letters(&process->down[s]);
    process->cut_told = true;
    if (world->verbose)
        printf("# %9.3f the pool learns that %d is gone: %s\n", (double)world->now / 1e9, (int)(process - world->process), reason);
    step_pool(world, shard, &(struct pool_input){ .kind = POOL_LOST, .session = process->session, .reason = text_of(reason) });
}
