/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/pool.h"

#include <stdlib.h>

#include "lib/base/cache_line.h"
#include "lib/base/clock.h"
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/operation.h"
#include "lib/pool/session.h"
#include "lib/pool/shards.h"
#include "lib/pool/state.h"
#include "lib/pool/subscription.h"

uint64_t pool_heartbeat(uint64_t lease)
{
    uint64_t longest = POOL_LONGEST_HEARTBEAT(DEFAULT_NUMBER);
    return lease > 0 && lease / 4 < longest ? lease / 4 : longest;
}

struct pool_settings pool_settings_default(void)
{
    return (struct pool_settings){
        .epoch = 1,
        .shards = 1,
        .lease = POOL_LEASE(DEFAULT_NUMBER),
        .heartbeat = pool_heartbeat(POOL_LEASE(DEFAULT_NUMBER)),
        .ack_timeout = POOL_ACK_TIMEOUT(DEFAULT_NUMBER),
        .inline_limit = POOL_INLINE_LIMIT(DEFAULT_NUMBER),
        .inline_budget = POOL_INLINE_BUDGET(DEFAULT_NUMBER),
        .fact_bytes = 4 << 20,
        .event_window = 4096,
        .subscriptions = 128 * 1024,
    };
}

#define MAPS(pool) \
    { &pool->sessions, &pool->components, &pool->cdos, &pool->handles, &pool->operations, &pool->subscriptions, \
      &pool->names, &pool->lanes, &pool->awaited, &pool->held, &pool->parked }

static void lists_init(struct pool *pool)
{
    list_init(&pool->by_age);
    list_init(&pool->failed);
    list_init(&pool->drained);
    list_init(&pool->untold);
    list_init(&pool->telling);
    list_init(&pool->reading);
    list_init(&pool->starved);
    list_init(&pool->lingering);
    list_init(&pool->ending);
    list_init(&pool->released);
    list_init(&pool->schemas);
    for (int stage = 0; stage < NOTE_STAGES; stage++)
        list_init(&pool->noting[stage]);
    for (uint32_t i = 0; i < SLABS; i++)
        slab_init(&pool->slab[i], (i + 1) * SLAB_STEP);
}

mstro_status pool_create(struct pool **out, const struct pool_settings *settings)
{
    struct pool *pool = cache_lines_alloc(sizeof *pool);
    if (!pool)
        return MSTRO_NOMEM;
    pool->settings = *settings;
    if (settings->shard != 0)
        pool->settings.lease = 0; /* silence is judged where heartbeats go */
    pool->settings.workflow = (struct text){ 0 };
    lists_init(pool);
    char *workflow = malloc(settings->workflow.length + 1);
    struct map *maps[] = MAPS(pool);
    bool made = workflow != NULL;
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        made = map_init(maps[i]) && made;
    made = index_init(&pool->index) && made;
    pool->nameless = seal_make(pool, text_of("its holder is gone"), (struct bytes){ 0 });
    if (workflow) {
        if (settings->workflow.length)
            memcpy(workflow, settings->workflow.at, settings->workflow.length);
        pool->settings.workflow = (struct text){ workflow, settings->workflow.length };
    }
    if (!made || !pool->nameless || facts_create(pool) != MSTRO_OK) {
        pool_destroy(pool);
        return MSTRO_NOMEM;
    }
    *out = pool;
    return MSTRO_OK;
}

static void lose_for_good(struct map_link *link, void *context)
{
    struct pool *pool = context;
    struct session *session = map_entry(link, struct session, by_number);
    session->over = true;
    if (session->state == SESSION_PARTED)
        shards_part(pool, session, MSTRO_OK, (struct text){ 0 });
    else
        session_lose(pool, session, MSTRO_POOL_LOST, text_of("the pool has ended"));
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    struct pool_outputs unsent = { 0 };
    pool->out = &unsent;
    if (pool->sessions.bucket)
        map_each(&pool->sessions, lose_for_good, pool);
    list_each(link, &pool->untold)
        session_free(pool, list_entry(link, struct session, untold));
    subscriptions_forget_durable(pool);
    facts_destroy(pool);
    seal_release(pool, pool->nameless);
    seals_reclaim(pool);
    struct map *maps[] = MAPS(pool);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        map_release(maps[i]);
    index_release(&pool->index);
    for (uint32_t i = 0; i < SLABS; i++)
        slab_release(&pool->slab[i]);
    pool_outputs_release(&unsent);
    free((char *)pool->settings.workflow.at);
    free(pool);
}

/* A pool that was stopped does not know who was silent meanwhile. */
static void begin_step(struct pool *pool, uint64_t now, struct pool_outputs *out)
{
    seals_reclaim(pool);
    if (now < pool->now)
        now = pool->now;
    uint64_t gap = now - pool->now, lease = pool->settings.lease;
    if (pool->started && lease && gap > lease / 4)
        sessions_excuse(pool, gap);
    pool->now = now;
    pool->started = true;
    pool->out = out;
    while (!list_empty(&pool->reading)) {
        struct list *reads = pool->reading.next;
        list_remove(reads);
        list_append(&pool->telling, reads);
    }
    queues_try_again(pool);
}

/* What follows from the time, and from what came in; and from what cannot be held. */
static void end_step(struct pool *pool, size_t first)
{
    sessions_evict(pool);
    operations_note(pool);
    do {
        do {
            holds_release(pool);
            sessions_finish(pool);
            sessions_drop_failed(pool);
            subscriptions_end_soon(pool);
            queues_flush(pool);
        } while (!list_empty(&pool->released) || !list_empty(&pool->ending));
        hold_answers(pool, first);
    } while (!list_empty(&pool->released));
    shards_tell(pool);
    pool->out = NULL;
}

void pool_step(struct pool *pool, const struct pool_input *in, uint64_t now, struct pool_outputs *out)
{
    struct session *session;
    size_t first = out->count;
    begin_step(pool, now, out);
    switch (in->kind) {
    case POOL_RECORD:
        session_record(pool, in->session, in->record);
        break;
    case POOL_LOST:
        if ((session = session_find(pool, in->session)))
            session_lose(pool, session, MSTRO_POOL_LOST, in->reason);
        break;
    case POOL_TICK:
        break;
    case POOL_SHARD:
        shards_record(pool, in->shard, in->record);
        break;
    }
    end_step(pool, first);
}

void pool_grow_no_more(struct pool *pool)
{
    pool->settings.memory_budget = pool->memory ? pool->memory : 1;
}

uint64_t pool_next_deadline(const struct pool *pool)
{
    uint64_t deadline = operations_deadline(pool), lease = sessions_deadline(pool), ack = holds_deadline(pool);
    if (!list_empty(&pool->reading))
        return pool->now;
    uint64_t again = list_empty(&pool->untold) ? NO_DEADLINE : pool->now + TELL_AGAIN;
    deadline = again < deadline ? again : deadline;
    again = queues_deadline(pool);
    deadline = again < deadline ? again : deadline;
    deadline = lease < deadline ? lease : deadline;
    return ack < deadline ? ack : deadline;
}

struct pool_count pool_count(const struct pool *pool)
{
    return (struct pool_count){
        .sessions = pool->sessions.count,
        .cdos = pool->cdos.count,
        .generations = pool->generations,
        .requires = pool->requires,
        .tickets = pool->tickets,
        .waiting = pool->waiting,
        .subscriptions = pool->subscriptions.count,
        .subscription_names = pool->names.count,
        .inline_bytes = pool->inline_bytes,
        .memory_bytes = pool->memory,
    };
}

struct pool_effort pool_effort(const struct pool *pool)
{
    return pool->effort;
}
