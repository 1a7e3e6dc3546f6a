/* SPDX-License-Identifier: BSD-3-Clause */
/* group_offer.c - who lends a group: its members are prepared, then the group itself makes them visible */
#include <stdio.h>
#include <stdlib.h>

#include "lib/api/group.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/wire/names.h"

/* ---- seal ---- */

static mstro_status seal_members(mstro_group g)
{
    mstro_status s = cdo_seal(g->cdo);
    for (struct list *link = g->members.next; s == MSTRO_OK && link != &g->members; link = link->next)
        s = cdo_seal(list_entry(link, struct member, link)->cdo);
    return s;
}

mstro_status group_seal(mstro_group g, uint64_t deadline)
{
    (void)deadline;
    mstro_status s = g->sealed ? MSTRO_OK : seal_members(g);
    g->sealed = s == MSTRO_OK;
    return s;
}

/* ---- what selectors find ---- */

/* What one shard of the pool has found. */
struct found { struct found *next; uint32_t matched; size_t length; uint8_t names[]; };

struct finding {
    struct mstro_request_ request;
    struct found *found;
    bool short_of_memory;
};

/* [token] */
static void hear(struct mstro_request_ *r, const struct record_selected *selected)
{
    struct finding *f = (struct finding *)r;
    struct found *found = malloc(sizeof *found + selected->names.length);
    if (!found) {
        f->short_of_memory = true;
        return;
    }
    *found = (struct found){ .next = f->found, .matched = selected->matched, .length = selected->names.length };
    if (found->length)
        memcpy(found->names, selected->names.at, found->length);
    f->found = found;
}

static mstro_status add_found(mstro_group g, const struct names_reader *names)
{
    char name[MAX_NAME + 1];
    struct mstro_cdo_ *cdo;
    struct text text = { names->name, names->length };
    struct member *m = group_find(g, text);
    if (m)
        m->commit = names->commit;
    if (m || text_equal(text, cdo_name(g->cdo)))
        return MSTRO_OK;
    memcpy(name, names->name, names->length);
    name[names->length] = '\0';
    mstro_status s = cdo_declare("add", name, &cdo);
    if (s == MSTRO_OK && (s = group_append(g, cdo, false, false, &m)) != MSTRO_OK)
        cdo_destroy(cdo);
    if (s == MSTRO_OK)
        m->commit = names->commit;
    return s;
}

static mstro_status add_names(mstro_group g, const struct found *found)
{
    struct names_reader names;
    mstro_status s = MSTRO_OK;
    uint32_t count = 0;
    for (names_open(&names, bytes_of(found->names, found->length)); s == MSTRO_OK && names_next(&names); count++)
        s = add_found(g, &names);
    if (s == MSTRO_OK && count != found->matched)
        s = detail_set(MSTRO_QUOTA, "a selector of the group '%.200s' has found %u objects, more than a group can list", g->cdo->name, found->matched);
    return s;
}

static mstro_status add_all_found(mstro_group g, const struct finding *f)
{
    mstro_status s = f->short_of_memory ? detail_set(MSTRO_NOMEM, "not enough memory for what a selector has found") : MSTRO_OK;
    for (const struct found *found = f->found; s == MSTRO_OK && found; found = found->next)
        s = add_names(g, found);
    return s;
}

static void forget_found(struct finding *f)
{
    for (struct found *next, *found = f->found; found; found = next) {
        next = found->next;
        free(found);
    }
}

static mstro_status find(mstro_group g, const struct selection *selection, uint64_t deadline)
{
    struct record r = { .kind = KIND_SELECT, .select = { .selector = bytes_of(selection->selector, selection->length) } };
    struct finding f = { 0 };
    request_init(&f.request, &r, NULL);
    f.request.heard = hear;
    session_start(process_session(), &f.request);
    if (!session_wait(process_session(), &f.request.done, deadline)) {
        session_cancel(process_session(), &f.request);
        session_wait(process_session(), &f.request.done, NO_DEADLINE);
    }
    mstro_status s = f.request.status;
    if (s != MSTRO_OK)
        detail_set(s, "%s", f.request.detail ? f.request.detail : "");
    else
        s = add_all_found(g, &f);
    request_release(&f.request);
    forget_found(&f);
    return s;
}

static mstro_status select_members(mstro_group g, uint64_t deadline)
{
    mstro_status s = MSTRO_OK;
    for (struct list *link = g->members.next; link != &g->members; link = link->next)
        list_entry(link, struct member, link)->commit = 0; /* of an earlier offer */
    for (const struct selection *selection = g->selections; s == MSTRO_OK && selection; selection = selection->next)
        s = find(g, selection, deadline);
    return s;
}

/* ---- offer ---- */

static bool is_own(const struct member *m) { return m->own; }
static bool is_lent(const struct member *m) { return m->lent; }
static void prepare_for(struct member *m, struct record *r) { r->offer.group = m->group->cdo->number; }

static void note_lent(struct member *m, uint64_t generation)
{
    (void)generation;
    m->lent = true;
}

static void note_back(struct member *m, uint64_t generation)
{
    (void)generation;
    m->lent = false;
}

static const struct group_batch preparing = { VERB_OFFER, is_own, prepare_for, note_lent };
static const struct group_batch returning = { VERB_WITHDRAW, is_lent, NULL, note_back };

/* ---- what is somebody else's: kept for those who require the group, as long as it is offered ---- */

static bool is_others(const struct member *m) { return !m->own; }
static bool is_retained(const struct member *m) { return m->retained; }

/* From here on the session knows the handle, whatever comes of it. */
static void retain_for(struct member *m, struct record *r)
{
    m->retained = true;
    r->require.commit = m->commit;
    r->require.group = cdo_name(m->group->cdo);
}

/* What nobody offers stays a name. */
static void note_commit(struct member *m, uint64_t commit) { m->commit = commit; }

static void note_released(struct member *m, uint64_t generation)
{
    (void)generation;
    m->retained = false;
}

static const struct group_batch retaining = { VERB_RETAIN, is_others, retain_for, note_commit };
static const struct group_batch releasing = { VERB_RELEASE, is_retained, NULL, note_released };

static bool retains_any(mstro_group g)
{
    for (struct list *link = g->members.next; link != &g->members; link = link->next)
        if (is_retained(list_entry(link, const struct member, link)))
            return true;
    return false;
}

mstro_status group_release(mstro_group g)
{
    return retains_any(g) ? group_run_members(g, &releasing, NO_DEADLINE) : MSTRO_OK;
}

/* Of what is somebody else's: the generation that is retained. */
static uint8_t name_flags(const struct member *m) { return m->own ? NAME_OWN : m->commit ? NAME_COMMIT : 0; }

static mstro_status list_members(mstro_group g, struct names_writer *w, uint8_t *memory, uint32_t *own)
{
    names_begin(w, memory, MAX_INLINE);
    for (struct list *link = g->members.next; link != &g->members; link = link->next) {
        const struct member *m = list_entry(link, const struct member, link);
        if (!names_put(w, cdo_name(m->cdo), name_flags(m), m->commit))
            return detail_set(MSTRO_QUOTA, "the names of the %zu members of the group '%.200s' take more than the %d bytes that a group has for them: "
                              "make groups of its parts members of it", g->names.count, g->cdo->name, MAX_INLINE);
        *own += m->own;
    }
    return MSTRO_OK;
}

static mstro_status offer_object(mstro_group g, struct bytes list, uint32_t own, uint64_t deadline)
{
    struct operation_request o;
    mstro_status s = operation_prepare_within(&o, VERB_OFFER, g->cdo);
    if (s != MSTRO_OK)
        return s;
    struct record_offer *offer = &o.request.record.offer;
    offer->flags |= OFFER_GROUP;
    offer->inline_data = list;
    offer->size = (int64_t)list.length;
    offer->members = own;
    operation_start(&o);
    return operation_complete(&o, deadline);
}

/* All or nothing: what was prepared goes back, unseen. */
static mstro_status offer_all(mstro_group g, struct bytes list, uint32_t own, uint64_t deadline)
{
    mstro_status s = group_run_members(g, &preparing, deadline);
    if (s == MSTRO_OK)
        s = offer_object(g, list, own, deadline);
    if (s == MSTRO_OK)
        return MSTRO_OK;
    char why[DETAIL_MAX + 1];
    snprintf(why, sizeof why, "%s", mstro_error_detail());
    group_run_members(g, &returning, NO_DEADLINE);
    return detail_set(s, "%s", why);
}

static mstro_status offer_listed(mstro_group g, uint64_t deadline)
{
    struct names_writer *w = malloc(sizeof *w);
    uint8_t *memory = malloc(MAX_INLINE);
    uint32_t own = 0;
    mstro_status s = w && memory ? list_members(g, w, memory, &own) : detail_set(MSTRO_NOMEM, "not enough memory to list the members of '%.200s'", g->cdo->name);
    if (s == MSTRO_OK)
        s = offer_all(g, names_written(w), own, deadline);
    free(memory);
    free(w);
    return s;
}

static mstro_status offer_retained(mstro_group g, uint64_t deadline)
{
    mstro_status s = group_run_members(g, &retaining, deadline);
    if (s == MSTRO_OK)
        s = offer_listed(g, deadline);
    if (s == MSTRO_OK)
        return s;
    char why[DETAIL_MAX + 1];
    snprintf(why, sizeof why, "%s", mstro_error_detail());
    group_release(g);
    return detail_set(s, "the group '%.200s' is not offered: %s", g->cdo->name, why);
}

mstro_status group_offer(mstro_group g, uint64_t deadline)
{
    if (g->use != GROUP_IDLE || g->consumer)
        return detail_set(MSTRO_INVARG, "offer: the group '%.200s' is %s", g->cdo->name, g->consumer ? "one that was required" : group_use_name(g->use));
    struct list *last = g->selected ? g->selected : g->members.previous;
    mstro_status s = group_release(g); /* of an offer that did not come to be */
    if (s == MSTRO_OK)
        s = group_seal(g, deadline);
    if (s == MSTRO_OK) {
        group_truncate(g, last == &g->members ? NULL : last); /* what was found for an earlier offer */
        s = select_members(g, deadline);
    }
    if (s == MSTRO_OK)
        s = offer_retained(g, deadline);
    g->selected = last;
    g->next = &g->members;
    if (s == MSTRO_OK)
        g->use = GROUP_LENT;
    else if (!retains_any(g))
        group_truncate(g, last == &g->members ? NULL : last);
    return s;
}

/* ---- withdraw ---- */

/* The group first: who required it has required its members then, and their WITHDRAWs wait for him.  So what others offer is theirs. */
mstro_status group_withdraw(mstro_group g, uint64_t deadline)
{
    mstro_status s = MSTRO_OK;
    if (g->use != GROUP_LENT && g->use != GROUP_RETURNING)
        return detail_set(MSTRO_INVARG, "withdraw: the group '%.200s' is %s", g->cdo->name, group_use_name(g->use));
    if (g->use == GROUP_LENT)
        s = group_run(g, VERB_WITHDRAW, deadline);
    if (s != MSTRO_OK && g->cdo->use == USE_LENT)
        return s;
    g->use = GROUP_RETURNING;
    mstro_status released = group_release(g);
    mstro_status members = group_run_members(g, &returning, deadline);
    bool all = !retains_any(g);
    for (struct list *link = g->members.next; link != &g->members; link = link->next)
        all = all && list_entry(link, struct member, link)->cdo->use != USE_LENT;
    if (all)
        g->use = GROUP_IDLE;
    return s != MSTRO_OK ? s : members != MSTRO_OK ? members : released;
}
