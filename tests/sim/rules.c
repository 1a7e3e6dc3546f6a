/* SPDX-License-Identifier: BSD-3-Clause */
/* rules.c - what follows from each record, by doc/rfc/states.md */
#include <stdlib.h>
#include <string.h>

#include "lib/schema/block.h"
#include "maestro/subscription.h"
#include "tests/sim/rules.h"
#include "tests/sim/witness.h"

uint64_t handle_of(const struct record *record)
{
    switch (record->kind) {
    case KIND_OFFER: return record->offer.handle;
    case KIND_REQUIRE: return record->require.handle;
    case KIND_RETRACT: return record->retract.handle;
    case KIND_DEMAND: return record->demand.handle;
    case KIND_WITHDRAW: return record->withdraw.handle;
    case KIND_DISPOSE: return record->dispose.handle;
    case KIND_COMPLETED: return record->completed.handle;
    default: return 0;
    }
}

uint64_t op_of(const struct record *record)
{
    switch (record->kind) {
    case KIND_OFFER: return record->offer.op;
    case KIND_REQUIRE: return record->require.op;
    case KIND_RETRACT: return record->retract.op;
    case KIND_DEMAND: return record->demand.op;
    case KIND_WITHDRAW: return record->withdraw.op;
    case KIND_DISPOSE: return record->dispose.op;
    default: return 0;
    }
}

static void welcome(struct model *model, const struct model_session *session)
{
    expect(model, session->number, KIND_WELCOME, session->join_op, 0);
    happens_to_session(model, MSTRO_POOL_EVENT_APP_JOIN, session->number);
    happens_to_session(model, MSTRO_POOL_EVENT_APP_WELCOME, session->number);
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
        welcome(model, session);
    expect_others(model, KIND_ADMIT, number, 0);
}

/* With its first OFFER, REQUIRE or DEMAND that comes to something. */
static void handle_is_known(struct model *model, uint64_t session, const char *name, bool of_group)
{
    happens(model, MSTRO_POOL_EVENT_DECLARE, session, name);
    happens(model, of_group ? MSTRO_POOL_EVENT_SEAL_GROUP : MSTRO_POOL_EVENT_SEAL, session, name);
}

static void becomes_visible(struct model *model, struct model_generation *generation)
{
    uint64_t announced = model->announced;
    if (generation->prepared)
        model->announced = generation->announced;
    generation->announced = 0;
    generation->number = ++named(model, generation->name)->generations;
    named(model, generation->name)->step = generation->step;
    if (generation->made)
        handle_is_known(model, generation->session, generation->name, generation->is_group);
    generation->prepared = generation->made = false;
    if (!generation->group) {
        generation->commit = ++model->commits << 10 | (uint64_t)model->shard;
        model->shown[model->shows].commit = generation->commit;
        model->shown[model->shows].word = generation->word;
        model->shows = (model->shows + 1) % MODEL_SHOWN;
    }
    happens_to(model, MSTRO_POOL_EVENT_OFFER, generation->session, generation);
    model->announced = announced;
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

/* In which step what is taken now was asked for, whoever had to be told. */
static uint64_t asked_in(const struct model *model) { return model->announced ? model->announced : model->moment; }

static void withdraw(struct model *model, struct model_generation *generation, uint64_t op)
{
    int index = (int)(generation - model->generation);
    generation->withdrawing = true;
    generation->announced = generation->whole || !needed(model, generation) ? 0 : asked_in(model);
    generation->withdraw_op = op;
    for (int i = 0; !generation->whole && i < MODEL_HANDLES; i++) {
        struct model_handle *handle = &model->handle[i];
        if (handle->session && handle->needs && handle->bound == index && !handle->ticket && !handle->retains)
            give_ticket(model, handle, 0);
    }
}

/* When its members are to be seen everywhere.  Is one of them not there any more, the others have been seen: the group is lost. */
static void group_becomes_visible(struct model *model, struct model_generation *group)
{
    uint64_t withdraw_op = group->withdraw_op;
    bool withdrawn = group->withdrawn;
    model->by_session = group->session;
    model->by_op = group->op;
    if (group->counted < group->members) {
        expect_ack(model, group->session, group->op, MSTRO_INVMSG);
        drop_prepared(model, group);
        return;
    }
    expect_ack(model, group->session, group->op, MSTRO_OK);
    group->withdraw_op = 0;
    group->withdrawn = group->committed = false;
    becomes_visible(model, group);
    if (withdrawn && model->holds)
        model->again = (struct model_again){ .session = group->session, .handle = group->handle, .op = withdraw_op };
    else if (withdrawn)
        withdraw(model, group, withdraw_op);
}

static void expect_asked(struct model *model, struct model_generation *group, enum record_kind kind)
{
    for (int shard = 0; shard < model->shards; shard++)
        if (shard != model->shard) {
            expect_shard(model, shard, kind, group->session, 0)->commit = group->commit;
            group->awaited++;
        }
}

/* All that was prepared for it, then the group. */
static void commit(struct model *model, struct model_generation *group)
{
    model->by_session = group->session;
    model->by_op = group->op;
    group->commit = ++model->commits << 10 | (uint64_t)model->shard;
    group->committed = true;
    group->counted = model_prepared_for(model, group->session, group->handle);
    expect_asked(model, group, KIND_COMMIT);
    members_become_visible(model, group->session, group->handle, group->commit);
    if (group->awaited == 0)
        group_becomes_visible(model, group);
}

/* Before anybody sees any of it, all shards have all of it. */
static void prepare(struct model *model, struct model_generation *group)
{
    group->counted = 0;
    if (model->shards == 1)
        commit(model, group);
    else
        expect_asked(model, group, KIND_PREPARE);
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

static int step_of(struct bytes attributes)
{
    struct value step;
    return block_find(attributes, text_of(W_STEP_KEY), &step) ? (int)step.integer : NO_STEP;
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
        *generation = (struct model_generation){ .session = session, .handle = asked->handle, .size = asked->size, .word = asked->word };
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
        generation->step = step_of(asked->attributes);
        generation->announced = generation->prepared ? asked_in(model) : 0;
        if (generation->copied)
            model->inline_bytes += (uint64_t)asked->size;
        if (group) {
            prepare(model, generation);
            return;
        }
        expect_ack(model, session, asked->op, MSTRO_OK);
        if (!generation->prepared)
            becomes_visible(model, generation);
        return;
    }
    abort();
}

/* What alone may serve it is not offered, or is lost. */
static bool is_missed(struct model *model, const struct model_handle *handle, uint64_t commit)
{
    if (handle->needs)
        return handle->commit && handle->bound == NO_GENERATION;
    return commit && !listed(model, handle->name, commit);
}

static bool rule_need(struct model *model, struct model_handle *handle, uint64_t op, bool bears_loss, uint64_t commit, bool new)
{
    struct model_generation *generation = model_held_by(model, handle->session, handle->number);
    if (generation) {
        expect_ack(model, handle->session, op, MSTRO_INVARG);
        return false;
    }
    if (!handle->needs) {
        if (new)
            handle_is_known(model, handle->session, handle->name, false);
        happens(model, MSTRO_POOL_EVENT_REQUIRE, handle->session, handle->name);
        handle->needs = true;
        handle->bears_loss = bears_loss;
        handle->commit = commit;
    }
    return true;
}

/* For a group that will list it: what is offered now, if it is what is meant. */
static void rule_retain(struct model *model, uint64_t session, const struct record_require *asked)
{
    bool new = !model_handle_of(model, session, asked->handle);
    struct model_handle *handle = handle_known(model, session, asked->handle, asked->name);
    const struct model_generation *now = offered(model, handle->name);
    bool any = now && (!asked->commit || asked->commit == now->commit), possible = !handle->needs && !model_held_by(model, session, asked->handle);
    mstro_status status = !possible ? MSTRO_INVARG : !any && asked->commit ? MSTRO_PEER_LOST : MSTRO_OK;
    if (asked->op) {
        struct model_answer *answer = expect(model, session, KIND_ACK, asked->op, status);
        answer->retains = status == MSTRO_OK;
        answer->retained = any ? now->commit : 0;
    }
    if (status == MSTRO_OK && any) {
        rule_need(model, handle, asked->op, false, now->commit, new);
        handle->retains = true;
        handle->bound = (int)(now - model->generation);
    } else if (new)
        handle->session = 0;
}

static void rule_require(struct model *model, uint64_t session, const struct record_require *asked)
{
    const struct model_handle *known = model_handle_of(model, session, asked->handle);
    if (asked->flags & REQUIRE_RETAIN) {
        rule_retain(model, session, asked);
        return;
    }
    if (known && known->retains && known->bound != NO_GENERATION) {
        expect_ack(model, session, asked->op, MSTRO_INVARG);
        return;
    }
    bool new = !model_handle_of(model, session, asked->handle);
    struct model_handle *handle = handle_known(model, session, asked->handle, asked->name);
    if (!handle->needs && !model_held_by(model, session, asked->handle) && is_missed(model, handle, asked->commit)) {
        expect_ack(model, session, asked->op, MSTRO_PEER_LOST);
        if (new)
            handle->session = 0;
        return;
    }
    if (rule_need(model, handle, asked->op, asked->flags & REQUIRE_ON_LOSS_WAIT, asked->commit, new)) {
        bind_handle(model, handle);
        expect_ack(model, session, asked->op, MSTRO_OK);
    }
}

static void demand_begins(struct model *model, struct model_handle *handle, uint64_t op)
{
    handle->demand = op;
    if (handle->bound == NO_GENERATION)
        bind_handle(model, handle);
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
    bool new = !handle;
    handle = handle_known(model, session, asked->handle, asked->name);
    if (!handle) {
        expect_ack(model, session, asked->op, MSTRO_NOENT);
        return;
    }
    if (handle->retains && handle->bound != NO_GENERATION)
        expect_ack(model, session, asked->op, MSTRO_INVARG);
    else if (handle->needs && handle->demand)
        expect_ack(model, session, asked->op, MSTRO_BUSY);
    else if (handle->needs && handle->owed_loss) {
        expect(model, session, KIND_ACK, asked->op, MSTRO_PEER_LOST)->generation = handle->lost;
        handle->owed_loss = false;
    } else if (!model_held_by(model, session, asked->handle) && is_missed(model, handle, asked->commit)) {
        expect_ack(model, session, asked->op, MSTRO_PEER_LOST);
        if (new)
            handle->session = 0;
    } else if (rule_need(model, handle, asked->op, asked->flags & REQUIRE_ON_LOSS_WAIT, asked->commit, new)) {
        happens(model, MSTRO_POOL_EVENT_DEMAND, session, handle->name);
        demand_begins(model, handle, asked->op);
    }
}

static void rule_completed(struct model *model, uint64_t session, const struct record_completed *said)
{
    struct model_handle *handle = model_handle_of(model, session, said->handle);
    if (!handle || !handle->needs || !said->ticket)
        return;
    if (said->status == MSTRO_OK && (handle->ticket == said->ticket || handle->voided == said->ticket)) {
        if (handle->bound == NO_GENERATION)
            happens(model, MSTRO_POOL_EVENT_TRANSPORT_COMPLETED, session, handle->name)->op = 0;
        else
            happens_to(model, MSTRO_POOL_EVENT_TRANSPORT_COMPLETED, session, &model->generation[handle->bound])->op = 0;
        handle->demand = 0;
        forget_need(model, handle);
    } else if (said->status != MSTRO_OK && handle->ticket == said->ticket)
        handle->ticket = handle->demand = 0;
}

static void rule_withdraw(struct model *model, uint64_t session, const struct record_withdraw *asked)
{
    struct model_generation *generation = model_held_by(model, session, asked->handle);
    if (!model_handle_of(model, session, asked->handle))
        expect_ack(model, session, asked->op, MSTRO_NOENT);
    else if (!generation)
        expect_ack(model, session, asked->op, MSTRO_INVARG);
    else if (generation->committed && !asked->force) {
        if (generation->withdrawn)
            expect_ack(model, session, asked->op, MSTRO_BUSY);
        else
            generation->withdraw_op = asked->op;
        generation->withdrawn = true;
    } else if (generation->prepared) {
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
        happens(model, MSTRO_POOL_EVENT_DISPOSE, session, handle->name);
        forget_need(model, handle);
        handle->session = 0;
    }
    expect_ack(model, session, asked->op, MSTRO_OK);
}

static void rule_retract(struct model *model, uint64_t session, const struct record_retract *asked)
{
    struct model_handle *handle = model_handle_of(model, session, asked->handle);
    if (handle && handle->needs) {
        happens(model, MSTRO_POOL_EVENT_RETRACT, session, handle->name);
        forget_need(model, handle);
    }
    expect_ack(model, session, asked->op, MSTRO_OK);
}

static void stand_again(struct model *model, struct model_generation *generation)
{
    generation->withdrawing = generation->by_leave = false;
    generation->withdraw_op = generation->announced = 0;
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
    happens_to_session(model, MSTRO_POOL_EVENT_APP_LEAVE, number);
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
        if (session->leaving)
            expect_ack(model, number, record->subscribe.op, MSTRO_INVARG);
        else
            expect(model, number, KIND_ACK, record->subscribe.op, ANY_STATUS)->leads_to = MSTRO_POOL_EVENT_SUBSCRIBE;
        break;
    case KIND_UNSUBSCRIBE:
        expect_ack(model, number, record->unsubscribe.op, model->subscribed ? MSTRO_OK : MSTRO_NOENT);
        if (model->subscribed)
            happens_to_session(model, MSTRO_POOL_EVENT_UNSUBSCRIBE, number);
        break;
    case KIND_SELECT:
        if (session->leaving)
            expect_ack(model, number, record->select.op, MSTRO_INVARG);
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

static void rule_prepare(struct model *model, int from, const struct record_prepare *said)
{
    expect_shard(model, from, KIND_PREPARED, said->session, 0)->members = (uint64_t)model_prepared_for(model, said->session, said->group);
}

static void rule_commit(struct model *model, int from, const struct record_commit *said)
{
    struct model_answer *answer = expect_shard(model, from, KIND_COMMITTED, said->session, 0);
    answer->members = (uint64_t)model_prepared_for(model, said->session, said->group);
    answer->op = said->op;
    model->by_session = said->session;
    model->by_op = said->op;
    members_become_visible(model, said->session, said->group, said->commit);
}

static struct model_generation *answered_group(struct model *model, uint64_t session, uint64_t handle, uint64_t op)
{
    struct model_generation *group = model_held_by(model, session, handle);
    return group && group->is_group && group->prepared && group->op == op ? group : NULL;
}

static void rule_prepared(struct model *model, const struct record_prepared *said)
{
    struct model_generation *group = answered_group(model, said->session, said->group, said->op);
    if (!group || group->committed)
        return;
    group->counted += (int)said->members;
    if (--group->awaited > 0)
        return;
    if (group->counted + model_prepared_for(model, said->session, said->group) == group->members) {
        commit(model, group);
        return;
    }
    expect_ack(model, said->session, said->op, MSTRO_INVMSG);
    drop_prepared(model, group);
}

static void rule_committed(struct model *model, const struct record_committed *said)
{
    struct model_generation *group = answered_group(model, said->session, said->group, said->op);
    if (!group || !group->committed)
        return;
    group->counted += (int)said->members;
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
            welcome(model, session);
    } else if (record->kind == KIND_DISMISS)
        rule_dismiss(model, &record->dismiss);
    else if (record->kind == KIND_PREPARE)
        rule_prepare(model, from, &record->prepare);
    else if (record->kind == KIND_PREPARED)
        rule_prepared(model, &record->prepared);
    else if (record->kind == KIND_COMMIT)
        rule_commit(model, from, &record->commit);
    else if (record->kind == KIND_COMMITTED)
        rule_committed(model, &record->committed);
}

void model_begin(struct model *model)
{
    model->answers = model->events = 0;
    model->again.session = 0;
}

void model_input(struct model *model, const struct pool_input *in)
{
    model_begin(model);
    model_more(model, in);
    model_end(model);
}

void model_more(struct model *model, const struct pool_input *in)
{
    model->by_session = in->kind == POOL_RECORD ? in->session : 0;
    model->by_handle = in->kind == POOL_RECORD ? handle_of(in->record) : 0;
    model->by_op = in->kind == POOL_RECORD ? op_of(in->record) : 0;
    if (in->kind == POOL_RECORD)
        rule_record(model, in->session, in->record);
    else if (in->kind == POOL_LOST)
        lose_session(model, in->session, MSTRO_POOL_LOST);
    else if (in->kind == POOL_SHARD)
        rule_shard(model, in->shard, in->record);
    settle(model);
}
