/* SPDX-License-Identifier: BSD-3-Clause */
/* compare.c - what the rules say (model.c) and what the engine said, side by side */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/pool/fact.h"
#include "maestro/subscription.h"
#include "tests/sim/model.h"

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
           (must->kind != KIND_TICKET_VOID || must->ticket == came->ticket);
}

static void learn(struct model *model, const struct model_answer *came)
{
    struct model_handle *handle = came->kind == KIND_TICKET ? model_handle_of(model, came->session, came->handle) : NULL;
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

bool model_compare(struct model *model, const struct pool_outputs *out, size_t first)
{
    for (size_t i = first; i < out->count; i++) {
        struct model_answer came = answer_of(&out->at[i]);
        if (came.kind == KIND_NOTE || came.kind == KIND_EVENTS || came.kind == KIND_SUBSCRIPTION_END || came.kind == KIND_SELECTED || came.kind == KIND_LATE)
            continue;
        int at = 0;
        while (at < model->answers && (model->answer[at].came || !same(&model->answer[at], &came)))
            at++;
        if (at == model->answers)
            tell_difference(model, "the engine said what the rules do not", &came);
        else
            model->answer[at].came = true;
        learn(model, &came);
    }
    for (int i = 0; i < model->answers; i++)
        if (!model->answer[i].came)
            tell_difference(model, "the engine did not say what the rules say", &model->answer[i]);
    return !model->wrong;
}

uint32_t model_events(void)
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
    snprintf(model->text, sizeof model->text, "%s: %s of %s, generation %" PRIu64 ", session %" PRIu64, what, event_name(event->kind), event->name,
             event->generation, event->session);
    model->wrong = model->text;
}

bool model_expects(struct model *model, const struct model_event *came)
{
    for (int i = 0; i < model->events; i++) {
        struct model_event *event = &model->event[i];
        if (event->came || event->kind != came->kind || event->session != came->session || event->generation != came->generation || strcmp(event->name, came->name) != 0)
            continue;
        event->came = true;
        return true;
    }
    tell_event(model, "something happens that the rules do not have", came);
    return false;
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
