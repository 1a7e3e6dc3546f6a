/* SPDX-License-Identifier: BSD-3-Clause */
/* search - every state that two clients and two objects can bring the pool into, and two clients and one object a pool of two shards
 *
 * Breadth first over the real pool_step, from the empty pool: in every state every action of the alphabet is tried.  Each step is
 * compared with the rules (model.h), each new state is checked (pool_check) and healed: from there everybody completes or retracts
 * what is open, then leaves; every operation must have ended and nothing be left.  What two shards tell each other is under way for as
 * long as it likes, in order.
 *     search [--brief]
 * MAESTRO_LONG in the environment: with a richer alphabet and more states, for about five minutes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "tests/sim/model.h"

enum { CLIENTS = 2, DEEPEST = 200, SHARDS_MAX = 2, MAIL_MAX = 16 };
enum { FULL = 100000 }; /* states, where there are millions: two objects in two shards, or in groups */

enum verb {
    /* on an object */
    OFFER, OFFER_INLINE, OFFER_BEARING, PREPARE, OFFER_GROUP_OF, REQUIRE, REQUIRE_BEARING, REQUIRE_COMMITTED, REQUIRE_MISSED, RETAIN, DEMAND, COMPLETE, COMPLETE_LATE, FAIL, RETRY, RETRY_LATE, RETRY_UNASKED, WITHDRAW, TAKE_BACK, RETRACT, DISPOSE, CANCEL_DEMAND, CANCEL_WITHDRAW,
    OBJECT_VERBS,
    /* of a client */
    JOIN = OBJECT_VERBS, LEAVE, LEAVE_NOW, CANCEL_LEAVE, DIE,
    /* of a shard, the 'client' of the action: it takes its oldest mail */
    TAKE_MAIL,
    VERBS
};

static const char *const verb_name[VERBS] = {
    "offers", "offers inline", "offers, bearing losses,", "prepares for the other", "offers the group", "requires", "requires, bearing losses,", "requires as listed", "requires, too late,", "retains", "demands", "completes", "completes late", "fails", "asks again for", "asks again late for", "asks again, unasked, for", "withdraws", "takes back at once", "retracts",
    "disposes", "cancels demand", "cancels withdraw", "joins", "leaves", "leaves now", "cancels leave", "dies", "takes mail"
};

struct action { uint8_t verb, client, object; };
struct node { uint32_t parent; struct action action; };

/* What one shard has told the other, without its texts. */
struct mail {
    struct {
        enum record_kind kind;
        uint64_t session;
        uint32_t status;
        struct record of_group;
    } at[MAIL_MAX];
    int count;
};

struct world {
    struct pool *pool[SHARDS_MAX];
    struct model model[SHARDS_MAX];
    struct mail mail[SHARDS_MAX]; /* for that shard */
    struct pool_outputs out;
    uint64_t op;
    bool been[CLIENTS]; /* has joined once: a session's number is not used again */
    const char *wrong;
};

static int objects = 2, shards = 1;
static char object_name[3][2] = { "x", "y", "z" };
static bool bearing; /* on-loss = wait is in the alphabet */
static bool grouping; /* groups are */
static struct node *nodes;
static size_t node_count, node_room;
static uint64_t *seen;
static size_t seen_room, seen_count, transitions, deepest;

static uint64_t session_of(int client) { return (uint64_t)client + 1; }
static uint64_t handle_of(int object) { return (uint64_t)object + 1; }

/* ---- one step ---- */

/* True: 'in' is what this action is in this state.  The record's views are static. */
/* Where an action happens: an object's at its shard, a client's at the shard that the action names as its object. */
static int shard_of(struct action action)
{
    if (action.verb == TAKE_MAIL)
        return action.client;
    if (action.verb >= OBJECT_VERBS)
        return action.object;
    return shard_of_slot(slot_of_id(id_of_name((struct id){ 1, 2 }, text_of(object_name[action.object]))), (uint16_t)shards);
}

static const char *const components[] = { "a", "b" };

static bool is_of_group(enum record_kind kind)
{
    return kind == KIND_PREPARE || kind == KIND_PREPARED || kind == KIND_COMMIT || kind == KIND_COMMITTED;
}

static bool mail_of(const struct world *world, int to, struct record *record, struct pool_input *in)
{
    const struct mail *mail = &world->mail[to];
    uint64_t session = mail->count ? mail->at[0].session : 0;
    *in = (struct pool_input){ .kind = POOL_SHARD, .shard = (uint16_t)!to, .record = record };
    *record = (struct record){ .kind = mail->count ? mail->at[0].kind : 0 };
    if (record->kind == KIND_ADMIT)
        record->admit = (struct record_admit){ .session = session, .app = session, .index = (int64_t)session - 1, .component = text_of(components[session - 1]), .host = text_of("node") };
    else if (record->kind == KIND_DONE)
        record->done = (struct record_done){ .session = session, .kind = KIND_ADMIT, .status = mail->at[0].status };
    else if (is_of_group(record->kind))
        *record = mail->at[0].of_group;
    else
        record->dismiss = (struct record_dismiss){ .session = session, .status = mail->at[0].status, .reason = text_of("killed") };
    return mail->count > 0;
}

/* May this client do that now?  Where it is known, and after its WELCOME; it joins once where sessions are known to several. */
static bool is_time(const struct world *world, struct action action, const struct model_session *joined)
{
    const struct model_session *first = NULL;
    for (int i = 0; i < MODEL_SESSIONS; i++)
        if (world->model[0].session[i].in && world->model[0].session[i].number == session_of(action.client))
            first = &world->model[0].session[i];
    if (action.verb == JOIN)
        return !joined && action.object == 0 && (shards == 1 || !world->been[action.client]);
    if (action.verb == LEAVE_NOW && action.object != 0)
        return false;
    return joined && !joined->parted && (action.verb == DIE || !first || first->unanswered == 0);
}

/* In all shards. */
static uint32_t all_prepared(const struct world *world, uint64_t session, uint64_t group)
{
    uint32_t count = 0;
    for (int shard = 0; shard < shards; shard++)
        count += (uint32_t)model_prepared_for(&world->model[shard], session, group);
    return count;
}

static void write_mail(struct mail *mail, const struct record *record)
{
    int at = mail->count++;
    mail->at[at].kind = record->kind;
    mail->at[at].status = 0;
    mail->at[at].of_group = is_of_group(record->kind) ? *record : (struct record){ 0 };
    switch (record->kind) {
    case KIND_ADMIT: mail->at[at].session = record->admit.session; break;
    case KIND_DONE:
        mail->at[at].session = record->done.session;
        mail->at[at].status = record->done.status;
        break;
    case KIND_PREPARE: mail->at[at].session = record->prepare.session; break;
    case KIND_PREPARED: mail->at[at].session = record->prepared.session; break;
    case KIND_COMMIT: mail->at[at].session = record->commit.session; break;
    case KIND_COMMITTED: mail->at[at].session = record->committed.session; break;
    default:
        mail->at[at].session = record->dismiss.session;
        mail->at[at].status = record->dismiss.status;
    }
}

static bool input_of(const struct world *world, struct action action, uint64_t op, struct record *record, struct pool_input *in)
{
    static const struct record_place place = { .address = 4096 };
    if (action.verb == TAKE_MAIL)
        return mail_of(world, shard_of(action), record, in);
    struct model *model = (struct model *)&world->model[shard_of(action)];
    uint64_t session = session_of(action.client), number = handle_of(action.object);
    const struct model_session *joined = NULL;
    for (int i = 0; i < MODEL_SESSIONS; i++)
        if (model->session[i].in && model->session[i].number == session)
            joined = &model->session[i];
    if (!is_time(world, action, joined))
        return false;
    const struct model_handle *handle = model_handle_of(model, session, number);
    const struct model_generation *held = model_held_by(model, session, number);
    struct text name = text_of(object_name[action.object]);
    *record = (struct record){ 0 };
    *in = (struct pool_input){ .kind = POOL_RECORD, .session = session, .record = record };
    switch ((enum verb)action.verb) {
    case OFFER:
    case OFFER_INLINE:
    case OFFER_BEARING:
        record->kind = KIND_OFFER;
        record->offer = (struct record_offer){ .op = op, .handle = number, .name = name, .size = 3, .data_place = { 1, &place } };
        if (action.verb == OFFER_INLINE)
            record->offer.inline_data = bytes_of("abc", 3);
        if (action.verb == OFFER_BEARING)
            record->offer.flags = OFFER_ON_LOSS_WAIT;
        return true;
    case PREPARE:
        record->kind = KIND_OFFER;
        record->offer = (struct record_offer){ .op = op, .handle = number, .name = name, .size = 3, .data_place = { 1, &place },
                                               .group = handle_of(1 - action.object) };
        return true;
    case OFFER_GROUP_OF:
        record->kind = KIND_OFFER;
        record->offer = (struct record_offer){ .op = op, .handle = number, .name = name, .size = 1, .flags = OFFER_GROUP, .inline_data = { "\1", 1 },
                                               .members = all_prepared(world, session, number) };
        return true;
    case REQUIRE:
    case REQUIRE_BEARING:
        record->kind = KIND_REQUIRE;
        record->require = (struct record_require){ .op = op, .handle = number, .name = name };
        if (action.verb == REQUIRE_BEARING)
            record->require.flags = REQUIRE_ON_LOSS_WAIT;
        return true;
    case REQUIRE_COMMITTED:
    case REQUIRE_MISSED:
        record->kind = KIND_REQUIRE;
        record->require = (struct record_require){ .op = op, .handle = number, .name = name };
        record->require.commit = action.verb == REQUIRE_MISSED ? UINT64_MAX : model_commit_of(model, object_name[action.object]);
        return record->require.commit != 0;
    case RETAIN:
        record->kind = KIND_REQUIRE;
        record->require = (struct record_require){ .op = op, .handle = number, .name = name, .flags = REQUIRE_RETAIN, .group = text_of("g") };
        return true;
    case DEMAND:
        record->kind = KIND_DEMAND;
        record->demand = (struct record_demand){ .op = op, .handle = number, .name = name };
        return true;
    case COMPLETE:
    case FAIL:
        record->kind = KIND_COMPLETED;
        record->completed = (struct record_completed){ .handle = number, .ticket = handle ? handle->ticket : 0,
                                                       .status = action.verb == FAIL ? MSTRO_NOMEM : MSTRO_OK };
        return record->completed.ticket != 0;
    case COMPLETE_LATE:
        record->kind = KIND_COMPLETED;
        record->completed = (struct record_completed){ .handle = number, .ticket = handle ? handle->voided : 0 };
        return record->completed.ticket != 0;
    case RETRY:
        record->kind = KIND_DEMAND;
        record->demand = (struct record_demand){ .op = handle && handle->demand ? handle->demand : op, .handle = number,
                                                 .failed_ticket = handle ? handle->ticket : 0 };
        return record->demand.failed_ticket != 0;
    case RETRY_LATE:
    case RETRY_UNASKED:
        record->kind = KIND_DEMAND;
        record->demand = (struct record_demand){ .op = !handle || action.verb == RETRY_UNASKED ? op : handle->demand ? handle->demand : handle->told,
                                                 .handle = number, .failed_ticket = handle ? handle->voided : 0 };
        return record->demand.failed_ticket != 0 && record->demand.op != 0;
    case WITHDRAW:
    case TAKE_BACK:
        record->kind = KIND_WITHDRAW;
        record->withdraw = (struct record_withdraw){ .op = op, .handle = number, .force = action.verb == TAKE_BACK };
        return true;
    case RETRACT:
        record->kind = KIND_RETRACT;
        record->retract = (struct record_retract){ .op = op, .handle = number };
        return true;
    case DISPOSE:
        record->kind = KIND_DISPOSE;
        record->dispose = (struct record_dispose){ .op = op, .handle = number };
        return true;
    case CANCEL_DEMAND:
        record->kind = KIND_CANCEL;
        record->cancel = (struct record_cancel){ .op = op, .target = handle ? handle->demand : 0 };
        return record->cancel.target != 0;
    case CANCEL_WITHDRAW:
        record->kind = KIND_CANCEL;
        record->cancel = (struct record_cancel){ .op = op, .target = held ? held->withdraw_op : 0 };
        return record->cancel.target != 0;
    case JOIN:
        record->kind = KIND_JOIN;
        record->join = (struct record_join){ .op = op, .index = action.client, .component = text_of(components[action.client]), .host = text_of("node") };
        return true;
    case LEAVE:
    case LEAVE_NOW:
        record->kind = KIND_LEAVE;
        record->leave = (struct record_leave){ .op = op, .force = action.verb == LEAVE_NOW };
        return true;
    case CANCEL_LEAVE:
        record->kind = KIND_CANCEL;
        record->cancel = (struct record_cancel){ .op = op, .target = joined->leaving ? joined->leave_op : 0 };
        return record->cancel.target != 0;
    case DIE:
        *in = (struct pool_input){ .kind = POOL_LOST, .session = session, .reason = text_of("killed") };
        return true;
    case TAKE_MAIL:
    case VERBS:
        break;
    }
    return false;
}

static void post_mail(struct world *world)
{
    for (size_t i = 0; i < world->out.count; i++) {
        const struct pool_output *output = &world->out.at[i];
        const struct record *record = &output->record;
        struct mail *mail = &world->mail[output->shard];
        if (output->session)
            continue;
        if (mail->count == MAIL_MAX)
            abort();
        write_mail(mail, record);
    }
}

/* What is not of an engine: who has been here, what has been taken. */
static void note_action(struct world *world, struct action action)
{
    if (action.verb == JOIN)
        world->been[action.client] = true;
    if (action.verb != TAKE_MAIL)
        return;
    struct mail *mail = &world->mail[action.client];
    memmove(mail->at, mail->at + 1, (size_t)--mail->count * sizeof mail->at[0]);
}

/* False: the action is none in this state. */
static bool act(struct world *world, struct action action)
{
    int shard = shard_of(action);
    struct record record;
    struct pool_input in;
    uint64_t op = world->op + 1;
    if (!input_of(world, action, op, &record, &in))
        return false;
    world->op = op;
    note_action(world, action);
    model_input(&world->model[shard], &in);
    pool_step(world->pool[shard], &in, 0, &world->out);
    model_compare(&world->model[shard], &world->out, 0);
    post_mail(world);
    pool_outputs_clear(&world->out);
    if (!world->wrong)
        world->wrong = world->model[shard].wrong;
    if (!world->wrong)
        world->wrong = pool_check(world->pool[shard]);
    return true;
}

/* ---- states ---- */

static void world_open(struct world *world)
{
    struct pool_settings settings = pool_settings_default();
    settings.lease = 0;
    settings.fact_bytes = 0;
    settings.pool = (struct id){ 1, 2 };
    settings.shards = (uint16_t)shards;
    for (int shard = 0; shard < shards; shard++) {
        settings.shard = (uint16_t)shard;
        if (pool_create(&world->pool[shard], &settings) != MSTRO_OK)
            abort();
        model_init(&world->model[shard], settings.inline_budget, shard, shards);
        world->mail[shard].count = 0;
    }
    memset(world->been, 0, sizeof world->been);
    world->op = 0;
    world->wrong = NULL;
}

static void world_close(struct world *world)
{
    for (int shard = 0; shard < shards; shard++) {
        pool_destroy(world->pool[shard]);
        world->pool[shard] = NULL;
    }
}

static uint64_t mixed(uint64_t hash, uint64_t value)
{
    hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6) + (hash >> 2);
    hash *= UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

/* How many members it speaks of, and whether the group is still under way that it is about. */
static uint64_t hash_of_group(const struct world *world, int to, const struct record *record)
{
    uint64_t session = 0, group = 0, op = 0, members = 0;
    switch (record->kind) {
#define OF_GROUP(NAME, name) case KIND_##NAME: session = record->name.session; group = record->name.group; op = record->name.op; break;
    OF_GROUP(PREPARE, prepare)
    OF_GROUP(COMMIT, commit)
    OF_GROUP(PREPARED, prepared)
    OF_GROUP(COMMITTED, committed)
#undef OF_GROUP
    default: return 0;
    }
    bool asks = record->kind == KIND_PREPARE || record->kind == KIND_COMMIT;
    const struct model_generation *held = model_held_by((struct model *)&world->model[asks ? !to : to], session, group);
    if (record->kind == KIND_PREPARED)
        members = record->prepared.members;
    if (record->kind == KIND_COMMITTED)
        members = record->committed.members;
    return members << 1 | (held && held->op == op);
}

static uint64_t world_hash(const struct world *world)
{
    uint64_t hash = pool_state_hash(world->pool[0]);
    if (shards == 1)
        return hash;
    hash = mixed(hash, pool_state_hash(world->pool[1]));
    for (int to = 0; to < shards; to++) {
        hash = mixed(hash, (uint64_t)world->mail[to].count);
        for (int i = 0; i < world->mail[to].count; i++)
            hash = mixed(mixed(mixed(mixed(hash, world->mail[to].at[i].kind), world->mail[to].at[i].session), world->mail[to].at[i].status),
                         hash_of_group(world, to, &world->mail[to].at[i].of_group));
    }
    return mixed(hash, (uint64_t)world->been[1] << 1 | world->been[0]);
}

static int path_to(uint32_t node, struct action path[DEEPEST])
{
    int length = 0;
    for (uint32_t at = node; at != 0; at = nodes[at].parent)
        path[length++] = nodes[at].action;
    for (int i = 0; i < length / 2; i++) {
        struct action other = path[i];
        path[i] = path[length - 1 - i];
        path[length - 1 - i] = other;
    }
    return length;
}

static void say_action(struct action action)
{
    if (action.verb == TAKE_MAIL)
        printf("#   shard %u takes mail\n", action.client);
    else if (action.verb < OBJECT_VERBS)
        printf("#   %c %s %s\n", 'a' + action.client, verb_name[action.verb], object_name[action.object]);
    else
        printf("#   %c %s, in shard %u\n", 'a' + action.client, verb_name[action.verb], action.object);
}

static void say_path(uint32_t node, const struct action *last, const char *wrong)
{
    struct action path[DEEPEST];
    int length = path_to(node, path);
    printf("# %s, after:\n", wrong);
    for (int i = 0; i < length; i++)
        say_action(path[i]);
    if (last)
        say_action(*last);
}

static bool remember(uint64_t hash)
{
    if (seen_count * 2 >= seen_room) {
        size_t room = seen_room ? seen_room * 2 : 1 << 16;
        uint64_t *larger = calloc(room, sizeof *larger);
        if (!larger)
            abort();
        for (size_t i = 0; i < seen_room; i++)
            if (seen[i]) {
                size_t at = seen[i] & (room - 1);
                while (larger[at])
                    at = (at + 1) & (room - 1);
                larger[at] = seen[i];
            }
        free(seen);
        seen = larger;
        seen_room = room;
    }
    hash = hash ? hash : 1;
    size_t at = hash & (seen_room - 1);
    while (seen[at] && seen[at] != hash)
        at = (at + 1) & (seen_room - 1);
    if (seen[at])
        return false;
    seen[at] = hash;
    seen_count++;
    return true;
}

static uint32_t node_add(uint32_t parent, struct action action)
{
    if (node_count == node_room) {
        node_room = node_room ? node_room * 2 : 1 << 16;
        nodes = realloc(nodes, node_room * sizeof *nodes);
        if (!nodes)
            abort();
    }
    nodes[node_count] = (struct node){ .parent = parent, .action = action };
    return (uint32_t)node_count++;
}

/* What led to a node, to be played again without asking the model. */
struct history { struct record record[DEEPEST]; struct pool_input in[DEEPEST]; int shard[DEEPEST], length; };

/* Play the path to 'node' and keep what was said. */
static void world_reach(struct world *world, uint32_t node, struct history *history)
{
    struct action path[DEEPEST];
    int length = path_to(node, path);
    world_open(world);
    history->length = 0;
    for (int i = 0; i < length; i++) {
        input_of(world, path[i], world->op + 1, &history->record[i], &history->in[i]);
        history->shard[i] = shard_of(path[i]);
        history->length++;
        act(world, path[i]);
    }
}

/* The same state again: 'model' is that of the node. */
static void world_again(struct world *world, const struct history *history, const struct world *reached)
{
    world_open(world);
    for (int i = 0; i < history->length; i++) {
        pool_step(world->pool[history->shard[i]], &history->in[i], 0, &world->out);
        pool_outputs_clear(&world->out);
    }
    for (int shard = 0; shard < shards; shard++) {
        world->model[shard] = reached->model[shard];
        world->mail[shard] = reached->mail[shard];
    }
    memcpy(world->been, reached->been, sizeof world->been);
    world->op = reached->op;
}

static void take_all_mail(struct world *world)
{
    for (bool some = shards > 1; some && !world->wrong;) {
        some = act(world, (struct action){ TAKE_MAIL, 0, 0 });
        some = act(world, (struct action){ TAKE_MAIL, 1, 0 }) || some;
    }
}

static struct pool_count count_all(const struct world *world)
{
    struct pool_count sum = { 0 };
    for (int shard = 0; shard < shards; shard++) {
        struct pool_count count = pool_count(world->pool[shard]);
        sum.sessions += count.sessions;
        sum.cdos += count.cdos;
        sum.generations += count.generations;
        sum.requires += count.requires;
        sum.tickets += count.tickets;
        sum.waiting += count.waiting;
        sum.inline_bytes += count.inline_bytes;
    }
    return sum;
}

/* From here on everybody does what ends things: nothing may be left. */
static void heal(struct world *world)
{
    take_all_mail(world);
    for (int round = 0; round < 2 && !world->wrong; round++)
        for (int client = 0; client < CLIENTS; client++)
            for (int object = 0; object < objects; object++) {
                act(world, (struct action){ COMPLETE, (uint8_t)client, (uint8_t)object });
                act(world, (struct action){ RETRACT, (uint8_t)client, (uint8_t)object });
            }
    struct pool_count count = count_all(world);
    if (!world->wrong && (count.waiting || count.requires || count.tickets))
        world->wrong = "something waits although everybody has completed or retracted";
    for (int shard = shards; shard-- > 0;) /* as a client leaves: shard 0 last */
        for (int client = 0; client < CLIENTS; client++)
            act(world, (struct action){ LEAVE, (uint8_t)client, (uint8_t)shard });
    take_all_mail(world);
    count = count_all(world);
    if (!world->wrong && (count.sessions || count.cdos || count.generations || count.inline_bytes || count.waiting))
        world->wrong = "something is left although everybody has left";
}

static bool counts_agree(const struct world *world, int shard)
{
    struct pool_count is = pool_count(world->pool[shard]), should = model_count(&world->model[shard]);
    return is.sessions == should.sessions && is.cdos == should.cdos && is.generations == should.generations && is.requires == should.requires &&
           is.tickets == should.tickets && is.waiting == should.waiting && is.inline_bytes == should.inline_bytes;
}

static bool is_in_alphabet(struct action action)
{
    int count = action.verb < OBJECT_VERBS ? objects : action.verb == TAKE_MAIL ? shards > 1 : shards;
    if (action.object >= count)
        return false;
    switch ((enum verb)action.verb) {
    case OFFER_BEARING:
    case REQUIRE_BEARING: return bearing;
    case PREPARE:
    case REQUIRE_COMMITTED:
    case REQUIRE_MISSED:
    case OFFER_GROUP_OF: return grouping;
    case OFFER_INLINE: return !grouping;
    default: return true;
    }
}

/* Every action in the state of 'node'.  False: one of them went wrong. */
static bool expand(uint32_t node)
{
    static struct history history;
    static struct world reached, world;
    world_reach(&reached, node, &history);
    world_close(&reached);
    if ((size_t)history.length > deepest)
        deepest = (size_t)history.length;
    int many = objects > shards ? objects : shards;
    for (int i = 0; i < VERBS * CLIENTS * many; i++) {
        struct action action = { (uint8_t)(i / CLIENTS / many), (uint8_t)(i / many % CLIENTS), (uint8_t)(i % many) };
        struct record record;
        struct pool_input in;
        if (!is_in_alphabet(action) || !input_of(&reached, action, 1, &record, &in))
            continue;
        world_again(&world, &history, &reached);
        act(&world, action);
        transitions++;
        if (!world.wrong && !counts_agree(&world, shard_of(action)))
            world.wrong = "the engine's counts are not those of the rules";
        if (!world.wrong && remember(world_hash(&world))) {
            node_add(node, action);
            heal(&world);
        }
        if (world.wrong)
            say_path(node, &action, world.wrong);
        world_close(&world);
        if (world.wrong)
            return false;
    }
    return true;
}

/* True: good.  A limit of 0 is none. */
static bool search(int number, int objects_wanted, bool with_bearing, bool with_groups, int shards_wanted, size_t limit)
{
    bool good = true, all = true;
    objects = objects_wanted;
    shards = shards_wanted;
    for (int i = 0; i < objects && shards > 1; i++) /* from the last shard on */
        while (shard_of((struct action){ 0, 0, (uint8_t)i }) != (shards - 1 - i + shards) % shards)
            object_name[i][0]++;
    bearing = with_bearing;
    grouping = with_groups;
    node_count = seen_count = seen_room = transitions = deepest = 0;
    free(seen);
    seen = NULL;
    node_add(0, (struct action){ 0 });
    for (uint32_t node = 0; good && node < node_count; node++) {
        if (limit && node_count > limit) {
            all = false;
            break;
        }
        good = expand(node);
    }
    printf("%sok %d - in every state that two clients and %d object%s can reach%s%s%s the engine follows the rules, and everything ends\n",
           good ? "" : "not ", number, objects, objects > 1 ? "s" : "", shards > 1 ? " in two shards" : "", bearing ? ", some bearing losses" : "",
           grouping ? ", one for the other as a group," : ",");
    printf("# %zu states%s, %zu transitions, up to %zu actions deep\n", node_count, all ? " (all there are)" : "", transitions, deepest);
    return good;
}

int main(int argc, char **argv)
{
    bool full = getenv("MAESTRO_LONG"), brief = argc > 1 && strcmp(argv[1], "--brief") == 0;
    const char *slowness = getenv("MAESTRO_TEST_SLOWNESS"); /* of a sanitizer build */
    brief = brief || (slowness && atoi(slowness) > 1);
    printf("1..6\n");
    bool good = search(1, 1, true, false, 1, 0);
    if (good)
        good = full ? search(2, 2, true, false, 1, 0) : search(2, 2, false, false, 1, brief ? 6000 : 0);
    if (good)
        good = search(3, 1, true, false, 2, brief ? 6000 : 0);
    if (good)
        good = search(4, 2, full, false, 2, full ? FULL : brief ? 2000 : 20000);
    if (good)
        good = search(5, 2, false, true, 1, full ? FULL : brief ? 3000 : 6000);
    if (good)
        good = search(6, 2, false, true, 2, full ? FULL : brief ? 2000 : 10000);
    free(nodes);
    free(seen);
    return !good;
}
