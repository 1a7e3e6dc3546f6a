/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/fact.h"

#include "lib/base/hash.h"
#include "lib/pool/state.h"
#include "lib/pool/subscription.h"
#include "maestro/subscription.h"

enum { SHARD_BITS = 10, MSTRO_POOL_EVENT_NONE = 0 };

const char *fact_name(enum fact_kind kind)
{
    static const char *const names[] = {
#define FACT_NAME(NAME, number, event, agreed, announced, sentence) [number] = #NAME,
        FACTS(FACT_NAME)
#undef FACT_NAME
    };
    return (size_t)kind < sizeof names / sizeof names[0] && names[kind] ? names[kind] : "?";
}

uint32_t fact_event(enum fact_kind kind)
{
    static const uint32_t events[] = {
#define FACT_EVENT(NAME, number, event, agreed, announced, sentence) [number] = MSTRO_POOL_EVENT_##event,
        FACTS(FACT_EVENT)
#undef FACT_EVENT
    };
    return (size_t)kind < sizeof events / sizeof events[0] ? events[kind] : 0;
}

bool fact_is_announced(enum fact_kind kind)
{
    static const bool announced_kinds[] = {
#define FACT_ANNOUNCED(NAME, number, event, agreed, announced, sentence) [number] = announced,
        FACTS(FACT_ANNOUNCED)
#undef FACT_ANNOUNCED
    };
    return announced_kinds[kind];
}

struct participant *participant_make(struct pool *pool, uint64_t app, int64_t index, struct seal *component)
{
    struct participant *made = memory_take(pool, sizeof *made);
    if (made)
        *made = (struct participant){ .references = 1, .app = app, .index = index, .component = seal_share(component) };
    return made;
}

void participant_release(struct pool *pool, struct participant *participant)
{
    if (!participant || --participant->references > 0)
        return;
    seal_release(pool, participant->component);
    memory_give(pool, participant, sizeof *participant);
}

mstro_status facts_create(struct pool *pool)
{
    pool->facts.room = pool->settings.fact_bytes / sizeof(struct fact);
    if (pool->facts.room == 0)
        return MSTRO_OK;
    pool->facts.ring = memory_take(pool, pool->facts.room * sizeof(struct fact));
    return pool->facts.ring ? MSTRO_OK : MSTRO_NOMEM;
}

/* The i-th from the oldest, i at most room. */
static struct fact *fact_at(const struct facts *facts, size_t i)
{
    size_t at = facts->first + i;
    return &facts->ring[at < facts->room ? at : at - facts->room];
}

static void drop_oldest(struct pool *pool)
{
    struct facts *facts = &pool->facts;
    struct seal *sealed = facts->ring[facts->first].sealed;
    participant_release(pool, facts->ring[facts->first].by);
    if (sealed && --sealed->facts == 0)
        facts->seal_bytes -= seal_size(sealed);
    seal_release(pool, sealed);
    facts->first = facts->first + 1 < facts->room ? facts->first + 1 : 0;
    facts->count--;
}

void facts_destroy(struct pool *pool)
{
    while (pool->facts.count)
        drop_oldest(pool);
    memory_give(pool, pool->facts.ring, pool->facts.room * sizeof(struct fact));
}

static bool is_full(const struct facts *facts, size_t more)
{
    return facts->count == facts->room || facts->seal_bytes + more > facts->room * sizeof(struct fact);
}

static void remember(struct pool *pool, const struct fact *fact)
{
    struct facts *facts = &pool->facts;
    size_t more = fact->sealed && fact->sealed->facts == 0 ? seal_size(fact->sealed) : 0;
    while (facts->count && is_full(facts, more))
        drop_oldest(pool);
    if (is_full(facts, more))
        return; /* its seal alone is larger than the ring may be */
    if (fact->sealed) {
        seal_share(fact->sealed)->facts++;
        facts->seal_bytes += more;
    }
    if (fact->by)
        fact->by->references++;
    *fact_at(facts, facts->count++) = *fact;
}

/* How many facts of the ring, oldest first, are 'before' what is asked for: they stand in order. */
static size_t count_before(const struct facts *facts, bool (*before)(const struct fact *fact, uint64_t key), uint64_t key)
{
    size_t low = 0, high = facts->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (before(fact_at(facts, middle), key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool serial_is_at_most(const struct fact *fact, uint64_t serial) { return fact->serial <= serial; }
static bool is_older(const struct fact *fact, uint64_t time) { return fact->time < time; }

const struct fact *facts_after(const struct pool *pool, uint64_t serial)
{
    size_t i = count_before(&pool->facts, serial_is_at_most, serial);
    return i < pool->facts.count ? fact_at(&pool->facts, i) : NULL;
}

uint64_t facts_before(const struct pool *pool, uint64_t time)
{
    size_t older = count_before(&pool->facts, is_older, time);
    return fact_serial(pool, older ? fact_counter(fact_at(&pool->facts, older - 1)->serial) : 0);
}

uint64_t fact_serial(const struct pool *pool, uint64_t counter)
{
    return counter << SHARD_BITS | (pool->settings.shard & (SLOT_COUNT - 1));
}

uint64_t fact_counter(uint64_t serial) { return serial >> SHARD_BITS; }

uint64_t facts_newest(const struct pool *pool)
{
    return fact_serial(pool, pool->facts.counter);
}

void facts_each(const struct pool *pool, uint64_t after, void (*visit)(const struct fact *fact, void *context), void *context)
{
    const struct facts *facts = &pool->facts;
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = fact_at(facts, i);
        if (fact->serial > after)
            visit(fact, context);
    }
}

static struct fact fact_make(struct pool *pool, enum fact_kind kind, const struct fact_of *of)
{
    struct fact fact = {
        .serial = fact_serial(pool, ++pool->facts.counter),
        .time = pool->now,
        .by = of->session ? of->session->participant : NULL,
        .sealed = of->sealed,
        .size = of->size,
        .generation = of->generation,
        .kind = (uint16_t)kind,
    };
    if (of->cdo) {
        fact.cdo = of->cdo->id;
        fact.sealed = of->sealed ? of->sealed : of->cdo->sealed;
    } else if (of->sealed) /* an intent: there is no such object yet */
        fact.cdo = id_of_name(pool->settings.pool, seal_name(of->sealed));
    return fact;
}

uint64_t facts_announced(const struct pool *pool)
{
    return pool->announced ? pool->announced : facts_newest(pool);
}

bool fact_was_announced(const struct pool *pool, const struct fact *fact, uint64_t began)
{
    if (!fact_is_announced(fact->kind) || fact->intended == FACT_SUDDEN || fact->intended == FACT_LONG_AGO)
        return false;
    return fact->intended == 0 || began < fact_serial(pool, fact_counter(fact->serial) - fact->intended);
}

static uint16_t facts_ago(const struct pool *pool, uint64_t announced)
{
    uint64_t ago = announced ? pool->facts.counter - fact_counter(announced) : 0;
    return ago < FACT_LONG_AGO ? (uint16_t)ago : FACT_LONG_AGO;
}

void fact_append(struct pool *pool, enum fact_kind kind, const struct fact_of *of)
{
    bool sudden = of->sudden || !fact_is_announced(kind);
    struct fact fact = fact_make(pool, kind, of);
    if (fact_is_announced(kind))
        fact.intended = of->sudden ? FACT_SUDDEN : facts_ago(pool, pool->announced);
    if (pool->facts.room)
        remember(pool, &fact);
    uint32_t wanted = sudden || fact.intended ? pool->wanted | pool->wanted_before : pool->wanted;
    if (wanted & fact_event(kind))
        subscriptions_tell(pool, &fact, of, sudden ? TELL_ALL : TELL_AFTER);
}

void fact_of_session(struct pool *pool, enum fact_kind kind, struct session *session)
{
    if (pool->settings.shard == 0 && session->unanswered == 0) /* who is not in yet was told to nobody */
        fact_append(pool, kind, &(struct fact_of){ .session = session, .size = -1 });
}

struct fact fact_note(struct pool *pool, enum fact_kind kind, const struct fact_of *of)
{
    struct fact fact = fact_make(pool, kind, of);
    if (pool->facts.room)
        remember(pool, &fact);
    return fact;
}

void fact_intend(struct pool *pool, enum fact_kind kind, const struct fact_of *of)
{
    if (!(pool->wanted_before & fact_event(kind)))
        return;
    struct fact fact = fact_make(pool, kind, of), intent = fact;
    intent.kind = FACT_INTENT;
    intent.intended = (uint16_t)kind;
    if (pool->facts.room)
        remember(pool, &intent);
    subscriptions_tell(pool, &fact, of, TELL_BEFORE);
}
