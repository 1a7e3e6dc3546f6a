/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/operation.h"
#include "lib/pool/session.h"

/* Everybody who waits for it is bound to it, and served if it can be now. */
static void bind_waiting(struct pool *pool, struct generation *generation)
{
    list_each(link, &generation->cdo->unbound) {
        struct require *require = list_entry(link, struct require, link);
        if (!require->pinned)
            require_bind(pool, require, 0);
    }
}

/* Those who have asked for nothing yet bring the bytes now. */
static void ask_requirers(struct pool *pool, struct generation *generation)
{
    list_each(link, &generation->bound) {
        struct require *require = list_entry(link, struct require, link);
        if (require->state == REQUIRE_BOUND)
            require_event(pool, require, REQUIRE_PULL);
    }
}

static void give_back(struct pool *pool, struct generation *generation)
{
    list_each(link, &generation->holders) {
        struct offer *offer = list_entry(link, struct offer, of_generation);
        struct session *holder = offer->handle->session;
        uint64_t op = offer->withdraw_op, announced = pool->announced;
        pool->announced = offer->announced ? offer->announced : announced;
        fact_append(pool, FACT_WITHDRAW,
                    &(struct fact_of){ .session = holder, .cdo = generation->cdo, .sealed = generation->sealed, .op = op,
                                       .size = generation->size, .generation = generation->number,
                                       .sudden = offer->by_leave || holder->state == SESSION_ABSENT });
        pool->announced = announced;
        answer_ack(pool, holder, op, MSTRO_OK, generation->cut ? ACK_CUT_READERS : 0, generation->number, (struct text){ 0 });
        offer_free(pool, offer);
    }
}

static void report_loss(struct pool *pool, struct generation *generation)
{
    list_each(link, &generation->holders) {
        struct offer *offer = list_entry(link, struct offer, of_generation);
        fact_append(pool, generation->group ? FACT_GROUP_LOST : FACT_LOST,
                    &(struct fact_of){ .session = offer->handle->session, .cdo = generation->cdo, .sealed = generation->sealed,
                                       .size = generation->size, .generation = generation->number });
    }
    list_each(link, &generation->bound) {
        struct require *require = list_entry(link, struct require, link);
        bool borne = !require->pinned && (require->on_loss_wait || generation->on_loss_wait);
        require_event(pool, require, borne ? REQUIRE_LOSS_BORNE : REQUIRE_LOSS);
    }
    list_each(link, &generation->holders)
        offer_free(pool, list_entry(link, struct offer, of_generation));
}

static void forget(struct pool *pool, struct generation *generation)
{
    struct generation **place = &generation->cdo->newest;
    while (*place != generation)
        place = &(*place)->older;
    *place = generation->older;
    if (generation->copy)
        pool->inline_bytes -= generation->copy->rest_length;
    seal_release(pool, generation->copy);
    seal_release(pool, generation->sealed);
    seal_release(pool, generation->component);
    memory_give(pool, generation, sizeof *generation);
    pool->generations--;
}

static void nothing(struct pool *pool, struct generation *generation)
{
    (void)pool;
    (void)generation;
}

static void drop(struct pool *pool, struct generation *generation)
{
    list_each(link, &generation->holders)
        offer_free(pool, list_entry(link, struct offer, of_generation));
    forget(pool, generation);
}

/* The life of a generation. */
static const struct { uint8_t next; void (*action)(struct pool *, struct generation *); } life[GENERATION_STATES][GENERATION_EVENTS] = {
    /* state                  event                   next                     action */
    [GENERATION_ABSENT]      [GENERATION_OFFER]    = { GENERATION_OFFERED,     bind_waiting  },
    [GENERATION_ABSENT]      [GENERATION_PREPARE]  = { GENERATION_PREPARED,    nothing       },
    [GENERATION_PREPARED]    [GENERATION_OFFER]    = { GENERATION_OFFERED,     bind_waiting  },
    [GENERATION_PREPARED]    [GENERATION_DROP]     = { GENERATION_ABSENT,      drop          },
    [GENERATION_OFFERED]     [GENERATION_WITHDRAW] = { GENERATION_WITHDRAWING, ask_requirers },
    [GENERATION_OFFERED]     [GENERATION_RETURN]   = { GENERATION_KEPT,        give_back     },
    [GENERATION_OFFERED]     [GENERATION_LOSS]     = { GENERATION_KEPT,        report_loss   },
    [GENERATION_WITHDRAWING] [GENERATION_CANCEL]   = { GENERATION_OFFERED,     bind_waiting  },
    [GENERATION_WITHDRAWING] [GENERATION_RETURN]   = { GENERATION_KEPT,        give_back     },
    [GENERATION_WITHDRAWING] [GENERATION_LOSS]     = { GENERATION_KEPT,        report_loss   },
    [GENERATION_KEPT]        [GENERATION_UNNEEDED] = { GENERATION_ABSENT,      forget        },
};

bool generation_event(struct pool *pool, struct generation *generation, enum generation_event event)
{
    if (!life[generation->state][event].action)
        return false;
    void (*action)(struct pool *, struct generation *) = life[generation->state][event].action;
    generation->state = life[generation->state][event].next;
    action(pool, generation);
    return true;
}

void generation_settle(struct pool *pool, struct generation *generation)
{
    if (generation_needed_by(generation))
        return;
    if (generation->state == GENERATION_WITHDRAWING)
        generation_event(pool, generation, GENERATION_RETURN);
    if (generation->state == GENERATION_KEPT)
        generation_event(pool, generation, GENERATION_UNNEEDED);
}
