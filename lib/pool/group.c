/* SPDX-License-Identifier: BSD-3-Clause */
/* group.c - objects that are offered as one
 *
 * What is offered for a group is prepared first: its name is taken, and nobody sees it.  The OFFER of the group itself, an object whose
 * bytes list the members, commits: from then on everybody sees all of it.  Before that whatever ends one of them ends it unseen. */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"

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
    list_each(link, &session->prepared)
        count += list_entry(link, struct prepared, of_session)->group == group;
    return count;
}

bool group_is_complete(struct pool *pool, struct session *session, const struct record_offer *asked)
{
    uint32_t count = count_prepared(session, asked->handle);
    if (count == asked->members)
        return true;
    answer_refused(pool, session, asked->op, MSTRO_INVMSG, "a group of %" PRIu32 " members of which %" PRIu32 " are prepared", asked->members, count);
    return false;
}

static void show(struct pool *pool, struct prepared *prepared, uint64_t op, uint64_t commit)
{
    struct offer *offer = prepared->offer;
    bool made = prepared->made;
    prepared_free(pool, prepared);
    offer->generation->commit = commit;
    offer_show(pool, offer, op, made);
}

/* The members first: who finds the group finds them. */
static void commit(struct pool *pool, struct prepared *group)
{
    struct session *session = group->offer->handle->session;
    uint64_t number = ++pool->last_commit << SHARD_BITS | pool->settings.shard;
    list_each(link, &session->prepared) {
        struct prepared *member = list_entry(link, struct prepared, of_session);
        if (member != group && member->group == group->group)
            show(pool, member, group->op, number);
    }
    show(pool, group, group->op, number);
}

void group_prepare(struct pool *pool, struct prepared *prepared, struct offer *offer, const struct record_offer *asked, bool made)
{
    struct session *session = offer->handle->session;
    bool whole = asked->flags & OFFER_GROUP;
    *prepared = (struct prepared){ .offer = offer, .group = whole ? asked->handle : asked->group, .op = whole ? asked->op : 0, .made = made };
    list_append(&session->prepared, &prepared->of_session);
    generation_event(pool, offer->generation, GENERATION_PREPARE);
    if (whole)
        commit(pool, prepared);
    else
        answer_done(pool, session, asked->op);
}

void group_drop(struct pool *pool, struct offer *offer)
{
    struct handle *handle = offer->handle;
    struct prepared *prepared = group_prepared(offer);
    bool made = prepared->made;
    prepared_free(pool, prepared);
    generation_event(pool, offer->generation, GENERATION_DROP);
    if (made)
        handle_free(pool, handle);
}
