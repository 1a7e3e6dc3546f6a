/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/operation.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/session.h"

/* When notes are due, after the operation began; the last is repeated at this interval. */
static const uint64_t note_after[NOTE_STAGES] = {
    3 * NANOSECONDS_PER_SECOND, 10 * NANOSECONDS_PER_SECOND, 30 * NANOSECONDS_PER_SECOND, 60 * NANOSECONDS_PER_SECOND,
    60 * NANOSECONDS_PER_SECOND
};
enum { NOTE_REPEATED = NOTE_STAGES - 1 };

struct operation_key { const struct session *session; uint64_t op; };

static bool operation_matches(const struct map_link *link, const void *key)
{
    const struct operation *operation = map_entry(link, const struct operation, by_op);
    const struct operation_key *wanted = key;
    return operation->session == wanted->session && operation->op == wanted->op;
}

struct operation *operation_find(const struct pool *pool, const struct session *session, uint64_t op)
{
    struct operation_key key = { session, op };
    struct map_link *link = map_find(&pool->operations, hash_mix(session->number, op), operation_matches, &key);
    return link ? map_entry(link, struct operation, by_op) : NULL;
}

struct operation *operation_make(struct pool *pool, struct session *session, struct handle *handle, uint64_t op,
                                 enum operation_kind kind)
{
    struct operation *operation = memory_take(pool, sizeof *operation);
    if (!operation)
        return NULL;
    operation->session = session;
    operation->handle = handle;
    operation->op = op;
    operation->kind = kind;
    operation->since = pool->now;
    list_init(&operation->note);
    list_append(&session->operations, &operation->of_session);
    map_insert(&pool->operations, &operation->by_op, hash_mix(session->number, op));
    return operation;
}

void operation_free(struct pool *pool, struct operation *operation)
{
    if (!operation)
        return;
    operation_rest(pool, operation);
    list_remove(&operation->of_session);
    map_remove(&pool->operations, &operation->by_op);
    memory_give(pool, operation, sizeof *operation);
}

static uint64_t first_note(const struct operation *operation)
{
    return operation->since + note_after[0];
}

void operation_wait(struct pool *pool, struct operation *operation)
{
    if (operation_waits(operation))
        return;
    operation->since = pool->now; /* so that each list stays in the order of its times */
    operation->stage = 0;
    operation->due = first_note(operation);
    list_append(&pool->noting[0], &operation->note);
    pool->waiting++;
}

void operation_rest(struct pool *pool, struct operation *operation)
{
    if (!operation_waits(operation))
        return;
    list_remove(&operation->note);
    pool->waiting--;
}

/* A group waits for others in its turn: whoever has offered it knows for whom. */
static struct text retained_by(struct pool *pool, const struct require *require, const struct operation *operation)
{
    struct text group = text_cut(seal_name(require->loss)), name = short_name(require->handle->cdo);
    if (require->handle->session == operation->session)
        return sentence(pool, "the group " TEXT_FORMAT " of this application itself, which lists " TEXT_FORMAT ": withdraw the group first",
                        TEXT_ARGUMENTS(group), TEXT_ARGUMENTS(name));
    return sentence(pool, "the group " TEXT_FORMAT " of " TEXT_FORMAT ", which lists " TEXT_FORMAT, TEXT_ARGUMENTS(group),
                    TEXT_ARGUMENTS(who_is(pool, require->handle->session)), TEXT_ARGUMENTS(name));
}

static struct text reason_of_withdraw(struct pool *pool, const struct operation *operation)
{
    struct offer *offer = operation->handle->offer;
    struct require *require = offer ? generation_needed_by(offer->generation) : NULL;
    if (!require)
        return text_of("the acks of its subscribers");
    if (require->state == REQUIRE_RETAINING)
        return retained_by(pool, require, operation);
    return sentence(pool, "the REQUIRE of " TEXT_FORMAT, TEXT_ARGUMENTS(who_is(pool, require->handle->session)));
}

static struct text reason_of_leave(struct pool *pool, const struct operation *operation)
{
    list_each(link, &operation->session->handles) {
        struct handle *handle = list_entry(link, struct handle, of_session);
        struct require *require = handle->offer ? generation_needed_by(handle->offer->generation) : NULL;
        if (require && require->state == REQUIRE_RETAINING)
            return retained_by(pool, require, operation);
        if (require)
            return sentence(pool, "the REQUIRE of " TEXT_FORMAT " for " TEXT_FORMAT,
                            TEXT_ARGUMENTS(who_is(pool, require->handle->session)), TEXT_ARGUMENTS(short_name(handle->cdo)));
    }
    return text_of("the end of its own operations");
}

/* In a pool inside its process that nobody has joined: who forgot to join one waits there for ever. */
static bool is_alone(const struct pool *pool) { return pool->settings.home && pool->sessions.count == 1; }
static const char alone[] = ", and nobody else is in this pool, which is inside the process; MSTRO_POOL_MANAGER_INFO names another";

static struct text note_text(struct pool *pool, const struct operation *operation)
{
    uint64_t seconds = (pool->now - operation->since) / NANOSECONDS_PER_SECOND;
    switch ((enum operation_kind)operation->kind) {
    case OPERATION_DEMAND:
        return sentence(pool, "DEMAND of " TEXT_FORMAT " waits since %" PRIu64 " s: nobody offers it%s",
                        TEXT_ARGUMENTS(short_name(operation->handle->cdo)), seconds, is_alone(pool) ? alone : "");
    case OPERATION_WITHDRAW:
        return sentence(pool, "WITHDRAW of " TEXT_FORMAT " waits since %" PRIu64 " s for " TEXT_FORMAT,
                        TEXT_ARGUMENTS(short_name(operation->handle->cdo)), seconds,
                        TEXT_ARGUMENTS(reason_of_withdraw(pool, operation)));
    case OPERATION_LEAVE:
        return sentence(pool, "LEAVE waits since %" PRIu64 " s for " TEXT_FORMAT, seconds,
                        TEXT_ARGUMENTS(reason_of_leave(pool, operation)));
    }
    return (struct text){ 0 };
}

static void send_note(struct pool *pool, struct operation *operation)
{
    answer_note(pool, operation->session, operation->op, note_text(pool, operation));
}

/* To the list of the first note that is not due yet. */
static void next_stage(struct pool *pool, struct operation *operation)
{
    do {
        operation->stage = operation->stage < NOTE_REPEATED ? operation->stage + 1 : NOTE_REPEATED;
        operation->due = (operation->stage == NOTE_REPEATED ? operation->due : operation->since) + note_after[operation->stage];
    } while (operation->due <= pool->now);
    list_remove(&operation->note);
    list_append(&pool->noting[operation->stage], &operation->note);
}

void operations_note(struct pool *pool)
{
    if (pool->waiting == 0)
        return;
    for (int stage = NOTE_STAGES - 1; stage >= 0; stage--) /* the oldest first: each list stays in order */
        while (!list_empty(&pool->noting[stage])) {
            struct operation *operation = list_entry(pool->noting[stage].next, struct operation, note);
            if (operation->due > pool->now)
                break;
            send_note(pool, operation);
            next_stage(pool, operation);
        }
}

uint64_t operations_deadline(const struct pool *pool)
{
    uint64_t deadline = NO_DEADLINE;
    if (pool->waiting == 0)
        return deadline;
    for (int stage = 0; stage < NOTE_STAGES; stage++)
        if (!list_empty(&pool->noting[stage])) {
            uint64_t due = list_entry(pool->noting[stage].next, struct operation, note)->due;
            deadline = due < deadline ? due : deadline;
        }
    return deadline;
}

/* What waits is ended without effect; what does not wait any more ends by itself. */
static bool cancel(struct pool *pool, struct operation *operation)
{
    switch ((enum operation_kind)operation->kind) {
    case OPERATION_DEMAND:
        return require_event(pool, operation->handle->require, REQUIRE_CANCEL);
    case OPERATION_WITHDRAW:
        withdraw_cancel(pool, operation->handle->offer);
        return true;
    case OPERATION_LEAVE:
        leave_cancel(pool, operation->session);
        return true;
    }
    return false;
}

void serve_cancel(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_cancel *asked = &record->cancel;
    struct operation *target = asked->target ? operation_find(pool, session, asked->target) : NULL;
    hold_pass(pool, session, asked->target); /* whoever cancels waits for nobody, and knows what was before our answer */
    if ((target && cancel(pool, target)) || hold_cancel(pool, session, asked->target))
        answer_done(pool, session, asked->op);
    else
        answer_refused(pool, session, asked->op, MSTRO_NOENT, "operation %" PRIu64 " does not wait", asked->target);
}
