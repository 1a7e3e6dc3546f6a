/* SPDX-License-Identifier: BSD-3-Clause */
/* group.c - objects that are offered and required as one: the calls on a group, and how it is made up */
#include "maestro/group.h"

#include <stdlib.h>

#include "lib/api/group.h"
#include "lib/api/handle.h"
#include "lib/api/selector.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"

/* ---- who has it ---- */

static mstro_status take(mstro_group g)
{
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    if (!g)
        s = detail_set(MSTRO_INVARG, "the group is NULL");
    else if (atomic_exchange(&g->busy, true))
        s = detail_set(MSTRO_BUSY, "another call is using the group '%.200s'", g->cdo->name);
    if (s != MSTRO_OK)
        process_leave();
    return s;
}

static mstro_status give_back(mstro_group g, mstro_status s)
{
    atomic_store(&g->busy, false);
    process_leave();
    return s;
}

static mstro_status run(mstro_group g, mstro_status (*call)(mstro_group g, uint64_t deadline))
{
    mstro_status s = take(g);
    return s == MSTRO_OK ? give_back(g, call(g, process_deadline())) : s;
}

/* ---- making one ---- */

API mstro_status mstro_group_declare(const char *name, mstro_group *result)
{
    if (!result)
        return detail_set(MSTRO_INVOUT, "declare: no place for the group");
    *result = NULL;
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    struct mstro_cdo_ *cdo = NULL;
    s = cdo_declare("declare", name, &cdo);
    if (s == MSTRO_OK && (s = group_create(result, cdo, process_schema(), process_memory())) != MSTRO_OK)
        cdo_destroy(cdo);
    if (s == MSTRO_OK)
        process_add_group(*result);
    process_leave();
    return s;
}

static mstro_status can_grow(mstro_group g)
{
    if (g->sealed || g->use != GROUP_IDLE)
        return detail_set(MSTRO_INVARG, "add: the group '%.200s' is %s", g->cdo->name, g->use == GROUP_IDLE ? "sealed" : group_use_name(g->use));
    return MSTRO_OK;
}

static mstro_status is_another(mstro_group g, const struct mstro_cdo_ *cdo)
{
    if (text_equal(cdo_name(cdo), cdo_name(g->cdo)))
        return detail_set(MSTRO_INVARG, "add: the group '%.200s' cannot be its own member", cdo->name);
    return MSTRO_OK;
}

static mstro_status add(mstro_group g, mstro_cdo cdo)
{
    mstro_status s = can_grow(g);
    if (s != MSTRO_OK)
        return s;
    s = handle_claim(cdo);
    if (s != MSTRO_OK)
        return s;
    s = is_another(g, cdo);
    if (s == MSTRO_OK && (cdo->member || cdo->use != USE_NONE))
        s = detail_set(MSTRO_INVARG, "add: '%.200s' is %s", cdo->name, cdo->member ? "a member of a group" : cdo->use == USE_LENT ? "offered" : "required");
    if (s == MSTRO_OK)
        s = group_append(g, cdo, true, true, NULL);
    handle_release(cdo);
    return s;
}

API mstro_status mstro_group_add(mstro_group g, mstro_cdo cdo)
{
    mstro_status s = take(g);
    return s == MSTRO_OK ? give_back(g, add(g, cdo)) : s;
}

static mstro_status add_by_name(mstro_group g, const char *name)
{
    struct mstro_cdo_ *cdo = NULL;
    mstro_status s = can_grow(g);
    if (s == MSTRO_OK)
        s = cdo_declare("add", name, &cdo);
    if (s == MSTRO_OK)
        s = is_another(g, cdo);
    if (s == MSTRO_OK)
        s = group_append(g, cdo, false, false, NULL);
    if (s != MSTRO_OK)
        cdo_destroy(cdo);
    return s;
}

API mstro_status mstro_group_add_by_name(mstro_group g, const char *cdo_name)
{
    mstro_status s = take(g);
    return s == MSTRO_OK ? give_back(g, add_by_name(g, cdo_name)) : s;
}

/* The selector may be disposed at once. */
static mstro_status add_by_selector(mstro_group g, mstro_cdo_selector selector)
{
    mstro_status s = can_grow(g);
    if (s == MSTRO_OK && !selector)
        s = detail_set(MSTRO_INVARG, "add: the selector is NULL");
    if (s != MSTRO_OK)
        return s;
    struct bytes bytes = selector_bytes(selector_of_handle(selector));
    if (bytes.length > MAX_SELECTOR)
        return detail_set(MSTRO_TOO_EXPENSIVE, "add: the selector has %zu bytes when compiled, %d are allowed", bytes.length, MAX_SELECTOR);
    struct selection *selection = malloc(sizeof *selection + bytes.length), **last = &g->selections;
    if (!selection)
        return detail_set(MSTRO_NOMEM, "not enough memory for a selector");
    selection->next = NULL;
    selection->length = bytes.length;
    if (bytes.length)
        memcpy(selection->selector, bytes.at, bytes.length);
    while (*last)
        last = &(*last)->next;
    *last = selection;
    return MSTRO_OK;
}

API mstro_status mstro_group_add_by_selector(mstro_group g, mstro_cdo_selector s)
{
    mstro_status status = take(g);
    return status == MSTRO_OK ? give_back(g, add_by_selector(g, s)) : status;
}

/* ---- its life ---- */

API mstro_status mstro_group_seal(mstro_group g) { return run(g, group_seal); }
API mstro_status mstro_group_offer(mstro_group g) { return run(g, group_offer); }
API mstro_status mstro_group_withdraw(mstro_group g) { return run(g, group_withdraw); }
API mstro_status mstro_group_require(mstro_group g) { return run(g, group_require); }
API mstro_status mstro_group_demand(mstro_group g) { return run(g, group_demand); }
API mstro_status mstro_group_retract(mstro_group g) { return run(g, group_retract); }

API mstro_status mstro_group_dispose(mstro_group g)
{
    mstro_status s = take(g);
    if (s != MSTRO_OK)
        return s;
    s = group_dispose(g);
    if (s != MSTRO_OK)
        return give_back(g, s);
    process_remove_group(g);
    group_destroy(g);
    process_leave();
    return MSTRO_OK;
}

/* ---- what is in it ---- */

/* Who needs it knows its members when they are here. */
static mstro_status knows_members(mstro_group g)
{
    if (g->use == GROUP_NEEDED || g->use == GROUP_LISTED)
        return detail_set(MSTRO_INVARG, "the group '%.200s' has been required: demand it first", g->cdo->name);
    return MSTRO_OK;
}

API mstro_status mstro_group_size_get(mstro_group g, size_t *count)
{
    if (!count)
        return detail_set(MSTRO_INVOUT, "no place for the number of members");
    *count = 0;
    mstro_status s = take(g);
    if (s != MSTRO_OK)
        return s;
    s = knows_members(g);
    if (s == MSTRO_OK)
        *count = g->names.count;
    return give_back(g, s);
}

static mstro_status next(mstro_group g, mstro_cdo *member)
{
    mstro_status s = knows_members(g);
    if (s != MSTRO_OK)
        return s;
    g->next = g->next->next;
    if (g->next == &g->members)
        return detail_set(MSTRO_NOENT, "the group '%.200s' has no more members", g->cdo->name);
    *member = list_entry(g->next, struct member, link)->cdo;
    return MSTRO_OK;
}

API mstro_status mstro_group_next(mstro_group g, mstro_cdo *member)
{
    if (!member)
        return detail_set(MSTRO_INVOUT, "no place for the member");
    *member = NULL;
    mstro_status s = take(g);
    return s == MSTRO_OK ? give_back(g, next(g, member)) : s;
}
