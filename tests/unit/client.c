/* SPDX-License-Identifier: BSD-3-Clause */
/* client.c - conversations with the client's step function, in virtual time */
#include <stdlib.h>

#include "lib/base/random.h"
#include "lib/client/client.h"
#include "lib/schema/outline.h"
#include "tests/unit/conversation.h"

static void nothing_is_started_before_the_welcome(void **state)
{
    (void)state;
    struct client *joined = client;
    assert_int_equal(client_create(&client), MSTRO_OK);
    offer(1);
    SAID("DONE 2 UNINIT");
    start((struct record){ .kind = KIND_JOIN });
    SAID("SEND JOIN");
    hear((struct record){ .kind = KIND_REFUSED, .refused = { .op = 3, .status = MSTRO_CONFLICT } });
    SAID("DONE 3 CONFLICT; ENDED CONFLICT");
    offer(1);
    SAID("DONE 4 CONFLICT");
    client_destroy(client);
    client = joined;
}

static void offer_is_done_when_the_pool_says_so(void **state)
{
    (void)state;
    uint64_t op = offer(1);
    SAID("SEND OFFER");
    dispose(1);
    SAID("DONE 3 BUSY");
    ack(op, MSTRO_OK);
    SAID("DONE 2 OK");
    ack(op, MSTRO_OK); /* repeated */
    SAID("%s", "");
    demand(1);
    SAID("DONE 4 INVARG");
    dispose(1);
    SAID("DONE 5 INVARG");
    op = withdraw(1);
    SAID("SEND WITHDRAW");
    ack(op, MSTRO_CANCELLED);
    SAID("DONE 6 CANCELLED");
    op = withdraw(1); /* it still stands */
    ack(op, MSTRO_OK);
    dispose(1);
    SAID("SEND DISPOSE; DONE 8 OK");
    assert_int_equal(client_count(client).handles, 0);
}

static void refused_offer_can_be_repeated(void **state)
{
    (void)state;
    ack(offer(1), MSTRO_CONFLICT);
    SAID("DONE 2 CONFLICT");
    offer(1);
    SAID("SEND OFFER");
}

static void disposing_what_the_pool_never_heard_of_is_done_at_once(void **state)
{
    (void)state;
    dispose(1);
    SAID("DONE 2 OK");
    withdraw(1);
    SAID("DONE 3 INVARG");
}

static void require_is_done_when_the_pool_knows(void **state)
{
    (void)state;
    require(1);
    SAID("SEND REQUIRE");
    ack(2, MSTRO_OK);
    SAID("DONE 2 OK");
    retract(1);
    SAID("SEND RETRACT");
}

static void refused_require_can_be_repeated(void **state)
{
    (void)state;
    require(1);
    ack(2, MSTRO_QUOTA);
    SAID("DONE 2 QUOTA");
    require(1);
    SAID("SEND REQUIRE");
}

static void ticket_that_overtakes_the_answer_of_a_require_is_kept(void **state)
{
    (void)state;
    require(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    SAID("%s", "");
    ack(2, MSTRO_OK);
    SAID("DONE 2 OK; MOVE for 0");
}

static void demand_is_done_when_the_bytes_are_here(void **state)
{
    (void)state;
    required(1);
    uint64_t op = demand(1);
    SAID("SEND DEMAND");
    ticket(1, op, 9, TICKET_DIRECT);
    SAID("MOVE for 3");
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED; DONE 3 OK");
    demand(1); /* a new need */
    SAID("SEND DEMAND");
}

static void pool_is_not_told_of_bytes_that_came_in_the_ticket(void **state)
{
    (void)state;
    ticket(1, demand(1), 9, TICKET_INLINE);
    moved(1, MSTRO_OK, false);
    SAID("DONE 2 OK");
}

static void need_is_announced_again_when_a_ticket_that_counted_as_served_could_not_be_kept(void **state)
{
    (void)state;
    ticket(1, demand(1), 9, TICKET_INLINE);
    moved(1, MSTRO_NOMEM, false);
    SAID("SEND REQUIRE; DONE 2 NOMEM");
    retract(1);
    SAID("SEND RETRACT");
}

static void buffer_too_small_ends_the_demand_and_keeps_the_need(void **state)
{
    (void)state;
    ticket(1, demand(1), 9, TICKET_DIRECT);
    moved(1, MSTRO_NOMEM, false);
    SAID("SEND COMPLETED; DONE 2 NOMEM; SEND CANCEL"); /* the pool may have told it something else meanwhile */
    demand(1);
    SAID("%s", "");
    cancel_answered(2);
    SAID("SEND DEMAND");
}

static void source_that_cannot_be_read_is_asked_for_again_then_after_pauses(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    moved(1, MSTRO_PEER_LOST, true);
    SAID("SEND DEMAND");
    assert_int_equal(out.at[0].record.demand.failed_ticket, 9);
    ticket(1, op, 10, TICKET_DIRECT);
    moved(1, MSTRO_PEER_LOST, true);
    SAID("%s", ""); /* pauses */
    assert_int_equal(client_next_deadline(client), now + MS);
    tick(MS);
    SAID("SEND DEMAND");
    for (int i = 0; i < 100; i++) { /* never for ever */
        ticket(1, op, 11 + (uint64_t)i, TICKET_DIRECT);
        moved(1, MSTRO_PEER_LOST, true);
        if (client_count(client).operations == 0)
            break;
        tick(200 * MS);
    }
    SAID("SEND COMPLETED; DONE 2 PEER_LOST; SEND CANCEL");
}

static void demand_fails_once_when_the_producer_is_lost_and_the_need_stays(void **state)
{
    (void)state;
    ack(demand(1), MSTRO_PEER_LOST);
    SAID("DONE 2 PEER_LOST");
    demand(1);
    SAID("SEND DEMAND");
    ack(3, MSTRO_QUOTA); /* not accepted: nothing to retract */
    retract(1);
    SAID("DONE 4 INVARG");
}

static void mover_has_the_last_word_on_a_ticket_that_was_voided(void **state)
{
    (void)state;
    for (int ends_well = 0; ends_well < 2; ends_well++) {
        uint64_t op = demand(1);
        ticket(1, op, 9, TICKET_DIRECT);
        voided(1, 9);
        SAID("ABORT 1");
        ack(op, MSTRO_PEER_LOST);
        SAID("%s", ""); /* the buffer is still written to */
        moved(1, ends_well ? MSTRO_OK : MSTRO_CANCELLED, false);
        if (ends_well)
            SAID("SEND COMPLETED; DONE %d OK", (int)op);
        else
            SAID("DONE %d PEER_LOST", (int)op);
    }
}

static void voided_ticket_without_a_verdict_waits_for_another(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    voided(1, 9);
    moved(1, MSTRO_CANCELLED, false);
    SAID("%s", "");
    ticket(1, op, 10, TICKET_DIRECT);
    SAID("MOVE for 2");
}

static void ticket_that_comes_before_the_mover_has_let_go_is_used_after_it(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    voided(1, 9);
    ticket(1, op, 10, TICKET_DIRECT); /* on-loss = wait: the object was offered again meanwhile */
    SAID("%s", "");
    moved(1, MSTRO_CANCELLED, false);
    SAID("MOVE for 2");
    voided(1, 10);
    ack(op, MSTRO_PEER_LOST);
    ticket(1, 0, 11, TICKET_DIRECT); /* bring them now: the DEMAND has ended, the need has not */
    moved(1, MSTRO_CANCELLED, false);
    SAID("DONE 2 PEER_LOST; MOVE for 0");
    voided(1, 11);
    ticket(1, 0, 12, TICKET_DIRECT);
    voided(1, 12);
    moved(1, MSTRO_CANCELLED, false);
    SAID("%s", "");
}

static void bytes_brought_ahead_make_the_demand_local(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    SAID("MOVE for 0");
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED");
    demand(1);
    SAID("DONE 3 OK");
}

static void demand_joins_a_move_that_is_under_way(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    demand(1);
    SAID("%s", "");
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED; DONE 3 OK");
}

static void demand_that_joined_a_move_is_sent_when_its_source_is_lost(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    demand(1);
    voided(1, 9);
    moved(1, MSTRO_CANCELLED, false);
    SAID("SEND DEMAND");
}

static void ticket_for_nobody_serves_the_demand_that_crossed_it(void **state)
{
    (void)state;
    required(1);
    demand(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    SAID("MOVE for 3");
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED; DONE 3 OK");
}

static void retract_and_dispose_wait_until_the_mover_has_let_go(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_DIRECT);
    retract(1);
    SAID("ABORT 1");
    moved(1, MSTRO_CANCELLED, false);
    SAID("SEND RETRACT");
    ticket(1, 0, 10, TICKET_DIRECT); /* was under way */
    SAID("%s", "");
    ack(3, MSTRO_OK);
    SAID("DONE 3 OK");
    required(1);
    ticket(1, 0, 11, TICKET_DIRECT);
    dispose(1);
    SAID("ABORT 1");
    moved(1, MSTRO_OK, false);
    SAID("SEND DISPOSE; DONE 5 OK");
    ticket(1, 0, 12, TICKET_DIRECT);
    SAID("%s", "");
}

static void cancel_stops_a_move_here(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    cancel(op);
    SAID("ABORT 1; DONE 3 OK");
    moved(1, MSTRO_CANCELLED, false);
    SAID("SEND COMPLETED; DONE 2 CANCELLED; SEND CANCEL");
}

static void lost_link_ends_everything_once_and_a_move_when_it_has_let_go(void **state)
{
    (void)state;
    offer(1);
    ticket(2, demand(2), 9, TICKET_DIRECT);
    struct client_input in = { .kind = CLIENT_LINK_LOST, .status = MSTRO_POOL_LOST, .reason = text_of("gone") };
    step(&in);
    SAID("ABORT 2; DONE 2 POOL_LOST");
    moved(2, MSTRO_CANCELLED, false);
    SAID("DONE 3 POOL_LOST; ENDED POOL_LOST");
    step(&in);
    SAID("%s", "");
    offer(3);
    SAID("DONE 4 POOL_LOST");
}

static void every_handle_can_be_disposed_once_the_session_is_over(void **state)
{
    (void)state;
    offer(1);
    ack(offer(2), MSTRO_OK);
    ack(offer(3), MSTRO_OK);
    withdraw(3);
    required(4);
    demand(5);
    required(6);
    ticket(6, 0, 9, TICKET_DIRECT);
    struct client_input in = { .kind = CLIENT_LINK_LOST, .status = MSTRO_POOL_LOST, .reason = text_of("gone") };
    assert_int_equal(client_status(client), MSTRO_OK);
    step(&in);
    assert_int_equal(client_status(client), MSTRO_POOL_LOST);
    withdraw(2);
    assert_non_null(strstr(said, "POOL_LOST"));
    for (uint64_t handle = 1; handle <= 5; handle++) {
        int op = (int)dispose(handle);
        SAID("DONE %d OK", op);
    }
    int last = (int)dispose(6); /* its bytes are coming yet */
    SAID("ABORT 6");
    moved(6, MSTRO_CANCELLED, false);
    SAID("DONE %d OK; ENDED POOL_LOST", last);
    assert_int_equal(client_count(client).handles, 0);
}

static void who_leaves_gives_up_what_others_might_wait_for(void **state)
{
    (void)state;
    start((struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = 5, .kinds = 1 } });
    SAID("SEND SUBSCRIBE");
    ack(2, MSTRO_OK);
    required(1);
    uint64_t op = demand(1);
    start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND UNSUBSCRIBE; SEND RETRACT; DONE %d CANCELLED; SEND LEAVE", (int)op);
    offer(2);
    SAID("DONE 6 CANCELLED");
    start((struct record){ .kind = KIND_LEAVE, .leave = { .force = 1 } });
    SAID("SEND LEAVE");
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = 7 } });
    assert_non_null(strstr(said, "DONE 5 OK"));
    assert_non_null(strstr(said, "DONE 7 OK"));
    assert_non_null(strstr(said, "ENDED"));
}

static void pool_may_end_the_session(void **state)
{
    (void)state;
    offer(1);
    hear((struct record){ .kind = KIND_BYE, .bye = { .status = MSTRO_STALE_EPOCH } });
    SAID("DONE 2 STALE_EPOCH; ENDED STALE_EPOCH");
}

static void subscription_that_the_pool_ends_is_told_so_and_can_still_be_ended(void **state)
{
    (void)state;
    int mine;
    struct record subscribe = { .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++last_op, .subscription = 5, .kinds = 1 } };
    step(&(struct client_input){ .kind = CLIENT_START, .record = &subscribe, .object = &mine });
    hear((struct record){ .kind = KIND_SUBSCRIPTION_END, .subscription_end = { .subscription = 5, .status = MSTRO_OVERFLOW } });
    assert_string_equal(said, "STOPPED OVERFLOW");
    assert_ptr_equal(out.at[0].object, &mine);
    start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 5 } });
    assert_string_equal(said, "SEND UNSUBSCRIBE");
    hear((struct record){ .kind = KIND_SUBSCRIPTION_END, .subscription_end = { .subscription = 5, .status = MSTRO_OVERFLOW } });
    assert_string_equal(said, "");
}

static void events_go_to_their_subscription_until_it_ends(void **state)
{
    (void)state;
    int mine;
    struct record subscribe = { .kind = KIND_SUBSCRIBE, .subscribe = { .op = ++last_op, .subscription = 5, .kinds = 1 } };
    struct client_input in = { .kind = CLIENT_START, .record = &subscribe, .object = &mine };
    step(&in);
    hear((struct record){ .kind = KIND_EVENTS, .events = { .subscription = 5 } });
    SAID("EVENTS");
    assert_ptr_equal(out.at[0].object, &mine);
    start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 5 } });
    hear((struct record){ .kind = KIND_EVENTS, .events = { .subscription = 5 } });
    SAID("%s", "");
    start((struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = 5, .serial = 3 << 10 | 0 } });
    SAID("SEND ACK_EVENT");
}

/* The rest of a world: another client, so that both have schemas. */
static struct outlines *schemas_with(const char *type)
{
    char text[200];
    struct schema *s;
    struct outlines *o;
    snprintf(text, sizeof text, "{schema-name: m, schema-version: %s, schema-namespace: .my., maestro-attributes: [{key: level, type: %s}]}", type, type);
    assert_int_equal(schema_read_text(text_of(text), "my.yaml", &s), MSTRO_OK);
    assert_int_equal(outlines_create(s, &o), MSTRO_OK);
    schema_release(s);
    return o;
}

static void schemas_are_named_by_the_join_sent_when_wanted_and_compared(void **state)
{
    struct outlines *mine = schemas_with("int()"), *theirs = schemas_with("str()");
    struct record join_record = { .kind = KIND_JOIN, .join = { .op = 1 } };
    struct client_input in = { .kind = CLIENT_START, .record = &join_record, .schemas = mine };
    part(state);
    assert_int_equal(client_create(&client), MSTRO_OK);
    step(&in);
    SAID("SEND JOIN");
    assert_int_equal(out.at[0].record.join.schemas.count, 1);
    assert_true(out.at[0].record.join.schemas.at->digest == mine->at[0].digest);
    struct record other = { .kind = KIND_OTHER_SCHEMA, .other_schema = { .digest = theirs->at[0].digest, .keys = 1, .nspace = text_of(".my."), .version = text_of("2"),
                                                                         .who = text_of("b.0 (n 1)"), .outline = theirs->at[0].rows } };
    hear(other); /* before the welcome */
    SAID("DIFFERENCE the schemas of '.my.' differ, version int() here and version 2 in b.0 (n 1); another type: level; "
         "DIFFERENCE '.my.level' is int() here and str() in b.0 (n 1): where a value of it does not fit, reading it is MSTRO_SCHEMA");
    hear((struct record){ .kind = KIND_WELCOME, .welcome = { .op = 1, .app = 7, .unknown_schemas = 3 } });
    SAID("SEND SCHEMA; DONE 1 OK");
    assert_true(out.at[0].record.schema.digest == mine->at[0].digest);
    assert_true(bytes_equal(out.at[0].record.schema.outline, mine->at[0].rows));
    other.other_schema.nspace = text_of(".unknown.");
    hear(other);
    SAID("%s", "");
    other.other_schema.nspace = text_of(".my.");
    other.other_schema.outline = bytes_of("rubbish", 7);
    hear(other);
    SAID("NOTE");
    outlines_destroy(theirs);
    part(state);
    outlines_destroy(mine);
    join(state);
}

static void a_heartbeat_is_sent_when_it_is_due(void **state)
{
    part(state);
    join_with_heartbeat(state, 250 * MS);
    assert_int_equal(client_next_deadline(client), now + 250 * MS);
    tick(249 * MS);
    SAID("%s", "");
    tick(1 * MS);
    SAID("SEND HEARTBEAT");
}

static void what_is_not_for_a_client_is_noted_and_changes_nothing(void **state)
{
    (void)state;
    hear((struct record){ .kind = KIND_OFFER });
    SAID("NOTE");
    hear((struct record){ .kind = KIND_WELCOME, .welcome = { .op = 1 } });
    SAID("NOTE");
    uint64_t op = offer(1);
    ticket(1, op, 9, TICKET_DIRECT);
    SAID("NOTE");
}

/* ---- anything may happen: every operation still ends exactly once ---- */

enum { STEPS = 3000, HANDLES = 4, OPS = STEPS * 2 };

static void count_ends(unsigned char ended[OPS], bool moving[HANDLES + 1], uint64_t open_ops[], size_t *open)
{
    for (size_t i = 0; i < out.count; i++) {
        const struct client_output *o = &out.at[i];
        if (o->kind == CLIENT_DONE) {
            assert_int_equal(ended[o->op]++, 0);
            for (size_t k = 0; k < *open; k++)
                if (open_ops[k] == o->op)
                    open_ops[k--] = open_ops[--*open];
        }
        if (o->kind == CLIENT_MOVE) {
            assert_false(moving[o->handle]);
            moving[o->handle] = true;
        }
    }
}

static void whatever_happens_each_operation_ends_exactly_once(void **state)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        unsigned char ended[OPS] = { 0 };
        bool moving[HANDLES + 1] = { false };
        uint64_t open_ops[OPS], tickets = 1;
        size_t open = 0;
        struct random_seed memory;
        struct random_source source = random_seeded(&memory, seed);
        part(state);
        join(state);
        for (int i = 0; i < STEPS; i++) {
            uint64_t h = 1 + random_below(source, HANDLES), some = open ? open_ops[random_below(source, open)] : 0, before = last_op;
            static const mstro_status statuses[] = { MSTRO_OK, MSTRO_OK, MSTRO_PEER_LOST, MSTRO_CANCELLED, MSTRO_QUOTA };
            mstro_status status = statuses[random_below(source, 5)];
            switch (random_below(source, 16)) {
            case 0: offer(h); break;
            case 1: require(h); break;
            case 2: demand(h); break;
            case 3: retract(h); break;
            case 4: withdraw(h); break;
            case 5: dispose(h); break;
            case 6: some ? (void)cancel(some) : (void)0; break;
            case 7: ack(some, status); break;
            case 8: ticket(h, some, tickets++, (enum ticket_how)random_below(source, 3)); break;
            case 9: ticket(h, 0, tickets++, TICKET_DIRECT); break;
            case 10: voided(h, random_below(source, tickets)); break;
            case 11:
                if (moving[h]) {
                    moving[h] = false;
                    moved(h, status, random_below(source, 2));
                }
                break;
            case 12: cancel_answered(1 + random_below(source, last_op)); break;
            case 13: ack(1 + random_below(source, last_op), status); break;
            default: tick(random_below(source, 3) * MS);
            }
            if (last_op > before)
                open_ops[open++] = last_op;
            count_ends(ended, moving, open_ops, &open);
            client_outputs_clear(&out);
        }
        struct client_input lost = { .kind = CLIENT_LINK_LOST, .status = MSTRO_POOL_LOST };
        step(&lost);
        count_ends(ended, moving, open_ops, &open);
        for (uint64_t h = 1; h <= HANDLES; h++)
            if (moving[h]) {
                moved(h, MSTRO_CANCELLED, false);
                moving[h] = false;
                count_ends(ended, moving, open_ops, &open);
            }
        assert_int_equal(open, 0);
        assert_int_equal(client_count(client).operations, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_is_started_before_the_welcome),
        CASE(offer_is_done_when_the_pool_says_so),
        CASE(refused_offer_can_be_repeated),
        CASE(disposing_what_the_pool_never_heard_of_is_done_at_once),
        CASE(require_is_done_when_the_pool_knows),
        CASE(refused_require_can_be_repeated),
        CASE(ticket_that_overtakes_the_answer_of_a_require_is_kept),
        CASE(demand_is_done_when_the_bytes_are_here),
        CASE(pool_is_not_told_of_bytes_that_came_in_the_ticket),
        CASE(need_is_announced_again_when_a_ticket_that_counted_as_served_could_not_be_kept),
        CASE(buffer_too_small_ends_the_demand_and_keeps_the_need),
        CASE(source_that_cannot_be_read_is_asked_for_again_then_after_pauses),
        CASE(demand_fails_once_when_the_producer_is_lost_and_the_need_stays),
        CASE(mover_has_the_last_word_on_a_ticket_that_was_voided),
        CASE(voided_ticket_without_a_verdict_waits_for_another),
        CASE(ticket_that_comes_before_the_mover_has_let_go_is_used_after_it),
        CASE(bytes_brought_ahead_make_the_demand_local),
        CASE(demand_joins_a_move_that_is_under_way),
        CASE(demand_that_joined_a_move_is_sent_when_its_source_is_lost),
        CASE(ticket_for_nobody_serves_the_demand_that_crossed_it),
        CASE(retract_and_dispose_wait_until_the_mover_has_let_go),
        CASE(cancel_stops_a_move_here),
        CASE(lost_link_ends_everything_once_and_a_move_when_it_has_let_go),
        CASE(every_handle_can_be_disposed_once_the_session_is_over),
        CASE(who_leaves_gives_up_what_others_might_wait_for),
        CASE(pool_may_end_the_session),
        CASE(events_go_to_their_subscription_until_it_ends),
        CASE(subscription_that_the_pool_ends_is_told_so_and_can_still_be_ended),
        CASE(schemas_are_named_by_the_join_sent_when_wanted_and_compared),
        CASE(a_heartbeat_is_sent_when_it_is_due),
        CASE(what_is_not_for_a_client_is_noted_and_changes_nothing),
        CASE(whatever_happens_each_operation_ends_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
