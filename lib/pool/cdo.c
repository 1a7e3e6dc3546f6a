/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/cdo.h"

#include <inttypes.h>

#include "lib/base/hash.h"
#include "lib/pool/answer.h"
#include "lib/pool/shards.h"

struct cdo_key { struct id id; struct text name; };

static bool cdo_matches_id(const struct map_link *link, const void *key)
{
    const struct cdo_key *wanted = key;
    return id_equal(map_entry(link, const struct cdo, by_id)->id, wanted->id);
}

static struct cdo *cdo_of_id(const struct pool *pool, struct id id)
{
    struct cdo_key key = { .id = id };
    struct map_link *link = map_find(&pool->cdos, id.low, cdo_matches_id, &key);
    return link ? map_entry(link, struct cdo, by_id) : NULL;
}

struct cdo *cdo_find(const struct pool *pool, struct text name)
{
    struct cdo *cdo = cdo_of_id(pool, id_of_name(pool->settings.pool, name));
    return cdo && text_equal(seal_name(cdo->sealed), name) ? cdo : NULL;
}

static struct cdo *cdo_make(struct pool *pool, struct id id, struct text name)
{
    struct seal *sealed = seal_make(pool, name, (struct bytes){ 0 });
    struct cdo *cdo = sealed ? memory_take(pool, sizeof *cdo) : NULL;
    if (!cdo) {
        seal_release(pool, sealed);
        return NULL;
    }
    cdo->id = id;
    cdo->sealed = sealed;
    list_init(&cdo->unbound);
    map_insert(&pool->cdos, &cdo->by_id, id.low);
    return cdo;
}

static void cdo_free(struct pool *pool, struct cdo *cdo)
{
    map_remove(&pool->cdos, &cdo->by_id);
    seal_release(pool, cdo->sealed);
    memory_give(pool, cdo, sizeof *cdo);
}

struct handle_key { const struct session *session; uint64_t number; };

static bool handle_matches(const struct map_link *link, const void *key)
{
    const struct handle *handle = map_entry(link, const struct handle, by_number);
    const struct handle_key *wanted = key;
    return handle->session == wanted->session && handle->number == wanted->number;
}

struct handle *handle_find(const struct pool *pool, const struct session *session, uint64_t number)
{
    struct handle_key key = { session, number };
    struct map_link *link = map_find(&pool->handles, hash_mix(session->number, number), handle_matches, &key);
    return link ? map_entry(link, struct handle, by_number) : NULL;
}

static struct handle *handle_make(struct pool *pool, struct session *session, uint64_t number, struct cdo *cdo)
{
    struct handle *handle = memory_take(pool, sizeof *handle);
    if (!handle)
        return NULL;
    handle->session = session;
    handle->cdo = cdo;
    handle->number = number;
    cdo->handles++;
    list_append(&session->handles, &handle->of_session);
    map_insert(&pool->handles, &handle->by_number, hash_mix(session->number, number));
    return handle;
}

/* Which of the two things is wrong with the name of a handle that is known? */
static mstro_status check_known(struct pool *pool, struct session *session, const struct handle *handle, struct text name, uint64_t op)
{
    if (name.length == 0 || text_equal(seal_name(handle->cdo->sealed), name))
        return MSTRO_OK;
    answer_refused(pool, session, op, MSTRO_INVMSG, "handle %" PRIu64 " stands for " TEXT_FORMAT ", not for " TEXT_FORMAT,
                   handle->number, TEXT_ARGUMENTS(short_name(handle->cdo)), TEXT_ARGUMENTS(text_cut(name)));
    return MSTRO_INVMSG;
}

/* Whoever asks has an old map of the slots, or none. */
static mstro_status check_place(struct pool *pool, struct session *session, struct id id, uint64_t op)
{
    if (shards_own(pool, id))
        return MSTRO_OK;
    uint16_t slot = slot_of_id(id);
    answer_refused(pool, session, op, MSTRO_INVMSG, "slot %u belongs to shard %u of this pool, not to shard %u", slot,
                   shard_of_slot(slot, pool->settings.shards), pool->settings.shard);
    return MSTRO_INVMSG;
}

static mstro_status check_new(struct pool *pool, struct session *session, uint64_t number, struct text name, uint64_t op)
{
    if (number == 0) {
        answer_refused(pool, session, op, MSTRO_INVMSG, "0 is not the number of a handle");
        return MSTRO_INVMSG;
    }
    if (name.length == 0) {
        answer_refused(pool, session, op, MSTRO_NOENT, "handle %" PRIu64 " is not known, and no name came with it", number);
        return MSTRO_NOENT;
    }
    if (name.length > MAX_NAME) {
        answer_refused(pool, session, op, MSTRO_INVARG, "a name of %zu bytes is too long: at most %d", name.length, MAX_NAME);
        return MSTRO_INVARG;
    }
    if (!memory_allows(pool, sizeof(struct cdo) + sizeof(struct handle) + sizeof(struct require) + name.length)) {
        answer_refused(pool, session, op, MSTRO_QUOTA, "the pool's memory budget of %" PRIu64 " bytes is used up",
                       pool->settings.memory_budget);
        return MSTRO_QUOTA;
    }
    return MSTRO_OK;
}

static mstro_status no_memory(struct pool *pool, struct session *session, uint64_t op)
{
    answer_refused(pool, session, op, MSTRO_NOMEM, "the pool has no memory for one more object");
    return MSTRO_NOMEM;
}

mstro_status handle_get(struct pool *pool, struct session *session, uint64_t number, struct text name, uint64_t op,
                        struct handle **result, bool *made)
{
    struct handle *handle = handle_find(pool, session, number);
    *made = false;
    *result = handle;
    if (handle)
        return check_known(pool, session, handle, name, op);
    mstro_status status = check_new(pool, session, number, name, op);
    if (status != MSTRO_OK)
        return status;

    struct id id = id_of_name(pool->settings.pool, name);
    if ((status = check_place(pool, session, id, op)) != MSTRO_OK)
        return status;
    struct cdo *cdo = cdo_of_id(pool, id);
    if (cdo && !text_equal(seal_name(cdo->sealed), name)) {
        answer_refused(pool, session, op, MSTRO_CONFLICT, "the id of this name is that of " TEXT_FORMAT ": choose another name",
                       TEXT_ARGUMENTS(short_name(cdo)));
        return MSTRO_CONFLICT;
    }
    if (!cdo && !(cdo = cdo_make(pool, id, name)))
        return no_memory(pool, session, op);
    *result = handle_make(pool, session, number, cdo);
    if (!*result) {
        if (cdo->handles == 0)
            cdo_free(pool, cdo);
        return no_memory(pool, session, op);
    }
    *made = true;
    return MSTRO_OK;
}

void handle_tell(struct pool *pool, struct handle *handle, uint64_t op)
{
    struct fact_of of = { .session = handle->session, .cdo = handle->cdo, .op = op, .size = -1 };
    fact_append(pool, FACT_DECLARE, &of);
    fact_append(pool, handle->offer && handle->offer->generation->group ? FACT_SEAL_GROUP : FACT_SEAL, &of);
}

void handle_free(struct pool *pool, struct handle *handle)
{
    struct cdo *cdo = handle->cdo;
    list_remove(&handle->of_session);
    map_remove(&pool->handles, &handle->by_number);
    memory_give(pool, handle, sizeof *handle);
    if (--cdo->handles == 0)
        cdo_free(pool, cdo);
}
