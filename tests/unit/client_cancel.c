/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that end at the client before the pool's word comes: cancelled, or because the bytes did not fit. */
#include "tests/unit/conversation.h"

static void cancelled_operation_ends_at_once_and_what_undoes_it_is_sent(void **state)
{
    (void)state;
    uint64_t op = offer(1);
    cancel(op);
    SAID("SEND WITHDRAW; DONE 2 CANCELLED; SEND CANCEL; DONE 3 OK");
    assert_true(out.at[0].record.withdraw.force && !out.at[0].record.withdraw.op);
    assert_int_equal(out.at[2].record.cancel.target, op);
    cancel(op);
    SAID("DONE 4 NOENT");
    cancel(require(2));
    SAID("SEND RETRACT; DONE 5 CANCELLED; SEND CANCEL; DONE 6 OK");
    cancel(demand(3));
    SAID("DONE 7 CANCELLED; SEND CANCEL; DONE 8 OK");
    required(4);
    cancel(retract(4)); /* takes effect all the same */
    SAID("DONE 10 CANCELLED; DONE 11 OK");
    ack(offer(5), MSTRO_OK);
    cancel(withdraw(5));
    SAID("DONE 13 CANCELLED; SEND CANCEL; DONE 14 OK");
    assert_int_equal(client_count(client).operations, 0);
    ack(op, MSTRO_OK); /* the pool had offered it before it was taken back */
    cancel_answered(op);
    SAID("%s", "");
}

static void what_is_asked_of_a_handle_waits_until_its_cancel_is_answered(void **state)
{
    (void)state;
    uint64_t op = offer(1);
    cancel(op);
    offer(1);
    SAID("%s", "");
    dispose(1);
    SAID("DONE 5 BUSY");
    ack(op, MSTRO_OK);
    SAID("%s", "");
    cancel_answered(op);
    SAID("SEND OFFER");
    assert_true(text_equal(out.at[0].record.offer.name, text_of("x")));
    ack(4, MSTRO_OK);
    SAID("DONE 4 OK");

    uint64_t first = require(2);
    cancel(first);
    op = demand(2);
    ticket(2, 0, 9, TICKET_DIRECT); /* of the REQUIRE that was taken back */
    ack(first, MSTRO_OK);
    SAID("%s", "");
    cancel_answered(first);
    SAID("SEND DEMAND");
    ack(op, MSTRO_QUOTA);

    first = demand(3);
    cancel(first);
    op = demand(3);
    cancel(op); /* it was never sent */
    SAID("DONE %d CANCELLED; DONE %d OK", (int)op, (int)op + 1);
    cancel_answered(first);
    SAID("%s", "");
}

static void what_waited_for_its_turn_ends_with_the_session(void **state)
{
    (void)state;
    cancel(demand(1));
    demand(1);
    cancel(demand(2));
    ticket(2, 5, 9, TICKET_DIRECT);
    demand(2); /* while the bytes come ahead */
    struct client_input in = { .kind = CLIENT_LINK_LOST, .status = MSTRO_POOL_LOST, .reason = text_of("gone") };
    step(&in);
    assert_non_null(strstr(said, "DONE 4 POOL_LOST"));
    assert_non_null(strstr(said, "DONE 7 POOL_LOST"));
    moved(2, MSTRO_CANCELLED, false);
    SAID("ENDED POOL_LOST");
    assert_int_equal(client_count(client).operations, 0);
}

static void withdraw_that_the_pool_had_granted_is_found_done_by_the_next(void **state)
{
    (void)state;
    ack(offer(1), MSTRO_OK);
    uint64_t op = withdraw(1);
    cancel(op);
    withdraw(1);
    hear((struct record){ .kind = KIND_ACK, .ack = { .op = op, .flags = ACK_CUT_READERS } });
    SAID("%s", "");
    cancel_answered(op);
    SAID("DONE 5 OK");
    assert_int_equal(out.at[0].flags, ACK_CUT_READERS);
    ack(offer(1), MSTRO_OK);
    op = withdraw(1);
    cancel(op);
    ack(op, MSTRO_CANCELLED);
    cancel_answered(op);
    withdraw(1); /* it had stood */
    SAID("SEND WITHDRAW");
}

static void retract_that_was_given_up_is_found_done_by_the_next(void **state)
{
    (void)state;
    required(1);
    uint64_t op = retract(1);
    cancel(op);
    retract(1);
    SAID("%s", "");
    ack(op, MSTRO_OK);
    SAID("DONE 5 OK");
    required(2);
    ticket(2, 0, 9, TICKET_DIRECT);
    op = retract(2); /* waits for the mover */
    cancel(op);
    moved(2, MSTRO_CANCELLED, false);
    SAID("SEND RETRACT; DONE %d CANCELLED", (int)op);
    ack(op, MSTRO_OK);
    demand(2); /* a new need */
    SAID("SEND DEMAND");
}

static void ticket_of_a_cancelled_demand_brings_its_bytes_for_the_next(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    cancel(op);
    ticket(1, op, 9, TICKET_DIRECT);
    SAID("MOVE for 0");
    demand(1);
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED");
    cancel_answered(op);
    SAID("DONE 4 OK");
    op = demand(1);
    cancel(op);
    ticket(1, op, 10, TICKET_DIRECT);
    retract(1);
    SAID("%s", "");
    cancel_answered(op);
    SAID("ABORT 1");
}

static void loss_told_to_a_demand_that_had_ended_here_is_told_to_the_next(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    moved(1, MSTRO_NOMEM, false);
    voided(1, 9);
    SAID("%s", "");
    ack(op, MSTRO_PEER_LOST);
    cancel_answered(op);
    SAID("%s", "");
    ticket(1, 0, 10, TICKET_DIRECT); /* offered again, and wanted back */
    demand(1);
    SAID("DONE 3 PEER_LOST");
    demand(1); /* once */
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED; DONE 4 OK");

    op = demand(1);
    cancel(op);
    demand(1);
    ack(op, MSTRO_PEER_LOST);
    cancel_answered(op);
    SAID("DONE 7 PEER_LOST");
    demand(1);
    SAID("SEND DEMAND");
}

static void loss_that_is_known_ends_a_demand_whose_bytes_do_not_fit(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    ack(op, MSTRO_PEER_LOST);
    moved(1, MSTRO_NOMEM, false);
    SAID("SEND COMPLETED; DONE 2 PEER_LOST");
    retract(1);
    ack(3, MSTRO_OK);
    demand(1); /* was told */
    SAID("SEND DEMAND");
}

static void loss_is_forgotten_with_the_need(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    cancel(op);
    ack(op, MSTRO_PEER_LOST);
    cancel_answered(op);
    ack(retract(1), MSTRO_OK);
    demand(1);
    SAID("SEND DEMAND");
}

static void handle_whose_operation_was_given_up_can_be_disposed_at_once(void **state)
{
    (void)state;
    cancel(offer(1));
    dispose(1);
    SAID("SEND DISPOSE; DONE 4 OK");
    cancel(require(2));
    dispose(2);
    SAID("SEND DISPOSE; DONE 7 OK");
    cancel(demand(3));
    dispose(3);
    SAID("SEND DISPOSE; DONE 10 OK");
    assert_int_equal(client_count(client).handles, 0);
    ticket(3, 8, 9, TICKET_DIRECT);
    ack(2, MSTRO_OK);
    cancel_answered(2);
    cancel_answered(8);
    SAID("%s", "");
}

static void subscription_that_was_given_up_is_ended(void **state)
{
    (void)state;
    cancel(start((struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = 5, .kinds = 1 } }));
    SAID("SEND UNSUBSCRIBE; DONE 2 CANCELLED; DONE 3 OK");
    ack(2, MSTRO_OK);
    hear((struct record){ .kind = KIND_EVENTS, .events = { .subscription = 5 } });
    SAID("%s", "");
    ack(start((struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = 6, .kinds = 1 } }), MSTRO_OK);
    cancel(start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 6 } }));
    SAID("DONE 5 CANCELLED; DONE 6 OK");
    cancel(start((struct record){ .kind = KIND_LEAVE }));
    SAID("DONE 8 CANCELLED"); /* who leaves starts nothing more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(cancelled_operation_ends_at_once_and_what_undoes_it_is_sent),
        CASE(what_is_asked_of_a_handle_waits_until_its_cancel_is_answered),
        CASE(what_waited_for_its_turn_ends_with_the_session),
        CASE(withdraw_that_the_pool_had_granted_is_found_done_by_the_next),
        CASE(retract_that_was_given_up_is_found_done_by_the_next),
        CASE(ticket_of_a_cancelled_demand_brings_its_bytes_for_the_next),
        CASE(loss_told_to_a_demand_that_had_ended_here_is_told_to_the_next),
        CASE(loss_that_is_known_ends_a_demand_whose_bytes_do_not_fit),
        CASE(loss_is_forgotten_with_the_need),
        CASE(handle_whose_operation_was_given_up_can_be_disposed_at_once),
        CASE(subscription_that_was_given_up_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
