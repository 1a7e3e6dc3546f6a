/* SPDX-License-Identifier: BSD-3-Clause */
/* group_run.c - operations on a group's object, and on all its members */
#include <stdio.h>
#include <stdlib.h>

#include "lib/api/group.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"

const char *group_use_name(enum group_use use)
{
    static const char *const names[] = {
        [GROUP_IDLE] = "neither offered nor required", [GROUP_LENT] = "offered",    [GROUP_RETURNING] = "being withdrawn",
        [GROUP_NEEDED] = "required",                   [GROUP_LISTED] = "required", [GROUP_HERE] = "demanded",
    };
    return names[use];
}

mstro_status group_run(mstro_group g, enum verb verb, uint64_t deadline)
{
    struct operation_request o;
    mstro_status s = operation_prepare_within(&o, verb, g->cdo);
    if (s != MSTRO_OK)
        return s;
    operation_start(&o);
    return operation_complete(&o, deadline);
}

/* ---- on the members ---- */

struct runs;

/* One member's. */
struct run {
    struct operation_request operation;
    struct runs *runs;
    struct member *member;
    mstro_status status;
    bool over; /* finished, and noted */
};

struct runs {
    struct run *at;
    struct mstro_request_ **start;
    size_t count, started;
    size_t left;              /* [token] that have not ended */
    struct waitable decided;  /* all have, or one has failed */
    mstro_status first;
    char detail[DETAIL_MAX + 1];
};

/* [token] */
static void run_ended(struct session *s, struct mstro_request_ *r)
{
    struct run *run = (struct run *)((char *)r - offsetof(struct run, operation.request));
    struct runs *runs = run->runs;
    bool decided = --runs->left == 0 || r->status != MSTRO_OK;
    session_ready(s, &r->done);
    if (decided)
        session_ready(s, &runs->decided);
}

static void note_status(struct runs *runs, const struct run *run)
{
    if (run->status == MSTRO_OK || runs->first != MSTRO_OK)
        return;
    runs->first = run->status;
    detail_set(run->status, "'%.200s': %s", run->member->cdo->name, mstro_error_detail());
    snprintf(runs->detail, sizeof runs->detail, "%s", mstro_error_detail());
}

static void prepare(mstro_group g, const struct group_batch *batch, struct runs *runs)
{
    for (struct list *link = g->members.next; link != &g->members && runs->first == MSTRO_OK; link = link->next) {
        struct run *run = &runs->at[runs->count];
        run->member = list_entry(link, struct member, link);
        if (!batch->wanted(run->member))
            continue;
        runs->count++;
        run->runs = runs;
        run->status = operation_prepare_within(&run->operation, batch->verb, run->member->cdo);
        run->over = run->status != MSTRO_OK;
        note_status(runs, run);
        if (run->over)
            continue;
        if (batch->prepared)
            batch->prepared(run->member, &run->operation.request.record);
        run->operation.request.ended = run_ended;
        runs->start[runs->started++] = &run->operation.request;
    }
    runs->left = runs->started;
}

static void finish(const struct group_batch *batch, struct run *run, uint64_t deadline)
{
    run->status = operation_complete(&run->operation, deadline);
    run->over = true;
    note_status(run->runs, run);
    if (run->status == MSTRO_OK)
        batch->done(run->member, run->operation.request.generation);
}

/* Who has ended says why before those that are cancelled because of it. */
static void finish_all(const struct group_batch *batch, struct runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        if (!runs->at[i].over && waitable_is_ready(&runs->at[i].operation.request.done))
            finish(batch, &runs->at[i], NO_DEADLINE);
    for (size_t i = 0; i < runs->count; i++)
        if (!runs->at[i].over)
            finish(batch, &runs->at[i], 0);
}

mstro_status group_run_members(mstro_group g, const struct group_batch *batch, uint64_t deadline)
{
    struct runs runs = { .at = calloc(g->names.count + 1, sizeof *runs.at), .start = calloc(g->names.count + 1, sizeof *runs.start) };
    if (!runs.at || !runs.start) {
        free(runs.at);
        free(runs.start);
        return detail_set(MSTRO_NOMEM, "not enough memory for an operation on %zu members", g->names.count);
    }
    prepare(g, batch, &runs);
    if (runs.started) {
        session_start_all(process_session(), runs.start, runs.started);
        session_wait(process_session(), &runs.decided, deadline);
    }
    finish_all(batch, &runs);
    free(runs.at);
    free(runs.start);
    return runs.first == MSTRO_OK ? MSTRO_OK : detail_set(runs.first, "%s", runs.detail);
}

/* ---- the end ---- */

mstro_status group_dispose(mstro_group g)
{
    bool lent = g->use == GROUP_LENT || g->use == GROUP_RETURNING;
    if (lent && session_status(process_session()) == MSTRO_OK)
        return detail_set(MSTRO_INVARG, "dispose: the group '%.200s' is %s: withdraw it first", g->cdo->name, group_use_name(g->use));
    mstro_status s = g->consumer ? MSTRO_OK : group_release(g);
    if (s == MSTRO_OK && g->cdo)
        s = group_run(g, VERB_DISPOSE, NO_DEADLINE); /* first: its move may be making members */
    if (s != MSTRO_OK)
        return s;
    g->cdo = NULL;
    return g->consumer ? group_discard(g, process_session()) : MSTRO_OK;
}
