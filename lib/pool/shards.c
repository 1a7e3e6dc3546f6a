/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/shards.h"

#include "lib/base/hash.h"
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/session.h"

static bool is_first(const struct pool *pool) { return pool->settings.shard == 0; }

bool shards_own(const struct pool *pool, struct id id)
{
    return shard_of_slot(slot_of_id(id), pool->settings.shards) == pool->settings.shard;
}

uint32_t shards_slot_map(struct pool *pool, const struct record_slots **map)
{
    uint16_t shards = pool->settings.shards, slot = 0;
    struct record_slots *at = shards > 1 ? arena_take(&pool->out->arena, shards * sizeof *at) : NULL;
    if (!at)
        return 0;
    for (uint16_t shard = 0; shard < shards; shard++) {
        at[shard] = (struct record_slots){ .first = slot, .shard = shard };
        while (slot < SLOT_COUNT && shard_of_slot(slot, shards) == shard)
            slot++;
        at[shard].count = (uint16_t)(slot - at[shard].first);
    }
    *map = at;
    return shards;
}

bool shards_reserve(struct pool *pool)
{
    uint16_t shards = pool->settings.shards;
    return shards == 1 || pool_outputs_reserve_envelopes(pool->out, shards);
}

/* ---- coming in ---- */

uint16_t shards_admit(struct pool *pool, const struct session *session)
{
    for (uint16_t shard = 1; shard < pool->settings.shards; shard++)
        answer_shard(pool, shard, KIND_ADMIT)->admit = (struct record_admit){
            .session = session->number, .app = session->app, .incarnation = session->incarnation, .index = session->index, .pid = session->pid,
            .node = session->node, .component = seal_name(session->component), .host = seal_name(session->host), .serving = seal_rest(session->serving),
        };
    return (uint16_t)(pool->settings.shards - 1);
}

static void serve_admit(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_admit *who = &record->admit;
    struct record *done = answer_back(pool, from, KIND_DONE);
    struct session *session = session_make(pool, who);
    if (session)
        session_enter(pool, session);
    if (done)
        done->done = (struct record_done){ .session = who->session, .kind = KIND_ADMIT, .status = session ? MSTRO_OK : MSTRO_NOMEM };
}

static void serve_done(struct pool *pool, uint16_t from, const struct record *record)
{
    struct session *session = session_find(pool, record->done.session);
    (void)from;
    if (session && session->state == SESSION_ADMITTING && record->done.kind == KIND_ADMIT) /* else it is gone meanwhile */
        session_admitted(pool, session, (mstro_status)record->done.status);
}

/* ---- the end ---- */

static bool say_dismiss(struct pool *pool, uint16_t shard, const struct session *session, mstro_status status, struct text reason)
{
    struct record *record = answer_shard(pool, shard, KIND_DISMISS);
    if (record)
        record->dismiss = (struct record_dismiss){ .session = session->number, .status = status, .reason = reason };
    return record != NULL;
}

/* All or none of them. */
static bool tell_others(struct pool *pool, const struct session *session, mstro_status status, struct text reason)
{
    if (!is_first(pool))
        return say_dismiss(pool, 0, session, status, reason);
    if (!shards_reserve(pool))
        return false;
    for (uint16_t shard = 1; shard < pool->settings.shards; shard++)
        say_dismiss(pool, shard, session, status, reason);
    return true;
}

/* False: memory is short, it stays with those who are untold. */
static bool tell_end(struct pool *pool, struct session *session, mstro_status status, struct text reason)
{
    list_remove(&session->untold);
    if (!tell_others(pool, session, status, reason)) {
        session->ended = status;
        list_append(&pool->untold, &session->untold);
        return false;
    }
    if (is_first(pool))
        session_free(pool, session);
    return true;
}

void shards_part(struct pool *pool, struct session *session, mstro_status status, struct text reason)
{
    if (is_first(pool) || session->over) {
        session_leave_maps(pool, session);
        list_remove(&session->untold);
        if (session->over)
            session_free(pool, session);
        else
            tell_end(pool, session, status, reason);
        return;
    }
    session->state = SESSION_PARTED;
    session->mute = true;
    if (status != MSTRO_OK)
        tell_end(pool, session, status, reason);
}

void shards_tell(struct pool *pool)
{
    bool told = true;
    while (told && !list_empty(&pool->untold)) {
        struct session *session = list_entry(pool->untold.next, struct session, untold);
        told = tell_end(pool, session, session->ended, text_of("its session has ended"));
    }
}

static void serve_dismiss(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_dismiss *said = &record->dismiss;
    struct session *session = session_find(pool, said->session);
    (void)from;
    if (!session)
        return; /* both sides have found its end at once */
    if (is_first(pool)) {
        session_dismiss(pool, session, (mstro_status)said->status, said->reason);
        return;
    }
    session->over = true;
    if (session->state == SESSION_PARTED)
        shards_part(pool, session, MSTRO_OK, (struct text){ 0 });
    else
        session_lose(pool, session, (mstro_status)said->status, said->reason);
}

void shards_record(struct pool *pool, uint16_t from, const struct record *record)
{
    static const struct { enum record_kind kind; void (*serve)(struct pool *, uint16_t, const struct record *); } service[] = {
        { KIND_ADMIT, serve_admit },
        { KIND_DONE, serve_done },
        { KIND_DISMISS, serve_dismiss },
        { KIND_PREPARE, serve_prepare },
        { KIND_PREPARED, serve_prepared },
        { KIND_COMMIT, serve_commit },
        { KIND_COMMITTED, serve_committed },
        { KIND_LATE, serve_late },
    };
    for (size_t i = 0; i < sizeof service / sizeof service[0]; i++)
        if (service[i].kind == record->kind)
            service[i].serve(pool, from, record);
}
