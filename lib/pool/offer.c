/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/operation.h"

static_assert(sizeof(struct cdo) + sizeof(struct handle) + sizeof(struct generation) + sizeof(struct offer) <= 320,
              "an offered object takes no more beyond its name and attributes");

/* What the record says of itself must fit together. */
static bool offer_is_sound(struct pool *pool, struct session *session, const struct record_offer *asked)
{
    const char *wrong = NULL;
    if (asked->size < -1)
        wrong = "its size is negative";
    else if (asked->attributes.length > MAX_ATTRIBUTES || asked->inline_data.length > MAX_INLINE)
        wrong = "it is larger than the protocol allows";
    else if (asked->inline_data.length > 0 && asked->inline_data.length != (uint64_t)asked->size)
        wrong = "its inline data have another size";
    else if ((asked->flags & OFFER_GROUP) && (asked->inline_data.length == 0 || asked->group))
        wrong = "a group is the list of its members, and not prepared for another";
    else if (asked->size > 0 && asked->data_place.count == 0 && asked->inline_data.length == 0)
        wrong = "it has data, but does not say where";
    if (wrong)
        answer_refused(pool, session, asked->op, MSTRO_INVMSG, "OFFER: %s", wrong);
    return !wrong;
}

static bool offer_is_possible(struct pool *pool, struct session *session, const struct record_offer *asked, const struct handle *handle)
{
    struct generation *newest = handle->cdo->newest;
    if (generation_stands(newest)) {
        const struct offer *held = list_entry(newest->holders.next, struct offer, of_generation);
        bool more = asked->flags & OFFER_REPLICA;
        answer_refused(pool, session, asked->op, more ? MSTRO_UNIMPL : MSTRO_CONFLICT,
                       TEXT_FORMAT " is offered by " TEXT_FORMAT "%s", TEXT_ARGUMENTS(short_name(handle->cdo)),
                       TEXT_ARGUMENTS(who_is(pool, held->handle->session)), more ? "; replicas are not available in this version" : "");
        return false;
    }
    if (handle->require) {
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "this handle itself requires " TEXT_FORMAT ": retract first",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
        return false;
    }
    if (!memory_allows(pool, sizeof(struct generation) + sizeof(struct offer) + sizeof(struct lending) + asked->attributes.length + asked->inline_data.length)) {
        answer_refused(pool, session, asked->op, MSTRO_QUOTA, "the pool's memory budget of %" PRIu64 " bytes is used up",
                       pool->settings.memory_budget);
        return false;
    }
    return true;
}

static bool fits_inline(const struct pool *pool, const struct record_offer *asked)
{
    return asked->inline_data.length > 0 && pool->inline_bytes + asked->inline_data.length <= pool->settings.inline_budget;
}

/* Has the pool all there is?  A group serves nobody who has not required its members. */
static bool is_whole(const struct record_offer *asked, bool copied)
{
    return (copied && !(asked->flags & OFFER_GROUP)) || asked->size <= 0;
}

/* Of what the pool has itself, and of a group, nobody asks the holder. */
static bool is_lent(const struct record_offer *asked, bool copied)
{
    return !is_whole(asked, copied) && !(asked->flags & OFFER_GROUP) && asked->data_place.count > 0;
}

static void lending_fill(struct lending *lending, const struct record_offer *asked)
{
    lending->data = asked->data_place.at[0];
    lending->word = asked->word;
    if (asked->word_place.count > 0)
        lending->word_place = asked->word_place.at[0];
}

/* NULL when memory is short. */
static struct offer *share_make(struct pool *pool, const struct record_offer *asked, struct handle *handle, bool lent)
{
    struct offer *offer = memory_take(pool, sizeof *offer);
    struct lending *lending = offer && lent ? memory_take(pool, sizeof *lending) : NULL;
    if (!offer || (lent && !lending)) {
        memory_give(pool, offer, sizeof *offer);
        return NULL;
    }
    if (lending)
        lending_fill(lending, asked);
    offer->handle = handle;
    offer->lending = lending;
    offer->has_word = asked->word_place.count > 0;
    return offer;
}

static void share_free(struct pool *pool, struct offer *offer)
{
    if (offer)
        memory_give(pool, offer->lending, sizeof *offer->lending);
    memory_give(pool, offer, sizeof *offer);
}

/* All of it or nothing. */
static struct generation *generation_make(struct pool *pool, const struct record_offer *asked, struct handle *handle)
{
    bool copied = fits_inline(pool, asked);
    struct seal *sealed = seal_make(pool, seal_name(handle->cdo->sealed), asked->attributes);
    struct seal *copy = copied ? seal_make(pool, (struct text){ 0 }, asked->inline_data) : NULL;
    struct generation *generation = memory_take(pool, sizeof *generation);
    struct offer *offer = share_make(pool, asked, handle, is_lent(asked, copied));
    if (!sealed || !generation || !offer || (copied && !copy)) {
        share_free(pool, offer);
        memory_give(pool, generation, sizeof *generation);
        seal_release(pool, copy);
        seal_release(pool, sealed);
        return NULL;
    }
    offer->generation = generation;
    *generation = (struct generation){ .cdo = handle->cdo, .sealed = sealed, .copy = copy, .size = asked->size,
                                       .component = seal_share(handle->session->component),
                                       .whole = is_whole(asked, copied), .group = asked->flags & OFFER_GROUP,
                                       .on_loss_wait = asked->flags & OFFER_ON_LOSS_WAIT };
    list_init(&generation->bound);
    list_init(&generation->holders);
    list_append(&generation->holders, &offer->of_generation);
    return generation;
}

/* From here on its name is taken. */
static struct offer *generation_enter(struct pool *pool, struct generation *generation)
{
    struct cdo *cdo = generation->cdo;
    struct offer *offer = list_entry(generation->holders.next, struct offer, of_generation);
    generation->older = cdo->newest;
    cdo->newest = generation;
    offer->handle->offer = offer;
    offer->handle->session->offers++;
    pool->generations++;
    if (generation->copy)
        pool->inline_bytes += generation->copy->rest_length;
    return offer;
}

uint64_t commit_next(struct pool *pool) { return fact_serial(pool, ++pool->last_commit); }

void offer_show(struct pool *pool, struct offer *offer, uint64_t op, bool made)
{
    struct generation *generation = offer->generation;
    struct handle *handle = offer->handle;
    struct cdo *cdo = handle->cdo;
    generation->number = ++cdo->generations;
    if (!generation->grouped)
        generation->commit = commit_next(pool);
    seal_release(pool, cdo->sealed);
    cdo->sealed = seal_share(generation->sealed);
    if (made)
        handle_tell(pool, handle, op);
    fact_append(pool, FACT_OFFER,
                &(struct fact_of){ .session = handle->session, .cdo = cdo, .sealed = generation->sealed, .op = op,
                                   .size = generation->size, .generation = generation->number });
    generation->serial = facts_newest(pool);
    if (!generation->grouped || generation->group) /* the members of a group are not answered one by one */
        answer_ack(pool, handle->session, op, MSTRO_OK, 0, generation->number, (struct text){ 0 });
    generation_event(pool, generation, GENERATION_OFFER);
}

static bool has_room(struct pool *pool, struct session *session, const struct record_offer *asked)
{
    bool elsewhere = asked->data_place.count > 0 && !(asked->flags & OFFER_GROUP);
    if (asked->inline_data.length == 0 || elsewhere || fits_inline(pool, asked))
        return true;
    answer_refused(pool, session, asked->op, MSTRO_QUOTA, "the pool's budget of %" PRIu64 " bytes for inline data is used up",
                   pool->settings.inline_budget);
    return false;
}

static mstro_status offer_make(struct pool *pool, struct session *session, const struct record_offer *asked, struct handle *handle, bool made)
{
    if (!offer_is_possible(pool, session, asked, handle) || !has_room(pool, session, asked))
        return MSTRO_FAIL;
    if ((asked->flags & OFFER_GROUP) && !group_is_possible(pool, session, asked))
        return MSTRO_INVMSG;
    struct prepared *prepared = is_for_group(asked) ? memory_take(pool, sizeof *prepared) : NULL;
    struct generation *generation = is_for_group(asked) && !prepared ? NULL : generation_make(pool, asked, handle);
    if (!generation) {
        memory_give(pool, prepared, sizeof *prepared);
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory for this OFFER");
        return MSTRO_NOMEM;
    }
    struct offer *offer = generation_enter(pool, generation);
    if (prepared)
        group_prepare(pool, prepared, offer, asked, made);
    else
        offer_show(pool, offer, asked->op, made);
    return MSTRO_OK;
}

void serve_offer(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_offer *asked = &record->offer;
    struct handle *handle;
    bool made;
    if (!offer_is_sound(pool, session, asked) ||
        handle_get(pool, session, asked->handle, asked->name, asked->op, &handle, &made) != MSTRO_OK)
        return;
    if (offer_make(pool, session, asked, handle, made) != MSTRO_OK && made)
        handle_free(pool, handle);
}

void offer_free(struct pool *pool, struct offer *offer)
{
    struct session *session = offer->handle->session;
    operation_free(pool, offer->withdrawal);
    list_remove(&offer->of_generation);
    offer->handle->offer = NULL;
    share_free(pool, offer);
    if (--session->offers == 0 && session->state == SESSION_LEAVING)
        list_append(&pool->drained, &session->drained);
}

void offer_lose(struct pool *pool, struct offer *offer)
{
    struct generation *generation = offer->generation;
    if (offer_is_prepared(offer)) {
        group_drop(pool, offer);
        return;
    }
    generation_event(pool, generation, generation->whole ? GENERATION_RETURN : GENERATION_LOSS);
    generation_settle(pool, generation);
}

void serve_dispose(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_dispose *asked = &record->dispose;
    struct handle *handle = handle_find(pool, session, asked->handle);
    if (!handle) {
        answer_done(pool, session, asked->op); /* nothing of it was ever told to the pool */
        return;
    }
    if (handle->offer) {
        answer_refused(pool, session, asked->op, MSTRO_BUSY, TEXT_FORMAT " is offered by this handle: withdraw it first",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
        return;
    }
    if (handle->require)
        require_event(pool, handle->require, REQUIRE_END);
    fact_append(pool, FACT_DISPOSE, &(struct fact_of){ .session = session, .cdo = handle->cdo, .op = asked->op, .size = -1 });
    handle_free(pool, handle);
    answer_done(pool, session, asked->op);
}
