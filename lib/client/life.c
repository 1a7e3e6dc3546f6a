/* SPDX-License-Identifier: BSD-3-Clause */
/* life.c - the life of a handle as one table; what is not listed is not permitted */
#include "lib/client/state.h"

static const struct { enum life next; void (*action)(struct turn *t); } life[LIFE_COUNT][ON_COUNT] = {
    /* who lends */
    [LIFE_IDLE][ON_OFFER] = { LIFE_OFFERING, offer_send },
    [LIFE_OFFERING][ON_ACK] = { LIFE_OFFERED, finish_from_ack },
    [LIFE_OFFERING][ON_ACK_ENDED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_OFFERING][ON_ACK_REFUSED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_OFFERING][ON_CANCEL] = { LIFE_OFFERING, offer_give_up },
    [LIFE_OFFERED][ON_WITHDRAW] = { LIFE_WITHDRAWING, withdraw_send },
    [LIFE_WITHDRAWING][ON_ACK] = { LIFE_IDLE, finish_from_ack },
    [LIFE_WITHDRAWING][ON_ACK_ENDED] = { LIFE_OFFERED, finish_from_ack },
    [LIFE_WITHDRAWING][ON_ACK_REFUSED] = { LIFE_OFFERED, finish_from_ack },
    [LIFE_WITHDRAWING][ON_CANCEL] = { LIFE_WITHDRAWING, withdraw_give_up },

    /* who needs */
    [LIFE_IDLE][ON_REQUIRE] = { LIFE_REQUIRING, require_send },
    [LIFE_SERVED][ON_REQUIRE] = { LIFE_REQUIRING, require_send },
    [LIFE_REQUIRING][ON_TICKET] = { LIFE_REQUIRING, ticket_later }, /* a subscriber holds the ACK */
    [LIFE_REQUIRING][ON_ACK] = { LIFE_REQUIRED, require_known },
    [LIFE_REQUIRING][ON_ACK_ENDED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_REQUIRING][ON_ACK_REFUSED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_REQUIRING][ON_CANCEL] = { LIFE_RETRACTING, require_give_up },
    [LIFE_IDLE][ON_DEMAND] = { LIFE_DEMANDING, demand_send },
    [LIFE_SERVED][ON_DEMAND] = { LIFE_DEMANDING, demand_send },
    [LIFE_REQUIRED][ON_DEMAND] = { LIFE_DEMANDING, demand_send },
    [LIFE_DEMANDING][ON_TICKET] = { LIFE_FETCHING, ticket_move },
    [LIFE_DEMANDING][ON_ACK_ENDED] = { LIFE_REQUIRED, finish_from_ack },
    [LIFE_DEMANDING][ON_ACK_REFUSED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_DEMANDING][ON_CANCEL] = { LIFE_REQUIRED, demand_give_up },
    [LIFE_FETCHING][ON_TICKET] = { LIFE_FETCHING, ticket_later },
    [LIFE_FETCHING][ON_MOVED] = { LIFE_SERVED, move_done },
    [LIFE_FETCHING][ON_AGAIN] = { LIFE_DEMANDING, demand_again },
    [LIFE_FETCHING][ON_FAILED] = { LIFE_REQUIRED, move_failed },
    [LIFE_FETCHING][ON_VOID] = { LIFE_FETCHING, ticket_void },
    [LIFE_FETCHING][ON_ACK_ENDED] = { LIFE_FETCHING, demand_verdict },
    [LIFE_FETCHING][ON_ACK_REFUSED] = { LIFE_FETCHING, demand_verdict },
    [LIFE_FETCHING][ON_CANCEL] = { LIFE_FETCHING, move_abort },
    [LIFE_PAUSING][ON_TIME] = { LIFE_DEMANDING, pause_over },
    [LIFE_PAUSING][ON_VOID] = { LIFE_DEMANDING, pause_void },
    [LIFE_PAUSING][ON_CANCEL] = { LIFE_REQUIRED, pause_cancel },

    /* brought before it is demanded, because the holder wants it back */
    [LIFE_REQUIRED][ON_TICKET] = { LIFE_PREFETCHING, ticket_move },
    [LIFE_PREFETCHING][ON_TICKET] = { LIFE_PREFETCHING, ticket_later },
    [LIFE_PREFETCHING][ON_DEMAND] = { LIFE_FETCHING, demand_adopt },
    [LIFE_PREFETCHING][ON_VOID] = { LIFE_PREFETCHING, ticket_void },
    [LIFE_PREFETCHING][ON_MOVED] = { LIFE_SERVED_AHEAD, move_done },
    [LIFE_PREFETCHING][ON_AGAIN] = { LIFE_REQUIRED, move_failed },
    [LIFE_PREFETCHING][ON_FAILED] = { LIFE_REQUIRED, move_failed },
    [LIFE_SERVED_AHEAD][ON_DEMAND] = { LIFE_SERVED, finish_at_once },

    /* who no longer needs */
    [LIFE_REQUIRED][ON_RETRACT] = { LIFE_RETRACTING, retract_send },
    [LIFE_SERVED_AHEAD][ON_RETRACT] = { LIFE_IDLE, finish_at_once },
    [LIFE_PREFETCHING][ON_RETRACT] = { LIFE_RETREATING, move_abort },
    [LIFE_RETREATING][ON_TICKET] = { LIFE_RETREATING, NULL }, /* RETRACT closes it */
    [LIFE_RETREATING][ON_VOID] = { LIFE_RETREATING, ticket_void },
    [LIFE_RETREATING][ON_MOVED] = { LIFE_RETRACTING, retract_after_move },
    [LIFE_RETREATING][ON_AGAIN] = { LIFE_RETRACTING, retract_after_move },
    [LIFE_RETREATING][ON_FAILED] = { LIFE_RETRACTING, retract_after_move },
    [LIFE_RETREATING][ON_CANCEL] = { LIFE_RETREATING, retreat_give_up },
    [LIFE_RETRACTING][ON_TICKET] = { LIFE_RETRACTING, NULL }, /* was under way when RETRACT was sent */
    [LIFE_RETRACTING][ON_ACK] = { LIFE_IDLE, finish_from_ack },
    [LIFE_RETRACTING][ON_ACK_ENDED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_RETRACTING][ON_ACK_REFUSED] = { LIFE_IDLE, finish_from_ack },
    [LIFE_RETRACTING][ON_CANCEL] = { LIFE_RETRACTING, retract_give_up },

    /* what the pool has done for somebody who did not wait for it */
    [LIFE_LET_GO][ON_WITHDRAW] = { LIFE_IDLE, finish_let_go },
    [LIFE_LET_GO][ON_RETRACT] = { LIFE_IDLE, finish_at_once },
    [LIFE_LET_GO][ON_OFFER] = { LIFE_OFFERING, offer_send },
    [LIFE_LET_GO][ON_REQUIRE] = { LIFE_REQUIRING, require_send },
    [LIFE_LET_GO][ON_DEMAND] = { LIFE_DEMANDING, demand_send },
    [LIFE_LET_GO][ON_DISPOSE] = { LIFE_NONE, dispose_send },

    /* the end; an offer must be withdrawn before */
    [LIFE_IDLE][ON_DISPOSE] = { LIFE_NONE, dispose_send },
    [LIFE_REQUIRED][ON_DISPOSE] = { LIFE_NONE, dispose_send },
    [LIFE_SERVED_AHEAD][ON_DISPOSE] = { LIFE_NONE, dispose_send },
    [LIFE_SERVED][ON_DISPOSE] = { LIFE_NONE, dispose_send },
    [LIFE_OFFERING][ON_DISPOSE] = { LIFE_NONE, dispose_send }, /* forsaken: taken back already */
    [LIFE_RETRACTING][ON_DISPOSE] = { LIFE_NONE, dispose_send }, /* forsaken */
    [LIFE_PREFETCHING][ON_DISPOSE] = { LIFE_RETREATING, move_abort },
};

bool life_step(struct turn *t, enum life_event event)
{
    struct handle *h = t->handle;
    enum life from = h->life, next = life[from][event].next;
    void (*action)(struct turn *) = life[from][event].action;
    if (next == LIFE_NONE && action != dispose_send)
        return false;
    h->life = next;
    if (action)
        action(t);
    return true;
}

const char *life_name(enum life which)
{
    static const char *const names[LIFE_COUNT] = {
        [LIFE_NONE] = "unknown",
        [LIFE_IDLE] = "neither offered nor required",
        [LIFE_OFFERING] = "being offered",
        [LIFE_OFFERED] = "offered",
        [LIFE_WITHDRAWING] = "being withdrawn",
        [LIFE_REQUIRING] = "being required",
        [LIFE_REQUIRED] = "required",
        [LIFE_DEMANDING] = "being demanded",
        [LIFE_FETCHING] = "being demanded",
        [LIFE_PAUSING] = "being demanded",
        [LIFE_PREFETCHING] = "required",
        [LIFE_SERVED_AHEAD] = "required",
        [LIFE_SERVED] = "demanded",
        [LIFE_RETREATING] = "being retracted",
        [LIFE_RETRACTING] = "being retracted",
        [LIFE_LET_GO] = "neither offered nor required",
    };
    return names[which];
}
