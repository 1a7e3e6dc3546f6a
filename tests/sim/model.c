/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maestro/subscription.h"

void model_init(struct model *model, uint64_t inline_budget, int shard, int shards)
{
    memset(model, 0, sizeof *model);
    model->shard = shard;
    model->shards = shards;
    model->inline_budget = inline_budget;
}

struct model_answer *expect(struct model *model, uint64_t session, enum record_kind kind, uint64_t op, uint32_t status)
{
    if (model->answers == MODEL_ANSWERS)
        abort();
    struct model_answer *answer = &model->answer[model->answers++];
    *answer = (struct model_answer){ .session = session, .kind = kind, .op = op, .status = status, .by_handle = session == model->by_session ? model->by_handle : 0 };
    return answer;
}

void expect_ack(struct model *model, uint64_t session, uint64_t op, uint32_t status)
{
    if (op)
        expect(model, session, KIND_ACK, op, status);
}

/* Nobody holds up what somebody who leaves waits for. */
uint64_t held_op(struct model *model, uint64_t session, uint64_t op)
{
    const struct model_session *who = session_of(model, session);
    return who && !who->leaving ? op : 0;
}

struct model_event *happens(struct model *model, uint32_t kind, uint64_t session, const char *name)
{
    if (model->events == MODEL_EVENTS)
        abort();
    struct model_event *event = &model->event[model->events++];
    *event = (struct model_event){ .kind = kind, .session = session, .op = session == model->by_session ? held_op(model, session, model->by_op) : 0, .size = -1, .step = name[0] ? named(model, name)->step : NO_STEP, .announced = model->announced };
    snprintf(event->name, MODEL_NAME, "%s", name);
    return event;
}

struct model_event *happens_to(struct model *model, uint32_t kind, uint64_t session, const struct model_generation *generation)
{
    struct model_event *event = happens(model, kind, session, generation->name);
    event->generation = generation->number;
    event->size = generation->size;
    event->step = generation->step;
    return event;
}

void happens_to_session(struct model *model, uint32_t kind, uint64_t session)
{
    if (model->shard == 0)
        happens(model, kind, session, "")->op = 0;
}

struct model_answer *expect_shard(struct model *model, int shard, enum record_kind kind, uint64_t session, uint32_t status)
{
    struct model_answer *answer = expect(model, 0, kind, 0, status);
    answer->shard = (uint64_t)shard;
    answer->handle = session;
    return answer;
}

void expect_others(struct model *model, enum record_kind kind, uint64_t session, uint32_t status)
{
    for (int shard = 1; shard < model->shards; shard++)
        expect_shard(model, shard, kind, session, status);
}

struct model_session *session_of(struct model *model, uint64_t number)
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

struct model_generation *standing(struct model *model, const char *name)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++)
        if (model->generation[i].session && strcmp(model->generation[i].name, name) == 0)
            return &model->generation[i];
    return NULL;
}

struct model_generation *offered(struct model *model, const char *name)
{
    struct model_generation *generation = standing(model, name);
    return generation && !generation->prepared && !generation->withdrawing ? generation : NULL;
}

static bool is_retained(const struct model *model, int generation)
{
    for (int i = 0; i < MODEL_HANDLES; i++)
        if (model->handle[i].session && model->handle[i].retains && model->handle[i].bound == generation)
            return true;
    return false;
}

struct model_generation *listed(struct model *model, const char *name, uint64_t commit)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (strcmp(generation->name, name) == 0 && !generation->prepared && generation->commit == commit)
            return generation == offered(model, name) || is_retained(model, i) ? generation : NULL;
    }
    return NULL;
}

struct model_named *named(struct model *model, const char *name)
{
    int unused = -1;
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        if (strcmp(model->named[i].name, name) == 0)
            return &model->named[i];
        if (unused < 0 && !model->named[i].name[0])
            unused = i;
    }
    if (unused < 0)
        abort();
    model->named[unused] = (struct model_named){ .step = NO_STEP };
    snprintf(model->named[unused].name, MODEL_NAME, "%s", name);
    return &model->named[unused];
}

struct model_handle *handle_known(struct model *model, uint64_t session, uint64_t number, struct text name)
{
    struct model_handle *handle = model_handle_of(model, session, number);
    for (int i = 0; !handle && name.length && i < MODEL_HANDLES; i++)
        if (!model->handle[i].session) {
            handle = &model->handle[i];
            *handle = (struct model_handle){ .session = session, .number = number, .bound = NO_GENERATION };
            snprintf(handle->name, MODEL_NAME, TEXT_FORMAT, TEXT_ARGUMENTS(name));
            named(model, handle->name);
        }
    return handle;
}

bool needed(struct model *model, const struct model_generation *generation)
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

/* A name that nobody has a handle of. */
static void forget_names(struct model *model)
{
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        bool known = !model->named[i].name[0];
        for (int h = 0; h < MODEL_HANDLES && !known; h++)
            known = model->handle[h].session && strcmp(model->handle[h].name, model->named[i].name) == 0;
        if (!known)
            model->named[i].name[0] = '\0';
    }
}

/* A copy is kept as long as somebody needs it; a WITHDRAW ends when nobody does. */
void settle(struct model *model)
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
            struct model_event *event = happens_to(model, MSTRO_POOL_EVENT_WITHDRAW, generation->session, generation);
            event->sudden = generation->by_leave || !session_of(model, generation->session);
            event->op = event->sudden ? 0 : held_op(model, generation->session, generation->withdraw_op);
            if (generation->announced)
                event->announced = generation->announced;
            generation->session = generation->handle = 0;
        }
        if (!generation->session && !needed(model, generation)) {
            forget_copy(model, generation);
            generation->name[0] = '\0';
        }
    }
    forget_names(model);
}

/* Whose offers are all given back. */
void model_end(struct model *model)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct model_session *session = &model->session[i];
        bool holds = false;
        if (!session->in || !session->leaving)
            continue;
        for (int g = 0; g < MODEL_GENERATIONS; g++)
            holds = holds || (model->generation[g].name[0] && model->generation[g].session == session->number);
        if (!holds) {
            expect(model, session->number, KIND_BYE, session->leave_op, MSTRO_OK);
            happens_to_session(model, MSTRO_POOL_EVENT_APP_BYE, session->number);
            session->leaving = false;
            session->in = session->parted = model->shard > 0;
            if (model->shard == 0)
                expect_others(model, KIND_DISMISS, session->number, MSTRO_OK);
            for (int h = 0; h < MODEL_HANDLES; h++)
                if (model->handle[h].session == session->number)
                    model->handle[h].session = 0;
        }
    }
    forget_names(model);
}

void give_ticket(struct model *model, struct model_handle *handle, uint64_t op)
{
    struct model_generation *generation = &model->generation[handle->bound];
    struct model_answer *answer = expect(model, handle->session, KIND_TICKET, op, 0);
    answer->handle = handle->number;
    answer->generation = generation->number;
    answer->commit = generation->group ? generation->commit : 0;
    answer->how = generation->is_group ? TICKET_GROUP : !generation->whole ? TICKET_DIRECT : generation->size > 0 ? TICKET_INLINE : TICKET_EMPTY;
    handle->ticket = UINT64_MAX; /* its number is learned */
    if (answer->how == TICKET_DIRECT)
        happens_to(model, MSTRO_POOL_EVENT_TRANSPORT_INIT, generation->session, generation)->op = 0;
    happens_to(model, MSTRO_POOL_EVENT_TRANSPORT_TICKET, handle->session, generation)->op = held_op(model, handle->session, op);
    if (generation->whole) {
        happens_to(model, MSTRO_POOL_EVENT_TRANSPORT_COMPLETED, handle->session, generation)->op = 0;
        handle->needs = false;
        handle->demand = handle->ticket = handle->voided = handle->told = 0;
        handle->owed_loss = false;
        handle->bound = NO_GENERATION;
    }
}

void bind_handle(struct model *model, struct model_handle *handle)
{
    struct model_generation *generation = handle->commit ? listed(model, handle->name, handle->commit) : offered(model, handle->name);
    if (!handle->needs || handle->bound != NO_GENERATION || !generation)
        return;
    handle->bound = (int)(generation - model->generation);
    if (handle->demand || (generation->session && generation->withdrawing))
        give_ticket(model, handle, handle->demand);
}

void bind_all(struct model *model, const char *name)
{
    for (int i = 0; i < MODEL_HANDLES; i++)
        if (model->handle[i].session && strcmp(model->handle[i].name, name) == 0)
            bind_handle(model, &model->handle[i]);
}

void forget_need(struct model *model, struct model_handle *handle)
{
    if (handle->needs && handle->demand)
        expect_ack(model, handle->session, handle->demand, MSTRO_CANCELLED);
    handle->needs = handle->owed_loss = handle->bears_loss = handle->retains = false;
    handle->demand = handle->ticket = handle->voided = handle->told = 0;
    handle->bound = NO_GENERATION;
}

/* If it is held up still: it is void, and will not be sent, unless it goes on in this step, before that. */
static void void_ticket(struct model *model, const struct model_handle *handle)
{
    for (int i = 0; i < model->laters; i++)
        if (model->later[i].kind == KIND_TICKET && model->later[i].session == handle->session && model->later[i].handle == handle->number)
            model->later[i].voided = true;
}

void lose_generation(struct model *model, struct model_generation *generation)
{
    for (int i = 0; i < MODEL_HANDLES; i++) {
        struct model_handle *handle = &model->handle[i];
        if (!handle->session || !handle->needs || handle->bound != generation - model->generation)
            continue;
        handle->bound = NO_GENERATION;
        if (handle->retains)
            continue;
        bool borne = !handle->commit && (handle->bears_loss || generation->bears_loss);
        if (handle->ticket) {
            struct model_answer *answer = expect(model, handle->session, KIND_TICKET_VOID, 0, MSTRO_PEER_LOST);
            answer->handle = handle->number;
            answer->ticket = handle->ticket;
            void_ticket(model, handle);
            handle->voided = handle->ticket;
            handle->ticket = 0;
        }
        if (!borne && handle->demand) {
            expect(model, handle->session, KIND_ACK, handle->demand, MSTRO_PEER_LOST)->generation = generation->number;
            handle->told = handle->demand;
            handle->demand = 0;
        } else if (!borne) {
            handle->owed_loss = true;
            handle->lost = generation->number;
        }
    }
    happens_to(model, generation->is_group ? MSTRO_POOL_EVENT_GROUP_LOST : MSTRO_POOL_EVENT_LOST, generation->session, generation)->op = 0;
    forget_copy(model, generation);
    generation->name[0] = '\0';
}

/* Nobody has seen it; of a group that was committed some members may have been. */
void drop_prepared(struct model *model, struct model_generation *generation)
{
    if (generation->committed)
        happens_to(model, MSTRO_POOL_EVENT_GROUP_LOST, generation->session, generation)->op = 0;
    if (generation->withdrawn)
        expect_ack(model, generation->session, generation->withdraw_op, MSTRO_OK);
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

void lose_session(struct model *model, uint64_t number, uint32_t status)
{
    struct model_session *session = session_of(model, number);
    bool silent = status == MSTRO_STALE_EPOCH;
    if (!session)
        return;
    int first = model->answers;
    if (session->unanswered == 0)
        happens_to_session(model, MSTRO_POOL_EVENT_APP_LEAVE, number);
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
    settle(model); /* what only it needed of what it was taking back is not lost */
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        struct model_generation *generation = &model->generation[i];
        if (!generation->name[0] || generation->session != number)
            continue;
        if (generation->prepared)
            drop_prepared(model, generation);
        else if (generation->whole) {
            happens_to(model, MSTRO_POOL_EVENT_WITHDRAW, number, generation)->sudden = true;
            generation->session = generation->handle = 0;
            generation->withdraw_op = 0;
        } else
            lose_generation(model, generation);
    }
    settle(model);
    for (int i = first; i < model->answers; i++) /* the dead are told nothing */
        if (model->answer[i].session == number)
            model->answer[i--] = model->answer[--model->answers];
    for (int i = 0; i < model->laters; i++)
        if (model->later[i].session == number || (model->later[i].kind == KIND_COMMITTED && model->later[i].handle == number))
            model->later[i--] = model->later[--model->laters];
    if (session->unanswered == 0)
        happens_to_session(model, MSTRO_POOL_EVENT_APP_BYE, number);
    tell_shards(model, session, status);
}

void model_evict(struct model *model, uint64_t session)
{
    lose_session(model, session, MSTRO_STALE_EPOCH);
    expect(model, session, KIND_BYE, 0, MSTRO_STALE_EPOCH);
}
struct model_session *new_session(struct model *model, uint64_t number)
{
    for (int i = 0; i < MODEL_SESSIONS; i++)
        if (!model->session[i].in) {
            model->session[i] = (struct model_session){ .number = number, .in = true };
            return &model->session[i];
        }
    abort();
}

uint64_t model_word_of(const struct model *model, uint64_t commit)
{
    for (int i = 0; i < MODEL_SHOWN; i++)
        if (model->shown[i].commit == commit)
            return model->shown[i].word;
    return 0;
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
