/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/parked.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/session.h"
#include "lib/wire/copy.h"
#include "tests/sim/observer.h"
#include "tests/sim/rules.h"

/* Of one handle: the operation that is parked, and behind it what came later. */
struct parked {
    struct list link; /* world->parked */
    uint64_t session, handle;
    struct list records; /* kept */
    size_t count;
    uint64_t moment; /* in which step of the pool that was parked, 0: it was not */
    bool fresh; /* it came in this step */
};
struct kept { struct list link; struct record record; };

static struct parked *parked_of(const struct world *world, uint16_t shard, uint64_t session, uint64_t handle)
{
    list_each(link, (struct list *)&world->parked[shard]) {
        struct parked *parked = list_entry(link, struct parked, link);
        if (parked->session == session && parked->handle == handle)
            return parked;
    }
    return NULL;
}

static void keep(struct parked *parked, const struct record *record)
{
    struct kept *kept = malloc(sizeof *kept + record_room(record));
    if (!kept)
        abort();
    record_copy_to(kept + 1, record, &kept->record);
    list_append(&parked->records, &kept->link);
    parked->count++;
}

static void drop_first(struct parked *parked)
{
    struct kept *kept = list_entry(parked->records.next, struct kept, link);
    list_remove(&kept->link);
    parked->count--;
    free(kept);
}

static void drop(struct parked *parked)
{
    while (parked->count)
        drop_first(parked);
    list_remove(&parked->link);
    free(parked);
}

static bool is_of_name(const struct world *world, uint16_t shard, const struct parked *parked, const char *name)
{
    const struct record *record = &list_entry(parked->records.next, struct kept, link)->record;
    const struct model_handle *handle = model_handle_of((struct model *)&world->model[shard], parked->session, parked->handle);
    struct text own = record->kind == KIND_OFFER ? record->offer.name : record->kind == KIND_REQUIRE ? record->require.name :
                      record->kind == KIND_DEMAND ? record->demand.name : (struct text){ 0 };
    return text_equal(own.length ? own : text_of(handle ? handle->name : ""), text_of(name));
}

uint64_t parked_now(const struct world *world, uint16_t shard, uint64_t session, const char *name)
{
    list_each(link, (struct list *)&world->parked[shard]) {
        const struct parked *parked = list_entry(link, struct parked, link);
        if (parked->session == session && parked->moment == world->model[shard].moment && is_of_name(world, shard, parked, name))
            return parked->handle;
    }
    return 0;
}

bool parked_waits(const struct world *world, uint16_t shard, uint64_t session, uint64_t handle)
{
    return parked_of(world, shard, session, handle) != NULL;
}

void parked_drop(struct world *world, uint16_t shard)
{
    list_each(link, &world->parked[shard])
        drop(list_entry(link, struct parked, link));
}

/* Behind what is parked, or to be parked itself, if only until the end of this step. */
static void keep_behind(struct world *world, uint16_t shard, uint64_t session, uint64_t handle, const struct record *record)
{
    struct parked *parked = parked_of(world, shard, session, handle);
    if (!parked) {
        if (!(parked = malloc(sizeof *parked)))
            abort();
        *parked = (struct parked){ .session = session, .handle = handle, .fresh = true };
        list_init(&parked->records);
        list_append(&world->parked[shard], &parked->link);
    }
    keep(parked, record);
}

/* Whatever a handle does may be parked, and then is behind what is; that its bytes are there only waits behind it. */
bool parked_keeps(struct world *world, uint16_t shard, const struct pool_input *in)
{
    uint64_t handle = in->kind == POOL_RECORD ? handle_of(in->record) : 0;
    if (!handle || (in->record->kind == KIND_COMPLETED && !parked_of(world, shard, in->session, handle)))
        return false;
    keep_behind(world, shard, in->session, handle, in->record);
    return true;
}

/* A parked operation that is cancelled vanishes. */
bool parked_cancels(struct world *world, uint16_t shard, const struct pool_input *in)
{
    struct model *model = &world->model[shard];
    if (in->kind != POOL_RECORD || in->record->kind != KIND_CANCEL || !in->record->cancel.target)
        return false;
    list_each(link, &world->parked[shard]) {
        struct parked *parked = list_entry(link, struct parked, link);
        const struct kept *first = list_entry(parked->records.next, struct kept, link);
        if (parked->session != in->session || op_of(&first->record) != in->record->cancel.target)
            continue;
        expect_ack(model, in->session, in->record->cancel.target, MSTRO_CANCELLED);
        expect_ack(model, in->session, in->record->cancel.op, MSTRO_OK);
        drop_first(parked);
        parked->moment = 0;
        witness_let_go(&world->witness[shard], app_of_session(world, in->session), parked->handle, true);
        return true;
    }
    return false;
}

/* How many records of that handle the pool has parked. */
static size_t pool_parks(const struct pool *pool, const struct parked *parked)
{
    const struct session *session = session_find(pool, parked->session);
    size_t count = 0;
    if (!session)
        return 0;
    list_each(link, (struct list *)&session->holds) {
        struct hold *hold = list_entry(link, struct hold, of_session);
        if (hold->handle != parked->handle)
            continue;
        list_each(record, &hold->parked)
            count += record != NULL;
    }
    return count;
}

/* ---- what goes on in a step ---- */

/* Of those that have parked something: how many records go on, and how many of these the model has.  Thirteen records have taken 23464
 * tries; when there is no order, all of them take a second. */
enum { GOING_MAX = 64, DEPTH_MAX = 128, TRIES_MAX = 300000 };
struct going { struct parked *parked; size_t records, taken; };
struct search { struct world *world; uint16_t shard; struct going going[GOING_MAX]; size_t count, records, tries; };

static void find_going(struct search *search)
{
    struct world *world = search->world;
    list_each(link, &world->parked[search->shard]) {
        struct parked *parked = list_entry(link, struct parked, link);
        size_t left = pool_parks(world->pool[search->shard], parked);
        const struct model_session *session = session_of(&world->model[search->shard], parked->session);
        if ((!session || session->parted) && !parked->fresh) {
            drop(parked); /* with its session */
            continue;
        }
        if (left >= parked->count)
            continue;
        if (search->count == GOING_MAX)
            abort();
        struct going more = { .parked = parked, .records = parked->count - left };
        search->records += more.records;
        if (parked->fresh) { /* what came in is before what follows from it */
            search->going[search->count++] = search->going[0];
            search->going[0] = more;
        } else
            search->going[search->count++] = more;
    }
}

static void take_next(struct search *search, size_t i)
{
    struct going *going = &search->going[i];
    struct list *link = going->parked->records.next;
    for (size_t k = 0; k < going->taken; k++)
        link = link->next;
    going->taken++;
    struct model *model = &search->world->model[search->shard];
    model->announced = going->taken == 1 ? going->parked->moment : 0;
    model_more(model, &(struct pool_input){ .kind = POOL_RECORD, .session = going->parked->session, .record = &list_entry(link, struct kept, link)->record });
    model->announced = 0;
}

/* What is prepared is seen by nobody, and whether it came before the last handle of its name went would show with its generation only. */
static bool counts_alike(const struct search *search)
{
    const struct model *model = &search->world->model[search->shard];
    for (size_t i = 0; i < search->count; i++) {
        const struct record *first = &list_entry(search->going[i].parked->records.next, struct kept, link)->record;
        const struct cdo *cdo = first->kind == KIND_OFFER ? cdo_find(search->world->pool[search->shard], first->offer.name) : NULL;
        for (int k = 0; cdo && k < MODEL_GENERATIONS; k++)
            if (text_equal(text_of(model->named[k].name), first->offer.name) && model->named[k].generations != cdo->generations && (fprintf(stderr, "%s: model %lu pool %u records %zu op %lu fresh %d\n", model->named[k].name, model->named[k].generations, cdo->generations, search->records, first->offer.op, search->going[i].parked->fresh), 1))
                return false;
    }
    return true;
}

static bool agrees(const struct search *search)
{
    struct model *model = &search->world->model[search->shard];
    model_end(model);
    return model_compare(model, &search->world->out, 0) && counts_alike(search) && observe_rules(search->world, search->shard);
}

/* Is what that record leads to what happens next; or, if nothing happens, what is answered? */
static bool explains(const struct search *search, const struct model *before, size_t *fact)
{
    struct model *model = &search->world->model[search->shard];
    if (model->events == before->events)
        return model_answers(model, before->answers, &search->world->out);
    return observe_next(search->world, search->shard, before->events, fact);
}

/* The next of going[i], when those whom nobody needs any more have left, or before.  False: none of them has to leave now. */
static bool take_next_when(struct search *search, size_t i, bool they_left)
{
    struct model *model = &search->world->model[search->shard];
    int events = model->events;
    if (they_left)
        model_end(model);
    if (they_left && model->events == events)
        return false;
    take_next(search, i);
    return true;
}

/* In which order those go on who waited for the same is not said: any will do that explains what came.  'fact': up to which it is explained. */
static bool find_order(struct search *search, size_t depth, size_t fact)
{
    static struct model kept[DEPTH_MAX];
    struct model *model = &search->world->model[search->shard], *before = &kept[depth];
    if (depth == search->records || depth == DEPTH_MAX)
        return agrees(search);
    *before = *model;
    for (size_t k = 0; k < 2 * search->count && search->tries < TRIES_MAX; k++) {
        size_t next = fact, i = k % search->count;
        if (search->going[i].taken == search->going[i].records)
            continue;
        search->tries++;
        if (take_next_when(search, i, k >= search->count)) {
            if (explains(search, before, &next) && find_order(search, depth + 1, next))
                return true;
            search->going[i].taken--;
        }
        *model = *before;
    }
    return false;
}

static bool take_all(struct search *search)
{
    for (size_t i = 0; i < search->count; i++)
        while (search->going[i].taken < search->going[i].records)
            take_next(search, i);
    return agrees(search);
}

static void forget_gone(struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct parked *parked = search->going[i].parked;
        if (!parked->fresh && parked->moment)
            observe_gone_on(search->world, search->shard, parked->session, parked->handle);
        for (size_t k = 0; k < search->going[i].records; k++) {
            drop_first(search->going[i].parked);
            search->going[i].parked->moment = search->world->model[search->shard].moment;
        }
    }
    list_each(link, &search->world->parked[search->shard]) {
        struct parked *parked = list_entry(link, struct parked, link);
        if (parked->fresh)
            parked->moment = search->world->model[search->shard].moment;
        parked->fresh = false;
        if (parked->count == 0)
            drop(parked);
    }
}

void parked_check(struct world *world, uint16_t shard)
{
    struct witness *w = &world->witness[shard];
    const struct model *model = &world->model[shard];
    list_each(link, &world->parked[shard]) {
        const struct parked *parked = list_entry(link, struct parked, link);
        if (!witness_may_wait(w, app_of_session(world, parked->session), parked->handle, true))
            world_fail(world, "shard %u: an operation of session %" PRIu64 " on handle %" PRIu64 " is parked, and waits for nobody", shard, parked->session, parked->handle);
    }
    for (int i = 0; i < model->laters; i++) {
        uint64_t session = model->later[i].kind == KIND_COMMITTED ? model->later[i].handle : model->later[i].session;
        if (!witness_may_wait(w, app_of_session(world, session), model->later[i].op, false))
            world_fail(world, "shard %u: the answer to operation %" PRIu64 " of session %" PRIu64 " waits for nobody", shard, model->later[i].op, session);
    }
}

/* It may be parked as if it came now. */
static void keep_again(struct world *world, uint16_t shard)
{
    const struct model_again *again = &world->model[shard].again;
    struct record record = { .kind = KIND_WITHDRAW, .withdraw = { .op = again->op, .handle = again->handle } };
    if (again->session)
        keep_behind(world, shard, again->session, again->handle, &record);
}

void parked_follow(struct world *world, uint16_t shard)
{
    struct model *model = &world->model[shard];
    struct search search = { .world = world, .shard = shard };
    size_t fact = (size_t)(world->newest / SERIAL_STEP);
    keep_again(world, shard);
    find_going(&search);
    bool found = search.records > 1 && observe_next(world, shard, 0, &fact) && find_order(&search, 0, fact);
    if (!found && !take_all(&search))
        world_fail(world, "shard %u: %s%s", shard, model->wrong, search.records > 1 ? " (in no order of what was parked)" : "");
    forget_gone(&search);
}
