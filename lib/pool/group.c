/* SPDX-License-Identifier: BSD-3-Clause */
/* group.c - objects that are offered as one
 *
 * What is offered for a group is prepared first: its name is taken, and nobody sees it.  The OFFER of the group itself, an object whose
 * bytes list the members, commits: from then on everybody sees all of it.  Before that whatever ends one of them ends it unseen.
 * Where there are several shards, the group's asks the others first what is prepared there, so that nobody sees a member of a group that
 * will not be; then it tells them to show it, and shows the group when all members are to be seen everywhere. */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/session.h"
#include "lib/pool/shards.h"

#define NO_MEMORY "the pool has no memory to offer a group"

static void prepared_free(struct pool *pool, struct prepared *prepared)
{
    list_remove(&prepared->of_session);
    memory_give(pool, prepared, sizeof *prepared);
}

struct prepared *group_prepared(const struct offer *offer) { return offer_is_prepared(offer) ? offer->generation->prepared : NULL; }

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
    answer_refused(pool, session, asked->op, MSTRO_NOMEM, NO_MEMORY);
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
    offer->generation->grouped = true;
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

/* As if it came now. */
static void withdraw_after_all(struct pool *pool, struct session *session, const struct record_withdraw *asked)
{
    struct record record = { .kind = KIND_WITHDRAW, .withdraw = *asked };
    if (!hold_record(pool, session, &record))
        session_serve(pool, session, &record);
}

/* Its members first, everywhere: who finds the group finds them. */
static void finish(struct pool *pool, struct prepared *group)
{
    struct session *session = group->offer->handle->session;
    struct record_withdraw withdraw = { .op = group->withdraw_op, .handle = group->offer->handle->number };
    bool withdrawn = group->withdrawn;
    if (group->counted < group->members) { /* what was prepared is taken back, or its session has left that shard */
        refuse_incomplete(pool, session, group->op, group->members, group->counted);
        group->awaited = 0;
        group_drop(pool, group->offer);
        return;
    }
    show(pool, group, group->op, group->commit);
    if (withdrawn)
        withdraw_after_all(pool, session, &withdraw);
}

/* To each other shard.  There is room for it (shards_reserve). */
static void say_to_all(struct pool *pool, struct prepared *group, enum record_kind kind)
{
    uint64_t session = group->offer->handle->session->number;
    for (uint16_t shard = 0; shard < pool->settings.shards; shard++) {
        struct record *record = shard == pool->settings.shard ? NULL : answer_shard(pool, shard, kind);
        if (!record)
            continue;
        if (kind == KIND_PREPARE)
            record->prepare = (struct record_prepare){ .session = session, .op = group->op, .group = group->group };
        else
            record->commit = (struct record_commit){ .session = session, .op = group->op, .group = group->group, .commit = group->commit };
        group->awaited++;
    }
}

/* All members are prepared, in all shards. */
static void commit(struct pool *pool, struct prepared *group)
{
    struct session *session = group->offer->handle->session;
    group->commit = commit_next(pool);
    group->counted = count_prepared(session, group->group);
    say_to_all(pool, group, KIND_COMMIT);
    show_members(pool, session, group->group, group->op, group->commit);
    if (group->awaited == 0)
        finish(pool, group);
}

/* All shards have said what is prepared there: it will be, or nobody has seen anything of it. */
static void decide(struct pool *pool, struct prepared *group)
{
    struct session *session = group->offer->handle->session;
    uint32_t count = group->counted + count_prepared(session, group->group);
    if (count == group->members && shards_reserve(pool)) {
        commit(pool, group);
        return;
    }
    if (count != group->members)
        refuse_incomplete(pool, session, group->op, group->members, count);
    else
        answer_refused(pool, session, group->op, MSTRO_NOMEM, NO_MEMORY);
    group_drop(pool, group->offer);
}

void group_prepare(struct pool *pool, struct prepared *prepared, struct offer *offer, const struct record_offer *asked, bool made)
{
    struct session *session = offer->handle->session;
    bool whole = asked->flags & OFFER_GROUP;
    *prepared = (struct prepared){ .offer = offer, .group = whole ? asked->handle : asked->group, .made = made, .whole = whole,
                                   .members = asked->members, .op = asked->op, .announced = facts_announced(pool) };
    list_append(&session->prepared, &prepared->of_session);
    offer->generation->prepared = prepared;
    generation_event(pool, offer->generation, GENERATION_PREPARE);
    if (!whole)
        answer_done(pool, session, asked->op);
    else if (pool->settings.shards == 1)
        commit(pool, prepared);
    else
        say_to_all(pool, prepared, KIND_PREPARE);
}

bool group_is_committing(const struct offer *offer)
{
    const struct prepared *prepared = group_prepared(offer);
    return prepared && prepared->commit;
}

void group_withdraw_later(struct pool *pool, struct offer *offer, uint64_t op)
{
    struct prepared *group = group_prepared(offer);
    if (group->withdrawn) {
        answer_refused(pool, offer->handle->session, op, MSTRO_BUSY, TEXT_FORMAT " is being withdrawn", TEXT_ARGUMENTS(short_name(offer->handle->cdo)));
        return;
    }
    group->withdrawn = true;
    group->withdraw_op = op;
}

/* ---- between shards ---- */

void serve_prepare(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_prepare *said = &record->prepare;
    struct session *session = session_find(pool, said->session);
    struct record *answer = answer_back(pool, from, KIND_PREPARED);
    if (answer)
        answer->prepared = (struct record_prepared){ .session = said->session, .op = said->op, .group = said->group,
                                                     .members = session ? count_prepared(session, said->group) : 0 };
}

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

/* The group that another shard answers about, NULL: it is gone meanwhile. */
static struct prepared *answered_group(struct pool *pool, uint64_t number, uint64_t handle_number, uint64_t op)
{
    struct session *session = session_find(pool, number);
    struct handle *handle = session ? handle_find(pool, session, handle_number) : NULL;
    struct prepared *group = handle && handle->offer ? group_prepared(handle->offer) : NULL;
    return group && group->whole && group->op == op ? group : NULL;
}

void serve_prepared(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_prepared *said = &record->prepared;
    struct prepared *group = answered_group(pool, said->session, said->group, said->op);
    (void)from;
    if (!group || group->commit)
        return;
    group->counted += said->members;
    if (--group->awaited == 0)
        decide(pool, group);
}

void serve_committed(struct pool *pool, uint16_t from, const struct record *record)
{
    const struct record_committed *said = &record->committed;
    struct prepared *group = answered_group(pool, said->session, said->group, said->op);
    (void)from;
    if (!group || !group->commit)
        return;
    group->counted += said->members;
    if (--group->awaited == 0)
        finish(pool, group);
}

/* ---- its end, unseen ---- */

/* Some members may have been seen: what they belong to will not be. */
static void tell_lost(struct pool *pool, const struct offer *offer)
{
    const struct generation *generation = offer->generation;
    fact_append(pool, FACT_GROUP_LOST,
                &(struct fact_of){ .session = offer->handle->session, .cdo = generation->cdo, .sealed = generation->sealed, .size = generation->size });
}

void group_drop(struct pool *pool, struct offer *offer)
{
    struct handle *handle = offer->handle;
    struct prepared *prepared = group_prepared(offer);
    bool made = prepared->made;
    if (prepared->commit)
        tell_lost(pool, offer);
    if (prepared->awaited)
        answer_refused(pool, handle->session, prepared->op, MSTRO_CANCELLED, "the group " TEXT_FORMAT " was taken back before all of it could be seen",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
    if (prepared->withdrawn)
        answer_done(pool, handle->session, prepared->withdraw_op);
    prepared_free(pool, prepared);
    generation_event(pool, offer->generation, GENERATION_DROP);
    if (made)
        handle_free(pool, handle);
}
