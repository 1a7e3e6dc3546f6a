/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's step function where groups are concerned. */
#include "tests/unit/conversation.h"

static uint64_t offer_group(uint64_t handle)
{
    return start((struct record){ .kind = KIND_OFFER, .offer = { .handle = handle, .name = text_of("g"), .flags = OFFER_GROUP } });
}

static void who_leaves_withdraws_its_groups_before(void **state)
{
    (void)state;
    ack(offer_group(1), MSTRO_OK);
    offer_group(2); /* under way */
    ack(offer_group(3), MSTRO_OK);
    uint64_t asked = withdraw(3);
    ack(offer(4), MSTRO_OK);
    start((struct record){ .kind = KIND_LEAVE });
    assert_non_null(strstr(said, "SEND WITHDRAW; SEND WITHDRAW"));
    assert_null(strstr(said, "SEND LEAVE"));
    uint64_t op[2] = { 0, 0 };
    for (size_t i = 0, n = 0; i < out.count && n < 2; i++)
        if (out.at[i].kind == CLIENT_SEND && out.at[i].record.kind == KIND_WITHDRAW)
            op[n++] = out.at[i].record.withdraw.op;
    ack(op[0], MSTRO_OK);
    SAID("%s", "");
    ack(op[0], MSTRO_OK); /* repeated */
    SAID("%s", "");
    ack(asked, MSTRO_OK);
    SAID("%s", "");
    ack(op[1], MSTRO_INVARG); /* whatever the pool says */
    SAID("SEND LEAVE");
}

static void who_leaves_by_force_waits_for_no_group(void **state)
{
    (void)state;
    ack(offer_group(1), MSTRO_OK);
    start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND WITHDRAW");
    start((struct record){ .kind = KIND_LEAVE, .leave = { .force = 1 } });
    SAID("SEND LEAVE");
    assert_int_equal(out.at[0].record.leave.force, 1);
}

static void who_leaves_withdraws_a_group_whose_withdrawal_was_cancelled(void **state)
{
    (void)state;
    ack(offer_group(1), MSTRO_OK);
    cancel(withdraw(1));
    start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND WITHDRAW");
    ack(out.at[0].record.withdraw.op, MSTRO_OK);
    SAID("SEND LEAVE");
}

static uint64_t retain(uint64_t handle)
{
    return start((struct record){ .kind = KIND_REQUIRE, .require = { .handle = handle, .name = text_of("x"), .flags = REQUIRE_RETAIN, .group = text_of("g") } });
}

static void what_a_group_lists_is_retained_in_its_name(void **state)
{
    (void)state;
    uint64_t op = retain(1);
    SAID("SEND REQUIRE");
    assert_int_equal(out.at[0].record.require.flags, REQUIRE_RETAIN);
    assert_true(text_equal(out.at[0].record.require.group, text_of("g")));
    hear((struct record){ .kind = KIND_ACK, .ack = { .op = op, .generation = 5 } });
    SAID("DONE 2 OK");
    assert_int_equal(out.at[0].generation, 5);
    dispose(1);
    SAID("SEND DISPOSE; DONE 3 OK");
}

static void who_leaves_keeps_what_its_groups_list_until_they_are_withdrawn(void **state)
{
    (void)state;
    ack(retain(1), MSTRO_OK);
    required(2);
    ack(offer_group(3), MSTRO_OK);
    start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND RETRACT; SEND WITHDRAW");
    assert_int_equal(out.at[0].record.retract.handle, 2);
    ack(out.at[1].record.withdraw.op, MSTRO_OK);
    SAID("SEND RETRACT; SEND LEAVE");
    assert_int_equal(out.at[0].record.retract.handle, 1);
}

static void pool_is_told_when_the_members_of_a_ticket_are_required(void **state)
{
    (void)state;
    required(1);
    ticket(1, 0, 9, TICKET_GROUP);
    SAID("MOVE for 0");
    moved(1, MSTRO_OK, false);
    SAID("SEND COMPLETED");
    demand(1);
    SAID("DONE 3 OK");
}

static void member_is_required_as_its_group_lists_it(void **state)
{
    (void)state;
    uint64_t op = start((struct record){ .kind = KIND_REQUIRE, .require = { .handle = 1, .name = text_of("x"), .commit = 5 } });
    assert_int_equal(out.at[0].record.require.commit, 5);
    ack(op, MSTRO_PEER_LOST);
    SAID("DONE 2 PEER_LOST");
    dispose(1);
    SAID("SEND DISPOSE; DONE 3 OK");
}

static void loss_says_which_generation_it_was(void **state)
{
    (void)state;
    uint64_t op = demand(1);
    ticket(1, op, 9, TICKET_DIRECT);
    hear((struct record){ .kind = KIND_ACK, .ack = { .op = op, .status = MSTRO_PEER_LOST, .generation = 3 } });
    voided(1, 9);
    moved(1, MSTRO_CANCELLED, false);
    SAID("DONE 2 PEER_LOST");
    assert_int_equal(out.at[0].generation, 3);
}

static void what_was_selected_comes_before_the_end(void **state)
{
    (void)state;
    uint64_t op = start((struct record){ .kind = KIND_SELECT });
    SAID("SEND SELECT");
    hear((struct record){ .kind = KIND_SELECTED, .selected = { .op = op, .matched = 1 } });
    SAID("NAMES; DONE 2 OK");
    hear((struct record){ .kind = KIND_SELECTED, .selected = { .op = op, .matched = 1 } });
    SAID("%s", "");
    op = start((struct record){ .kind = KIND_SELECT });
    ack(op, MSTRO_TOO_EXPENSIVE);
    SAID("DONE 3 TOO_EXPENSIVE");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, join, part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(who_leaves_withdraws_its_groups_before),
        CASE(who_leaves_by_force_waits_for_no_group),
        CASE(who_leaves_withdraws_a_group_whose_withdrawal_was_cancelled),
        CASE(what_a_group_lists_is_retained_in_its_name),
        CASE(who_leaves_keeps_what_its_groups_list_until_they_are_withdrawn),
        CASE(pool_is_told_when_the_members_of_a_ticket_are_required),
        CASE(member_is_required_as_its_group_lists_it),
        CASE(loss_says_which_generation_it_was),
        CASE(what_was_selected_comes_before_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
