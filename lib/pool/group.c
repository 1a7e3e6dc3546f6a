/* SPDX-License-Identifier: BSD-3-Clause */
/* group.c - objects that are offered as one
 *
 * What is offered for a group is prepared first: its name is taken, and nobody sees it.  The OFFER of the group itself, an object whose
 * bytes list the members, commits: from then on everybody sees all of it.  Before that whatever ends one of them ends it unseen.
 * Where there are several shards, the group's tells the others, and shows the group when all members are to be seen everywhere. */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/session.h"
#include "lib/pool/shards.h"

enum { SHARD_BITS = 10 };

static void prepared_free(struct pool *pool, struct prepared *prepared)
{
    list_remove(&prepared->of_session);
    memory_give(pool, prepared, sizeof *prepared);
}

struct prepared *group_prepared(const struct offer *offer)
{
    list_each(link, &offer->handle->session->prepared) {
        struct prepared *prepared = list_entry(link, struct prepared, of_session);
        if (prepared->offer == offer)
            return prepared;
    }
    return NULL;
}

static uint32_t count_prepared(struct session *session, uint64_t group)
{
    uint32_t count = 0;
    list_each(link, &session->prepared) {
        const struct prepared *prepared = list_entry(link, const struct prepared, of_session);
        count += prepared->group == group && !prepared->whole;
    }
    return count;
}

static void refuse_incomplete(struct pool *pool, struct session *session, uint64_t op, uint32_t members, uint32_t prepared)
{
    answer_refused(pool, session, op, MSTRO_INVMSG, "a group of %" PRIu32 " members of which %" PRIu32 " are prepared", members, prepared);
}

bool group_is_possible(struct pool *pool, struct session *session, const struct record_offer *asked)
{
    uint32_t count = count_prepared(session, asked->handle);
    bool alone = pool->settings.shards == 1;
    if (alone ? count != asked->members : count > asked->members) {
        refuse_incomplete(pool, session, asked->op, asked->members, count);
        return false;
    }
    if (shards_reserve(pool))
        return true;
    answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory to offer a group");
    return false;
}

static void show(struct pool *pool, struct prepared *prepared, uint64_t op, uint64_t commit)
{
    struct offer *offer = prepared->offer;
    bool made = prepared->made;
    uint64_t announced = pool->announced;
    pool->announced = prepared->announced;
    prepared_free(pool, prepared);
    offer->generation->commit = commit;
    offer_show(pool, offer, op, made);
    pool->announced = announced;
}

static void show_members(struct pool *pool, struct session *session, uint64_t group, uint64_t op, uint64_t commit)
{
    list_each(link, &session->prepared) {
        struct prepared *member = list_entry(link, struct prepared, of_session);
        if (member->group == group && !member->whole)
            show(pool, member, op, commit);
    }
}

/* Its members first, everywhere: who finds the group finds them. */
static void finish(struct pool *pool, struct prepared *group)
{
    if (group->shown == group->members) {
        show(pool, group, group->op, group->commit);
        return;
    }
    struct offer *offer = group->offer; /* its session has left another shard meanwhile */
    refuse_incomplete(pool, offer->handle->session, group->op, group->members, group->shown);
    group->awaited = 0;
    group_drop(pool, offer);
}

static void say_commit(struct pool *pool, struct prepared *group)
{
    for (uint16_t shard = 0; shard < pool->settings.shards; shard++) {
        struct record *record = shard == pool->settings.shard ? NULL : answer_shard(pool, shard, KIND_COMMIT);
        if (!record)
            continue;
        record->commit = (struct record_commit){ .session = group->offer->handle->session->number, .op = group->op, .group = group->group,
                                                 .commit = group->commit };
        group->awaited++;
    }
}

/* The answers to the other shards have their room (group_is_possible). */
static void commit(struct pool *pool, struct prepared *group)
{
    struct session *session = group->offer->handle->session;
    group->commit = ++pool->last_commit << SHARD_BITS | pool->settings.shard;
    group->shown = count_prepared(session, group->group);
    say_commit(pool, group);
    show_members(pool, session, group->group, group->op, group->commit);
    if (group->awaited == 0)
        finish(pool, group);
}

void group_prepare(struct pool *pool, struct prepared *prepared, struct offer *offer, const struct record_offer *asked, bool made)
{
    struct session *session = offer->handle->session;
    bool whole = asked->flags & OFFER_GROUP;
    *prepared = (struct prepared){ .offer = offer, .group = whole ? asked->handle : asked->group, .made = made, .whole = whole,
                                   .members = asked->members, .op = asked->op, .announced = facts_announced(pool) };
    list_append(&session->prepared, &prepared->of_session);
    generation_event(pool, offer->generation, GENERATION_PREPARE);
    if (whole)
        commit(pool, prepared);
    else
        answer_done(pool, session, asked->op);
}

/* ---- between shards ---- */

void serve_commit(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_commit *said = &record->commit;
    struct session *session = session_find(pool, said->session);
    struct record *answer = answer_back(pool, from, KIND_COMMITTED);
    if (answer)
        answer->committed = (struct record_committed){ .session = said->session, .op = said->op, .group = said->group, .home = from,
                                                       .members = session ? count_prepared(session, said->group) : 0 };
    if (session)
        show_members(pool, session, said->group, said->op, said->commit);
}

void serve_committed(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_committed *said = &record->committed;
    struct session *session = session_find(pool, said->session);
    struct handle *handle = session ? handle_find(pool, session, said->group) : NULL;
    struct prepared *group = handle && handle->offer ? group_prepared(handle->offer) : NULL;
    (void)from;
    if (!group || !group->whole || group->op != said->op)
        return; /* it is gone meanwhile */
    group->shown += said->members;
    if (--group->awaited == 0)
        finish(pool, group);
}

/* ---- its end, unseen ---- */

void group_lose(struct pool *pool, struct offer *offer)
{
    const struct generation *generation = offer->generation;
    const struct prepared *prepared = group_prepared(offer);
    if (prepared->whole) /* some members may have been seen */
        fact_append(pool, FACT_GROUP_LOST,
                    &(struct fact_of){ .session = offer->handle->session, .cdo = generation->cdo, .sealed = generation->sealed, .size = generation->size });
    group_drop(pool, offer);
}

void group_drop(struct pool *pool, struct offer *offer)
{
    struct handle *handle = offer->handle;
    struct prepared *prepared = group_prepared(offer);
    bool made = prepared->made;
    if (prepared->awaited)
        answer_refused(pool, handle->session, prepared->op, MSTRO_CANCELLED, "the group " TEXT_FORMAT " was taken back before all of it could be seen",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
    prepared_free(pool, prepared);
    generation_event(pool, offer->generation, GENERATION_DROP);
    if (made)
        handle_free(pool, handle);
}
