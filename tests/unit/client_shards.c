/* SPDX-License-Identifier: BSD-3-Clause */
/* client_shards.c - what a client says to which of several shards */
#include "lib/base/hash.h"
#include "tests/unit/conversation.h"

static int join_three_shards(void **state)
{
    static const struct record_slots map[] = { { 0, 342, 0 }, { 342, 341, 1 }, { 683, 341, 2 } };
    (void)state;
    now = 1000;
    last_op = 0;
    if (client_create(&client) != MSTRO_OK)
        return -1;
    uint64_t op = start((struct record){ .kind = KIND_JOIN });
    hear((struct record){ .kind = KIND_WELCOME, .welcome = { .op = op, .app = 7, .lease = 2000 * MS, .heartbeat = 250 * MS, .slot_map = { 3, map } } });
    return 0;
}

static uint64_t subscribe(uint64_t number)
{
    return start((struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = number, .kinds = 1 } });
}

/* An object that belongs to this shard. */
static uint64_t offer_in(uint16_t shard, uint64_t handle)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct text name = { letters, 1 };
    while (shard_of_slot(slot_of_id(id_of_name((struct id){ 0 }, name)), 3) != shard)
        name.at++;
    return start((struct record){ .kind = KIND_OFFER, .offer = { .handle = handle, .name = name } });
}

static void an_object_is_offered_to_the_shard_of_its_slot(void **state)
{
    (void)state;
    uint64_t op = offer_in(1, 1);
    SAID("SEND OFFER to 1");
    ack(op, MSTRO_OK);
    SAID("DONE %d OK", (int)op);
    offer_in(2, 2);
    SAID("SEND OFFER to 2");
    offer_in(0, 3);
    SAID("SEND OFFER");
}

static void a_subscription_is_made_and_ended_when_every_shard_has_said_so(void **state)
{
    (void)state;
    uint64_t op = subscribe(5);
    SAID("SEND SUBSCRIBE; SEND SUBSCRIBE to 1; SEND SUBSCRIBE to 2");
    ack(op, MSTRO_OK);
    ack(op, MSTRO_OK);
    SAID("%s", "");
    ack(op, MSTRO_OK);
    SAID("DONE %d OK", (int)op);
    op = start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 5 } });
    SAID("SEND UNSUBSCRIBE; SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2");
    ack(op, MSTRO_OK);
    ack(op, MSTRO_OK);
    SAID("%s", "");
    ack(op, MSTRO_OK);
    SAID("DONE %d OK", (int)op);
}

static void a_subscription_that_one_shard_refuses_is_undone_in_the_others(void **state)
{
    (void)state;
    uint64_t op = subscribe(5);
    ack(op, MSTRO_OK);
    hear((struct record){ .kind = KIND_ACK, .ack = { .op = op, .status = MSTRO_QUOTA, .detail = text_of("no room") } });
    SAID("%s", "");
    ack(op, MSTRO_OK);
    SAID("SEND UNSUBSCRIBE; SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2; DONE %d QUOTA", (int)op);
    assert_memory_equal(out.at[3].detail.at, "no room", 7);
    assert_int_equal(out.at[0].record.unsubscribe.op, 0);
    assert_int_equal(client_count(client).subscriptions, 0);
}

static uint64_t subscribe_under_a_name(uint64_t number)
{
    return start((struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = number, .kinds = 1, .flags = SUBSCRIBE_DURABLE, .name = text_of("archive") } });
}

static uint64_t subscribed_under_a_name(uint64_t number)
{
    uint64_t op = subscribe_under_a_name(number);
    for (int i = 0; i < 3; i++)
        ack(op, MSTRO_OK);
    SAID("DONE %d OK", (int)op);
    return op;
}

static void a_name_is_asked_for_at_home_and_let_go_of_there_last(void **state)
{
    (void)state;
    uint64_t op = subscribe_under_a_name(5);
    SAID("SEND SUBSCRIBE");
    ack(op, MSTRO_OK);
    SAID("SEND SUBSCRIBE to 1; SEND SUBSCRIBE to 2");
    assert_memory_equal(out.at[1].record.subscribe.name.at, "archive", 7);
    ack(op, MSTRO_OK);
    SAID("%s", "");
    ack(op, MSTRO_OK);
    SAID("DONE %d OK", (int)op);
    op = start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 5, .forget = FORGET_NAME } });
    SAID("SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2");
    ack(op, MSTRO_OK);
    SAID("%s", "");
    ack(op, MSTRO_NOENT);
    SAID("SEND UNSUBSCRIBE");
    assert_int_equal(out.at[0].record.unsubscribe.forget, FORGET_NAME);
    ack(op, MSTRO_OK);
    SAID("DONE %d NOENT", (int)op);
}

static void what_the_home_of_a_name_has_granted_is_said_to_the_other_shards(void **state)
{
    (void)state;
    uint64_t op = subscribe_under_a_name(5);
    hear((struct record){ .kind = KIND_ACK, .ack = { .op = op, .generation = 77 } });
    SAID("SEND SUBSCRIBE to 1; SEND SUBSCRIBE to 2");
    assert_int_equal(out.at[0].record.subscribe.granted, 77);
    assert_int_equal(out.at[1].record.subscribe.granted, 77);
}

static void a_name_that_is_refused_at_home_is_not_asked_for_elsewhere(void **state)
{
    (void)state;
    uint64_t op = subscribe_under_a_name(5);
    ack(op, MSTRO_CONFLICT);
    SAID("DONE %d CONFLICT", (int)op);
    assert_int_equal(client_count(client).subscriptions, 0);
}

static void a_name_that_is_refused_elsewhere_is_unmade_if_it_was_made(void **state)
{
    (void)state;
    uint64_t op = subscribe_under_a_name(5);
    ack(op, MSTRO_OK);
    ack(op, MSTRO_QUOTA);
    ack(op, MSTRO_OK);
    SAID("SEND UNSUBSCRIBE; SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2; DONE %d QUOTA", (int)op);
    for (int i = 0; i < 3; i++)
        assert_int_equal(out.at[i].record.unsubscribe.forget, FORGET_MADE);
}

static void a_name_whose_end_nobody_waits_for_is_let_go_of_at_home_at_once(void **state)
{
    (void)state;
    subscribed_under_a_name(5);
    uint64_t op = start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 5 } });
    cancel(op);
    SAID("SEND UNSUBSCRIBE; DONE %d CANCELLED; DONE %d OK", (int)op, (int)op + 1);
    subscribed_under_a_name(6);
    op = start((struct record){ .kind = KIND_UNSUBSCRIBE, .unsubscribe = { .subscription = 6, .forget = FORGET_NAME } });
    uint64_t leave = start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND UNSUBSCRIBE; DONE %d CANCELLED; SEND LEAVE to 1; SEND LEAVE to 2", (int)op);
    assert_int_equal(out.at[0].record.unsubscribe.forget, FORGET_NAME);
    assert_true(leave);
}

static void a_subscription_that_one_shard_ends_is_ended_in_every_shard(void **state)
{
    (void)state;
    subscribed_under_a_name(5);
    struct record end = { .kind = KIND_SUBSCRIPTION_END, .subscription_end = { .subscription = 5, .status = MSTRO_OVERFLOW } };
    hear(end);
    assert_memory_equal(said, "SEND UNSUBSCRIBE; SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2; ", 64);
    assert_int_equal(out.at[1].record.unsubscribe.forget, FORGET_NAME);
    assert_int_equal(out.at[3].kind, CLIENT_SUBSCRIPTION_ENDED);
    hear(end);
    assert_null(strstr(said, "SEND"));
}

static void a_subscription_that_is_given_up_is_undone_in_every_shard(void **state)
{
    (void)state;
    uint64_t op = subscribe(5);
    ack(op, MSTRO_OK);
    cancel(op);
    SAID("SEND UNSUBSCRIBE; SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2; DONE %d CANCELLED; DONE %d OK", (int)op, (int)op + 1);
    ack(op, MSTRO_OK);
    SAID("%s", "");
}

static void what_is_seen_and_acknowledged_is_told_to_the_shard_of_its_serial(void **state)
{
    (void)state;
    ack(subscribe(5), MSTRO_OK);
    start((struct record){ .kind = KIND_SEEN, .seen = { .subscription = 5, .serial = 3 << 10 | 2 } });
    SAID("SEND SEEN to 2");
    start((struct record){ .kind = KIND_ACK_EVENT, .ack_event = { .subscription = 5, .serial = 9 << 10 | 1 } });
    SAID("SEND ACK_EVENT to 1");
}

static void a_new_serving_address_is_told_to_every_shard(void **state)
{
    (void)state;
    start((struct record){ .kind = KIND_SERVING });
    SAID("SEND SERVING; SEND SERVING to 1; SEND SERVING to 2");
}

static void who_leaves_goes_to_the_first_shard_when_the_others_have_let_it_go(void **state)
{
    (void)state;
    uint64_t op = subscribe(5);
    for (int i = 0; i < 3; i++)
        ack(op, MSTRO_OK);
    uint64_t leave = start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND UNSUBSCRIBE; SEND UNSUBSCRIBE to 1; SEND UNSUBSCRIBE to 2; SEND LEAVE to 1; SEND LEAVE to 2");
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = leave } });
    SAID("%s", "");
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = leave } });
    SAID("SEND LEAVE");
    assert_int_equal(out.at[0].record.leave.op, leave);
    assert_int_equal(client_status(client), MSTRO_OK);
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = leave } });
    SAID("DONE %d OK; ENDED UNINIT", (int)leave);
}

static void who_leaves_says_nothing_to_a_shard_it_never_spoke_to(void **state)
{
    (void)state;
    ack(offer_in(1, 1), MSTRO_OK);
    start((struct record){ .kind = KIND_LEAVE });
    SAID("SEND LEAVE to 1");
}

static void who_leaves_by_force_goes_the_same_way_again(void **state)
{
    (void)state;
    ack(offer_in(1, 1), MSTRO_OK);
    uint64_t leave = start((struct record){ .kind = KIND_LEAVE });
    uint64_t now_ = start((struct record){ .kind = KIND_LEAVE, .leave = { .force = 1 } });
    SAID("SEND LEAVE to 1");
    assert_int_equal(out.at[0].record.leave.force, 1);
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = now_ } });
    SAID("SEND LEAVE");
    assert_int_equal(out.at[0].record.leave.force, 1);
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = now_ } });
    assert_non_null(strstr(said, "ENDED UNINIT"));
    assert_int_equal(client_count(client).operations, 0);
    hear((struct record){ .kind = KIND_BYE, .bye = { .op = leave } });
    SAID("%s", "");
}

static void heartbeats_go_to_the_first_shard_wherever_the_client_has_been(void **state)
{
    (void)state;
    ack(offer_in(1, 1), MSTRO_OK);
    tick(250 * MS);
    SAID("SEND HEARTBEAT");
}

#define THREE(name) cmocka_unit_test_setup_teardown(name, join_three_shards, part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREE(an_object_is_offered_to_the_shard_of_its_slot),
        THREE(a_subscription_is_made_and_ended_when_every_shard_has_said_so),
        THREE(a_subscription_that_one_shard_refuses_is_undone_in_the_others),
        THREE(a_name_is_asked_for_at_home_and_let_go_of_there_last),
        THREE(what_the_home_of_a_name_has_granted_is_said_to_the_other_shards),
        THREE(a_name_that_is_refused_at_home_is_not_asked_for_elsewhere),
        THREE(a_name_that_is_refused_elsewhere_is_unmade_if_it_was_made),
        THREE(a_name_whose_end_nobody_waits_for_is_let_go_of_at_home_at_once),
        THREE(a_subscription_that_one_shard_ends_is_ended_in_every_shard),
        THREE(a_subscription_that_is_given_up_is_undone_in_every_shard),
        THREE(what_is_seen_and_acknowledged_is_told_to_the_shard_of_its_serial),
        THREE(a_new_serving_address_is_told_to_every_shard),
        THREE(who_leaves_goes_to_the_first_shard_when_the_others_have_let_it_go),
        THREE(who_leaves_says_nothing_to_a_shard_it_never_spoke_to),
        THREE(who_leaves_by_force_goes_the_same_way_again),
        THREE(heartbeats_go_to_the_first_shard_wherever_the_client_has_been),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
