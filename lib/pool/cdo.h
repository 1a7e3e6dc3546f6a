/* SPDX-License-Identifier: BSD-3-Clause */
/* cdo.h - names, their handles and their generations
 *
 * The lives of a generation and of a REQUIRE are tables (generation.c, require.c); what others may do to them is here. */
#ifndef LIB_POOL_CDO_H
#define LIB_POOL_CDO_H
#include "lib/pool/state.h"

/* ---- cdo.c ---- */

struct cdo *cdo_find(const struct pool *pool, struct text name);
struct handle *handle_find(const struct pool *pool, const struct session *session, uint64_t number);

/* The handle 'number' of this session, made when it is not known: MSTRO_OK and *result, or what is wrong (the operation 'op' has
 * been answered then).  An empty name stands for that of a known handle.  'made' tells whether it is new. */
mstro_status handle_get(struct pool *pool, struct session *session, uint64_t number, struct text name, uint64_t op,
                        struct handle **result, bool *made);

/* A new handle is told to those who want to know. */
void handle_tell(struct pool *pool, struct handle *handle, uint64_t op);

/* Forget it, and the CDO with its last handle.  It neither holds nor needs anything. */
void handle_free(struct pool *pool, struct handle *handle);

/* ---- generation.c ---- */

enum generation_event {
    GENERATION_PREPARE,  /* it is made for a group */
    GENERATION_OFFER,    /* it is made, or its group is committed */
    GENERATION_DROP,     /* its group will not be */
    GENERATION_WITHDRAW, /* its holder wants it back, and somebody needs its memory */
    GENERATION_CANCEL,   /* its holder does not want it back any more */
    GENERATION_RETURN,   /* its holder has it back, or is gone while the pool has all there is */
    GENERATION_LOSS,     /* its last holder is gone, and the bytes with it */
    GENERATION_UNNEEDED, /* the pool's copy has served everybody */
    GENERATION_EVENTS
};

/* Let it happen; false when the life of a generation does not know this event in its state. */
bool generation_event(struct pool *pool, struct generation *generation, enum generation_event event);

/* When nobody needs it: give it back if that was asked for, forget it if nobody holds it.  It may be gone afterwards. */
void generation_settle(struct pool *pool, struct generation *generation);

/* Is its name taken? */
static inline bool generation_stands(const struct generation *generation)
{
    return generation && generation->state != GENERATION_ABSENT && generation->state != GENERATION_KEPT;
}

/* The first REQUIRE that it has not served, or NULL: one that retains it, if there is any. */
static inline struct require *generation_needed_by(const struct generation *generation)
{
    return list_empty(&generation->bound) ? NULL : list_entry(generation->bound.next, struct require, link);
}

/* Does a group that lists it keep it from its holder? */
static inline bool generation_is_retained(const struct generation *generation)
{
    const struct require *first = generation_needed_by(generation);
    return first && first->state == REQUIRE_RETAINING;
}

/* ---- offer.c ---- */

void serve_offer(struct pool *pool, struct session *session, const struct record *record);
void serve_dispose(struct pool *pool, struct session *session, const struct record *record);
void offer_free(struct pool *pool, struct offer *offer);

/* Its holder is gone. */
void offer_lose(struct pool *pool, struct offer *offer);

/* Its holder lives and wants it back at once: who needs it has lost it. */
void offer_take_back(struct pool *pool, struct offer *offer);

/* A number that no generation of this pool has, in no shard. */
uint64_t commit_next(struct pool *pool);

/* Let everybody see it, who waited for it first.  made: its handle is new. */
void offer_show(struct pool *pool, struct offer *offer, uint64_t op, bool made);

/* ---- group.c ---- */

static inline bool is_for_group(const struct record_offer *asked) { return asked->group != 0 || (asked->flags & OFFER_GROUP); }

/* Is everything prepared that this group says it has, as far as this shard knows?  False: it was answered. */
bool group_is_possible(struct pool *pool, struct session *session, const struct record_offer *asked);

/* Nobody sees 'offer', and its name is taken, until its group is offered.  Is it the group: everybody sees all of it from now on.
 * 'prepared' is fresh memory, and becomes that of the pool; 'made': the handle is new. */
void group_prepare(struct pool *pool, struct prepared *prepared, struct offer *offer, const struct record_offer *asked, bool made);

/* What says of an offer that it is prepared, NULL: it is not. */
struct prepared *group_prepared(const struct offer *offer);

/* What is prepared will not be offered: nobody has seen it.  Is it a group of which members may have been seen, it is lost.  Its handle may
 * be gone afterwards. */
void group_drop(struct pool *pool, struct offer *offer);

/* Is it a group whose members are visible, or about to be, and itself is not yet?  Then a WITHDRAW follows when it is. */
bool group_is_committing(const struct offer *offer);
void group_withdraw_later(struct pool *pool, struct offer *offer, uint64_t op);

/* From another shard: what is prepared for a group there; so much is prepared in that shard; the group is offered; the members in that
 * shard are visible. */
void serve_prepare(struct pool *pool, uint16_t from, const struct record *record);
void serve_prepared(struct pool *pool, uint16_t from, const struct record *record);
void serve_commit(struct pool *pool, uint16_t from, const struct record *record);
void serve_committed(struct pool *pool, uint16_t from, const struct record *record);

static inline bool offer_is_prepared(const struct offer *offer) { return offer->generation->state == GENERATION_PREPARED; }

/* ---- select.c ---- */

void serve_select(struct pool *pool, struct session *session, const struct record *record);

/* ---- withdraw.c ---- */

void serve_withdraw(struct pool *pool, struct session *session, const struct record *record);

/* Give it back, at once or when nobody needs it any more; 'op' is answered then.  MSTRO_NOMEM: nothing has happened. */
mstro_status withdraw_begin(struct pool *pool, struct offer *offer, uint64_t op);

/* A WITHDRAW that waits is taken back: the offer stands as before. */
void withdraw_cancel(struct pool *pool, struct offer *offer);

/* ---- require.c ---- */

enum require_event {
    REQUIRE_DEMAND,     /* a DEMAND waits for it */
    REQUIRE_OFFER,      /* a generation to bind to is there: require->generation */
    REQUIRE_KEEP,       /* the same, for a group that lists it */
    REQUIRE_PULL,       /* the holder wants its bytes back */
    REQUIRE_RETRY,      /* the ticket could not be used, the DEMAND goes on */
    REQUIRE_COMPLETED,  /* the bytes are with the requirer */
    REQUIRE_FAILED,     /* the ticket could not be used, the requirer has ended the DEMAND */
    REQUIRE_LOSS,       /* the last holder is gone, and the bytes with it */
    REQUIRE_LOSS_BORNE, /* the same, and that is not to be reported */
    REQUIRE_CANCEL,     /* the DEMAND that waits is taken back */
    REQUIRE_END,        /* it is taken back, or its session is gone */
    REQUIRE_EVENTS
};

/* Let it happen.  'require' may be gone afterwards.  False when the life of a REQUIRE does not know this event in its state. */
bool require_event(struct pool *pool, struct require *require, enum require_event event);

/* A new REQUIRE of 'handle'; pinned: to the one generation that alone shall serve it.  It is not bound yet.  NULL when memory is short. */
struct require *require_make(struct pool *pool, struct handle *handle, bool on_loss_wait, bool pinned);

#define NOT_OFFERED "what its group lists is not offered any more"

/* What a group has listed with this commit (0: any) is not offered any more, and no group retains it. */
bool require_is_missed(const struct cdo *cdo, uint64_t commit);

/* The generation that alone should serve it was lost. */
static inline bool require_is_over(const struct require *require) { return require->pinned && !require->generation; }

/* Bind it to what is offered, if anything is; with a commit to that generation, also while its holder waits for it. */
void require_bind(struct pool *pool, struct require *require, uint64_t commit);

void serve_require(struct pool *pool, struct session *session, const struct record *record);
void serve_retract(struct pool *pool, struct session *session, const struct record *record);

/* ---- demand.c ---- */

/* Does it ask for another ticket for a DEMAND that the pool knows, or that is over?  That is no new operation. */
bool demand_is_again(const struct pool *pool, const struct session *session, const struct record_demand *asked);

void serve_demand(struct pool *pool, struct session *session, const struct record *record);
void serve_completed(struct pool *pool, struct session *session, const struct record *record);

/* A ticket for the generation it is bound to: from the pool's copy or from the holder's memory.  op: the DEMAND it answers, or 0. */
void ticket_send(struct pool *pool, struct require *require, uint64_t op);

#endif
