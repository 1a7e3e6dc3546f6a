/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/operation.h"

static void *arena_keep(struct pool *pool, const void *at, size_t size)
{
    return (void *)arena_copy(&pool->out->arena, bytes_of(at, size)).at;
}

static const struct offer *first_holding(const struct generation *generation)
{
    return list_entry(generation->holders.next, struct offer, of_generation);
}

static struct session *holder_of(const struct generation *generation) { return first_holding(generation)->handle->session; }

/* Where the holder has the bytes. */
static void fill_direct(struct pool *pool, struct record_ticket *ticket, const struct offer *offer)
{
    const struct session *holder = offer->handle->session;
    const struct lending *lending = offer->lending;
    ticket->how = TICKET_DIRECT;
    ticket->holder = holder->app;
    ticket->holder_pid = holder->pid;
    ticket->holder_node = holder->node;
    ticket->holder_session = holder->number == pool->settings.home ? 0 : holder->number;
    ticket->serving = seal_rest(holder->serving);
    if (!lending)
        return;
    ticket->word = lending->word;
    if ((ticket->data_place.at = arena_keep(pool, &lending->data, sizeof lending->data)))
        ticket->data_place.count = 1;
    if (offer->has_word && (ticket->word_place.at = arena_keep(pool, &lending->word_place, sizeof lending->word_place)))
        ticket->word_place.count = 1;
}

void ticket_send(struct pool *pool, struct require *require, uint64_t op)
{
    struct handle *handle = require->handle;
    const struct generation *generation = require->generation;
    struct record_ticket ticket = { .op = op, .handle = handle->number, .ticket = ++pool->last_ticket,
                                    .generation = generation->number, .size = generation->size,
                                    .component = seal_name(generation->component), .attributes = seal_rest(generation->sealed),
                                    .commit = generation->grouped ? generation->commit : 0 };
    if (!generation->whole && !generation->group)
        fill_direct(pool, &ticket, first_holding(generation));
    else if (generation->copy) {
        ticket.how = generation->group ? TICKET_GROUP : TICKET_INLINE;
        ticket.inline_data = seal_rest(generation->copy);
    } else
        ticket.how = TICKET_EMPTY;
    if (ticket.how == TICKET_DIRECT)
        fact_append(pool, FACT_TRANSPORT,
                    &(struct fact_of){ .session = holder_of(generation), .cdo = handle->cdo, .sealed = generation->sealed,
                                       .size = generation->size, .generation = generation->number });
    fact_append(pool, FACT_TICKET,
                &(struct fact_of){ .session = handle->session, .cdo = handle->cdo, .sealed = generation->sealed, .op = op,
                                   .size = generation->size, .generation = generation->number });
    struct record *record = answer_add(pool, handle->session, KIND_TICKET);
    if (record)
        record->ticket = ticket;
    if (generation->whole)
        require_event(pool, require, REQUIRE_COMPLETED); /* served with what the ticket carries */
    else {
        require->ticket = ticket.ticket;
        pool->tickets++;
    }
}

/* The REQUIRE that this DEMAND is for, made when there is none.  NULL: memory is short. */
static struct require *demanded(struct pool *pool, const struct record_demand *asked, struct handle *handle, bool made)
{
    if (handle->require)
        return handle->require;
    struct require *require = require_make(pool, handle, asked->flags & REQUIRE_ON_LOSS_WAIT, asked->commit != 0);
    if (!require)
        return NULL;
    if (made)
        handle_tell(pool, handle, asked->op);
    fact_append(pool, FACT_REQUIRE, &(struct fact_of){ .session = handle->session, .cdo = handle->cdo, .op = asked->op, .size = -1 });
    return require;
}

static mstro_status demand_begin(struct pool *pool, struct session *session, const struct record_demand *asked, struct handle *handle,
                                 bool made)
{
    if (asked->op == 0) {
        answer_refused(pool, session, asked->op, MSTRO_INVMSG, "a DEMAND wants an answer");
        return MSTRO_INVMSG;
    }
    struct operation *operation = operation_make(pool, session, handle, asked->op, OPERATION_DEMAND);
    struct require *require = operation ? demanded(pool, asked, handle, made) : NULL;
    if (!require) {
        operation_free(pool, operation);
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory for one more DEMAND");
        return MSTRO_NOMEM;
    }
    require->demand = operation;
    fact_append(pool, FACT_DEMAND, &(struct fact_of){ .session = session, .cdo = handle->cdo, .op = asked->op, .size = -1 });
    if (require->state == REQUIRE_OPEN)
        require_bind(pool, require, require->pinned ? asked->commit : 0);
    require_event(pool, require, REQUIRE_DEMAND);
    return MSTRO_OK;
}

static bool is_known(const struct require *require, uint64_t op)
{
    return require->told == op || (require->demand && require->demand->op == op);
}

bool demand_is_again(const struct pool *pool, const struct session *session, const struct record_demand *asked)
{
    const struct handle *handle = asked->failed_ticket ? handle_find(pool, session, asked->handle) : NULL;
    return asked->failed_ticket && (!handle || !handle->require || is_known(handle->require, asked->op));
}

/* True: done with.  A ticket that is not open any more was voided: either the DEMAND is known, and what follows is under way to the
 * client, or it is one that the client had not sent because the ticket would have served it, and begins now. */
static bool demand_again(struct pool *pool, struct session *session, const struct record_demand *asked)
{
    struct handle *handle = handle_find(pool, session, asked->handle);
    struct require *require = handle ? handle->require : NULL;
    if (!require)
        return true;
    bool known = is_known(require, asked->op);
    if (require->ticket != asked->failed_ticket)
        return known;
    if (require->demand && !known) {
        answer_refused(pool, session, asked->op, MSTRO_BUSY, "another DEMAND of " TEXT_FORMAT " reads with this ticket",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
        return true;
    }
    require_event(pool, require, known ? REQUIRE_RETRY : REQUIRE_FAILED);
    return known;
}

static bool demand_is_possible(struct pool *pool, struct session *session, const struct record_demand *asked, struct handle *handle)
{
    struct require *require = handle->require;
    if (handle->offer)
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "this handle itself offers " TEXT_FORMAT,
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (require && require->state == REQUIRE_RETAINING)
        answer_refused(pool, session, asked->op, MSTRO_INVARG, "this handle retains " TEXT_FORMAT " for a group", TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (require && require->demand)
        answer_refused(pool, session, asked->op, MSTRO_BUSY, "another DEMAND of " TEXT_FORMAT " by this handle waits",
                       TEXT_ARGUMENTS(short_name(handle->cdo)));
    else if (require && require->loss) {
        answer_lost(pool, session, asked->op, handle->cdo, require->lost, seal_name(require->loss));
        seal_release(pool, require->loss);
        require->loss = NULL;
    } else if (require ? require_is_over(require) : require_is_missed(handle->cdo, asked->commit))
        answer_lost(pool, session, asked->op, handle->cdo, 0, text_of(NOT_OFFERED));
    else
        return true;
    return false;
}

void serve_demand(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_demand *asked = &record->demand;
    struct handle *handle;
    bool made;
    if (asked->failed_ticket && demand_again(pool, session, asked))
        return;
    if (handle_get(pool, session, asked->handle, asked->name, asked->op, &handle, &made) != MSTRO_OK)
        return;
    bool begun = demand_is_possible(pool, session, asked, handle) && demand_begin(pool, session, asked, handle, made) == MSTRO_OK;
    if (!begun && made)
        handle_free(pool, handle);
}

void serve_completed(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_completed *said = &record->completed;
    struct handle *handle = handle_find(pool, session, said->handle);
    struct require *require = handle ? handle->require : NULL;
    if (!require || said->ticket == 0)
        return; /* of a REQUIRE that was taken back meanwhile */
    if (require->ticket == said->ticket)
        require_event(pool, require, said->status == MSTRO_OK ? REQUIRE_COMPLETED : REQUIRE_FAILED);
    else if (require->voided == said->ticket && said->status == MSTRO_OK)
        require_event(pool, require, REQUIRE_COMPLETED); /* the bytes were here before the loss was known there */
}
