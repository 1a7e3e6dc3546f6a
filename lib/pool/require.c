/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/operation.h"
#include "lib/pool/session.h"

static void attach(struct pool *pool, struct require *require)
{
    (void)pool;
    list_remove(&require->link);
    list_append(&require->generation->bound, &require->link);
}

/* Before all that are to be served. */
static void retain(struct pool *pool, struct require *require)
{
    (void)pool;
    list_remove(&require->link);
    list_append(require->generation->bound.next, &require->link);
}

static void detach(struct require *require)
{
    require->generation = NULL;
    list_remove(&require->link);
    list_append(&require->handle->cdo->unbound, &require->link);
}

static void close_ticket(struct pool *pool, struct require *require)
{
    if (require->ticket)
        pool->tickets--;
    require->ticket = 0;
}

static void end_demand(struct pool *pool, struct require *require)
{
    operation_free(pool, require->demand);
    require->demand = NULL;
}

static void cancel_demand(struct pool *pool, struct require *require)
{
    if (!require->demand)
        return;
    struct session *session = require->handle->session;
    uint64_t op = require->demand->op;
    end_demand(pool, require);
    answer_refused(pool, session, op, MSTRO_CANCELLED, "DEMAND of " TEXT_FORMAT " was cancelled",
                   TEXT_ARGUMENTS(short_name(require->handle->cdo)));
}

static void wait_for_offer(struct pool *pool, struct require *require)
{
    operation_wait(pool, require->demand);
}

static void read_now(struct pool *pool, struct require *require)
{
    operation_rest(pool, require->demand);
    close_ticket(pool, require);
    ticket_send(pool, require, require->demand->op);
}

static void attach_and_read(struct pool *pool, struct require *require)
{
    attach(pool, require);
    read_now(pool, require);
}

static void fetch_now(struct pool *pool, struct require *require)
{
    ticket_send(pool, require, 0);
}

/* The ticket that is open brings what the DEMAND wants. */
static void join_fetch(struct pool *pool, struct require *require)
{
    (void)pool;
    (void)require;
}

static void give_up_ticket(struct pool *pool, struct require *require)
{
    close_ticket(pool, require);
    end_demand(pool, require);
}

static void remove_require(struct pool *pool, struct require *require)
{
    struct generation *generation = require->generation;
    cancel_demand(pool, require);
    close_ticket(pool, require);
    require->handle->require = NULL;
    list_remove(&require->link);
    seal_release(pool, require->loss);
    memory_give(pool, require, sizeof *require);
    pool->requires--;
    if (generation)
        generation_settle(pool, generation);
}

static void served(struct pool *pool, struct require *require)
{
    struct handle *handle = require->handle;
    const struct generation *generation = require->generation;
    struct fact_of of = { .session = handle->session, .cdo = handle->cdo, .size = -1 };
    if (generation) {
        of.sealed = generation->sealed;
        of.size = generation->size;
        of.generation = generation->number;
    }
    fact_append(pool, FACT_SERVED, &of);
    end_demand(pool, require);
    remove_require(pool, require);
}

static struct session *holder_of(const struct require *require)
{
    return list_entry(require->generation->holders.next, struct offer, of_generation)->handle->session;
}

static void void_ticket(struct pool *pool, struct require *require, const struct seal *epitaph)
{
    if (!require->ticket)
        return;
    struct text detail = sentence(pool, TEXT_FORMAT, TEXT_ARGUMENTS(seal_name(epitaph)));
    struct record *record = answer_add(pool, require->handle->session, KIND_TICKET_VOID);
    if (record)
        record->ticket_void = (struct record_ticket_void){ .ticket = require->ticket, .handle = require->handle->number,
                                                           .status = MSTRO_PEER_LOST, .detail = detail };
    require->voided = require->ticket;
    close_ticket(pool, require);
}

/* Nobody waits: the next DEMAND is told. */
static void remember_loss(struct pool *pool, struct require *require)
{
    struct seal *epitaph = session_epitaph(pool, holder_of(require));
    void_ticket(pool, require, epitaph);
    seal_release(pool, require->loss);
    require->loss = epitaph;
    require->lost = require->generation->number;
    detach(require);
}

static void report_loss(struct pool *pool, struct require *require)
{
    struct seal *epitaph = session_epitaph(pool, holder_of(require));
    uint64_t op = require->demand->op;
    void_ticket(pool, require, epitaph);
    end_demand(pool, require);
    require->told = op;
    answer_lost(pool, require->handle->session, op, require->handle->cdo, require->generation->number, seal_name(epitaph));
    seal_release(pool, epitaph);
    detach(require);
}

/* Who requires it as the group lists it is told. */
static void retain_no_more(struct pool *pool, struct require *require)
{
    (void)pool;
    seal_release(pool, require->loss);
    require->loss = NULL;
    detach(require);
}

static void bear_loss(struct pool *pool, struct require *require)
{
    struct seal *epitaph = session_epitaph(pool, holder_of(require));
    void_ticket(pool, require, epitaph);
    seal_release(pool, epitaph);
    detach(require);
    if (require->demand)
        operation_wait(pool, require->demand);
}

/* The life of a REQUIRE.  It ends when the bytes are here, also by a ticket that a loss has voided meanwhile. */
static const struct { uint8_t next; void (*action)(struct pool *, struct require *); } life[REQUIRE_STATES][REQUIRE_EVENTS] = {
    /* state            event                   next                action */
    [REQUIRE_OPEN]     [REQUIRE_DEMAND]     = { REQUIRE_AWAITED,  wait_for_offer  },
    [REQUIRE_OPEN]     [REQUIRE_OFFER]      = { REQUIRE_BOUND,    attach          },
    [REQUIRE_OPEN]     [REQUIRE_KEEP]       = { REQUIRE_RETAINING, retain         },
    [REQUIRE_OPEN]     [REQUIRE_COMPLETED]  = { REQUIRE_ABSENT,   served          },
    [REQUIRE_OPEN]     [REQUIRE_END]        = { REQUIRE_ABSENT,   remove_require  },

    [REQUIRE_AWAITED]  [REQUIRE_OFFER]      = { REQUIRE_READING,  attach_and_read },
    [REQUIRE_AWAITED]  [REQUIRE_COMPLETED]  = { REQUIRE_ABSENT,   served          },
    [REQUIRE_AWAITED]  [REQUIRE_CANCEL]     = { REQUIRE_OPEN,     cancel_demand   },
    [REQUIRE_AWAITED]  [REQUIRE_END]        = { REQUIRE_ABSENT,   remove_require  },

    [REQUIRE_BOUND]    [REQUIRE_DEMAND]     = { REQUIRE_READING,  read_now        },
    [REQUIRE_BOUND]    [REQUIRE_PULL]       = { REQUIRE_FETCHING, fetch_now       },
    [REQUIRE_BOUND]    [REQUIRE_COMPLETED]  = { REQUIRE_ABSENT,   served          },
    [REQUIRE_BOUND]    [REQUIRE_LOSS]       = { REQUIRE_OPEN,     remember_loss   },
    [REQUIRE_BOUND]    [REQUIRE_LOSS_BORNE] = { REQUIRE_OPEN,     bear_loss       },
    [REQUIRE_BOUND]    [REQUIRE_END]        = { REQUIRE_ABSENT,   remove_require  },

    [REQUIRE_FETCHING] [REQUIRE_DEMAND]     = { REQUIRE_READING,  join_fetch      },
    [REQUIRE_FETCHING] [REQUIRE_COMPLETED]  = { REQUIRE_ABSENT,   served          },
    [REQUIRE_FETCHING] [REQUIRE_FAILED]     = { REQUIRE_BOUND,    give_up_ticket  },
    [REQUIRE_FETCHING] [REQUIRE_LOSS]       = { REQUIRE_OPEN,     remember_loss   },
    [REQUIRE_FETCHING] [REQUIRE_LOSS_BORNE] = { REQUIRE_OPEN,     bear_loss       },
    [REQUIRE_FETCHING] [REQUIRE_END]        = { REQUIRE_ABSENT,   remove_require  },

    [REQUIRE_READING]  [REQUIRE_RETRY]      = { REQUIRE_READING,  read_now        },
    [REQUIRE_READING]  [REQUIRE_COMPLETED]  = { REQUIRE_ABSENT,   served          },
    [REQUIRE_READING]  [REQUIRE_FAILED]     = { REQUIRE_BOUND,    give_up_ticket  },
    [REQUIRE_READING]  [REQUIRE_CANCEL]     = { REQUIRE_FETCHING, cancel_demand   },
    [REQUIRE_READING]  [REQUIRE_LOSS]       = { REQUIRE_OPEN,     report_loss     },
    [REQUIRE_READING]  [REQUIRE_LOSS_BORNE] = { REQUIRE_AWAITED,  bear_loss       },
    [REQUIRE_READING]  [REQUIRE_END]        = { REQUIRE_ABSENT,   remove_require  },

    [REQUIRE_RETAINING][REQUIRE_LOSS]       = { REQUIRE_OPEN,     retain_no_more  },
    [REQUIRE_RETAINING][REQUIRE_END]        = { REQUIRE_ABSENT,   remove_require  },
};

bool require_event(struct pool *pool, struct require *require, enum require_event event)
{
    void (*action)(struct pool *, struct require *) = life[require->state][event].action;
    if (!action)
        return false;
    require->state = life[require->state][event].next;
    action(pool, require);
    return true;
}

struct require *require_make(struct pool *pool, struct handle *handle, bool on_loss_wait, bool pinned)
{
    struct require *require = memory_take(pool, sizeof *require);
    if (!require)
        return NULL;
    require->handle = handle;
    require->state = REQUIRE_OPEN;
    require->on_loss_wait = on_loss_wait;
    require->pinned = pinned;
    list_append(&handle->cdo->unbound, &require->link);
    handle->require = require;
    pool->requires++;
    return require;
}

static struct generation *offered(const struct cdo *cdo)
{
    return cdo->newest && cdo->newest->state == GENERATION_OFFERED ? cdo->newest : NULL;
}

/* Who has required the group in time has what it lists, though its holder waits to have it back. */
static struct generation *listed(const struct cdo *cdo, uint64_t commit)
{
    struct generation *generation = cdo->newest;
    while (generation && generation->commit != commit)
        generation = generation->older;
    return generation && (generation == offered(cdo) || generation_is_retained(generation)) ? generation : NULL;
}

void require_bind(struct pool *pool, struct require *require, uint64_t commit)
{
    const struct cdo *cdo = require->handle->cdo;
    require->generation = commit ? listed(cdo, commit) : offered(cdo);
    if (require->generation)
        require_event(pool, require, REQUIRE_OFFER);
}

bool require_is_missed(const struct cdo *cdo, uint64_t commit)
{
    return commit && !listed(cdo, commit);
}

/* Who wants no answer would go on believing that it is required. */
static void fail_unanswered(struct pool *pool, struct session *session, const struct record_require *asked)
{
    if (asked->op == 0)
        session_fail(pool, session);
}

/* False: it was answered. */
static bool require_is_possible(struct pool *pool, struct session *session, const struct record_require *asked, const struct handle *handle)
{
    bool retain = asked->flags & REQUIRE_RETAIN;
    const struct generation *now = offered(handle->cdo);
    if (handle->offer)
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "this handle itself offers " TEXT_FORMAT, TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (handle->require && (retain || handle->require->state == REQUIRE_RETAINING))
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "this handle requires " TEXT_FORMAT " already", TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (handle->require || (retain && !now && !asked->commit))
        answer_done(pool, session, asked->op);
    else if (retain ? asked->commit && !(now && now->commit == asked->commit) : require_is_missed(handle->cdo, asked->commit))
        answer_lost(pool, session, asked->op, handle->cdo, 0, text_of(NOT_OFFERED));
    else
        return true;
    return false;
}

/* NULL when memory is short. */
static struct require *require_begin(struct pool *pool, const struct record_require *asked, struct handle *handle)
{
    bool retain = asked->flags & REQUIRE_RETAIN;
    struct seal *group = retain ? seal_make(pool, asked->group, (struct bytes){ 0 }) : NULL;
    struct require *require = retain && !group ? NULL : require_make(pool, handle, asked->flags & REQUIRE_ON_LOSS_WAIT, retain || asked->commit);
    if (require)
        require->loss = group;
    else
        seal_release(pool, group);
    return require;
}

/* Where its holder waits for all who need it, it is brought now, as those that came before. */
static void require_enter(struct pool *pool, struct require *require, const struct record_require *asked)
{
    struct session *session = require->handle->session;
    if (asked->flags & REQUIRE_RETAIN) {
        require->generation = offered(require->handle->cdo);
        require_event(pool, require, REQUIRE_KEEP);
        answer_ack(pool, session, asked->op, MSTRO_OK, 0, require->generation->commit, (struct text){ 0 });
        return;
    }
    require_bind(pool, require, asked->commit);
    answer_done(pool, session, asked->op);
    if (require->generation && require->generation->state == GENERATION_WITHDRAWING)
        require_event(pool, require, REQUIRE_PULL);
}

void serve_require(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_require *asked = &record->require;
    struct handle *handle;
    bool made;
    mstro_status status = handle_get(pool, session, asked->handle, asked->name, asked->op, &handle, &made);
    if (status == MSTRO_NOMEM)
        fail_unanswered(pool, session, asked);
    if (status != MSTRO_OK)
        return;
    bool possible = require_is_possible(pool, session, asked, handle);
    struct require *require = possible ? require_begin(pool, asked, handle) : NULL;
    if (!require && made)
        handle_free(pool, handle);
    if (require) {
        if (made)
            handle_tell(pool, handle, asked->op);
        fact_append(pool, FACT_REQUIRE, &(struct fact_of){ .session = session, .cdo = handle->cdo, .op = asked->op, .size = -1 });
        require_enter(pool, require, asked);
    } else if (possible) {
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory for one more REQUIRE");
        fail_unanswered(pool, session, asked);
    }
}

void serve_retract(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_retract *asked = &record->retract;
    struct handle *handle = handle_find(pool, session, asked->handle);
    if (handle && handle->require) {
        require_event(pool, handle->require, REQUIRE_END);
        fact_append(pool, FACT_RETRACT, &(struct fact_of){ .session = session, .cdo = handle->cdo, .op = asked->op, .size = -1 });
    }
    answer_done(pool, session, asked->op);
}
