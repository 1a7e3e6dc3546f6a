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

static bool is_announced(enum fact_kind kind)
{
    static const bool announced_kinds[] = {
#define FACT_ANNOUNCED(NAME, number, event, agreed, announced, sentence) [number] = announced,
        FACTS(FACT_ANNOUNCED)
#undef FACT_ANNOUNCED
    };
    return announced_kinds[kind];
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
    *fact_at(facts, facts->count++) = *fact;
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
        .serial = ++pool->facts.counter << SHARD_BITS | (pool->settings.shard & (SLOT_COUNT - 1)),
        .time = pool->now,
        .app = of->session ? of->session->app : 0,
        .sealed = of->sealed,
        .size = of->size,
        .generation = of->generation,
        .kind = (uint16_t)kind,
    };
    if (of->cdo) {
        fact.cdo = of->cdo->id;
        fact.sealed = of->sealed ? of->sealed : of->cdo->sealed;
    }
    return fact;
}

void fact_append(struct pool *pool, enum fact_kind kind, const struct fact_of *of)
{
    struct fact fact = fact_make(pool, kind, of);
    if (pool->facts.room)
        remember(pool, &fact);
    bool sudden = of->sudden || !is_announced(kind);
    uint32_t wanted = sudden ? pool->wanted | pool->wanted_before : pool->wanted;
    if (wanted & fact_event(kind))
        subscriptions_tell(pool, &fact, of, sudden ? TELL_ALL : TELL_AFTER);
}

void fact_of_session(struct pool *pool, enum fact_kind kind, struct session *session)
{
    if (pool->settings.shard == 0 && session->unanswered == 0) /* who is not in yet was told to nobody */
        fact_append(pool, kind, &(struct fact_of){ .session = session, .size = -1 });
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
