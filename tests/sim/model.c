/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct model *model, uint64_t inline_budget, int shard, int shards)
{
    memset(model, 0, sizeof *model);
    model->shard = shard;
    model->shards = shards;
    model->inline_budget = inline_budget;
}

static struct model_answer *expect(struct model *model, uint64_t session, enum record_kind kind, uint64_t op, uint32_t status)
{
    if (model->answers == MODEL_ANSWERS)
        abort();
    struct model_answer *answer = &model->answer[model->answers++];
    *answer = (struct model_answer){ .session = session, .kind = kind, .op = op, .status = status };
    return answer;
}

static void expect_ack(struct model *model, uint64_t session, uint64_t op, uint32_t status)
{
    if (op)
        expect(model, session, KIND_ACK, op, status);
}

static struct model_answer *expect_shard(struct model *model, int shard, enum record_kind kind, uint64_t session, uint32_t status)
{
    struct model_answer *answer = expect(model, 0, kind, 0, status);
    answer->shard = (uint64_t)shard;
    answer->handle = session;
    return answer;
}

static void expect_others(struct model *model, enum record_kind kind, uint64_t session, uint32_t status)
{
    for (int shard = 1; shard < model->shards; shard++)
        expect_shard(model, shard, kind, session, status);
}

static struct model_session *session_of(struct model *model, uint64_t number)
{
    for (int i = 0; i < MODEL_SESSIONS; i++)
        if (model->session[i].in && model->session[i].number == number)
            return &model->session[i];
    return NULL;
}

struct model_handle *model_handle_of(struct model *model, uint64_t session, uint64_t number)
{
    for (int i = 0; i < MODEL_HANDLES; i++)
        if (model->handle[i].session == session && session && model->handle[i].number == number)
            return &model->handle[i];
    return NULL;
}

struct model_generation *model_held_by(struct model *model, uint64_t session, uint64_t number)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++)
        if (model->generation[i].name[0] && model->generation[i].session == session && model->generation[i].handle == number)
            return &model->generation[i];
    return NULL;
}

static struct model_generation *standing(struct model *model, const char *name)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++)
        if (model->generation[i].session && strcmp(model->generation[i].name, name) == 0)
            return &model->generation[i];
    return NULL;
}

static uint64_t *generations_of(struct model *model, const char *name)
{
    int unused = -1;
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        if (strcmp(model->named[i].name, name) == 0)
            return &model->named[i].generations;
        if (unused < 0 && !model->named[i].name[0])
            unused = i;
    }
    if (unused < 0)
        abort();
    snprintf(model->named[unused].name, MODEL_NAME, "%s", name);
    model->named[unused].generations = 0;
    return &model->named[unused].generations;
}

static struct model_handle *handle_known(struct model *model, uint64_t session, uint64_t number, struct text name)
{
    struct model_handle *handle = model_handle_of(model, session, number);
    for (int i = 0; !handle && name.length && i < MODEL_HANDLES; i++)
        if (!model->handle[i].session) {
            handle = &model->handle[i];
            *handle = (struct model_handle){ .session = session, .number = number, .bound = NO_GENERATION };
            snprintf(handle->name, MODEL_NAME, TEXT_FORMAT, TEXT_ARGUMENTS(name));
            generations_of(model, handle->name);
        }
    return handle;
}

static bool needed(struct model *model, const struct model_generation *generation)
{
    for (int i = 0; i < MODEL_HANDLES; i++)
        if (model->handle[i].session && model->handle[i].needs && model->handle[i].bound == generation - model->generation)
            return true;
    return false;
}

static void forget_copy(struct model *model, const struct model_generation *generation)
{
    if (generation->copied)
        model->inline_bytes -= (uint64_t)generation->size;
}

/* A copy is kept as long as somebody needs it; a WITHDRAW ends when nobody does. */
static void settle(struct model *model)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (!generation->name[0])
            continue;
        if (generation->session && generation->withdrawing && (generation->whole || !needed(model, generation))) {
            if (generation->withdraw_op) {
                struct model_answer *answer = expect(model, generation->session, KIND_ACK, generation->withdraw_op, MSTRO_OK);
                answer->flags = generation->cut ? ACK_CUT_READERS : 0;
            }
            generation->session = generation->handle = 0;
        }
        if (!generation->session && !needed(model, generation)) {
            forget_copy(model, generation);
            generation->name[0] = '\0';
        }
    }
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct model_session *session = &model->session[i];
        bool holds = false;
        if (!session->in || !session->leaving)
            continue;
        for (int g = 0; g < MODEL_GENERATIONS; g++)
            holds = holds || (model->generation[g].name[0] && model->generation[g].session == session->number);
        if (!holds) {
            expect(model, session->number, KIND_BYE, session->leave_op, MSTRO_OK);
            session->leaving = false;
            session->in = session->parted = model->shard > 0;
            if (model->shard == 0)
                expect_others(model, KIND_DISMISS, session->number, MSTRO_OK);
            for (int h = 0; h < MODEL_HANDLES; h++)
                if (model->handle[h].session == session->number)
                    model->handle[h].session = 0;
        }
    }
    for (int i = 0; i < MODEL_GENERATIONS; i++) { /* a name that nobody has a handle of is forgotten */
        bool known = !model->named[i].name[0];
        for (int h = 0; h < MODEL_HANDLES && !known; h++)
            known = model->handle[h].session && strcmp(model->handle[h].name, model->named[i].name) == 0;
        if (!known)
            model->named[i].name[0] = '\0';
    }
}

static void give_ticket(struct model *model, struct model_handle *handle, uint64_t op)
{
    struct model_generation *generation = &model->generation[handle->bound];
    struct model_answer *answer = expect(model, handle->session, KIND_TICKET, op, 0);
    answer->handle = handle->number;
    answer->generation = generation->number;
    answer->commit = generation->commit;
    answer->how = generation->is_group ? TICKET_GROUP : !generation->whole ? TICKET_DIRECT : generation->size > 0 ? TICKET_INLINE : TICKET_EMPTY;
    handle->ticket = UINT64_MAX; /* its number is learned */
    if (generation->whole) {
        handle->needs = false;
        handle->demand = handle->ticket = handle->voided = handle->told = 0;
        handle->owed_loss = false;
        handle->bound = NO_GENERATION;
    }
}

static void bind(struct model *model, struct model_handle *handle)
{
    struct model_generation *generation = standing(model, handle->name);
    if (!handle->needs || handle->bound != NO_GENERATION || !generation || generation->withdrawing || generation->prepared)
        return;
    handle->bound = (int)(generation - model->generation);
    if (handle->demand)
        give_ticket(model, handle, handle->demand);
}

static void bind_all(struct model *model, const char *name)
{
    for (int i = 0; i < MODEL_HANDLES; i++)
        if (model->handle[i].session && strcmp(model->handle[i].name, name) == 0)
            bind(model, &model->handle[i]);
}

static void forget_need(struct model *model, struct model_handle *handle)
{
    if (handle->needs && handle->demand)
        expect_ack(model, handle->session, handle->demand, MSTRO_CANCELLED);
    handle->needs = handle->owed_loss = handle->bears_loss = false;
    handle->demand = handle->ticket = handle->voided = handle->told = 0;
    handle->bound = NO_GENERATION;
}

static void lose_generation(struct model *model, struct model_generation *generation)
{
    for (int i = 0; i < MODEL_HANDLES; i++) {
        struct model_handle *handle = &model->handle[i];
        if (!handle->session || !handle->needs || handle->bound != generation - model->generation)
            continue;
        bool borne = handle->bears_loss || generation->bears_loss;
        if (handle->ticket) {
            struct model_answer *answer = expect(model, handle->session, KIND_TICKET_VOID, 0, MSTRO_PEER_LOST);
            answer->handle = handle->number;
            answer->ticket = handle->ticket;
            handle->voided = handle->ticket;
            handle->ticket = 0;
        }
        handle->bound = NO_GENERATION;
        if (!borne && handle->demand) {
            expect(model, handle->session, KIND_ACK, handle->demand, MSTRO_PEER_LOST)->generation = generation->number;
            handle->told = handle->demand;
            handle->demand = 0;
        } else if (!borne) {
            handle->owed_loss = true;
            handle->lost = generation->number;
        }
    }
    forget_copy(model, generation);
    generation->name[0] = '\0';
}

/* Nobody has seen it. */
static void drop_prepared(struct model *model, struct model_generation *generation)
{
    if (generation->awaited)
        expect_ack(model, generation->session, generation->op, MSTRO_CANCELLED);
    struct model_handle *handle = model_handle_of(model, generation->session, generation->handle);
    if (handle && generation->made)
        handle->session = 0;
    forget_copy(model, generation);
    generation->name[0] = '\0';
    generation->session = generation->handle = 0;
}

/* Shard 0 tells the others, which tell shard 0 what it does not know. */
static void tell_shards(struct model *model, struct model_session *session, uint32_t status)
{
    session->in = session->parted = model->shard > 0;
    session->leaving = false;
    if (model->shard == 0)
        expect_others(model, KIND_DISMISS, session->number, status);
    else if (status != MSTRO_OK)
        expect_shard(model, 0, KIND_DISMISS, session->number, status);
}

static void lose_session(struct model *model, uint64_t number, uint32_t status)
{
    struct model_session *session = session_of(model, number);
    bool silent = status == MSTRO_STALE_EPOCH;
    if (!session)
        return;
    int first = model->answers;
    session->in = false;
    for (int i = 0; i < MODEL_HANDLES; i++) {
        struct model_handle *handle = &model->handle[i];
        if (handle->session != number)
            continue;
        if (silent && handle->needs && handle->ticket)
            model->generation[handle->bound].cut = true;
        forget_need(model, handle);
        handle->session = 0;
    }
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (!generation->name[0] || generation->session != number)
            continue;
        if (generation->prepared)
            drop_prepared(model, generation);
        else if (generation->whole) {
            generation->session = generation->handle = 0;
            generation->withdraw_op = 0;
        } else
            lose_generation(model, generation);
    }
    settle(model);
    for (int i = first; i < model->answers; i++) /* the dead are told nothing */
        if (model->answer[i].session == number)
            model->answer[i--] = model->answer[--model->answers];
    tell_shards(model, session, status);
}

void model_evict(struct model *model, uint64_t session)
{
    lose_session(model, session, MSTRO_STALE_EPOCH);
    expect(model, session, KIND_BYE, 0, MSTRO_STALE_EPOCH);
}

/* ---- one rule for each record ---- */

static struct model_session *new_session(struct model *model, uint64_t number)
{
    for (int i = 0; i < MODEL_SESSIONS; i++)
        if (!model->session[i].in) {
            model->session[i] = (struct model_session){ .number = number, .in = true };
            return &model->session[i];
        }
    abort();
}

static void rule_join(struct model *model, uint64_t number, const struct record_join *asked)
{
    if (session_of(model, number)) {
        expect_ack(model, number, asked->op, MSTRO_NOT_TWICE);
        return;
    }
    for (int i = 0; model->shards > 1 && i < MODEL_SESSIONS; i++)
        if (model->session[i].in && model->session[i].index == asked->index) {
            expect(model, number, KIND_REFUSED, asked->op, MSTRO_CONFLICT);
            return;
        }
    struct model_session *session = new_session(model, number);
    session->join_op = asked->op;
    session->index = asked->index;
    session->unanswered = model->shards - 1;
    if (session->unanswered == 0)
        expect(model, number, KIND_WELCOME, asked->op, 0);
    expect_others(model, KIND_ADMIT, number, 0);
}

uint64_t model_commit_of(struct model *model, const char *name)
{
    const struct model_generation *generation = standing(model, name);
    return generation && !generation->prepared ? generation->commit : 0;
}

int model_prepared_for(const struct model *model, uint64_t session, uint64_t group)
{
    int count = 0;
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        const struct model_generation *generation = &model->generation[i];
        count += generation->name[0] && generation->prepared && !generation->is_group && generation->session == session && generation->group == group;
    }
    return count;
}

static void becomes_visible(struct model *model, struct model_generation *generation)
{
    generation->prepared = generation->made = false;
    generation->number = ++*generations_of(model, generation->name);
    bind_all(model, generation->name);
}

static void members_become_visible(struct model *model, uint64_t session, uint64_t group, uint64_t commit)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (!generation->name[0] || !generation->prepared || generation->is_group || generation->session != session || generation->group != group)
            continue;
        generation->commit = commit;
        becomes_visible(model, generation);
    }
}

/* When its members are to be seen everywhere. */
static void group_becomes_visible(struct model *model, struct model_generation *group)
{
    bool whole = group->shown == group->members;
    expect_ack(model, group->session, group->op, whole ? MSTRO_OK : MSTRO_INVMSG);
    if (whole)
        becomes_visible(model, group);
    else
        drop_prepared(model, group);
}

/* All that was prepared for it, then the group. */
static void commit(struct model *model, struct model_generation *group)
{
    group->commit = ++model->commits << 10 | (uint64_t)model->shard;
    group->shown = model_prepared_for(model, group->session, group->handle);
    for (int shard = 0; shard < model->shards; shard++)
        if (shard != model->shard) {
            expect_shard(model, shard, KIND_COMMIT, group->session, 0)->commit = group->commit;
            group->awaited++;
        }
    members_become_visible(model, group->session, group->handle, group->commit);
    if (group->awaited == 0)
        group_becomes_visible(model, group);
}

static mstro_status why_no_offer(struct model *model, uint64_t session, const struct record_offer *asked, const struct model_handle *handle, bool fits)
{
    bool group = asked->flags & OFFER_GROUP;
    if (standing(model, handle->name))
        return MSTRO_CONFLICT;
    if (handle->needs)
        return MSTRO_INVARG;
    if (group && !fits)
        return MSTRO_QUOTA;
    int prepared = group ? model_prepared_for(model, session, asked->handle) : 0;
    bool wrong = model->shards == 1 ? prepared != (int)asked->members : prepared > (int)asked->members;
    return group && wrong ? MSTRO_INVMSG : MSTRO_OK;
}

static void rule_offer(struct model *model, uint64_t session, const struct record_offer *asked)
{
    bool group = asked->flags & OFFER_GROUP;
    if (group && (asked->inline_data.length == 0 || asked->group)) {
        expect_ack(model, session, asked->op, MSTRO_INVMSG);
        return;
    }
    bool new = !model_handle_of(model, session, asked->handle);
    struct model_handle *handle = handle_known(model, session, asked->handle, asked->name);
    bool fits = model->inline_bytes + asked->inline_data.length <= model->inline_budget;
    mstro_status refused = why_no_offer(model, session, asked, handle, fits);
    if (refused != MSTRO_OK) {
        expect_ack(model, session, asked->op, refused);
        if (new)
            handle->session = 0;
        return;
    }
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (generation->name[0])
            continue;
        *generation = (struct model_generation){ .session = session, .handle = asked->handle, .size = asked->size };
        memcpy(generation->name, handle->name, MODEL_NAME);
        generation->copied = asked->inline_data.length > 0 && fits;
        generation->is_group = group;
        generation->whole = asked->size <= 0 || (generation->copied && !group);
        generation->bears_loss = asked->flags & OFFER_ON_LOSS_WAIT;
        generation->group = group ? asked->handle : asked->group;
        generation->prepared = asked->group != 0 || group;
        generation->members = (int)asked->members;
        generation->op = asked->op;
        generation->made = new;
        if (generation->copied)
            model->inline_bytes += (uint64_t)asked->size;
        if (group) {
            commit(model, generation);
            return;
        }
        expect_ack(model, session, asked->op, MSTRO_OK);
        if (!generation->prepared)
            becomes_visible(model, generation);
        return;
    }
    abort();
}

static bool rule_need(struct model *model, struct model_handle *handle, uint64_t op, bool bears_loss)
{
    struct model_generation *generation = model_held_by(model, handle->session, handle->number);
    if (generation) {
        expect_ack(model, handle->session, op, MSTRO_INVARG);
        return false;
    }
    if (!handle->needs) {
        handle->needs = true;
        handle->bears_loss = bears_loss;
    }
    return true;
}

static void rule_require(struct model *model, uint64_t session, const struct record_require *asked)
{
    bool new = !model_handle_of(model, session, asked->handle);
    struct model_handle *handle = handle_known(model, session, asked->handle, asked->name);
    const struct model_generation *generation = standing(model, handle->name);
    bool there = generation && !generation->prepared && !generation->withdrawing && generation->commit == asked->commit;
    if (asked->commit && !handle->needs && !model_held_by(model, session, asked->handle) && !there) {
        expect_ack(model, session, asked->op, MSTRO_PEER_LOST);
        if (new)
            handle->session = 0;
        return;
    }
    if (rule_need(model, handle, asked->op, asked->flags & REQUIRE_ON_LOSS_WAIT)) {
        bind(model, handle);
        expect_ack(model, session, asked->op, MSTRO_OK);
    }
}

static void demand_begins(struct model *model, struct model_handle *handle, uint64_t op)
{
    handle->demand = op;
    if (handle->bound == NO_GENERATION)
        bind(model, handle);
    else if (!handle->ticket)
        give_ticket(model, handle, op);
}

static void rule_demand(struct model *model, uint64_t session, const struct record_demand *asked)
{
    struct model_handle *handle = model_handle_of(model, session, asked->handle);
    if (asked->failed_ticket) {
        if (!handle || !handle->needs || handle->told == asked->op)
            return;
        if (handle->ticket == asked->failed_ticket) {
            if (handle->demand && handle->demand != asked->op) {
                expect_ack(model, session, asked->op, MSTRO_BUSY);
                return;
            }
            handle->ticket = 0;
            if (handle->demand) {
                demand_begins(model, handle, asked->op);
                return;
            }
        } else if (handle->demand == asked->op)
            return;
    }
    handle = handle_known(model, session, asked->handle, asked->name);
    if (!handle) {
        expect_ack(model, session, asked->op, MSTRO_NOENT);
        return;
    }
    if (handle->needs && handle->demand)
        expect_ack(model, session, asked->op, MSTRO_BUSY);
    else if (handle->needs && handle->owed_loss) {
        expect(model, session, KIND_ACK, asked->op, MSTRO_PEER_LOST)->generation = handle->lost;
        handle->owed_loss = false;
    } else if (rule_need(model, handle, asked->op, asked->flags & REQUIRE_ON_LOSS_WAIT))
        demand_begins(model, handle, asked->op);
}

static void rule_completed(struct model *model, uint64_t session, const struct record_completed *said)
{
    struct model_handle *handle = model_handle_of(model, session, said->handle);
    if (!handle || !handle->needs || !said->ticket)
        return;
    if (said->status == MSTRO_OK && (handle->ticket == said->ticket || handle->voided == said->ticket)) {
        handle->demand = 0;
        forget_need(model, handle);
    } else if (said->status != MSTRO_OK && handle->ticket == said->ticket)
        handle->ticket = handle->demand = 0;
}

static void withdraw(struct model *model, struct model_generation *generation, uint64_t op)
{
    int index = (int)(generation - model->generation);
    generation->withdrawing = true;
    generation->withdraw_op = op;
    for (int i = 0; !generation->whole && i < MODEL_HANDLES; i++) {
        struct model_handle *handle = &model->handle[i];
        if (handle->session && handle->needs && handle->bound == index && !handle->ticket)
            give_ticket(model, handle, 0);
    }
}

static void rule_withdraw(struct model *model, uint64_t session, const struct record_withdraw *asked)
{
    struct model_generation *generation = model_held_by(model, session, asked->handle);
    if (!model_handle_of(model, session, asked->handle))
        expect_ack(model, session, asked->op, MSTRO_NOENT);
    else if (!generation)
        expect_ack(model, session, asked->op, MSTRO_INVARG);
    else if (generation->awaited && !asked->force)
        expect_ack(model, session, asked->op, MSTRO_BUSY);
    else if (generation->prepared) {
        drop_prepared(model, generation);
        expect_ack(model, session, asked->op, MSTRO_OK);
    } else if (generation->withdrawing)
        expect_ack(model, session, asked->op, MSTRO_BUSY);
    else if (asked->force && !generation->whole) {
        lose_generation(model, generation);
        expect_ack(model, session, asked->op, MSTRO_OK);
    }
    else
        withdraw(model, generation, asked->op);
}

static void rule_dispose(struct model *model, uint64_t session, const struct record_dispose *asked)
{
    struct model_handle *handle = model_handle_of(model, session, asked->handle);
    if (handle && model_held_by(model, session, asked->handle)) {
        expect_ack(model, session, asked->op, MSTRO_BUSY);
        return;
    }
    if (handle) {
        forget_need(model, handle);
        handle->session = 0;
    }
    expect_ack(model, session, asked->op, MSTRO_OK);
}

static void rule_retract(struct model *model, uint64_t session, const struct record_retract *asked)
{
    struct model_handle *handle = model_handle_of(model, session, asked->handle);
    if (handle)
        forget_need(model, handle);
    expect_ack(model, session, asked->op, MSTRO_OK);
}

static void stand_again(struct model *model, struct model_generation *generation)
{
    generation->withdrawing = generation->by_leave = false;
    generation->withdraw_op = 0;
    bind_all(model, generation->name);
}

static void rule_cancel(struct model *model, struct model_session *session, const struct record_cancel *asked)
{
    uint64_t number = session->number, target = asked->target;
    for (int i = 0; target && i < MODEL_HANDLES; i++) {
        struct model_handle *handle = &model->handle[i];
        if (handle->session == number && handle->needs && handle->demand == target) {
            handle->demand = 0;
            expect_ack(model, number, target, MSTRO_CANCELLED);
            expect_ack(model, number, asked->op, MSTRO_OK);
            return;
        }
    }
    for (int i = 0; target && i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (generation->name[0] && generation->session == number && generation->withdrawing && generation->withdraw_op == target) {
            expect_ack(model, number, target, MSTRO_CANCELLED);
            expect_ack(model, number, asked->op, MSTRO_OK);
            if (session->leaving) { /* its LEAVE wants it back all the same */
                generation->by_leave = true;
                generation->withdraw_op = 0;
            } else
                stand_again(model, generation);
            return;
        }
    }
    if (target && session->leaving && session->leave_op == target) {
        session->leaving = false;
        expect_ack(model, number, target, MSTRO_CANCELLED);
        for (int i = 0; i < MODEL_GENERATIONS; i++)
            if (model->generation[i].name[0] && model->generation[i].session == number && model->generation[i].by_leave)
                stand_again(model, &model->generation[i]);
        expect_ack(model, number, asked->op, MSTRO_OK);
        return;
    }
    expect_ack(model, number, asked->op, MSTRO_NOENT);
}

static void rule_leave(struct model *model, struct model_session *session, const struct record_leave *asked)
{
    uint64_t number = session->number;
    if (asked->force) {
        lose_session(model, number, MSTRO_OK);
        expect(model, number, KIND_BYE, asked->op, MSTRO_OK);
        return;
    }
    if (session->leaving) {
        expect_ack(model, number, asked->op, MSTRO_BUSY);
        return;
    }
    session->leaving = true;
    session->leave_op = asked->op;
    for (int i = 0; i < MODEL_HANDLES; i++)
        if (model->handle[i].session == number)
            forget_need(model, &model->handle[i]);
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (generation->name[0] && generation->session == number && generation->prepared)
            drop_prepared(model, generation);
        else if (generation->name[0] && generation->session == number && !generation->withdrawing) {
            generation->by_leave = true;
            withdraw(model, generation, 0);
        }
    }
}

static void rule_record(struct model *model, uint64_t number, const struct record *record)
{
    struct model_session *session = session_of(model, number);
    if (record->kind == KIND_JOIN && model->shard == 0) {
        rule_join(model, number, &record->join);
        return;
    }
    if (session && session->parted) {
        if (record->kind == KIND_LEAVE)
            expect(model, number, KIND_BYE, record->leave.op, MSTRO_OK);
        return;
    }
    if (!session) {
        expect(model, number, KIND_BYE, 0, MSTRO_STALE_EPOCH);
        return;
    }
    switch (record->kind) {
    case KIND_OFFER:
        if (session->leaving)
            expect_ack(model, number, record->offer.op, MSTRO_INVARG);
        else
            rule_offer(model, number, &record->offer);
        break;
    case KIND_REQUIRE:
        if (session->leaving)
            expect_ack(model, number, record->require.op, MSTRO_INVARG);
        else
            rule_require(model, number, &record->require);
        break;
    case KIND_DEMAND:
        if (session->leaving)
            expect_ack(model, number, record->demand.op, MSTRO_INVARG);
        else
            rule_demand(model, number, &record->demand);
        break;
    case KIND_COMPLETED:
        rule_completed(model, number, &record->completed);
        break;
    case KIND_WITHDRAW:
        rule_withdraw(model, number, &record->withdraw);
        break;
    case KIND_DISPOSE:
        rule_dispose(model, number, &record->dispose);
        break;
    case KIND_RETRACT:
        rule_retract(model, number, &record->retract);
        break;
    case KIND_SUBSCRIBE:
        expect_ack(model, number, record->subscribe.op, model_subscribe(model, session, record));
        break;
    case KIND_UNSUBSCRIBE:
        expect_ack(model, number, record->unsubscribe.op, model_subscribe(model, session, record));
        break;
    case KIND_CANCEL:
        rule_cancel(model, session, &record->cancel);
        break;
    case KIND_LEAVE:
        rule_leave(model, session, &record->leave);
        break;
    default:
        break;
    }
}

/* ---- what shards tell each other ---- */

static void rule_dismiss(struct model *model, const struct record_dismiss *said)
{
    struct model_session *session = session_of(model, said->session);
    if (!session)
        return;
    if (model->shard == 0) {
        lose_session(model, said->session, said->status);
        expect(model, said->session, KIND_BYE, 0, said->status);
        return;
    }
    int first = model->answers;
    if (!session->parted)
        lose_session(model, said->session, said->status);
    session->in = false;
    for (int i = first; i < model->answers; i++) /* who said it knows it */
        if (model->answer[i].kind == KIND_DISMISS)
            model->answer[i--] = model->answer[--model->answers];
}

static void rule_commit(struct model *model, int from, const struct record_commit *said)
{
    expect_shard(model, from, KIND_COMMITTED, said->session, 0)->members = (uint64_t)model_prepared_for(model, said->session, said->group);
    members_become_visible(model, said->session, said->group, said->commit);
}

static void rule_committed(struct model *model, const struct record_committed *said)
{
    struct model_generation *group = model_held_by(model, said->session, said->group);
    if (!group || !group->is_group || !group->prepared || group->op != said->op)
        return;
    group->shown += (int)said->members;
    if (--group->awaited == 0)
        group_becomes_visible(model, group);
}

static void rule_shard(struct model *model, int from, const struct record *record)
{
    if (record->kind == KIND_ADMIT) {
        new_session(model, record->admit.session);
        expect_shard(model, from, KIND_DONE, record->admit.session, MSTRO_OK);
    } else if (record->kind == KIND_DONE) {
        struct model_session *session = session_of(model, record->done.session);
        if (session && --session->unanswered == 0)
            expect(model, session->number, KIND_WELCOME, session->join_op, 0);
    } else if (record->kind == KIND_DISMISS)
        rule_dismiss(model, &record->dismiss);
    else if (record->kind == KIND_COMMIT)
        rule_commit(model, from, &record->commit);
    else if (record->kind == KIND_COMMITTED)
        rule_committed(model, &record->committed);
}

void model_input(struct model *model, const struct pool_input *in)
{
    model->answers = 0;
    if (in->kind == POOL_RECORD)
        rule_record(model, in->session, in->record);
    else if (in->kind == POOL_LOST)
        lose_session(model, in->session, MSTRO_POOL_LOST);
    else if (in->kind == POOL_SHARD)
        rule_shard(model, in->shard, in->record);
    settle(model);
}
