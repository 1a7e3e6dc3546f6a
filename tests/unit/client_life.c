/* SPDX-License-Identifier: BSD-3-Clause */
/* client_life.c - rows of a handle's life (lib/client/life.c) for which no other conversation asks */
#include "tests/unit/conversation.h"

static void refused_withdraw_leaves_the_offer_as_it_was(void **state)
{
    (void)state;
    ack(offer(1), MSTRO_OK);
    uint64_t op = withdraw(1);
    ack(op, MSTRO_NOMEM);
    SAID("DONE %d NOMEM", (int)op);
    withdraw(1);
    SAID("SEND WITHDRAW");
}

static void what_was_demanded_can_be_required_again(void **state)
{
    (void)state;
    ticket(1, demand(1), 9, TICKET_DIRECT);
    moved(1, MSTRO_OK, false);
    require(1);
    SAID("SEND REQUIRE");
}

static void refused_demand_ends_when_its_mover_has_let_go(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    voided(1, 9);
    ack(op, MSTRO_QUOTA);
    SAID("%s", ""); /* the buffer is still written to */
    moved(1, MSTRO_CANCELLED, false);
    SAID("DONE %d QUOTA", (int)op);
}

/* A DEMAND whose second source could not be read either: it pauses before it asks for a third. */
static uint64_t pausing(uint64_t handle)
{
    uint64_t op = demand(handle);
    ticket(handle, op, 9, TICKET_DIRECT);
    moved(handle, MSTRO_PEER_LOST, true);
    ticket(handle, op, 10, TICKET_DIRECT);
    moved(handle, MSTRO_PEER_LOST, true);
    SAID("%s", "");
    return op;
}

static void demand_that_pauses_asks_no_more_when_the_pool_has_noticed(void **state)
{
    (void)state;
    uint64_t op = pausing(1);
    voided(1, 10);
    tick(10 * MS);
    SAID("%s", "");
    ticket(1, op, 11, TICKET_DIRECT);
    SAID("MOVE for %d", (int)op);
}

static void demand_that_pauses_is_cancelled_at_once(void **state)
{
    (void)state;
    uint64_t op = pausing(1);
    cancel(op);
    SAID("SEND COMPLETED; DONE %d CANCELLED; SEND CANCEL; DONE %d OK", (int)op, (int)op + 1);
    assert_int_equal(out.at[0].record.completed.ticket, 10);
    tick(10 * MS);
    SAID("%s", "");
}

static void ticket_that_comes_while_voided_bytes_are_brought_ahead_is_used_after_it(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    voided(1, 9);
    SAID("ABORT 1");
    ticket(1, 0, 10, TICKET_DIRECT);
    SAID("%s", "");
    moved(1, MSTRO_CANCELLED, false);
    SAID("MOVE for 0");
}

static void need_that_was_served_ahead_is_retracted_here(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    moved(1, MSTRO_OK, false);
    uint64_t op = retract(1);
    SAID("DONE %d OK", (int)op);
    require(1);
    SAID("SEND REQUIRE");
}

static void retract_that_waits_for_the_mover_hears_of_tickets_and_their_end(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    uint64_t op = retract(1);
    SAID("ABORT 1");
    ticket(1, 0, 10, TICKET_DIRECT); /* RETRACT closes it: nothing to do, and nothing to wonder at */
    SAID("%s", "");
    voided(1, 9);
    SAID("ABORT 1");
    moved(1, MSTRO_CANCELLED, false);
    SAID("SEND RETRACT");
    ack(op, MSTRO_OK);
    SAID("DONE %d OK", (int)op);
}

static void retract_ends_the_need_whatever_the_pool_answers(void **state)
{
    (void)state;
    static const mstro_status answers[] = { MSTRO_PEER_LOST, MSTRO_NOENT };
    for (uint64_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        required(1 + i);
        uint64_t op = retract(1 + i);
        ack(op, answers[i]);
        assert_int_equal(client_count(client).operations, 0);
        assert_int_equal(out.at[0].status, answers[i]);
        require(1 + i);
        SAID("SEND REQUIRE");
        ack(last_op, MSTRO_OK);
    }
}

/* A handle whose WITHDRAW was given up here, and granted by the pool. */
static void let_go(uint64_t handle)
{
    ack(offer(handle), MSTRO_OK);
    uint64_t op = withdraw(handle);
    cancel(op);
    ack(op, MSTRO_OK);
    cancel_answered(op);
    SAID("%s", "");
}

static void what_the_pool_has_let_go_begins_anew(void **state)
{
    (void)state;
    let_go(1);
    offer(1);
    SAID("SEND OFFER");
    let_go(2);
    require(2);
    SAID("SEND REQUIRE");
    let_go(3);
    demand(3);
    SAID("SEND DEMAND");
    let_go(4);
    int op = (int)dispose(4);
    SAID("SEND DISPOSE; DONE %d OK", op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(refused_withdraw_leaves_the_offer_as_it_was),
        CASE(what_was_demanded_can_be_required_again),
        CASE(refused_demand_ends_when_its_mover_has_let_go),
        CASE(demand_that_pauses_asks_no_more_when_the_pool_has_noticed),
        CASE(demand_that_pauses_is_cancelled_at_once),
        CASE(ticket_that_comes_while_voided_bytes_are_brought_ahead_is_used_after_it),
        CASE(need_that_was_served_ahead_is_retracted_here),
        CASE(retract_that_waits_for_the_mover_hears_of_tickets_and_their_end),
        CASE(retract_ends_the_need_whatever_the_pool_answers),
        CASE(what_the_pool_has_let_go_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
