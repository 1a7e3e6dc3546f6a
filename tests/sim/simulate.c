/* SPDX-License-Identifier: BSD-3-Clause */
/* simulate - whole workflows in one process, driven by a seed
 *
 * Real clients (client_step), the real pool (pool_step), records that pass the real codec, and a network, a clock and memories
 * that are not real: connections are cut, one-way and whole partitions come and go, processes are killed, started again and
 * paused, the pool is paused.  After every step the pool is compared with the rules (model.h) and its invariants and the clients'
 * are checked; no DEMAND that ends well may hold bytes that are not of the generation it was served with.  At the end everything
 * is healed and must end.
 *     simulate [--seed N] [--steps M]     one run; without arguments the fixed seeds of tests/seeds
 * MAESTRO_LONG in the environment: new seeds too. */
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
#include "tests/sim/model.h"

#define MS NANOSECONDS_PER_MILLISECOND

enum { PROCESSES = 5, HANDLES = 5, NAMES = 4, OPERATIONS = 64, LEASE_MS = 2000, SERIAL_STEP = 1024 };

/* A record under way, as bytes. */
struct letter { struct list link; uint64_t serial; size_t length; uint8_t at[]; };

/* What the program of a process does with one of its handles. */
enum role { ROLE_NONE, ROLE_OFFERS, ROLE_NEEDS };
struct use {
    uint64_t number; /* 0: no handle */
    char name[8];
    enum role role;
    uint64_t op;               /* of the operation under way, 0: none */
    enum record_kind kind;     /* of that operation */
    bool offered, needed;      /* what has succeeded */
    uint64_t word, content;    /* of what it lends: 0 when it is the user's */
    bool moving, moved_here;   /* a mover is under way; it has read the bytes */
    struct record_ticket ticket; /* without what it points to */
    uint64_t source;             /* the holder's handle */
    uint64_t read_content;       /* what the mover has read */
    bool abort, slow, got;       /* got: the bytes are here */
};

struct process {
    struct client *client; /* NULL: not running */
    uint64_t session, app;
    struct list up, down; /* letters */
    bool linked;          /* the connection stands */
    bool cut_told;        /* the pool has been told that it does not */
    bool joined, leaving, ended, subscribed;
    uint64_t paused, up_blocked, down_blocked; /* until */
    uint64_t ops, handles, join_op, leave_op;
    struct use use[HANDLES];
    struct { uint64_t op; enum record_kind kind; } pending[OPERATIONS]; /* DONE is owed for these */
    uint64_t told, seen;  /* serials of events; seen: what the program has taken */
    uint64_t heard;       /* when the pool last had something of it */
};

struct world {
    struct pool *pool;
    struct model model;
    struct pool_outputs out;
    struct client_outputs said;
    struct process process[PROCESSES];
    struct random_seed seed;
    struct random_source random;
    uint64_t now, pool_paused, pool_stepped, sessions, contents, steps, letters;
    uint64_t losses; /* processes that were killed, evicted or left at once */
    bool healing, verbose;
    char wrong[512];
};

static void fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct world *world, const char *format, ...)
{
    va_list arguments;
    if (world->wrong[0])
        return;
    va_start(arguments, format);
    vsnprintf(world->wrong, sizeof world->wrong, format, arguments);
    va_end(arguments);
}

static uint64_t below(struct world *world, uint64_t limit) { return random_below(world->random, limit); }
static bool chance(struct world *world, uint64_t in_thousand) { return below(world, 1000) < in_thousand; }

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
        fail(world, "a record cannot be encoded: %s", mstro_error_detail());
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

static void drop_letters(struct list *queue)
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
        fail(world, "a record cannot be decoded: %s", mstro_error_detail());
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
            in = in || (world->model.session[s].in && world->model.session[s].number == output->session);
        if (!is_eviction(output) || !in)
            continue;
        if (process && world->now - process->heard <= LEASE_MS * MS)
            fail(world, "process %d was put out after %" PRIu64 " ms", (int)(process - world->process), (world->now - process->heard) / MS);
        world->losses++;
        model_evict(&world->model, output->session);
    }
}

static void step_pool(struct world *world, const struct pool_input *in)
{
    const char *broken;
    uint64_t gap = world->now - world->pool_stepped;
    if (gap > LEASE_MS * MS / 4) /* the pool was away: nobody's silence counts */
        for (int i = 0; i < PROCESSES; i++)
            world->process[i].heard += gap;
    world->pool_stepped = world->now;
    model_input(&world->model, in);
    pool_step(world->pool, in, world->now, &world->out);
    check_evictions(world);
    if (!model_compare(&world->model, &world->out, 0))
        fail(world, "%s", world->model.wrong);
    if ((broken = pool_check(world->pool)))
        fail(world, "pool: %s does not hold", broken);
    for (size_t i = 0; i < world->out.count; i++) {
        struct process *process = process_of_session(world, world->out.at[i].session);
        if (process && process->linked)
            post(world, &process->down, &world->out.at[i].record);
    }
    pool_outputs_clear(&world->out);
}

static void deliver_up(struct world *world, struct process *process)
{
    static struct arena arena;
    struct record record;
    struct letter *letter = take_letter(world, &process->up, &arena, &record);
    process->heard = world->now;
    show(world, "->", process, &record);
    step_pool(world, &(struct pool_input){ .kind = POOL_RECORD, .session = process->session, .record = &record });
    bool harmless = record.kind == KIND_COMPLETED || record.kind == KIND_HEARTBEAT || record.kind == KIND_SEEN || record.kind == KIND_ACK_EVENT;
    if (harmless && chance(world, 100)) /* twice is as good as once */
        step_pool(world, &(struct pool_input){ .kind = POOL_RECORD, .session = process->session, .record = &record });
    free(letter);
    arena_reset(&arena);
}

static void tell_pool_of_cut(struct world *world, struct process *process, const char *reason)
{
    drop_letters(&process->down);
    process->cut_told = true;
    if (world->verbose)
        printf("# %9.3f the pool learns that %d is gone: %s\n", (double)world->now / 1e9, (int)(process - world->process), reason);
    step_pool(world, &(struct pool_input){ .kind = POOL_LOST, .session = process->session, .reason = text_of(reason) });
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
        fail(world, "process %d: a DEMAND of %s ended well without bytes", (int)(process - world->process), use->name);
}

static void operation_ended(struct world *world, struct process *process, const struct client_output *out)
{
    int at = 0;
    while (at < OPERATIONS && process->pending[at].op != out->op)
        at++;
    if (at == OPERATIONS) {
        fail(world, "process %d: operation %" PRIu64 " ended twice or never began", (int)(process - world->process), out->op);
        return;
    }
    enum record_kind kind = process->pending[at].kind;
    process->pending[at].op = 0;
    if (world->verbose)
        printf("# %9.3f    %d: %s %" PRIu64 " done: %s " TEXT_FORMAT "\n", (double)world->now / 1e9, (int)(process - world->process),
               record_name(kind), out->op, mstro_status_name(out->status), TEXT_ARGUMENTS(out->detail));
    if (kind == KIND_JOIN) {
        process->joined = out->status == MSTRO_OK;
        return;
    }
    struct use *use = NULL;
    for (int i = 0; i < HANDLES; i++)
        if (process->use[i].number && process->use[i].op == out->op)
            use = &process->use[i];
    if (!use)
        return;
    use->op = 0;
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
            fail(world, "process %d was told of a loss, but nothing was lost", (int)(process - world->process));
        break;
    case KIND_RETRACT:
        if (good)
            use->needed = false;
        break;
    case KIND_DISPOSE:
        if (good) {
            if (use->moving)
                fail(world, "process %d: disposed while its bytes are moving", (int)(process - world->process));
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
        fail(world, "process %d: a move of a handle that is none, or that is moving", (int)(process - world->process));
        return;
    }
    use->moving = true;
    use->slow = chance(world, 300);
    use->abort = use->moved_here = false;
    use->ticket = out->record.ticket;
    use->got = false;
    use->source = use->ticket.data_place.count ? use->ticket.data_place.at->address : 0;
    if (use->ticket.how == TICKET_INLINE) {
        memcpy(&use->read_content, use->ticket.inline_data.at, sizeof use->read_content);
        if (use->read_content == 0 || use->read_content % 3 != 0)
            fail(world, "process %d: inline bytes of %s that nobody offered", (int)(process - world->process), use->name);
    }
}

/* It asked for all: each event once, in order, and what was dropped is told as a gap. */
static void events_come(struct world *world, struct process *process, const struct record_events *events)
{
    for (uint32_t i = 0; i < events->events.count; i++) {
        const struct record_event *event = &events->events.at[i];
        bool gap = event->kind == MSTRO_POOL_EVENT_OVERFLOW;
        uint64_t first = gap ? event->first_serial : event->serial, expected = process->told + SERIAL_STEP;
        if (process->told && first != expected)
            fail(world, "process %d: event %" PRIu64 " came where %" PRIu64 " was due", (int)(process - world->process), first >> 10, expected >> 10);
        if (gap && event->count != (event->serial - first) / SERIAL_STEP + 1)
            fail(world, "process %d: a gap of another size than it says", (int)(process - world->process));
        process->told = event->serial;
    }
}

static void take_outputs(struct world *world, struct process *process)
{
    for (size_t i = 0; i < world->said.count; i++) {
        const struct client_output *out = &world->said.at[i];
        switch (out->kind) {
        case CLIENT_SEND:
            if (process->linked)
                post(world, &process->up, &out->record);
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
        case CLIENT_NOTE:
            break;
        }
    }
    client_outputs_clear(&world->said);
    process->app = client_membership(process->client).app;
    const char *broken = client_check(process->client);
    if (broken)
        fail(world, "client of process %d: %s does not hold", (int)(process - world->process), broken);
}

static void step_client(struct world *world, struct process *process, const struct client_input *in)
{
    client_step(process->client, in, world->now, &world->said);
    take_outputs(world, process);
}

static void deliver_down(struct world *world, struct process *process)
{
    static struct arena arena;
    struct record record;
    struct letter *letter = take_letter(world, &process->down, &arena, &record);
    show(world, "<-", process, &record);
    step_client(world, process, &(struct client_input){ .kind = CLIENT_RECORD, .record = &record });
    free(letter);
    arena_reset(&arena);
}

static void start(struct world *world, struct process *process, struct use *use, struct record *record, uint64_t op)
{
    owe(process, op, record->kind);
    if (use) {
        use->op = op;
        use->kind = record->kind;
    }
    show(world, "..", process, record);
    step_client(world, process, &(struct client_input){ .kind = CLIENT_START, .record = record });
}

static void start_subscribe(struct world *world, struct process *process)
{
    struct record record = { .kind = KIND_SUBSCRIBE };
    record.subscribe = (struct record_subscribe){ .op = ++process->ops, .subscription = 1, .kinds = UINT32_MAX >> 1 };
    start(world, process, NULL, &record, record.subscribe.op);
}

static void start_seen(struct world *world, struct process *process)
{
    struct record record = { .kind = KIND_SEEN, .seen = { .subscription = 1, .serial = process->told } };
    process->seen = process->told;
    step_client(world, process, &(struct client_input){ .kind = CLIENT_START, .record = &record });
}

static void process_start(struct world *world, struct process *process)
{
    if (client_create(&process->client) != MSTRO_OK)
        abort();
    process->session = ++world->sessions;
    process->linked = true;
    process->cut_told = process->joined = process->leaving = process->ended = process->subscribed = false;
    process->app = process->paused = process->up_blocked = process->down_blocked = 0;
    process->handles = process->ops = process->leave_op = process->told = process->seen = 0;
    process->heard = world->now;
    memset(process->use, 0, sizeof process->use);
    memset(process->pending, 0, sizeof process->pending);
    struct record record = { .kind = KIND_JOIN };
    process->join_op = record.join.op = ++process->ops;
    record.join.component = text_of("sim");
    record.join.host = text_of("node");
    record.join.index = process - world->process;
    record.join.pid = process->session;
    start(world, process, NULL, &record, record.join.op);
}

/* It is there no more.  What it sent before may still arrive, or not. */
static void process_end(struct world *world, struct process *process, const char *reason)
{
    while (!list_empty(&process->up) && process->linked && !process->cut_told && chance(world, 700))
        deliver_up(world, process);
    drop_letters(&process->up);
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
    use->read_content = source ? source->content : 0;
    use->moved_here = true;
}

static void move_ends(struct world *world, struct process *process, struct use *use)
{
    struct client_input in = { .kind = CLIENT_MOVED, .moved = { .handle = use->number, .bytes = 8 } };
    if (use->ticket.how == TICKET_DIRECT) {
        struct use *source = source_of(world, use);
        bool same = source && source->word == use->ticket.word && use->ticket.word != 0;
        if (use->abort && chance(world, 500))
            in.moved.status = MSTRO_CANCELLED;
        else if (!same || chance(world, world->healing ? 0 : 30)) {
            in.moved.status = MSTRO_PEER_LOST;
            in.moved.again = true;
        } else if (chance(world, world->healing ? 0 : 10))
            in.moved.status = MSTRO_NOMEM;
        else if (use->read_content != use->ticket.word * 3)
            fail(world, "process %d: bytes of %s that are not of this generation", (int)(process - world->process), use->name);
        in.moved.detail = text_of("the source cannot be read");
    }
    use->moving = false;
    if (in.moved.status == MSTRO_OK)
        use->got = true;
    step_client(world, process, &in);
}

/* ---- programs ---- */

static void start_offer(struct world *world, struct process *process, struct use *use)
{
    struct record record = { .kind = KIND_OFFER };
    struct record_place place = { .address = use->number };
    uint64_t sort = below(world, 4);
    use->word = 1 + below(world, UINT32_MAX);
    use->content = use->word * 3;
    record.offer = (struct record_offer){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .word = use->word,
                                          .flags = chance(world, 200) ? OFFER_ON_LOSS_WAIT : 0, .size = sort == 0 ? -1 : 8 };
    if (sort == 1)
        record.offer.inline_data = bytes_of(&use->content, sizeof use->content);
    if (sort > 0) {
        record.offer.data_place.count = record.offer.word_place.count = 1;
        record.offer.data_place.at = record.offer.word_place.at = &place;
    }
    start(world, process, use, &record, record.offer.op);
}

static void start_need(struct world *world, struct process *process, struct use *use, enum record_kind kind)
{
    struct record record = { .kind = kind };
    uint64_t op = ++process->ops;
    uint32_t flags = chance(world, 200) ? REQUIRE_ON_LOSS_WAIT : 0;
    if (kind == KIND_REQUIRE)
        record.require = (struct record_require){ .op = op, .handle = use->number, .name = text_of(use->name), .flags = flags };
    else
        record.demand = (struct record_demand){ .op = op, .handle = use->number, .name = text_of(use->name), .flags = flags };
    start(world, process, use, &record, op);
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
    start(world, process, use, &record, op);
}

static void start_cancel(struct world *world, struct process *process, uint64_t target)
{
    struct record record = { .kind = KIND_CANCEL, .cancel = { .op = ++process->ops, .target = target } };
    start(world, process, NULL, &record, record.cancel.op);
}

static void start_leave(struct world *world, struct process *process, bool now)
{
    struct record record = { .kind = KIND_LEAVE, .leave = { .op = ++process->ops, .force = now } };
    process->leaving = true;
    if (now)
        world->losses++;
    start(world, process, NULL, &record, record.leave.op);
}

static void use_begins(struct world *world, struct process *process, struct use *use)
{
    *use = (struct use){ .number = ++process->handles, .role = chance(world, 500) ? ROLE_OFFERS : ROLE_NEEDS };
    snprintf(use->name, sizeof use->name, "n%d", (int)below(world, NAMES));
    if (use->role == ROLE_OFFERS)
        start_offer(world, process, use);
    else
        start_need(world, process, use, chance(world, 500) ? KIND_REQUIRE : KIND_DEMAND);
}

static void use_goes_on(struct world *world, struct process *process, struct use *use)
{
    bool cancellable = use->kind == KIND_DEMAND || use->kind == KIND_WITHDRAW;
    if (use->op) {
        if (cancellable && chance(world, world->healing ? 200 : 30))
            start_cancel(world, process, use->op);
    } else if (use->role == ROLE_OFFERS) {
        if (use->offered)
            start_end(world, process, use, KIND_WITHDRAW);
        else if (!world->healing && chance(world, 500))
            start_offer(world, process, use);
        else
            start_end(world, process, use, KIND_DISPOSE);
    } else if (use->needed && chance(world, world->healing ? 300 : 600))
        start_need(world, process, use, KIND_DEMAND);
    else if (use->needed && chance(world, 500))
        start_end(world, process, use, KIND_RETRACT);
    else if (!world->healing && !use->needed && chance(world, 400))
        start_need(world, process, use, chance(world, 500) ? KIND_REQUIRE : KIND_DEMAND);
    else
        start_end(world, process, use, KIND_DISPOSE);
}

static void program_acts(struct world *world, struct process *process)
{
    struct use *use = &process->use[below(world, HANDLES)];
    bool busy = false;
    if (!process->joined || process->leaving || process->ended)
        return;
    if (process->told != process->seen) {
        start_seen(world, process);
        return;
    }
    if (!process->subscribed && !world->healing && chance(world, 20)) {
        process->subscribed = true;
        start_subscribe(world, process);
        return;
    }
    for (int i = 0; i < HANDLES; i++)
        busy = busy || process->use[i].number;
    if (world->healing ? !busy : chance(world, 4))
        start_leave(world, process, !world->healing && chance(world, 300));
    else if (use->number)
        use_goes_on(world, process, use);
    else if (!world->healing)
        use_begins(world, process, use);
}

/* ---- faults ---- */

/* Mostly a moment, sometimes longer than a lease. */
static uint64_t until(struct world *world) { return world->now + (1 + below(world, chance(world, 700) ? 150 : 4000)) * MS; }

static void something_fails(struct world *world, struct process *process)
{
    switch (below(world, 6)) {
    case 0:
        world->losses++;
        process_end(world, process, "killed by signal 9");
        break;
    case 1:
        world->losses++;
        process->linked = false; /* who notices first is left to chance */
        drop_letters(&process->up);
        break;
    case 2:
        process->paused = until(world);
        break;
    case 3:
        process->up_blocked = until(world);
        break;
    case 4:
        process->down_blocked = until(world);
        if (chance(world, 500))
            process->up_blocked = process->down_blocked;
        break;
    default:
        world->pool_paused = until(world);
        break;
    }
}

/* ---- time ---- */

/* When nothing is under way, what a program waits for is what the pool lets wait. */
static void check_waiting(struct world *world, struct process *process)
{
    if (!process->joined || !process->linked || process->cut_told || process->leaving || process->ended || !list_empty(&process->up) ||
        !list_empty(&process->down))
        return;
    for (int i = 0; i < HANDLES; i++) {
        const struct use *use = &process->use[i];
        if (!use->op || use->moving)
            continue;
        const struct model_handle *handle = model_handle_of(&world->model, process->session, use->number);
        const struct model_generation *held = model_held_by(&world->model, process->session, use->number);
        bool known = use->kind == KIND_DEMAND ? handle && handle->demand == use->op : held && held->withdraw_op == use->op;
        if (!known)
            fail(world, "process %d waits for its %s of %s, but the pool does not know that", (int)(process - world->process), record_name(use->kind), use->name);
    }
}

static void process_moves_on(struct world *world, struct process *process)
{
    if (!process->client) {
        if (!world->healing && chance(world, 100))
            process_start(world, process);
        return;
    }
    bool pool_awake = world->now >= world->pool_paused;
    check_waiting(world, process);
    if (!process->linked && !process->cut_told && pool_awake && chance(world, 200)) {
        tell_pool_of_cut(world, process, "connection closed");
        return;
    }
    if (process->paused > world->now)
        return;
    if (!process->linked && !process->ended && chance(world, 200)) {
        step_client(world, process, &(struct client_input){ .kind = CLIENT_LINK_LOST, .status = MSTRO_POOL_LOST, .reason = text_of("connection closed") });
        return;
    }
    bool moving = false;
    for (int i = 0; i < HANDLES; i++)
        moving = moving || process->use[i].moving;
    if (process->ended && !moving) {
        for (int i = 0; i < OPERATIONS; i++)
            if (process->pending[i].op)
                fail(world, "process %d: the session has ended, but not its %s", (int)(process - world->process), record_name(process->pending[i].kind));
        if (client_count(process->client).operations || client_count(process->client).moves)
            fail(world, "process %d: something is left in a client that has ended", (int)(process - world->process));
        process_end(world, process, "the session has ended");
        return;
    }
    struct use *use = &process->use[below(world, HANDLES)];
    switch (below(world, 4)) {
    case 0:
        if (!list_empty(&process->up) && process->linked && !process->cut_told && pool_awake && process->up_blocked <= world->now)
            deliver_up(world, process);
        break;
    case 1:
        if (!list_empty(&process->down) && process->linked && process->down_blocked <= world->now && !process->ended)
            deliver_down(world, process);
        break;
    case 2:
        if (!use->moving || !chance(world, use->slow ? 60 : 600))
            break;
        if (use->moved_here)
            move_ends(world, process, use);
        else
            move_reads(world, use);
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
    if (world->now >= world->pool_paused && pool_next_deadline(world->pool) <= world->now)
        step_pool(world, &(struct pool_input){ .kind = POOL_TICK });
}

static void one_step(struct world *world)
{
    world->now += below(world, MS / 2);
    clocks_tick(world);
    struct process *process = &world->process[below(world, PROCESSES)];
    if (!world->healing && process->client && below(world, 10000) < 4)
        something_fails(world, process);
    else
        process_moves_on(world, process);
    world->steps++;
}

/* ---- a run ---- */

static void world_open(struct world *world, uint64_t seed, bool verbose)
{
    struct pool_settings settings = pool_settings_default();
    *world = (struct world){ .verbose = verbose, .now = 1 };
    world->random = random_seeded(&world->seed, seed);
    settings.lease = LEASE_MS * MS;
    settings.pool = (struct id){ 1, 2 };
    settings.inline_budget = 16; /* two objects: the third is read from its holder */
    settings.fact_bytes = 64 * 64;
    settings.event_window = 32;
    if (pool_create(&world->pool, &settings) != MSTRO_OK)
        abort();
    model_init(&world->model, settings.inline_budget);
    for (int i = 0; i < PROCESSES; i++) {
        list_init(&world->process[i].up);
        list_init(&world->process[i].down);
    }
}

static void heal(struct world *world)
{
    world->healing = true;
    world->pool_paused = 0;
    for (int i = 0; i < PROCESSES; i++)
        world->process[i].paused = world->process[i].up_blocked = world->process[i].down_blocked = 0;
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
                fail(world, "healed, but the %s of process %d does not end", record_name(world->process[i].pending[o].kind), i);
    fail(world, "healed, but a process does not end");
}

static void world_close(struct world *world)
{
    for (int i = 0; i < PROCESSES; i++) {
        drop_letters(&world->process[i].up);
        drop_letters(&world->process[i].down);
        client_destroy(world->process[i].client);
    }
    pool_destroy(world->pool);
    pool_outputs_release(&world->out);
    client_outputs_release(&world->said);
}

static bool run(int number, uint64_t seed, uint64_t steps, bool verbose)
{
    static struct world world;
    world_open(&world, seed, verbose);
    while (world.steps < steps && !world.wrong[0])
        one_step(&world);
    heal(&world);
    for (uint64_t i = 0; i < 400000 && !all_ended(&world) && !world.wrong[0]; i++)
        one_step(&world);
    if (!all_ended(&world))
        say_what_waits(&world);
    struct pool_count left = pool_count(world.pool);
    if (left.sessions || left.cdos || left.requires || left.tickets || left.waiting || left.generations || left.inline_bytes)
        fail(&world, "everybody has left the pool, but something is left in it");
    bool good = !world.wrong[0];
    printf("%sok %d - seed %" PRIu64 ": whatever fails, the rules hold and everything ends\n", good ? "" : "not ", number, seed);
    if (good)
        printf("# %" PRIu64 " steps, %" PRIu64 " sessions, %" PRIu64 " records, %.1f s\n", world.steps, world.sessions, world.letters, (double)world.now / 1e9);
    else
        printf("# %s\n# again: tests/sim/simulate --seed %" PRIu64 " --steps %" PRIu64 "\n", world.wrong, seed, steps);
    world_close(&world);
    return good;
}

/* The fixed seeds, a line each: seed and steps. */
static bool run_fixed(int *number)
{
    char path[4096];
    uint64_t seed, steps;
    bool good = true;
    snprintf(path, sizeof path, "%.2000s/tests/seeds/simulate", getenv("srcdir") ? getenv("srcdir") : ".");
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("not ok %d - the fixed seeds are in %s\n", ++*number, path);
        return false;
    }
    while (fscanf(file, "%" SCNu64 " %" SCNu64 " %*[^\n]", &seed, &steps) == 2)
        good = run(++*number, seed, steps, false) && good;
    fclose(file);
    return good;
}

/* Seeds that nobody has seen, for a quarter of an hour. */
static bool run_new(int *number, uint64_t steps)
{
    bool good = true;
    uint64_t end = clock_now() + 900 * NANOSECONDS_PER_SECOND;
    while (good && clock_now() < end)
        good = run(++*number, random_word(random_kernel), steps, false);
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
    uint64_t steps = 150000, seed = 0;
    bool verbose = false, given = false;
    for (int i = 1; i < argc; i++) {
        verbose = verbose || strcmp(argv[i], "--verbose") == 0;
        if (i + 1 < argc && strcmp(argv[i], "--steps") == 0)
            steps = strtoull(argv[i + 1], NULL, 0);
        if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[i + 1], NULL, 0);
            given = true;
        }
    }
    if (given) {
        printf("1..1\n");
        return !run(1, seed, steps, verbose);
    }
    return !run_all(steps);
}
