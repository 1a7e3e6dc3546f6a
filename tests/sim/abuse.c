/* SPDX-License-Identifier: BSD-3-Clause */
/* abuse - records of every kind in every order, from clients that keep no rule
 *
 * Handles, operations, tickets and subscriptions are used again, out of order and by the wrong session; sessions come and go, time
 * jumps, budgets are small.  The invariants hold after each step, nothing goes to who is gone, and at the end nothing is left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/pool/pool.h"

enum { SESSIONS = 4, RUNS = 150, STEPS = 4000 };

static struct random_seed seed;
static struct random_source source;

static uint64_t below(uint64_t limit) { return random_below(source, limit); }
static uint64_t few(void) { return below(6); }

static struct text some_name(void)
{
    static char longest[MAX_NAME + 8];
    static const char *const names[] = { "x", "y", "", "z" };
    if (longest[0] == '\0')
        memset(longest, 'n', sizeof longest - 1);
    return below(40) == 0 ? (struct text){ longest, MAX_NAME - 2 + below(6) } : text_of(names[below(4)]);
}

static void some_offer(struct record_offer *offer)
{
    static const struct record_place place = { .address = 1 };
    *offer = (struct record_offer){ .op = few(), .handle = few(), .size = (int64_t)below(6) - 2, .flags = (uint32_t)below(4), .name = some_name() };
    offer->inline_data = bytes_of("abcdef", below(5));
    offer->attributes = bytes_of("any bytes", below(9));
    if (below(4)) {
        offer->data_place.count = offer->word_place.count = 1;
        offer->data_place.at = offer->word_place.at = &place;
    }
}

static struct text some_namespace(void) { return text_of(below(2) ? ".my." : ""); }

/* Also the same namespace twice. */
static void some_schemas(struct record_join *join)
{
    static struct record_schema_digest digests[4];
    join->schemas.count = (uint32_t)below(5);
    join->schemas.at = digests;
    for (uint32_t i = 0; i < join->schemas.count; i++)
        digests[i] = (struct record_schema_digest){ .digest = below(3), .nspace = some_namespace() };
}

static void some_record(struct record *record)
{
    static const enum record_kind kinds[] = { KIND_JOIN, KIND_SERVING, KIND_OFFER, KIND_OFFER, KIND_REQUIRE, KIND_REQUIRE, KIND_RETRACT,
                                              KIND_DEMAND, KIND_DEMAND, KIND_COMPLETED, KIND_COMPLETED, KIND_WITHDRAW, KIND_WITHDRAW,
                                              KIND_DISPOSE, KIND_CANCEL, KIND_SUBSCRIBE, KIND_UNSUBSCRIBE, KIND_ACK_EVENT, KIND_ACK_EVENT,
                                              KIND_SEEN, KIND_HEARTBEAT, KIND_LEAVE, KIND_SCHEMA };
    static const char *const components[] = { "a", "b", "" };
    *record = (struct record){ .kind = kinds[below(sizeof kinds / sizeof kinds[0])] };
    if (below(1000) == 0)
        record->kind = (enum record_kind)below(60); /* also those that only a pool sends, and none */
    switch (record->kind) {
    case KIND_JOIN:
        record->join = (struct record_join){ .op = few(), .index = (int64_t)below(2), .component = text_of(components[below(3)]), .host = text_of("h") };
        some_schemas(&record->join);
        break;
    case KIND_SCHEMA:
        record->schema = (struct record_schema){ .digest = below(3), .keys = (uint32_t)below(9), .nspace = some_namespace(), .version = text_of("1"),
                                                 .outline = bytes_of("any outline", below(11)) };
        break;
    case KIND_OFFER: some_offer(&record->offer); break;
    case KIND_REQUIRE:
        record->require = (struct record_require){ .op = few(), .handle = few(), .flags = (uint32_t)below(4), .name = some_name(), .group = some_name(),
                                                   .commit = below(3) ? 0 : below(20) << 10 };
        break;
    case KIND_RETRACT: record->retract = (struct record_retract){ .op = few(), .handle = few() }; break;
    case KIND_DEMAND:
        record->demand = (struct record_demand){ .op = few(), .handle = few(), .flags = (uint32_t)below(2), .name = some_name(),
                                                 .failed_ticket = below(3) ? 0 : below(20) };
        break;
    case KIND_COMPLETED:
        record->completed = (struct record_completed){ .handle = few(), .ticket = below(400), .status = (uint32_t)below(2) };
        break;
    case KIND_WITHDRAW: record->withdraw = (struct record_withdraw){ .op = few(), .handle = few() }; break;
    case KIND_DISPOSE: record->dispose = (struct record_dispose){ .op = few(), .handle = few() }; break;
    case KIND_CANCEL: record->cancel = (struct record_cancel){ .op = few(), .target = few() }; break;
    case KIND_SUBSCRIBE:
        record->subscribe = (struct record_subscribe){ .op = few(), .subscription = few(), .kinds = (uint32_t)random_word(source),
                                                       .options = (uint32_t)below(8), .selector = bytes_of("no selector", below(10) ? 0 : 11),
                                                       .max_events = below(4), .when_full = (uint8_t)below(4), .when_late = (uint8_t)below(3),
                                                       .flags = (uint8_t)below(5), .start = (uint8_t)below(6), .since = below(4000) << 10 };
        record->subscribe.name = text_of(record->subscribe.flags ? below(2) ? "one" : "other" : "");
        break;
    case KIND_UNSUBSCRIBE: record->unsubscribe = (struct record_unsubscribe){ .op = few(), .subscription = few(), .forget = (uint8_t)below(4) }; break;
    case KIND_ACK_EVENT:
        record->ack_event = (struct record_ack_event){ .subscription = few(), .serial = below(4000) << 10 };
        break;
    case KIND_SEEN: record->seen = (struct record_seen){ .subscription = few(), .serial = below(4000) << 10, .count = few() }; break;
    case KIND_LEAVE: record->leave = (struct record_leave){ .op = few(), .force = (uint8_t)below(2) }; break;
    default: break;
    }
}

static const char *outputs_wrong(const struct pool_outputs *out, bool gone[], uint64_t first)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct pool_output *output = &out->at[i];
        bool bye = output->record.kind == KIND_BYE, refused = output->record.kind == KIND_REFUSED;
        if (output->session < first || output->session >= first + SESSIONS)
            return "something was sent to a session that is not there";
        if (gone[output->session - first] && !bye && !refused && output->record.kind != KIND_WELCOME &&
            output->record.kind != KIND_OTHER_SCHEMA)
            return "something was sent to a session that is gone";
        gone[output->session - first] = bye || refused;
    }
    return NULL;
}

static const char *run(uint64_t number)
{
    struct pool_settings settings = pool_settings_default();
    struct pool_outputs out = { 0 };
    struct pool *pool;
    bool gone[SESSIONS] = { true, true, true, true };
    const char *wrong = NULL;
    uint64_t now = 0;
    source = random_seeded(&seed, number);
    settings.inline_budget = 12;
    settings.event_window = 3;
    settings.fact_bytes = 1024;
    settings.memory_budget = below(2) ? 0 : 8000;
    if (pool_create(&pool, &settings) != MSTRO_OK)
        abort();
    for (int i = 0; !wrong && i < STEPS; i++) {
        struct record record;
        struct pool_input in = { .kind = POOL_RECORD, .session = 1 + below(SESSIONS), .record = &record, .reason = text_of("killed") };
        some_record(&record);
        if (record.kind == KIND_LEAVE && below(10))
            record.kind = KIND_HEARTBEAT;
        if (gone[in.session - 1] && below(4)) {
            record = (struct record){ .kind = KIND_JOIN };
            record.join = (struct record_join){ .op = few(), .index = (int64_t)below(5), .component = text_of("a"), .host = text_of("h") };
            some_schemas(&record.join);
        }
        if (below(100) == 0)
            in.kind = below(4) ? POOL_TICK : POOL_LOST;
        now += below(200) ? below(20 * NANOSECONDS_PER_MILLISECOND) : below(10 * NANOSECONDS_PER_SECOND);
        pool_step(pool, &in, now, &out);
        wrong = outputs_wrong(&out, gone, 1);
        pool_outputs_clear(&out);
        wrong = wrong ? wrong : pool_check(pool);
    }
    for (uint64_t session = 1; session <= SESSIONS; session++)
        pool_step(pool, &(struct pool_input){ .kind = POOL_LOST, .session = session, .reason = text_of("killed") }, now, &out);
    struct pool_count left = pool_count(pool);
    if (!wrong && (left.sessions || left.cdos || left.requires || left.waiting || left.tickets || left.subscriptions || left.inline_bytes))
        wrong = "something is left";
    pool_destroy(pool);
    pool_outputs_release(&out);
    return wrong;
}

int main(void)
{
    printf("1..1\n");
    for (uint64_t number = 1; number <= RUNS; number++) {
        const char *wrong = run(number);
        if (!wrong)
            continue;
        printf("not ok 1 - whoever keeps no rule does no harm\n# run %" PRIu64 ": %s\n", number, wrong);
        return 1;
    }
    printf("ok 1 - whoever keeps no rule does no harm\n");
    return 0;
}
