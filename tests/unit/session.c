/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - a session over a link that says what the test wants */
#include "tests/lib/check.h"

#include "lib/base/clock.h"
#include "lib/client/session.h"

/* What the pool says next, and what the session has let others read. */
static struct fake {
    struct link link;
    struct record answer;
    bool has_answer, lose;
    const uint64_t *word;
    unsigned lent;
} fake;

static void answer(struct record record)
{
    fake.answer = record;
    fake.has_answer = true;
}

static void fake_send(struct link *link, uint16_t shard, const struct record *record)
{
    (void)link;
    (void)shard;
    if (record->kind == KIND_JOIN)
        answer((struct record){ .kind = KIND_WELCOME, .welcome = { .op = record->join.op, .app = 1 } });
    if (record->kind == KIND_DEMAND)
        answer((struct record){ .kind = KIND_TICKET, .ticket = { .op = record->demand.op, .handle = record->demand.handle, .ticket = 9,
                                                                 .how = TICKET_DIRECT, .size = 10000 } });
    if (record->kind == KIND_OFFER)
        answer((struct record){ .kind = KIND_ACK, .ack = { .op = record->offer.op } });
}

static bool fake_poll(struct link *link, struct link_receiver *receiver)
{
    (void)link;
    if (fake.has_answer) {
        fake.has_answer = false;
        receiver->record(receiver, &fake.answer);
        return true;
    }
    if (!fake.lose)
        return false;
    fake.lose = false;
    receiver->lost(receiver, MSTRO_POOL_LOST, text_of("gone"));
    return true;
}

/* The word is what is exposed last. */
static mstro_status fake_expose(struct link *link, const void *at, size_t length, struct exposure *exposure)
{
    (void)link;
    (void)length;
    (void)exposure;
    fake.word = at;
    fake.lent++;
    return MSTRO_OK;
}

static void fake_conceal(struct link *link, struct exposure *exposure)
{
    (void)link;
    (void)exposure;
    fake.lent--;
}

static void fake_fetch(struct link *link, const struct fetch *fetch, struct client_moved *moved)
{
    (void)link;
    (void)fetch;
    moved->status = MSTRO_CANCELLED;
}

static uint64_t fake_deadline(struct link *link)
{
    (void)link;
    return NO_DEADLINE;
}

static void nothing(struct link *link) { (void)link; }
static void nothing_until(struct link *link, uint64_t until) { (void)link; (void)until; }

static const struct link_operations operations = {
    .send = fake_send, .flush = nothing, .poll = fake_poll, .deadline = fake_deadline, .sleep = nothing_until, .wake = nothing,
    .expose = fake_expose, .conceal = fake_conceal, .cut_readers = nothing, .fetch = fake_fetch, .close = nothing,
};

static struct session *session;
static bool told;
static mstro_status status_when_told;

static void hear_the_end(void)
{
    told = true;
    status_when_told = session_status(session);
}

static void open_session(void)
{
    const struct session_identity who = { .workflow = "w", .component = "c", .host = "h", .word_seed = 1000 };
    fake = (struct fake){ .link.operations = &operations };
    assert_int_equal(session_open(&session, &fake.link, &who, NO_DEADLINE), MSTRO_OK);
}

static void lend(struct mstro_cdo_ *cdo, struct mstro_request_ *request)
{
    struct record offer = { .kind = KIND_OFFER, .offer = { .handle = cdo->number, .size = cdo->size, .name = cdo_name(cdo) } };
    request_init(request, &offer, cdo);
    session_start(session, request);
    assert_true(session_wait(session, &request->done, NO_DEADLINE));
    assert_int_equal(request->status, MSTRO_OK);
    assert_int_equal(fake.lent, 2);
}

static void what_is_lent_is_not_whole_any_more_once_the_session_has_ended(void **state)
{
    (void)state;
    char data[10000], name[] = "x";
    struct mstro_cdo_ cdo = { .number = 1, .name = name, .name_length = 1, .data = data, .size = sizeof data, .has_data = true };
    struct mstro_request_ request;
    open_session();
    lend(&cdo, &request);
    uint64_t told_with_the_ticket = request.record.offer.word;
    assert_int_equal(*fake.word, told_with_the_ticket);
    fake.lose = true;
    session_drive(session);
    assert_int_equal(session_status(session), MSTRO_POOL_LOST);
    assert_int_not_equal(*fake.word, told_with_the_ticket);
    request_release(&request);
    session_release(session);
}

static void who_hears_that_the_session_is_over_has_the_bytes_back(void **state)
{
    (void)state;
    char data[10000], name[] = "x", room[10000], other[] = "y";
    struct mstro_cdo_ cdo = { .number = 1, .name = name, .name_length = 1, .data = data, .size = sizeof data, .has_data = true };
    struct mstro_cdo_ coming = { .number = 2, .name = other, .name_length = 1, .given = room, .given_size = sizeof room };
    struct mstro_request_ offer, withdraw, demand, dispose;
    list_init(&coming.move.chore.link);
    open_session();
    lend(&cdo, &offer);
    uint64_t told_with_the_ticket = offer.record.offer.word;
    request_init(&demand, &(struct record){ .kind = KIND_DEMAND, .demand = { .handle = 2, .name = cdo_name(&coming) } }, &coming);
    session_start(session, &demand);
    request_init(&withdraw, &(struct record){ .kind = KIND_WITHDRAW, .withdraw = { .handle = 1 } }, &cdo);
    session_start(session, &withdraw);
    fake.lose = true; /* the move of the other handle has not let go: the very end comes later */
    request_init(&dispose, &(struct record){ .kind = KIND_DISPOSE, .dispose = { .handle = 3 } }, NULL);
    session_start(session, &dispose);
    assert_true(waitable_is_ready(&withdraw.done));
    assert_int_equal(withdraw.status, MSTRO_POOL_LOST);
    assert_true(withdraw.over);
    assert_false(waitable_is_ready(&demand.done));
    assert_int_not_equal(*fake.word, told_with_the_ticket);
    assert_int_equal(fake.lent, 0);
    assert_int_equal(session_status(session), MSTRO_POOL_LOST);
    assert_true(session_wait(session, &demand.done, NO_DEADLINE));
    assert_int_equal(demand.status, MSTRO_POOL_LOST);
    request_release(&offer);
    request_release(&withdraw);
    request_release(&demand);
    request_release(&dispose);
    session_release(session);
    arena_release(&coming.move.arena);
}

static void the_end_is_told_when_its_reason_is_known(void **state)
{
    (void)state;
    told = false;
    open_session();
    session_when_ended(session, hear_the_end);
    session_drive(session);
    assert_false(told);
    fake.lose = true;
    session_drive(session);
    assert_true(told);
    assert_int_equal(status_when_told, MSTRO_POOL_LOST);
    session_release(session);
}

/* ---- who waits ---- */

static void sleep_never(struct link *link, uint64_t until)
{
    (void)link;
    (void)until;
    fail();
}

static void a_thread_dismissed_before_it_sits_down_does_not_sit_down(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    _Atomic uint64_t deadline = NO_DEADLINE;
    waiting_init(&waiting, &link);
    waiting_dismiss(&waiting);
    assert_false(waiting_attend(&waiting, &deadline));
    waiting_release(&waiting);
}

static void a_thread_does_not_sit_down_while_there_is_a_chore_for_it(void **state)
{
    (void)state;
    const struct link_operations watched = { .sleep = sleep_never, .wake = nothing };
    struct link link = { .operations = &watched };
    struct waiting waiting;
    struct chore chore = { .whose = NULL };
    _Atomic uint64_t deadline = NO_DEADLINE;
    waiting_init(&waiting, &link);
    waiting_add_chore(&waiting, &chore);
    assert_true(waiting_attend(&waiting, &deadline));
    assert_ptr_equal(waiting_take_chore(&waiting, NULL), &chore);
    waiting_release(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lent_is_not_whole_any_more_once_the_session_has_ended),
        cmocka_unit_test(who_hears_that_the_session_is_over_has_the_bytes_back),
        cmocka_unit_test(the_end_is_told_when_its_reason_is_known),
        cmocka_unit_test(a_thread_dismissed_before_it_sits_down_does_not_sit_down),
        cmocka_unit_test(a_thread_does_not_sit_down_while_there_is_a_chore_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
