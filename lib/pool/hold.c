/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/hold.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/session.h"
#include "lib/pool/subscription.h"
#include "lib/wire/copy.h"

/* The number of an operation that nobody wants an answer of, while it is parked. */
#define UNANSWERED (UINT64_C(1) << 63)

struct hold_key { const struct session *session; uint64_t number; };

static bool op_matches(const struct map_link *link, const void *key)
{
    const struct hold *hold = map_entry(link, const struct hold, by_op);
    const struct hold_key *wanted = key;
    return hold->session == wanted->session && hold->op == wanted->number;
}

static bool handle_matches(const struct map_link *link, const void *key)
{
    const struct hold *hold = map_entry(link, const struct hold, by_handle);
    const struct hold_key *wanted = key;
    return hold->session == wanted->session && hold->handle == wanted->number;
}

static struct hold *hold_of_op(const struct pool *pool, const struct session *session, uint64_t op)
{
    struct hold_key key = { session, op };
    struct map_link *link = map_find(&pool->held, hash_mix(session->number, op), op_matches, &key);
    return link ? map_entry(link, struct hold, by_op) : NULL;
}

static struct hold *hold_of_handle(const struct pool *pool, const struct session *session, uint64_t handle)
{
    struct hold_key key = { session, handle };
    struct map_link *link = map_find(&pool->parked, hash_mix(session->number, handle), handle_matches, &key);
    return link ? map_entry(link, struct hold, by_handle) : NULL;
}

/* NULL when memory is short. */
static struct kept_record *record_keep(struct pool *pool, const struct record *record)
{
    size_t size = sizeof(struct kept_record) + record_room(record);
    struct kept_record *kept = memory_take(pool, size);
    if (!kept)
        return NULL;
    kept->size = size;
    list_init(&kept->link);
    record_copy_to(kept + 1, record, &kept->record);
    return kept;
}

static void record_drop(struct pool *pool, struct kept_record *kept)
{
    if (!kept)
        return;
    list_remove(&kept->link);
    memory_give(pool, kept, kept->size);
}

static struct hold *hold_make(struct pool *pool, struct session *session, uint64_t op)
{
    struct hold *hold = memory_take(pool, sizeof *hold);
    if (!hold)
        return NULL;
    hold->session = session;
    hold->op = op;
    list_init(&hold->awaited);
    list_init(&hold->parked);
    list_init(&hold->released);
    list_append(&session->holds, &hold->of_session);
    map_insert(&pool->held, &hold->by_op, hash_mix(session->number, op));
    return hold;
}

static void release_awaited(struct pool *pool, struct awaited *awaited)
{
    list_remove(&awaited->of_hold);
    list_remove(&awaited->of_subscription);
    map_remove(&pool->awaited, &awaited->by_serial);
    heap_remove(&pool->late, &awaited->by_time);
    memory_give(pool, awaited, sizeof *awaited);
}

/* From now on it is in no map: what its handle does next is not kept behind it. */
static void hold_detach(struct pool *pool, struct hold *hold)
{
    while (!list_empty(&hold->awaited))
        release_awaited(pool, list_entry(hold->awaited.next, struct awaited, of_hold));
    list_remove(&hold->released);
    list_remove(&hold->of_session);
    map_remove(&pool->held, &hold->by_op);
    if (hold->handle)
        map_remove(&pool->parked, &hold->by_handle);
}

static void hold_free(struct pool *pool, struct hold *hold)
{
    while (!list_empty(&hold->parked))
        record_drop(pool, list_entry(hold->parked.next, struct kept_record, link));
    record_drop(pool, hold->answer);
    memory_give(pool, hold, sizeof *hold);
}

static uint64_t time_behind(uint64_t now, uint64_t time) { return time < NO_DEADLINE - now ? now + time : NO_DEADLINE; }

/* Of one event each of its subscriptions may owe an ack. */
static uint64_t awaited_hash(const struct subscription *subscription, uint64_t serial) { return hash_mix(subscription->number, serial); }

bool hold_await(struct pool *pool, struct session *session, uint64_t op, struct subscription *subscription, uint64_t serial, bool room)
{
    struct hold *hold = hold_of_op(pool, session, op);
    struct awaited *awaited = memory_take(pool, sizeof *awaited);
    if (!awaited || (!hold && !(hold = hold_make(pool, session, op)))) {
        memory_give(pool, awaited, sizeof *awaited);
        return false;
    }
    awaited->subscription = subscription;
    awaited->hold = hold;
    awaited->serial = serial;
    awaited->room = room;
    list_append(&hold->awaited, &awaited->of_hold);
    list_append(&subscription->awaited, &awaited->of_subscription);
    map_insert(&pool->awaited, &awaited->by_serial, awaited_hash(subscription, serial));
    heap_insert(&pool->late, &awaited->by_time, time_behind(pool->now, subscription->hold_time));
    return true;
}

/* Its last ack is in: it goes on at the end of this step. */
static void hold_check(struct pool *pool, struct hold *hold)
{
    if (!list_empty(&hold->awaited))
        return;
    list_remove(&hold->released);
    list_append(&pool->released, &hold->released);
}

static void end_waiting(struct pool *pool, struct awaited *awaited)
{
    struct hold *hold = awaited->hold;
    release_awaited(pool, awaited);
    hold_check(pool, hold);
}

struct awaited_key { const struct subscription *subscription; uint64_t serial; uint64_t *effort; };

static bool serial_matches(const struct map_link *link, const void *key)
{
    const struct awaited *awaited = map_entry(link, const struct awaited, by_serial);
    const struct awaited_key *wanted = key;
    ++*wanted->effort;
    return awaited->subscription == wanted->subscription && awaited->serial == wanted->serial && !awaited->room;
}

void serve_ack_event(struct pool *pool, struct session *session, const struct record *record)
{
    struct consumer *consumer = consumer_find(pool, session, record->ack_event.subscription);
    if (!consumer)
        return;
    struct awaited_key key = { consumer->subscription, record->ack_event.serial, &pool->effort.acks };
    struct map_link *link = map_find(&pool->awaited, awaited_hash(key.subscription, key.serial), serial_matches, &key);
    consumer->subscription->late = false;
    consumer_acknowledged(pool, consumer, key.serial);
    if (link) /* else it is not waited for, or not any more */
        end_waiting(pool, map_entry(link, struct awaited, by_serial));
}

void hold_forgive(struct pool *pool, struct subscription *subscription)
{
    while (!list_empty(&subscription->awaited))
        end_waiting(pool, list_entry(subscription->awaited.next, struct awaited, of_subscription));
}

void hold_room(struct pool *pool, struct subscription *subscription)
{
    if (!queue_has_room(subscription))
        return;
    if (!(subscription->options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK))
        subscription->late = false;
    list_each(link, &subscription->awaited) {
        struct awaited *awaited = list_entry(link, struct awaited, of_subscription);
        if (awaited->room)
            end_waiting(pool, awaited);
    }
}

/* ---- operations that are parked ---- */

/* What a record is about, for those who want to be told before. */
struct intent { uint64_t op, handle; struct text name; struct bytes attributes; int64_t size; enum fact_kind kind; bool group; };

static bool intent_of(const struct record *record, struct intent *intent)
{
    *intent = (struct intent){ .size = -1 };
    switch (record->kind) {
#define INTENT(NAME, name) case KIND_##NAME: intent->op = record->name.op; intent->handle = record->name.handle; intent->kind = FACT_##NAME; break;
        INTENT(OFFER, offer)
        INTENT(REQUIRE, require)
        INTENT(RETRACT, retract)
        INTENT(DEMAND, demand)
        INTENT(WITHDRAW, withdraw)
        INTENT(DISPOSE, dispose)
#undef INTENT
    default:
        return false;
    }
    if (record->kind == KIND_OFFER) {
        intent->name = record->offer.name;
        intent->attributes = record->offer.attributes;
        intent->size = record->offer.size;
        intent->group = record->offer.flags & OFFER_GROUP;
    } else if (record->kind == KIND_REQUIRE)
        intent->name = record->require.name;
    else if (record->kind == KIND_DEMAND)
        intent->name = record->demand.name;
    return true;
}

/* The facts that will follow when this takes effect, as far as they are known beforehand. */
static bool announce(struct pool *pool, struct session *session, const struct intent *intent)
{
    const struct handle *handle = handle_find(pool, session, intent->handle);
    struct text name = intent->name.length || !handle ? intent->name : seal_name(handle->cdo->sealed);
    struct seal *sealed = NULL;
    if (handle && intent->kind != FACT_OFFER)
        sealed = seal_share(handle->cdo->sealed);
    else if (!(sealed = seal_make(pool, name, intent->attributes)))
        return false;
    struct fact_of of = { .session = session, .sealed = sealed, .op = intent->op, .size = intent->size };
    if (handle && handle->offer)
        of.size = handle->offer->generation->size;
    if (!handle && name.length) {
        fact_intend(pool, FACT_DECLARE, &of);
        fact_intend(pool, intent->group ? FACT_SEAL_GROUP : FACT_SEAL, &of);
    }
    if (intent->kind == FACT_DEMAND && !(handle && handle->require) && name.length)
        fact_intend(pool, FACT_REQUIRE, &of);
    if (handle || name.length)
        fact_intend(pool, intent->kind, &of);
    seal_release(pool, sealed);
    queues_flush(pool); /* before anything that follows from it */
    return true;
}

/* What nobody has seen ends unseen. */
static bool is_unseen(const struct pool *pool, const struct session *session, const struct intent *intent)
{
    const struct handle *handle = handle_find(pool, session, intent->handle);
    return handle && handle->offer && offer_is_prepared(handle->offer);
}

static void park(struct hold *hold, struct kept_record *kept)
{
    list_append(&hold->parked, &kept->link);
}

/* Before anybody is told of it.  Who wants no answer would never know. */
static void refuse_parking(struct pool *pool, struct session *session, const struct intent *intent)
{
    if (intent->op & UNANSWERED)
        session_fail(pool, session);
    else
        answer_refused(pool, session, intent->op, MSTRO_NOMEM, "the pool has no memory to let this operation wait for its subscribers");
}

/* It is about what its handle had asked for by then: overtaking a DEMAND it would be served, and required once more.  Where memory is short
 * for that it is better early than lost. */
static bool hold_completed(struct pool *pool, struct session *session, const struct record *record)
{
    struct hold *hold = hold_of_handle(pool, session, record->completed.handle);
    struct kept_record *kept = hold ? record_keep(pool, record) : NULL;
    if (kept)
        park(hold, kept);
    return kept != NULL;
}

/* 'kept' waits for those who are told now; false: for none. */
static bool park_first(struct pool *pool, struct session *session, const struct intent *intent, struct kept_record *kept)
{
    struct hold *hold = hold_of_op(pool, session, intent->op);
    if (!hold)
        return false;
    hold->handle = intent->handle;
    hold->announced = facts_newest(pool);
    map_insert(&pool->parked, &hold->by_handle, hash_mix(session->number, intent->handle));
    park(hold, kept);
    return true;
}

bool hold_record(struct pool *pool, struct session *session, const struct record *record)
{
    struct intent intent;
    if (pool->parked.count == 0 && pool->wanted_before == 0)
        return false;
    if (record->kind == KIND_COMPLETED)
        return hold_completed(pool, session, record);
    if (!intent_of(record, &intent))
        return false;
    struct hold *hold = hold_of_handle(pool, session, intent.handle);
    if (!hold && record->kind == KIND_DEMAND && demand_is_again(pool, session, &record->demand))
        return false;
    if (!hold && (pool->wanted_before == 0 || intent.handle == 0 || is_unseen(pool, session, &intent)))
        return false;
    if (intent.op == 0)
        intent.op = UNANSWERED | ++pool->last_unanswered;
    if (!hold && hold_of_op(pool, session, intent.op)) {
        answer_refused(pool, session, intent.op, MSTRO_INVMSG, "operation %" PRIu64 " is under way already", intent.op);
        return true;
    }
    struct kept_record *kept = record_keep(pool, record);
    if (!kept || (!hold && !announce(pool, session, &intent))) {
        record_drop(pool, kept);
        refuse_parking(pool, session, &intent);
        return true;
    }
    if (hold)
        park(hold, kept);
    else if (!park_first(pool, session, &intent, kept)) {
        record_drop(pool, kept);
        return false;
    }
    return true;
}

static void hold_let_go(struct pool *pool, struct hold *hold)
{
    while (!list_empty(&hold->awaited))
        release_awaited(pool, list_entry(hold->awaited.next, struct awaited, of_hold));
    hold_check(pool, hold);
}

static void drop_answer(struct pool *pool, struct hold *hold)
{
    record_drop(pool, hold->answer);
    hold->answer = NULL;
    hold->brief.kind = 0;
}

static struct record *answer_of(struct pool *pool, const struct hold *hold, const struct record *answer)
{
    return answer->kind == KIND_COMMITTED ? answer_shard(pool, answer->committed.home, KIND_COMMITTED) : answer_add(pool, hold->session, answer->kind);
}

/* Its TICKET_VOID went when it was lost: who got it now would read from it. */
static bool is_void(const struct pool *pool, const struct hold *hold, const struct record *answer)
{
    const struct handle *handle = answer->kind == KIND_TICKET ? handle_find(pool, hold->session, answer->ticket.handle) : NULL;
    return handle && handle->require && handle->require->voided == answer->ticket.ticket;
}

static void say_answer(struct pool *pool, struct hold *hold)
{
    const struct record *answer = hold->answer ? &hold->answer->record : &hold->brief;
    if (!answer->kind)
        return;
    if (is_void(pool, hold, answer)) {
        drop_answer(pool, hold);
        return;
    }
    struct record *record = answer_of(pool, hold, answer);
    bool copied = record && (answer == &hold->brief || record_copy(&pool->out->arena, answer, record));
    if (copied && answer == &hold->brief)
        *record = hold->brief;
    if (record && !copied)
        pool->out->count--;
    if (!copied && !hold->session->mute)
        session_fail(pool, hold->session);
    drop_answer(pool, hold);
}

void hold_pass(struct pool *pool, struct session *session, uint64_t op)
{
    struct hold *hold = hold_of_op(pool, session, op);
    if (!hold || hold->handle)
        return;
    say_answer(pool, hold);
    hold_let_go(pool, hold);
}

bool hold_cancel(struct pool *pool, struct session *session, uint64_t op)
{
    struct hold *hold = hold_of_op(pool, session, op);
    if (!hold || !hold->handle || list_empty(&hold->parked))
        return false;
    record_drop(pool, list_entry(hold->parked.next, struct kept_record, link));
    answer_refused(pool, session, op, MSTRO_CANCELLED, "cancelled before its subscribers had acknowledged it");
    hold_let_go(pool, hold);
    return true;
}

/* ---- going on ---- */

void holds_let_go(struct pool *pool, struct session *session)
{
    list_each(link, &session->holds)
        hold_let_go(pool, list_entry(link, struct hold, of_session));
}

static void become_late(struct pool *pool, struct subscription *subscription)
{
    subscription->late = true;
    if (subscription->when_late == MSTRO_SUBSCRIPTION_LATE_END)
        subscription_close_soon(pool, subscription, MSTRO_OVERFLOW,
                                sentence(pool, "this subscription was ended: an operation has waited for it for %" PRIu64 " ms",
                                         subscription->hold_time / NANOSECONDS_PER_MILLISECOND));
}

/* Where memory is short for that, another shard finds out for itself. */
static void tell_shards(struct pool *pool, const struct subscription *subscription)
{
    const struct list *consumers = &subscription->consumers;
    for (uint16_t shard = 0; shard < pool->settings.shards && !list_empty(consumers); shard++) {
        const struct consumer *consumer = list_entry(consumers->next, struct consumer, of_subscription);
        struct record *record = shard == pool->settings.shard ? NULL : answer_shard(pool, shard, KIND_LATE);
        if (record)
            record->late = (struct record_late){ .session = consumer->session->number, .subscription = consumer->number };
    }
}

static void time_out(struct pool *pool, struct awaited *awaited)
{
    struct subscription *subscription = awaited->subscription;
    if (!subscription->late)
        tell_shards(pool, subscription);
    become_late(pool, subscription);
    end_waiting(pool, awaited);
}

void serve_late(struct pool *pool, uint16_t from, const struct record *record)
{
    struct session *session = session_find(pool, record->late.session);
    struct consumer *consumer = session ? consumer_find(pool, session, record->late.subscription) : NULL;
    (void)from;
    if (consumer)
        become_late(pool, consumer->subscription);
}

static void serve_announced(struct pool *pool, struct session *session, const struct record *record, uint64_t announced)
{
    pool->announced = announced;
    session_serve(pool, session, record);
    pool->announced = 0;
}

/* What was parked takes effect, and what its handle did next follows, as if it came now. */
static void go_on(struct pool *pool, struct hold *hold)
{
    struct session *session = hold->session;
    uint64_t announced = hold->announced;
    while (!list_empty(&hold->parked)) {
        struct kept_record *kept = list_entry(hold->parked.next, struct kept_record, link);
        list_remove(&kept->link);
        if (announced || !hold_record(pool, session, &kept->record))
            serve_announced(pool, session, &kept->record, announced);
        announced = 0;
        record_drop(pool, kept);
    }
    say_answer(pool, hold);
}

void holds_release(struct pool *pool)
{
    for (struct heap_link *first; (first = heap_first(&pool->late)) && first->due <= pool->now;)
        time_out(pool, heap_entry(first, struct awaited, by_time));
    while (!list_empty(&pool->released)) {
        struct hold *hold = list_entry(pool->released.next, struct hold, released);
        hold_detach(pool, hold);
        go_on(pool, hold);
        hold_free(pool, hold);
    }
}

uint64_t holds_deadline(const struct pool *pool)
{
    const struct heap_link *first = heap_first(&pool->late);
    return first ? first->due : NO_DEADLINE;
}

void holds_drop(struct pool *pool, struct session *session)
{
    list_each(link, &session->holds) {
        struct hold *hold = list_entry(link, struct hold, of_session);
        hold_detach(pool, hold);
        hold_free(pool, hold);
    }
}

static uint64_t answered_op(const struct record *record)
{
    switch (record->kind) {
    case KIND_ACK: return record->ack.op;
    case KIND_TICKET: return record->ticket.op;
    case KIND_COMMITTED: return record->committed.op; /* the operation is of another shard */
    default: return 0;
    }
}

/* It goes on, although those who were to acknowledge it have been told that it waits: they must not go on believing that. */
static void give_up(struct pool *pool, struct hold *hold, struct text name)
{
    list_each(link, &hold->awaited) {
        const struct awaited *awaited = list_entry(link, const struct awaited, of_hold);
        if (!awaited->room)
            subscription_unheld(pool, awaited->subscription, name);
    }
    hold_let_go(pool, hold);
}

static struct text name_of_handle(const struct pool *pool, const struct session *session, uint64_t number)
{
    const struct handle *handle = handle_find(pool, session, number);
    return handle ? seal_name(handle->cdo->sealed) : text_of("an object");
}

/* A later answer takes the place of an earlier one: a DEMAND whose ticket was held and whose holder died meanwhile.  Where memory is short
 * one is kept without its text; a ticket cannot do without its bytes. */
static bool keep_answer(struct pool *pool, const struct pool_output *output)
{
    const struct record *answer = &output->record;
    uint64_t op = answered_op(answer);
    uint64_t whose = answer->kind == KIND_COMMITTED ? answer->committed.session : output->session;
    struct session *session = op ? session_find(pool, whose) : NULL;
    struct hold *hold = session ? hold_of_op(pool, session, op) : NULL;
    if (!hold || hold->handle)
        return false;
    drop_answer(pool, hold);
    if (record_room(answer) > 0 && (hold->answer = record_keep(pool, answer)))
        return true;
    if (answer->kind == KIND_TICKET) {
        give_up(pool, hold, name_of_handle(pool, session, answer->ticket.handle));
        return false;
    }
    hold->brief = *answer;
    if (answer->kind == KIND_ACK)
        hold->brief.ack.detail = (struct text){ 0 };
    return true;
}

void hold_answers(struct pool *pool, size_t first)
{
    struct pool_outputs *out = pool->out;
    size_t left = first;
    if (pool->held.count == 0)
        return;
    for (size_t i = first; i < out->count; i++)
        if (!keep_answer(pool, &out->at[i]))
            out->at[left++] = out->at[i];
    out->count = left;
}
