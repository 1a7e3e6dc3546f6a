/* SPDX-License-Identifier: BSD-3-Clause */
/* sets.c - programs of simulated processes that offer groups, and such that need them
 *
 * What the library does around the client's step is done here too: a group's ticket is moved by requiring what it lists, a demand brings
 * all members or none, and of one offer only.  Each offer of a group has a number of its own in the contents of all its members: who has
 * read them all compares. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/query/selector.h"
#include "lib/wire/names.h"
#include "tests/sim/world.h"

enum { OWN_MEMBERS = 3, BATCH_SHIFT = 4 };

static int index_of(const struct world *world, const struct process *process) { return (int)(process - world->process); }

static bool any_op(const struct use *use, int count)
{
    for (int i = 0; i < count; i++)
        if (use[i].op)
            return true;
    return false;
}

static bool any_known(const struct use *use, int count)
{
    for (int i = 0; i < count; i++)
        if (use[i].number)
            return true;
    return false;
}

static void start_simple(struct world *world, struct process *process, struct use *use, enum record_kind kind)
{
    struct record record = { .kind = kind };
    uint64_t op = ++process->ops;
    switch (kind) {
    case KIND_WITHDRAW: record.withdraw = (struct record_withdraw){ .op = op, .handle = use->number }; break;
    case KIND_RETRACT: record.retract = (struct record_retract){ .op = op, .handle = use->number }; break;
    case KIND_DISPOSE: record.dispose = (struct record_dispose){ .op = op, .handle = use->number }; break;
    case KIND_DEMAND: record.demand = (struct record_demand){ .op = op, .handle = use->number, .name = text_of(use->name) }; break;
    default: record.require = (struct record_require){ .op = op, .handle = use->number, .name = text_of(use->name) }; break;
    }
    process_asks(world, process, use, &record, op);
}

static void start_cancel(struct world *world, struct process *process, uint64_t target)
{
    struct record record = { .kind = KIND_CANCEL, .cancel = { .op = ++process->ops, .target = target } };
    process_asks(world, process, NULL, &record, record.cancel.op);
}

static void dispose_all(struct world *world, struct process *process, struct use *use, int count)
{
    for (int i = 0; i < count; i++)
        if (use[i].number && !use[i].op)
            start_simple(world, process, &use[i], KIND_DISPOSE);
}

/* ---- who lends ---- */

/* So that a group and its members are all in different shards of seven, and in both of two. */
static const char member_letter[OWN_MEMBERS] = { 'a', 'b', 'd' };

static void name_member(char name[8], const char *group, int i)
{
    size_t length = strnlen(group, 6);
    memmove(name, group, length);
    name[length] = member_letter[i];
    name[length + 1] = '\0';
}

void sets_name_member(struct world *world, char name[8])
{
    char group[8];
    snprintf(group, sizeof group, "g%d", (int)world_below(world, world->set_names));
    name_member(name, group, (int)world_below(world, OWN_MEMBERS));
}

void check_sets_spread(struct world *world)
{
    for (uint64_t set = 0; world->shards > 1 && set < world->set_names; set++) {
        uint32_t shards = 0;
        int count = 0;
        char group[8], member[8];
        snprintf(group, sizeof group, "g%d", (int)set);
        shards = UINT32_C(1) << shard_of_name(world, group);
        for (int i = 0; i < OWN_MEMBERS; i++) {
            name_member(member, group, i);
            shards |= UINT32_C(1) << shard_of_name(world, member);
        }
        for (uint16_t shard = 0; shard < world->shards; shard++)
            count += (shards >> shard) & 1;
        if (count < (world->shards == SHARDS_MAX ? 1 + OWN_MEMBERS : 2))
            world_fail(world, "the group %s and its members lie in %d of %u shards", group, count, world->shards);
    }
}

static void prepare_member(struct world *world, struct process *process, struct use *use, uint64_t batch, int i)
{
    struct record record = { .kind = KIND_OFFER };
    struct record_place place = { .address = use->number };
    unsigned char room[ATTRIBUTE_ROOM];
    uint64_t op = ++process->ops, sort = world_below(world, 4);
    use->word = batch << BATCH_SHIFT | (uint64_t)(i + 1);
    use->content = use->word * 3;
    record.offer = (struct record_offer){ .op = op, .handle = use->number, .name = text_of(use->name), .word = use->word, .size = 8,
                                          .group = process->use[LENT_SET].number, .data_place = { 1, &place }, .word_place = { 1, &place },
                                          .attributes = step_attribute(i, room) };
    if (sort == 0)
        record.offer.inline_data = bytes_of(&use->content, sizeof use->content);
    process_asks(world, process, use, &record, op);
}

static void prepare_set(struct world *world, struct process *process)
{
    struct use *use = &process->use[LENT_SET];
    uint64_t batch = ++world->contents;
    process->lends = LENDS_PREPARED;
    for (int i = 0; i < OWN_MEMBERS; i++)
        prepare_member(world, process, &use[1 + i], batch, i);
}

static void begin_set(struct world *world, struct process *process)
{
    struct use *use = &process->use[LENT_SET];
    for (int i = 0; i < 1 + OWN_MEMBERS; i++) /* what is somebody else's has its handles when it is listed */
        use[i] = (struct use){ .number = ++process->handles, .role = ROLE_OFFERS };
    snprintf(use->name, sizeof use->name, "g%d", process->lends_set ? process->lends_set - 1 : (int)world_below(world, world->set_names));
    for (int i = 0; i < OWN_MEMBERS; i++)
        name_member(use[1 + i].name, use->name, i);
    prepare_set(world, process);
}

static void select_members(struct world *world, struct process *process)
{
    struct selector *selector = step_selector(SELECTED_STEP);
    struct record record = { .kind = KIND_SELECT, .select = { .op = ++process->ops, .selector = selector_bytes(selector) } };
    process->lends = LENDS_SELECTS;
    process->select_op = record.select.op;
    process->finds = 0;
    process_asks(world, process, NULL, &record, record.select.op);
    selector_destroy(selector);
}

/* Its own are in the group anyway; two times the same would be one too many. */
void sets_found(struct process *process, const struct record_selected *selected)
{
    static struct names_reader list;
    for (names_open(&list, selected->names); names_next(&list) && process->finds < FOUND_MAX;) {
        char name[8];
        snprintf(name, sizeof name, "%.*s", (int)list.length, list.name);
        bool known = name[0] == 'g' || strcmp(name, "n0") == 0;
        for (int i = 0; i < process->finds; i++)
            known = known || strcmp(process->found[i].name, name) == 0;
        if (known)
            continue;
        memcpy(process->found[process->finds].name, name, sizeof name);
        process->found[process->finds++].commit = list.commit;
    }
}

/* Somebody has died, or something of somebody was lost; the one is known before the other. */
static uint64_t losses(const struct world *world)
{
    uint64_t count = world->losses;
    for (uint16_t shard = 0; shard < world->shards; shard++)
        count += world->witness[shard].met.lost + world->witness[shard].met.lost_groups;
    return count;
}

/* commit 0: what is offered now, if anything is. */
static void retain(struct world *world, struct process *process, const char *name, uint64_t commit)
{
    struct use *use = &process->use[LENT_SET + 1 + OWN_MEMBERS];
    while (use->number)
        use++;
    *use = (struct use){ .number = ++process->handles, .role = ROLE_NEEDS, .retains = true, .losses = losses(world) };
    snprintf(use->name, sizeof use->name, "%s", name);
    struct record record = { .kind = KIND_REQUIRE };
    record.require = (struct record_require){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .flags = REQUIRE_RETAIN,
                                              .commit = commit, .group = text_of(process->use[LENT_SET].name) };
    process_asks(world, process, use, &record, record.require.op);
}

/* What is somebody else's: some of it by name, the rest as it was found. */
static void retain_listed(struct world *world, struct process *process)
{
    process->lends = LENDS_RETAINS;
    process->lists_stranger = world_chance(world, world->strangers);
    if (process->lists_stranger)
        retain(world, process, "n0", 0);
    if (world_chance(world, world->nested))
        retain(world, process, strcmp(process->use[LENT_SET].name, "g0") == 0 ? "g1" : "g0", 0);
    for (int i = 0; i < process->finds; i++)
        retain(world, process, process->found[i].name, process->found[i].commit);
}

void sets_retained(struct world *world, struct use *use, uint64_t commit)
{
    use->commit = commit;
    for (int i = 0; i < RETAINED_MAX; i++)
        if (commit == 0 || world->retained[i].commit == commit)
            return; /* for another group: that one's is what must be brought at least */
    world->retained[world->retains % RETAINED_MAX].commit = commit;
    world->retained[world->retains++ % RETAINED_MAX].losses = use->losses;
}

void sets_missed(struct world *world, const struct process *process, const struct use *use)
{
    for (int i = 0; i < RETAINED_MAX && use->commit && !use->own && !use->retains; i++)
        if (world->retained[i].commit == use->commit && world->retained[i].losses == losses(world))
            world_fail(world, "process %d: %s is lost, which a group retains, and nobody was lost", index_of(world, process), use->name);
}

static void offer_set(struct world *world, struct process *process)
{
    static struct names_writer list;
    static uint8_t memory[256];
    struct use *use = &process->use[LENT_SET];
    names_begin(&list, memory, sizeof memory);
    for (int i = 0; i < SET_MEMBERS; i++)
        if (i < OWN_MEMBERS || use[1 + i].number)
            names_put(&list, text_of(use[1 + i].name), i < OWN_MEMBERS ? NAME_OWN : use[1 + i].commit ? NAME_COMMIT : 0, use[1 + i].commit);
    struct record record = { .kind = KIND_OFFER };
    record.offer = (struct record_offer){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .flags = OFFER_GROUP,
                                          .members = OWN_MEMBERS, .inline_data = names_written(&list), .size = (int64_t)names_written(&list).length };
    process->lends = LENDS_OFFERED;
    process_asks(world, process, use, &record, record.offer.op);
}

/* What happened last to an object of this application. */
static const struct happened *last_of(const struct witness *w, uint64_t app, const char *name)
{
    const uint32_t kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_LOST;
    for (size_t i = w->facts; i-- > 0;)
        if (!w->fact[i].intent && (w->fact[i].event & kinds) && w->fact[i].app == app && strcmp(w->fact[i].name, name) == 0)
            return &w->fact[i];
    return NULL;
}

void sets_refused(struct world *world, const struct process *process)
{
    for (int i = 1; i < 1 + OWN_MEMBERS && !process->leaving; i++) {
        const struct use *use = &process->use[LENT_SET + i];
        const struct happened *last = use->offered ? last_of(&world->witness[shard_of_name(world, use->name)], process->app, use->name) : NULL;
        if (last && last->event == MSTRO_POOL_EVENT_OFFER)
            world_fail(world, "process %d: %s is seen, and its group is refused", index_of(world, process), use->name);
    }
    world->refused_sets++;
}

bool sets_list_of(const struct process *lender, const struct process *other)
{
    bool there = false;
    for (int i = 0; i < SINGLES; i++)
        there = there || (other->use[i].offered && strcmp(other->use[i].name, "n0") == 0);
    return there && lender->lends == LENDS_OFFERED && lender->use[LENT_SET].offered && (lender->lists_stranger || lender->finds > 0);
}

/* All that is prepared or offered goes back, and what is retained; then once more, or no more. */
static void return_set(struct world *world, struct process *process)
{
    struct use *use = &process->use[LENT_SET];
    bool left = false;
    dispose_all(world, process, use + 1 + OWN_MEMBERS, SET_MEMBERS - OWN_MEMBERS);
    for (int i = 1; i < 1 + OWN_MEMBERS; i++) {
        left = left || use[i].offered;
        if (use[i].offered)
            start_simple(world, process, &use[i], KIND_WITHDRAW);
    }
    if (left)
        return;
    if (!world->healing && world_chance(world, 600))
        prepare_set(world, process);
    else
        process->lends = LENDS_NOTHING;
}

void sets_lend(struct world *world, struct process *process)
{
    struct use *use = &process->use[LENT_SET];
    bool all = true, retained = true;
    if (any_op(use, 1 + SET_MEMBERS)) {
        const struct use *some = &use[world_below(world, 1 + SET_MEMBERS)];
        if (some->op && ((some == use && use->kind == KIND_WITHDRAW) || some->retains) && world_chance(world, 100))
            start_cancel(world, process, some->op);
        return;
    }
    for (int i = 1; i < 1 + OWN_MEMBERS; i++)
        all = all && use[i].offered;
    for (int i = 1 + OWN_MEMBERS; i < 1 + SET_MEMBERS; i++)
        retained = retained && use[i].status == MSTRO_OK;
    switch (process->lends) {
    case LENDS_NOTHING:
        if (any_known(use, 1 + SET_MEMBERS))
            dispose_all(world, process, use, 1 + SET_MEMBERS);
        else if (!world->healing)
            begin_set(world, process);
        break;
    case LENDS_PREPARED:
        process->finds = 0;
        if (!all && world_chance(world, 100)) /* though one was refused: the pool must find that out */
            retain_listed(world, process);
        else if (!all || world_chance(world, 30))
            process->lends = LENDS_RETURNS;
        else if (world_chance(world, world->selected))
            select_members(world, process);
        else
            retain_listed(world, process);
        break;
    case LENDS_SELECTS:
        if (!is_pending(process, process->select_op))
            retain_listed(world, process);
        break;
    case LENDS_RETAINS:
        if (retained)
            offer_set(world, process);
        else
            process->lends = LENDS_RETURNS;
        break;
    case LENDS_OFFERED:
        if (!use->offered)
            process->lends = LENDS_RETURNS;
        else if (world->healing || world_chance(world, 300))
            start_simple(world, process, use, KIND_WITHDRAW);
        break;
    case LENDS_RETURNS:
        return_set(world, process);
        break;
    }
}

/* ---- who needs: the list ---- */

void set_listed(struct world *world, struct process *process, const struct record_ticket *ticket)
{
    static struct names_reader list;
    process->listed = 0;
    for (names_open(&list, ticket->inline_data); names_next(&list) && process->listed < SET_MEMBERS; process->listed++) {
        struct listed *at = &process->list[process->listed];
        snprintf(at->name, sizeof at->name, "%.*s", (int)list.length, list.name);
        at->own = list.flags & NAME_OWN;
        at->commit = at->own ? ticket->commit : list.commit;
    }
    if (names_fault(&list) || process->listed < OWN_MEMBERS)
        world_fail(world, "process %d: a list of members that nobody offered", index_of(world, process));
    process->enrols = ENROL_CLEARS;
}

static void require_listed(struct world *world, struct process *process)
{
    struct use *object = &process->use[NEEDED_SET];
    for (int i = 0; i < process->listed; i++) {
        struct use *use = &object[1 + i];
        *use = (struct use){ .number = ++process->handles, .role = ROLE_NEEDS, .own = process->list[i].own, .commit = process->list[i].commit };
        snprintf(use->name, sizeof use->name, "%s", process->list[i].name);
        struct record record = { .kind = KIND_REQUIRE };
        record.require = (struct record_require){ .op = ++process->ops, .handle = use->number, .name = text_of(use->name), .commit = use->commit };
        process_asks(world, process, use, &record, record.require.op);
    }
}

static void end_enrolment(struct world *world, struct process *process)
{
    struct use *object = &process->use[NEEDED_SET];
    struct client_input in = { .kind = CLIENT_MOVED, .moved = { .handle = object->number } };
    for (int i = 1; i <= process->listed; i++) {
        const struct use *use = &object[i];
        bool failed = use->number && use->status != MSTRO_OK && (use->own || use->status != MSTRO_PEER_LOST); /* else its DEMAND tells */
        if (failed && in.moved.status == MSTRO_OK) {
            in.moved.status = use->status;
            in.moved.again = use->status == MSTRO_PEER_LOST;
        }
    }
    if (in.moved.status == MSTRO_OK && object->abort)
        in.moved.status = MSTRO_CANCELLED;
    object->moving = false;
    object->got = in.moved.status == MSTRO_OK;
    if (!object->got)
        dispose_all(world, process, object + 1, SET_MEMBERS);
    step_client(world, process, &in);
}

void set_enrols(struct world *world, struct process *process)
{
    struct use *members = &process->use[NEEDED_SET + 1];
    for (int i = 0; i < SET_MEMBERS; i++)
        if (members[i].op || members[i].moving)
            return;
    if (process->enrols == ENROL_CLEARS && any_known(members, SET_MEMBERS)) {
        dispose_all(world, process, members, SET_MEMBERS); /* of an earlier list */
        for (int i = 0; process->ended && i < SET_MEMBERS; i++)
            members[i].number = 0;
    } else if (process->enrols == ENROL_CLEARS) {
        process->enrols = ENROL_REQUIRES;
        require_listed(world, process);
    } else
        end_enrolment(world, process);
}

/* ---- who needs: all of it or nothing ---- */

/* What is somebody else's, too, is what was listed, and not what has its name by now. */
static void check_listed(struct world *world, struct process *process, const struct use *use)
{
    uint64_t word = use->commit ? model_word_of(&world->model[shard_of_name(world, use->name)], use->commit) : 0;
    if (word && use->ticket.size > 0 && use->read_content != word * 3)
        world_fail(world, "process %d: %s is of another offer than the group has listed", index_of(world, process), use->name);
    world->listed_read += word != 0;
}

static void check_read(struct world *world, struct process *process)
{
    const struct use *object = &process->use[NEEDED_SET];
    uint64_t batch = 0, seen = 0;
    for (int i = 1; i <= process->listed; i++) {
        const struct use *use = &object[i];
        if (!use->got)
            world_fail(world, "process %d: the group %s is here without %s", index_of(world, process), object->name, use->name);
        if (!use->own) {
            check_listed(world, process, use);
            continue;
        }
        uint64_t word = use->read_content / 3;
        if (batch && word >> BATCH_SHIFT != batch)
            world_fail(world, "process %d: members of %s are of two offers", index_of(world, process), object->name);
        batch = word >> BATCH_SHIFT;
        seen |= 1u << (word & ((1 << BATCH_SHIFT) - 1));
    }
    if (seen != 14)
        world_fail(world, "process %d: %s has other members than it was offered with", index_of(world, process), object->name);
    world->sets_read++;
}

/* The generation of the list will not come whole. */
static void give_up(struct world *world, struct process *process)
{
    process->needs = NEEDS_AGAIN;
    dispose_all(world, process, &process->use[NEEDED_SET + 1], SET_MEMBERS);
}

static void judge_read(struct world *world, struct process *process)
{
    const struct use *object = &process->use[NEEDED_SET];
    bool all = true, lost = false;
    for (int i = 1; i <= process->listed; i++) {
        all = all && object[i].got && !object[i].needed;
        lost = lost || object[i].status == MSTRO_PEER_LOST;
    }
    if (lost)
        give_up(world, process);
    else if (all) {
        check_read(world, process);
        process->needs = NEEDS_NOTHING;
    } else if (world_chance(world, 400)) /* one that is somebody else's was not offered, and its DEMAND cancelled */
        process->needs = NEEDS_NOTHING;
    else
        process->needs = NEEDS_LISTED;
}

static void read_listed(struct world *world, struct process *process)
{
    struct use *object = &process->use[NEEDED_SET];
    process->needs = NEEDS_READS;
    for (int i = 1; i <= process->listed; i++)
        if (object[i].number && (!object[i].got || object[i].needed))
            start_simple(world, process, &object[i], KIND_DEMAND);
}

static void begin_need(struct world *world, struct process *process)
{
    struct use *object = &process->use[NEEDED_SET];
    *object = (struct use){ .number = ++process->handles, .role = ROLE_NEEDS };
    snprintf(object->name, sizeof object->name, "g%d", (int)world_below(world, world->set_names));
    process->needs = NEEDS_OBJECT;
    start_simple(world, process, object, world_chance(world, 500) ? KIND_REQUIRE : KIND_DEMAND);
}

static void object_goes_on(struct world *world, struct process *process)
{
    struct use *object = &process->use[NEEDED_SET];
    if (object->kind == KIND_DEMAND && object->status == MSTRO_OK)
        process->needs = NEEDS_LISTED;
    else if (object->kind == KIND_RETRACT && !object->needed)
        process->needs = NEEDS_NOTHING;
    else if (world_chance(world, world->healing ? 400 : 150))
        start_simple(world, process, object, object->needed ? KIND_RETRACT : KIND_DEMAND);
    else if (world_chance(world, 500))
        start_simple(world, process, object, KIND_DEMAND);
}

static void cancel_something(struct world *world, struct process *process)
{
    struct use *use = &process->use[NEEDED_SET + world_below(world, 1 + SET_MEMBERS)];
    if (use->op && use->kind == KIND_DEMAND && world_chance(world, world->healing ? 200 : 30))
        start_cancel(world, process, use->op);
}

void sets_need(struct world *world, struct process *process)
{
    struct use *object = &process->use[NEEDED_SET];
    if (object->moving || any_op(object, 1 + SET_MEMBERS)) {
        cancel_something(world, process);
        return;
    }
    switch (process->needs) {
    case NEEDS_NOTHING:
        if (any_known(object, 1 + SET_MEMBERS))
            dispose_all(world, process, object, 1 + SET_MEMBERS);
        else if (!world->healing)
            begin_need(world, process);
        break;
    case NEEDS_OBJECT:
        object_goes_on(world, process);
        break;
    case NEEDS_LISTED:
        read_listed(world, process);
        break;
    case NEEDS_READS:
        judge_read(world, process);
        break;
    case NEEDS_AGAIN: /* before anything else: the next one shall not be missed */
        process->needs = NEEDS_OBJECT;
        start_simple(world, process, object, KIND_REQUIRE);
        break;
    }
}
