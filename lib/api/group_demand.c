/* SPDX-License-Identifier: BSD-3-Clause */
/* group_demand.c - who needs a group: its object lists the members, all of which are brought, or none */
#include <inttypes.h>
#include <stdio.h>

#include "lib/api/group.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"

static mstro_status become_consumer(mstro_group g, const char *verb)
{
    if (g->use == GROUP_LENT || g->use == GROUP_RETURNING)
        return detail_set(MSTRO_INVARG, "%s: the group '%.200s' is %s", verb, g->cdo->name, group_use_name(g->use));
    if (!g->consumer && (g->names.count > 0 || g->selections))
        return detail_set(MSTRO_INVARG, "%s: the group '%.200s' was given members: who needs a group learns them from who offers it", verb, g->cdo->name);
    g->consumer = true;
    g->sealed = true;
    return MSTRO_OK;
}

mstro_status group_require(mstro_group g, uint64_t deadline)
{
    mstro_status s = become_consumer(g, "require");
    if (s == MSTRO_OK && (g->use == GROUP_NEEDED || g->use == GROUP_LISTED))
        s = detail_set(MSTRO_INVARG, "require: the group '%.200s' is required", g->cdo->name);
    if (s == MSTRO_OK && g->use == GROUP_HERE)
        s = group_discard(g, process_session());
    if (s != MSTRO_OK)
        return s;
    s = group_run(g, VERB_REQUIRE, deadline);
    g->use = s == MSTRO_OK ? GROUP_NEEDED : GROUP_IDLE;
    return s;
}

mstro_status group_retract(mstro_group g, uint64_t deadline)
{
    if (g->use != GROUP_NEEDED && g->use != GROUP_LISTED)
        return detail_set(MSTRO_INVARG, "retract: the group '%.200s' is not required", g->cdo->name);
    mstro_status s = g->use == GROUP_NEEDED ? group_run(g, VERB_RETRACT, deadline) : MSTRO_OK;
    if (s != MSTRO_OK)
        return s;
    g->use = GROUP_IDLE;
    return group_discard(g, process_session());
}

/* ---- demand ---- */

static bool is_missing(const struct member *m) { return !m->here; }
static void note_here(struct member *m, uint64_t generation)
{
    (void)generation;
    m->here = true;
}


static const struct group_batch bringing = { VERB_DEMAND, is_missing, NULL, note_here };

/* That a generation is lost may be known where a member is before it is where the group is: it is told once. */
static mstro_status demand_object(mstro_group g, uint64_t deadline)
{
    struct operation_request o;
    mstro_status s;
    uint64_t lost;
    do {
        s = operation_prepare_within(&o, VERB_DEMAND, g->cdo);
        if (s != MSTRO_OK)
            return s;
        operation_start(&o);
        session_wait(process_session(), &o.request.done, deadline);
        lost = waitable_is_ready(&o.request.done) ? o.request.generation : 0;
        s = operation_complete(&o, deadline);
    } while (s == MSTRO_PEER_LOST && lost && lost == g->lost);
    return s;
}

static mstro_status list(mstro_group g, uint64_t deadline)
{
    if (g->use == GROUP_LISTED)
        return MSTRO_OK;
    mstro_status s = MSTRO_OK;
    if (g->use == GROUP_HERE) /* those of the generation that it has */
        s = group_discard(g, process_session());
    if (s != MSTRO_OK)
        return s;
    g->use = GROUP_NEEDED;
    s = demand_object(g, deadline);
    if (s == MSTRO_OK)
        g->use = GROUP_LISTED;
    return s;
}

/* This generation will not come whole: nothing of it is shown, and the next one is required. */
static mstro_status give_up(mstro_group g, mstro_status why)
{
    char text[DETAIL_MAX + 1];
    snprintf(text, sizeof text, "%s", mstro_error_detail());
    g->lost = g->cdo->move.ticket.ticket.generation;
    group_discard(g, process_session());
    g->use = group_run(g, VERB_REQUIRE, NO_DEADLINE) == MSTRO_OK ? GROUP_NEEDED : GROUP_IDLE;
    return detail_set(why, "the group '%.200s' was lost: %s", g->cdo->name, text);
}

mstro_status group_demand(mstro_group g, uint64_t deadline)
{
    mstro_status s = become_consumer(g, "demand");
    if (s == MSTRO_OK)
        s = list(g, deadline);
    if (s != MSTRO_OK)
        return s;
    s = group_run_members(g, &bringing, deadline);
    if (s == MSTRO_PEER_LOST)
        return give_up(g, s);
    if (s == MSTRO_OK)
        g->use = GROUP_HERE;
    return s;
}
