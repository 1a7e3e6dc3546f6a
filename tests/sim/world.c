/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/list.h"
#include "lib/base/random.h"
#include "lib/client/client.h"
#include "lib/wire/codec.h"
#include "maestro/subscription.h"
#include "tests/sim/world.h"

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

/* ---- the network ---- */

static void show(struct world *world, const char *way, const struct process *process, const struct record *record)
{
    char line[300];
    if (!world->verbose)
        return;
    record_print(line, sizeof line, record);
    printf("# %9.3f %s %d: %s\n", (double)world->now / 1e9, way, (int)(process - world->process), line);
}

static void post(struct world *world, struct list *queue, const struct record *record)
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
static struct letter *take_letter(struct world *world, struct list *queue, struct arena *arena, struct record *record)
{
    struct letter *letter = list_entry(queue->next, struct letter, link);
    struct reader reader = reader_of(bytes_of(letter->at, letter->length));
    list_remove(&letter->link);
    if (record_decode(&reader, PROTOCOL_VERSION, arena, record) != MSTRO_OK)
        world_fail(world, "a record cannot be decoded: %s", mstro_error_detail());
    return letter;
}

static struct process *process_of_session(struct world *world, uint64_t session)
{
    for (int i = 0; i < PROCESSES; i++)
        if (world->process[i].session == session)
            return &world->process[i];
    return NULL;
}

static struct process *process_of_app(struct world *world, uint64_t app)
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
        bool in = false;
        for (int s = 0; s < MODEL_SESSIONS; s++)
            in = in || (world->model[0].session[s].in && world->model[0].session[s].number == output->session);
        if (output->session == 0 || !is_eviction(output) || !in)
            continue;
        if (process && world->now - process->heard <= LEASE_MS * MS)
            world_fail(world, "process %d was put out after %" PRIu64 " ms", (int)(process - world->process), (world->now - process->heard) / MS);
        world->losses++;
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
        if (output->session == 0)
            post(world, &world->mail[shard][output->shard], &output->record);
        else if (process && process->linked)
            post(world, &process->down[shard], &output->record);
    }
}

void step_pool(struct world *world, uint16_t shard, const struct pool_input *in)
{
    const char *broken;
    struct model *model = &world->model[shard];
    if (shard == 0)
        excuse_silence(world);
    if (!world->held)
        model_input(model, in);
    pool_step(world->pool[shard], in, world->now, &world->out);
    if (shard == 0)
        check_evictions(world);
    if (!world->held && !model_compare(model, &world->out, 0))
        world_fail(world, "shard %u: %s", shard, model->wrong);
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
    show(world, "->", process, &record);
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

/* ---- a process ---- */

static struct use *use_of(struct process *process, uint64_t handle)
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
    if (kind == KIND_SUBSCRIBE && out->status != MSTRO_OK) { /* refused: somebody else has the name; else undone, and perhaps the name with it */
        process->subscribed = false;
        if (process->named && out->status != MSTRO_CONFLICT)
            memset(world->watched, 0, sizeof world->watched);
    }
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
        break;
    case KIND_WITHDRAW:
        if (good) {
            use->offered = false;
            reuse_memory(use);
        }
        break;
    case KIND_REQUIRE:
        use->needed = good;
        break;
    case KIND_DEMAND:
        use->needed = !good;
        if (good)
            check_demanded(world, process, use);
        if (out->status == MSTRO_PEER_LOST && world->losses == 0)
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
    use->moving = true;
    use->slow = world_chance(world, 300);
    use->abort = use->moved_here = false;
    use->ticket = out->record.ticket;
    use->got = false;
    use->source = use->ticket.data_place.count ? use->ticket.data_place.at->address : 0;
    if (use->ticket.how == TICKET_GROUP)
        set_listed(world, process, &out->record.ticket);
    if (use->ticket.how == TICKET_INLINE) {
        memcpy(&use->read_content, use->ticket.inline_data.at, sizeof use->read_content);
        if (use->read_content == 0 || use->read_content % 3 != 0)
            world_fail(world, "process %d: inline bytes of %s that nobody offered", (int)(process - world->process), use->name);
    }
}

/* Who has subscribed to all: each event once, in order, and what was dropped is told as a gap; under a name it goes on where that stands. */
static void events_come(struct world *world, struct process *process, const struct record_events *events)
{
    for (uint32_t i = 0; i < events->events.count; i++) {
        const struct record_event *event = &events->events.at[i];
        bool gap = event->kind == MSTRO_POOL_EVENT_OVERFLOW;
        uint64_t *told = &process->told[event->serial % SERIAL_STEP];
        uint64_t first = gap ? event->first_serial : event->serial, expected = *told + SERIAL_STEP;
        uint64_t watched = process->named && !*told ? world->watched[event->serial % SERIAL_STEP] : 0;
        if (watched && first > watched + SERIAL_STEP)
            world_fail(world, "process %d: what happened behind %" PRIu64 ", which was taken under its name, is lost", (int)(process - world->process), watched >> 10);
        if (process->subscribed && *told && first != expected)
            world_fail(world, "process %d: event %" PRIu64 " came where %" PRIu64 " was due", (int)(process - world->process), first >> 10, expected >> 10);
        if (gap && event->count != (event->serial - first) / SERIAL_STEP + 1)
            world_fail(world, "process %d: a gap of another size than it says", (int)(process - world->process));
        *told = event->serial;
        process->events[event->serial % SERIAL_STEP]++;
        process->event.serial = event->serial;
        process->event.kind = event->kind;
        process->event.fresh = true;
        snprintf(process->event.name, sizeof process->event.name, TEXT_FORMAT, TEXT_ARGUMENTS(event->name));
    }
}

static void take_outputs(struct world *world, struct process *process)
{
    for (size_t i = 0; i < world->said.count; i++) {
        const struct client_output *out = &world->said.at[i];
        switch (out->kind) {
        case CLIENT_SEND:
            if (process->linked)
                post(world, &process->up[out->shard], &out->record);
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
            events_come(world, process, &out->record.events);
            break;
        case CLIENT_DIFFERENCE:
        case CLIENT_NAMES:
        case CLIENT_SUBSCRIPTION_ENDED:
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
    show(world, "<-", process, &record);
    step_client(world, process, &(struct client_input){ .kind = CLIENT_RECORD, .record = &record });
    free(letter);
    arena_reset(&arena);
}

void process_asks(struct world *world, struct process *process, struct use *use, struct record *record, uint64_t op)
{
    owe(process, op, record->kind);
    if (use) {
        use->op = op;
        use->kind = record->kind;
    }
    show(world, "..", process, record);
    step_client(world, process, &(struct client_input){ .kind = CLIENT_START, .record = record });
}

void start_subscribe(struct world *world, struct process *process)
{
    struct record record = { .kind = KIND_SUBSCRIBE };
    record.subscribe = (struct record_subscribe){ .op = ++process->ops, .subscription = 1, .kinds = UINT32_MAX >> 1 };
    process->named = process->session % 2;
    if (process->named) {
        record.subscribe.name = text_of("watch");
        record.subscribe.flags = SUBSCRIBE_DURABLE;
    }
    process_asks(world, process, NULL, &record, record.subscribe.op);
}

void start_seen(struct world *world, struct process *process, uint16_t shard)
{
    struct record record = { .kind = KIND_SEEN, .seen = { .subscription = 1, .serial = process->told[shard], .count = process->events[shard] } };
    process->seen[shard] = process->told[shard];
    if (process->named && client_count(process->client).subscriptions)
        world->watched[shard] = process->told[shard];
    step_client(world, process, &(struct client_input){ .kind = CLIENT_START, .record = &record });
}

void process_start(struct world *world, struct process *process)
{
    if (client_create(&process->client) != MSTRO_OK)
        abort();
    process->session = ++world->sessions;
    process->linked = true;
    process->cut_told = process->joined = process->leaving = process->ended = process->subscribed = false;
    process->app = process->paused = process->up_blocked = process->down_blocked = 0;
    process->handles = process->ops = process->leave_op = 0;
    memset(process->told, 0, sizeof process->told);
    memset(process->seen, 0, sizeof process->seen);
    memset(process->events, 0, sizeof process->events);
    process->heard = world->now;
    memset(process->use, 0, sizeof process->use);
    process->lends = LENDS_NOTHING;
    process->needs = NEEDS_NOTHING;
    memset(process->pending, 0, sizeof process->pending);
    struct record record = { .kind = KIND_JOIN };
    process->join_op = record.join.op = ++process->ops;
    record.join.component = text_of("sim");
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

/* ---- movers: two moments of a one-sided read ---- */

static struct use *source_of(struct world *world, const struct use *reader)
{
    struct process *holder = process_of_app(world, reader->ticket.holder);
    return holder ? use_of(holder, reader->source) : NULL;
}

static void move_reads(struct world *world, struct use *use)
{
    struct use *source = source_of(world, use);
    if (use->ticket.how == TICKET_DIRECT) /* else the ticket had them */
        use->read_content = source ? source->content : 0;
    use->moved_here = true;
}

static void move_ends(struct world *world, struct process *process, struct use *use)
{
    struct client_input in = { .kind = CLIENT_MOVED, .moved = { .handle = use->number, .bytes = 8 } };
    if (use->ticket.how == TICKET_DIRECT) {
        struct use *source = source_of(world, use);
        bool same = source && source->word == use->ticket.word && use->ticket.word != 0;
        if (use->abort && world_chance(world, 500))
            in.moved.status = MSTRO_CANCELLED;
        else if (!same || world_chance(world, world->healing ? 0 : 30)) {
            in.moved.status = MSTRO_PEER_LOST;
            in.moved.again = true;
        } else if (world_chance(world, world->healing ? 0 : 10))
            in.moved.status = MSTRO_NOMEM;
        else if (use->read_content != use->ticket.word * 3)
            world_fail(world, "process %d: bytes of %s that are not of this generation", (int)(process - world->process), use->name);
        in.moved.detail = text_of("the source cannot be read");
    }
    if (use->room > 0 && use->ticket.size > use->room && in.moved.status == MSTRO_OK)
        in.moved.status = MSTRO_NOMEM;
    use->moving = false;
    if (in.moved.status == MSTRO_OK)
        use->got = true;
    step_client(world, process, &in);
}

void move_goes_on(struct world *world, struct process *process, struct use *use)
{
    if (use->ticket.how == TICKET_GROUP)
        set_enrols(world, process);
    else if (use->moved_here)
        move_ends(world, process, use);
    else
        move_reads(world, use);
}

struct use *some_move(struct world *world, struct process *process)
{
    struct use *moving[HANDLES];
    int count = 0;
    for (int i = 0; i < HANDLES; i++)
        if (process->use[i].moving)
            moving[count++] = &process->use[i];
    return count ? moving[world_below(world, (uint64_t)count)] : NULL;
}

/* ---- a world ---- */

void check_waiting(struct world *world, struct process *process)
{
    if (!process->joined || !process->linked || process->cut_told || process->leaving || process->ended || letters_wait(world, process) ||
        mail_waits(world))
        return;
    for (int i = 0; i < HANDLES; i++) {
        const struct use *use = &process->use[i];
        if (!use->op || use->moving)
            continue;
        struct model *model = &world->model[shard_of_name(world, use->name)];
        const struct model_handle *handle = model_handle_of(model, process->session, use->number);
        const struct model_generation *held = model_held_by(model, process->session, use->number);
        bool known = use->kind == KIND_DEMAND ? handle && handle->demand == use->op : held && held->withdraw_op == use->op;
        if (known && use->own && use->kind == KIND_DEMAND && handle->bound == NO_GENERATION)
            world_fail(world, "process %d waits for %s, of a group that was lost", (int)(process - world->process), use->name);
        if (!known)
            world_fail(world, "process %d waits for its %s of %s, but the pool does not know that", (int)(process - world->process), record_name(use->kind), use->name);
    }
}

void world_open(struct world *world, uint64_t seed, uint16_t shards, uint64_t inline_budget, bool verbose)
{
    struct pool_settings settings = pool_settings_default();
    *world = (struct world){ .verbose = verbose, .now = 1, .shards = shards, .set_names = 2, .strangers = true };
    world->random = random_seeded(&world->seed, seed);
    settings.lease = LEASE_MS * MS;
    settings.pool = (struct id){ 1, 2 };
    settings.inline_budget = inline_budget;
    settings.fact_bytes = 64 * 64;
    settings.event_window = 32;
    settings.shards = shards;
    for (uint16_t shard = 0; shard < shards; shard++) {
        settings.shard = shard;
        if (pool_create(&world->pool[shard], &settings) != MSTRO_OK)
            abort();
        model_init(&world->model[shard], settings.inline_budget, shard, shards);
        for (uint16_t to = 0; to < shards; to++)
            list_init(&world->mail[shard][to]);
        for (int i = 0; i < PROCESSES; i++) {
            list_init(&world->process[i].up[shard]);
            list_init(&world->process[i].down[shard]);
        }
    }
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
        pool_destroy(world->pool[shard]);
    }
    pool_outputs_release(&world->out);
    client_outputs_release(&world->said);
}

void check_nothing_is_left(struct world *world)
{
    for (uint16_t shard = 0; shard < world->shards; shard++) {
        struct pool_count left = pool_count(world->pool[shard]);
        if (left.sessions || left.cdos || left.requires || left.tickets || left.waiting || left.generations || left.inline_bytes)
            world_fail(world, "everybody has left the pool, but something is left in shard %u", shard);
    }
}
