/* SPDX-License-Identifier: BSD-3-Clause */
/* shortage - the engine when memory is short
 *
 * One scenario, played again and again: the n-th allocation fails, alone or with all that follow in its step, for every n.  After
 * each step the invariants hold; who asked has an answer or is put out; at the end nothing is left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/slab.h"
#include "lib/pool/pool.h"
#include "lib/query/selector.h"
#include "lib/schema/catalogue.h"
#include "maestro/subscription.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_slab_take(struct slab *slab);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_slab_take(struct slab *slab);

static uint64_t until_failure; /* allocations that succeed before one fails; 0: none fails */
static bool fails_on, failing, failed;

static bool is_short(void)
{
    if (failing)
        return true;
    if (until_failure == 0 || --until_failure > 0)
        return false;
    failed = true;
    failing = fails_on;
    return true;
}

void *__wrap_malloc(size_t size) { return is_short() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return is_short() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *at, size_t size) { return is_short() ? NULL : __real_realloc(at, size); }
void *__wrap_aligned_alloc(size_t alignment, size_t size) { return is_short() ? NULL : __real_aligned_alloc(alignment, size); }
void *__wrap_slab_take(struct slab *slab) { return is_short() ? NULL : __real_slab_take(slab); }

/* ---- the scenario ---- */

enum { A = 1, B, S, SESSIONS };

static struct pool *pool;
static struct selector *selector; /* asks for a name */
static uint64_t now, ops, ticket[SESSIONS], serial[SESSIONS];
static bool gone[SESSIONS], left, owed[200]; /* left: B, in peace; owed: operations that have no answer yet */
static const char *wrong;
static enum record_kind kind, wrong_kind; /* of the last record; of the one that went wrong */

static void complain(const char *what)
{
    if (!wrong) {
        wrong = what;
        wrong_kind = kind;
    }
}

static bool answers(const struct pool_output *output, uint64_t session, uint64_t op)
{
    const struct record *record = &output->record;
    if (output->session != session)
        return false;
    return (record->kind == KIND_ACK && record->ack.op == op) || (record->kind == KIND_WELCOME && record->welcome.op == op) ||
           (record->kind == KIND_REFUSED && record->refused.op == op) || (record->kind == KIND_TICKET && record->ticket.op == op) ||
           record->kind == KIND_BYE;
}

/* Subscription 1 holds every offer until its ack: whose OFFER it is told of in this step is not answered in it. */
static void check_held(const struct pool_outputs *step_out, const struct pool_input *in, uint64_t op)
{
    bool told = false, done = false;
    if (in->kind != POOL_RECORD || in->record->kind != KIND_OFFER || now > 0)
        return;
    for (size_t i = 0; i < step_out->count; i++) {
        const struct record *record = &step_out->at[i].record;
        if (record->kind == KIND_EVENTS && record->events.subscription == 1 && step_out->at[i].session == S)
            for (uint32_t k = 0; k < record->events.events.count; k++)
                told = told || record->events.events.at[k].kind == MSTRO_POOL_EVENT_OFFER;
        done = done || (record->kind == KIND_ACK && record->ack.op == op && record->ack.status == MSTRO_OK);
    }
    if (told && done)
        complain("an offer went on although its subscriber was told that it waits");
}

/* op: one that must be answered in this step, 0: none. */
static void step(const struct pool_input *in, uint64_t op)
{
    struct pool_outputs out = { 0 }; /* empty, so that its growing can fail */
    bool answered = op == 0;
    struct pool_count before = pool_count(pool);
    failed = false;
    pool_step(pool, in, now, &out);
    failing = false;
    for (size_t i = 0; i < out.count; i++) {
        const struct record *record = &out.at[i].record;
        answered = answered || answers(&out.at[i], in->session, op);
        if (record->kind == KIND_ACK) {
            owed[record->ack.op] = false;
            struct pool_count after = pool_count(pool);
            if (record->ack.status == MSTRO_NOMEM && out.at[i].session == in->session && out.count == 1 &&
                (after.cdos != before.cdos || after.generations != before.generations || after.requires != before.requires))
                complain("what was refused has left something");
        }
        if (record->kind == KIND_TICKET)
            owed[record->ticket.op] = false;
        if (record->kind == KIND_TICKET)
            ticket[out.at[i].session] = record->ticket.ticket;
        if (record->kind == KIND_EVENTS && record->events.events.count && record->events.subscription != 3)
            serial[out.at[i].session] = record->events.events.at[record->events.events.count - 1].serial;
        if (record->kind == KIND_BYE) {
            gone[out.at[i].session] = true;
            left = left || (out.at[i].session == B && record->bye.status == MSTRO_OK);
        }
    }
    check_held(&out, in, in->kind == POOL_RECORD && in->record->kind == KIND_OFFER ? in->record->offer.op : 0);
    if (!answered && !gone[in->session] && !(failed && fails_on))
        complain("an operation was not answered");
    if (pool_check(pool))
        complain(pool_check(pool));
    pool_outputs_release(&out);
}

static uint64_t op_of(const struct record *record)
{
    return record->kind == KIND_REQUIRE ? record->require.op : record->kind == KIND_DEMAND ? record->demand.op : 0;
}

static void say(uint64_t session, struct record record, uint64_t op)
{
    if (session == B && op_of(&record))
        owed[op_of(&record)] = true;
    kind = record.kind;
    step(&(struct pool_input){ .kind = POOL_RECORD, .session = session, .record = &record }, gone[session] ? 0 : op);
}

/* Each with a schema of its own for one namespace. */
static void joins(uint64_t session, const char *component)
{
    const struct record_schema_digest schema = { .digest = session, .nspace = text_of(".my.") };
    struct record record = { .kind = KIND_JOIN, .join = { .op = ++ops, .component = text_of(component), .host = text_of("node"), .schemas = { 1, &schema } } };
    say(session, record, 0); /* a stranger's answer can be lost */
    say(session, (struct record){ .kind = KIND_SCHEMA, .schema = { .digest = session, .nspace = schema.nspace, .outline = bytes_of("outline", 7) } }, 0);
}

static void offers(uint64_t session, uint64_t handle, const char *name, bool copied, bool answered)
{
    static const struct record_place place = { .address = 4096 };
    struct record record = { .kind = KIND_OFFER };
    record.offer = (struct record_offer){ .op = ++ops, .handle = handle, .name = text_of(name), .size = 3, .data_place = { 1, &place },
                                          .word_place = { 1, &place } };
    if (copied)
        record.offer.inline_data = bytes_of("abc", 3);
    say(session, record, answered ? ops : 0);
}

static void prepares(uint64_t session, uint64_t handle, const char *name, uint64_t group)
{
    static const struct record_place place = { .address = 4096 };
    struct record record = { .kind = KIND_OFFER };
    record.offer = (struct record_offer){ .op = ++ops, .handle = handle, .name = text_of(name), .size = 3, .data_place = { 1, &place },
                                          .word_place = { 1, &place }, .group = group };
    say(session, record, ops);
}

static void offers_group(uint64_t session, uint64_t handle, const char *name, uint32_t members)
{
    struct record record = { .kind = KIND_OFFER };
    record.offer = (struct record_offer){ .op = ++ops, .handle = handle, .name = text_of(name), .size = 1, .flags = OFFER_GROUP,
                                          .inline_data = bytes_of("\1", 1), .members = members };
    say(session, record, ops);
}

static void needs(uint64_t session, uint64_t handle, const char *name)
{
    uint64_t op = ++ops;
    say(session, (struct record){ .kind = KIND_REQUIRE, .require = { .op = op, .handle = handle, .name = text_of(name) } }, op);
}

static void needs_silently(uint64_t session, uint64_t handle, const char *name)
{
    say(session, (struct record){ .kind = KIND_REQUIRE, .require = { .handle = handle, .name = text_of(name) } }, 0);
}

static void demands(uint64_t session, uint64_t handle, const char *name, bool answered)
{
    uint64_t op = ++ops;
    say(session, (struct record){ .kind = KIND_DEMAND, .demand = { .op = op, .handle = handle, .name = text_of(name) } }, answered ? op : 0);
}

static void completes(uint64_t session, uint64_t handle)
{
    say(session, (struct record){ .kind = KIND_COMPLETED, .completed = { .handle = handle, .ticket = ticket[session] } }, 0);
}

static void withdraws(uint64_t session, uint64_t handle, bool answered)
{
    uint64_t op = ++ops;
    say(session, (struct record){ .kind = KIND_WITHDRAW, .withdraw = { .op = op, .handle = handle } }, answered ? op : 0);
}

static void disposes(uint64_t session, uint64_t handle)
{
    uint64_t op = ++ops;
    say(session, (struct record){ .kind = KIND_DISPOSE, .dispose = { .op = op, .handle = handle } }, op);
}

static void subscribes(uint64_t session, uint64_t number, uint32_t kinds, uint32_t options, bool selecting)
{
    uint64_t op = ++ops;
    say(session, (struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .op = op, .subscription = number, .kinds = kinds, .options = options,
                                                                            .selector = selecting ? selector_bytes(selector) : (struct bytes){ 0 } } }, op);
}

static void cancels_last(uint64_t session)
{
    uint64_t target = ops++;
    say(session, (struct record){ .kind = KIND_CANCEL, .cancel = { .op = ops, .target = target } }, ops);
}

static void acks(uint64_t session, uint64_t number)
{
    say(session, (struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = number, .serial = serial[session] } }, 0);
}

static void sees(uint64_t session, uint64_t number, uint64_t count)
{
    say(session, (struct record){ .kind = KIND_SEEN, .seen = { .subscription = number, .count = count } }, 0);
}

static void subscribes_on(uint64_t session, uint64_t number, struct record_subscribe terms)
{
    struct record record = { .kind = KIND_SUBSCRIBE, .subscribe = terms };
    record.subscribe.op = ++ops;
    record.subscribe.subscription = number;
    say(session, record, ops);
}

/* A name that outlives its sessions and is shared, with a queue that is short. */
static struct record_subscribe jobs(void)
{
    static const struct record_key key = { { ".maestro.ecmwf.step", 19 } };
    return (struct record_subscribe){ .kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_POOL_CHECKPOINT, .name = text_of("jobs"),
                                      .flags = SUBSCRIBE_DURABLE | SUBSCRIBE_SHARED, .max_events = 2, .when_full = MSTRO_SUBSCRIPTION_FULL_HOLD,
                                      .start = MSTRO_SUBSCRIPTION_START_STANDING, .attributes = { 1, &key } };
}

static void play_terms(void)
{
    subscribes_on(A, 7, jobs());
    subscribes_on(B, 7, jobs());
    subscribes_on(A, 8, (struct record_subscribe){ .kinds = UINT32_MAX, .start = MSTRO_SUBSCRIPTION_START_AGE, .since = 3600 * NANOSECONDS_PER_SECOND });
    offers(A, 30, "job 1", false, false);
    offers(A, 31, "job 2", false, false);
    offers(A, 32, "job 3", false, false);
    sees(A, 7, 1);
    sees(B, 7, 1);
    sees(A, 8, 4);
}

static void play_scenario(void)
{
    joins(A, "a");
    joins(B, "b");
    joins(S, "s");
    say(A, (struct record){ .kind = KIND_SERVING, .serving = { .serving = bytes_of("endpoint", 8) } }, 0);
    offers(A, 1, "inline", true, true);
    offers(A, 2, "direct", false, true);
    needs(B, 1, "inline");
    needs_silently(B, 2, "direct");
    needs(B, 5, "unknown");
    withdraws(A, 1, true);
    withdraws(A, 2, false);
    demands(B, 1, "inline", false);
    completes(B, 2);
    prepares(A, 30, "member", 32);
    prepares(A, 31, "unseen", 33);
    offers_group(A, 32, "group", 1);
    demands(B, 6, "group", false);
    completes(B, 6);
    withdraws(A, 31, false);
    prepares(A, 31, "unseen", 33);
    demands(B, 3, "late", false);
    cancels_last(B);
    demands(B, 3, "late", false);
    subscribes(S, 1, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, false);
    subscribes(S, 3, MSTRO_POOL_EVENT_OFFER, 0, true);
    subscribes(S, 2, MSTRO_POOL_EVENT_REQUIRE | MSTRO_POOL_EVENT_DEMAND | MSTRO_POOL_EVENT_WITHDRAW,
               MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, false);
    offers(A, 3, "late", false, false);
    acks(S, 1);
    needs_silently(B, 4, "late");
    demands(B, 4, "late", false);
    acks(S, 2);
    acks(S, 2);
    now += 10 * NANOSECONDS_PER_SECOND;
    step(&(struct pool_input){ .kind = POOL_TICK }, 0);
    withdraws(A, 3, false);
    for (int i = 0; i < 12; i++)
        offers(A, 10 + (uint64_t)i, &"many"[i % 4], false, false);
    play_terms();
    disposes(B, 1);
    step(&(struct pool_input){ .kind = POOL_LOST, .session = S, .reason = text_of("killed") }, 0);
    step(&(struct pool_input){ .kind = POOL_LOST, .session = A, .reason = text_of("killed") }, 0);
    demands(B, 3, "late", false);
    uint64_t op = ++ops;
    say(B, (struct record){ .kind = KIND_LEAVE, .leave = { .op = op } }, op);
    for (size_t i = 1; i < sizeof owed / sizeof owed[0]; i++)
        if (owed[i] && !fails_on && left)
            complain("who left was not told what became of an operation");
    step(&(struct pool_input){ .kind = POOL_LOST, .session = B, .reason = text_of("killed") }, 0);
    step(&(struct pool_input){ .kind = POOL_TICK }, 0);
}

/* Whoever is left of those who had it: the name ends. */
static void forget_name(void)
{
    gone[S] = false;
    joins(S, "s");
    subscribes_on(S, 7, jobs());
    uint64_t op = ++ops;
    say(S, (struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .op = op, .subscription = 7, .forget = 1 } }, op);
    step(&(struct pool_input){ .kind = POOL_LOST, .session = S, .reason = text_of("killed") }, 0);
    step(&(struct pool_input){ .kind = POOL_TICK }, 0);
}

static void check_empty(uint64_t memory)
{
    struct pool_count count = pool_count(pool);
    if (count.sessions || count.cdos || count.generations || count.requires || count.tickets || count.waiting || count.subscriptions ||
        count.inline_bytes || count.memory_bytes != memory)
        complain("something is left, or memory is counted wrongly");
}

/* True: the scenario has an n-th allocation. */
static bool play(uint64_t n, bool on)
{
    struct pool_settings settings = pool_settings_default();
    settings.lease = 0;
    settings.fact_bytes = 0;
    if (pool_create(&pool, &settings) != MSTRO_OK)
        abort();
    memset(gone, 0, sizeof gone);
    memset(owed, 0, sizeof owed);
    left = false;
    memset(ticket, 0, sizeof ticket);
    memset(serial, 0, sizeof serial);
    now = ops = 0;
    uint64_t memory = pool_count(pool).memory_bytes;
    until_failure = n;
    fails_on = on;
    play_scenario();
    bool reached = n > 0 && until_failure == 0;
    until_failure = 0;
    forget_name();
    check_empty(memory);
    pool_destroy(pool);
    return reached;
}

static bool creating_fails_cleanly(void)
{
    struct pool_settings settings = pool_settings_default();
    pool_destroy(NULL);
    for (uint64_t n = 1; n < 100; n++) {
        until_failure = n;
        mstro_status status = pool_create(&pool, &settings);
        until_failure = 0;
        if (status == MSTRO_OK) {
            pool_destroy(pool);
            return n > 5;
        }
        if (status != MSTRO_NOMEM)
            return false;
    }
    return false;
}

static bool sweep(int number, bool on, const char *sentence)
{
    uint64_t n = 0;
    wrong = NULL;
    while (play(n, on) || n == 0) {
        if (wrong)
            break;
        n++;
    }
    printf("%sok %d - %s\n", wrong ? "not " : "", number, sentence);
    if (wrong)
        printf("# when allocation %" PRIu64 " fails: %s (record %d)\n", n, wrong, wrong_kind);
    else
        printf("# %" PRIu64 " allocations\n", n - 1);
    return !wrong;
}

int main(void)
{
    struct schema *schema;
    if (catalogue_load_from(NULL, NULL, &schema) != MSTRO_OK || selector_compile("(.maestro.core.cdo.name = late)", NULL, schema, NULL, &selector) != MSTRO_OK)
        abort();
    printf("1..3\n");
    bool good = creating_fails_cleanly();
    printf("%sok 1 - a pool is made whole or not at all\n", good ? "" : "not ");
    good = sweep(2, false, "one allocation that fails is answered and changes nothing else") && good;
    good = sweep(3, true, "memory that stays short for a step leaves no operation half done") && good;
    selector_destroy(selector);
    schema_release(schema);
    return !good;
}
