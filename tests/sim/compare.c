/* SPDX-License-Identifier: BSD-3-Clause */
/* compare.c - what the rules say (model.c) and what the engine said, side by side */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pool/fact.h"
#include "maestro/subscription.h"
#include "tests/sim/rules.h"

static struct model_answer answer_of(const struct pool_output *output)
{
    const struct record *record = &output->record;
    struct model_answer answer = { .session = output->session, .shard = output->shard, .kind = record->kind };
    switch (record->kind) {
    case KIND_ACK:
        answer.op = record->ack.op;
        answer.status = record->ack.status;
        answer.flags = record->ack.flags;
        answer.generation = record->ack.status == MSTRO_PEER_LOST ? record->ack.generation : 0;
        answer.retained = record->ack.generation;
        break;
    case KIND_TICKET:
        answer.op = record->ticket.op;
        answer.handle = record->ticket.handle;
        answer.generation = record->ticket.generation;
        answer.how = record->ticket.how;
        answer.ticket = record->ticket.ticket;
        answer.commit = record->ticket.commit;
        break;
    case KIND_TICKET_VOID:
        answer.handle = record->ticket_void.handle;
        answer.ticket = record->ticket_void.ticket;
        answer.status = record->ticket_void.status;
        break;
    case KIND_BYE:
        answer.op = record->bye.op;
        answer.status = record->bye.status;
        break;
    case KIND_WELCOME:
        answer.op = record->welcome.op;
        break;
    case KIND_REFUSED:
        answer.op = record->refused.op;
        answer.status = record->refused.status;
        break;
    case KIND_ADMIT:
        answer.handle = record->admit.session;
        break;
    case KIND_DONE:
        answer.handle = record->done.session;
        answer.status = record->done.status;
        break;
    case KIND_PREPARE:
        answer.handle = record->prepare.session;
        break;
    case KIND_PREPARED:
        answer.handle = record->prepared.session;
        answer.members = record->prepared.members;
        break;
    case KIND_COMMIT:
        answer.handle = record->commit.session;
        answer.commit = record->commit.commit;
        break;
    case KIND_COMMITTED:
        answer.op = record->committed.op;
        answer.handle = record->committed.session;
        answer.members = record->committed.members;
        break;
    case KIND_DISMISS:
        answer.handle = record->dismiss.session;
        answer.status = record->dismiss.status;
        break;
    default:
        break;
    }
    return answer;
}

static bool same(const struct model_answer *must, const struct model_answer *came)
{
    return must->session == came->session && must->shard == came->shard && must->kind == came->kind && must->op == came->op && (must->status == came->status || must->status == ANY_STATUS) &&
           must->flags == came->flags && must->handle == came->handle && must->generation == came->generation && must->how == came->how && must->commit == came->commit && must->members == came->members &&
           (!must->retains || must->retained == came->retained) &&
           (must->kind != KIND_TICKET_VOID || must->ticket == came->ticket || must->ticket == UINT64_MAX /* held up: never seen */);
}

static void learn(struct model *model, const struct model_answer *came)
{
    struct model_handle *handle = model_handle_of(model, came->session, came->handle);
    if (handle && came->kind == KIND_TICKET_VOID && handle->voided == UINT64_MAX)
        handle->voided = came->ticket;
    if (came->kind != KIND_TICKET)
        return;
    if (handle && handle->ticket == UINT64_MAX)
        handle->ticket = came->ticket;
}

static void tell_difference(struct model *model, const char *what, const struct model_answer *answer)
{
    if (model->wrong)
        return;
    snprintf(model->text, sizeof model->text,
             "%s: session %" PRIu64 " kind %d op %" PRIu64 " status %" PRIu32 " flags %" PRIu32 " handle %" PRIu64 " generation %" PRIu64 " how %d", what,
             answer->session, answer->kind, answer->op, answer->status, answer->flags, answer->handle, answer->generation, answer->how);
    model->wrong = model->text;
}

static int find(const struct model_answer *answer, int count, const struct model_answer *came)
{
    for (int i = 0; i < count; i++)
        if (!answer[i].came && same(&answer[i], came))
            return i;
    return -1;
}

/* A later answer takes the place of an earlier one that is held up: of a DEMAND whose ticket was, and whose holder died meanwhile. */
static void replace_later(struct model *model, const struct model_answer *answer)
{
    for (int i = 0; answer->session && answer->op && i < model->laters; i++)
        if (model->later[i].session == answer->session && model->later[i].op == answer->op)
            model->later[i--] = model->later[--model->laters];
}

/* Subscribers may hold it up: who waits for it must be waiting for them (witness.h). */
static bool put_off(struct model *model, const struct model_answer *answer)
{
    bool ends = answer->kind == KIND_ACK || answer->kind == KIND_TICKET || answer->kind == KIND_COMMITTED;
    if (!model->holds || !ends || !answer->op)
        return false;
    if (model->laters == MODEL_LATER)
        abort();
    model->later[model->laters++] = *answer;
    return true;
}

bool model_puts_off(const struct model *model, uint64_t session, uint64_t op, uint64_t handle)
{
    for (int i = 0; i < model->laters; i++) {
        const struct model_answer *later = &model->later[i];
        if ((later->op == op || later->by_handle == handle) && (later->kind == KIND_COMMITTED ? later->handle : later->session) == session)
            return true;
    }
    return false;
}

/* What is void is not sent behind the word that it is; of 'session', 0: of all, when a step is over. */
static void forget_voided(struct model *model, uint64_t session, uint64_t handle)
{
    for (int i = 0; i < model->laters; i++)
        if (model->later[i].voided && (!session || (model->later[i].session == session && model->later[i].handle == handle)))
            model->later[i--] = model->later[--model->laters];
}

bool model_compare(struct model *model, const struct pool_outputs *out, size_t first)
{
    for (size_t i = first; i < out->count; i++) {
        struct model_answer came = answer_of(&out->at[i]);
        if (came.kind == KIND_NOTE || came.kind == KIND_EVENTS || came.kind == KIND_SUBSCRIPTION_END || came.kind == KIND_SELECTED || came.kind == KIND_LATE)
            continue;
        int at = find(model->answer, model->answers, &came), late = at < 0 ? find(model->later, model->laters, &came) : -1;
        if (at >= 0) {
            model->answer[at].came = true;
            if (model->answer[at].leads_to && came.status == MSTRO_OK)
                happens_to_session(model, model->answer[at].leads_to, came.session);
        }
        else if (late >= 0)
            model->later[late] = model->later[--model->laters];
        else
            tell_difference(model, "the engine said what the rules do not", &came);
        if (came.kind == KIND_TICKET_VOID)
            forget_voided(model, came.session, came.handle);
        learn(model, &came);
    }
    for (int i = 0; i < model->answers; i++) {
        replace_later(model, &model->answer[i]);
        if (!model->answer[i].came && !put_off(model, &model->answer[i]))
            tell_difference(model, "the engine did not say what the rules say", &model->answer[i]);
    }
    forget_voided(model, 0, 0);
    for (int i = 0; i < model->laters; i++)
        if (model->later[i].session && !session_of(model, model->later[i].session))
            tell_difference(model, "who has left was never told", &model->later[i]);
    return !model->wrong;
}

bool model_answers(const struct model *model, int from, const struct pool_outputs *out)
{
    for (int i = from; i < model->answers; i++) {
        size_t k = 0;
        struct model_answer came;
        while (k < out->count && (came = answer_of(&out->at[k]), !same(&model->answer[i], &came)))
            k++;
        if (k == out->count)
            return false;
    }
    return true;
}

uint32_t model_events(void)
{
    return model_object_events() | MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
           MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE;
}

uint32_t model_object_events(void)
{
    return MSTRO_POOL_EVENT_DECLARE | MSTRO_POOL_EVENT_SEAL | MSTRO_POOL_EVENT_SEAL_GROUP | MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_REQUIRE |
           MSTRO_POOL_EVENT_RETRACT | MSTRO_POOL_EVENT_DEMAND | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_DISPOSE | MSTRO_POOL_EVENT_LOST |
           MSTRO_POOL_EVENT_GROUP_LOST | MSTRO_POOL_EVENT_TRANSPORT_INIT | MSTRO_POOL_EVENT_TRANSPORT_TICKET | MSTRO_POOL_EVENT_TRANSPORT_COMPLETED;
}

static const char *event_name(uint32_t kind)
{
    for (int fact = 1; fact <= FACT_CHECKPOINT; fact++)
        if (fact_event((enum fact_kind)fact) == kind)
            return fact_name((enum fact_kind)fact);
    return "?";
}

static void tell_event(struct model *model, const char *what, const struct model_event *event)
{
    if (model->wrong)
        return;
    snprintf(model->text, sizeof model->text, "%s: %s of %s, generation %" PRIu64 ", session %" PRIu64 ", size %" PRId64 ", step %d%s", what,
             event_name(event->kind), event->name, event->generation, event->session, event->size, event->step, event->sudden ? ", sudden" : "");
    model->wrong = model->text;
}

bool model_same_event(const struct model_event *a, const struct model_event *b)
{
    return a->kind == b->kind && a->session == b->session && a->generation == b->generation && a->size == b->size && a->step == b->step &&
           a->sudden == b->sudden && strcmp(a->name, b->name) == 0;
}

const struct model_event *model_expects(struct model *model, const struct model_event *came)
{
    for (int i = 0; i < model->events; i++) {
        struct model_event *event = &model->event[i];
        if (event->came || !model_same_event(event, came))
            continue;
        event->came = true;
        for (int k = 0; k < model->events; k++)
            event->vague = event->vague || ((model->event[k].op != event->op || model->event[k].announced != event->announced) && model_same_event(&model->event[k], came));
        return event;
    }
    tell_event(model, "something happens that the rules do not have", came);
    return NULL;
}

bool model_happened(struct model *model)
{
    for (int i = 0; i < model->events; i++)
        if (!model->event[i].came)
            tell_event(model, "by the rules something happens that does not", &model->event[i]);
    return !model->wrong;
}

struct pool_count model_count(const struct model *model)
{
    struct pool_count count = { .inline_bytes = model->inline_bytes };
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        count.sessions += model->session[i].in;
        count.waiting += model->session[i].in && model->session[i].leaving;
    }
    for (int i = 0; i < MODEL_HANDLES; i++) {
        const struct model_handle *handle = &model->handle[i];
        if (!handle->session || !handle->needs)
            continue;
        count.requires++;
        count.tickets += handle->ticket != 0;
        count.waiting += handle->demand && handle->bound == NO_GENERATION;
    }
    for (int i = 0; i < MODEL_GENERATIONS; i++) {
        count.generations += model->generation[i].name[0] != '\0';
        count.waiting += model->generation[i].name[0] && model->generation[i].session && model->generation[i].withdrawing &&
                         model->generation[i].withdraw_op;
    }
    for (int i = 0; i < MODEL_GENERATIONS; i++)
        count.cdos += model->named[i].name[0] != '\0';
    return count;
}
