/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - a session over a link that says what the test wants */
#include "tests/lib/check.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/client/session.h"
#include "lib/client/subscription.h"

/* What the pool says next, and what the session has let others read. */
static struct fake {
    struct link link;
    struct record answer;
    bool has_answer, lose;
    const uint64_t *word;
    unsigned lent;
    unsigned seen; /* how often the pool was told what was taken */
    uint64_t seen_count;
    unsigned flushed[PACE_SLEEPS + 1], polled[PACE_SLEEPS + 1];
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
    if (record->kind == KIND_SEEN) {
        fake.seen++;
        fake.seen_count = record->seen.count;
    }
    if (record->kind == KIND_SUBSCRIBE)
        answer((struct record){ .kind = KIND_ACK, .ack = { .op = record->subscribe.op } });
    if (record->kind == KIND_OFFER)
        answer((struct record){ .kind = KIND_ACK, .ack = { .op = record->offer.op } });
}

static bool fake_poll(struct link *link, struct link_receiver *receiver, enum pace pace)
{
    (void)link;
    fake.polled[pace]++;
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
static struct bytes cut_nothing(struct link *link) { (void)link; return (struct bytes){ 0 }; }
static void flush_nothing(struct link *link, enum pace pace)
{
    (void)link;
    fake.flushed[pace]++;
}

static void nothing_until(struct link *link, uint64_t until) { (void)link; (void)until; }

static const struct link_operations operations = {
    .send = fake_send, .flush = flush_nothing, .poll = fake_poll, .deadline = fake_deadline, .sleep = nothing_until, .wake = nothing,
    .expose = fake_expose, .conceal = fake_conceal, .cut_readers = cut_nothing, .fetch = fake_fetch, .close = nothing,
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

/* ---- bytes that do not come ---- */

/* A fetch that ends when the test says so, or is not wanted any more. */
static struct slow_fetch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool begun, released;
    pthread_t thread;
} slow = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static _Thread_local unsigned polls; /* of the session, by this thread */

static void slow_fetch(struct link *link, const struct fetch *fetch, struct client_moved *moved)
{
    (void)link;
    bool wanted = true, released = false;
    unsigned before = polls;
    pthread_mutex_lock(&slow.lock);
    slow.begun = true;
    slow.thread = pthread_self();
    pthread_cond_broadcast(&slow.changed);
    pthread_mutex_unlock(&slow.lock);
    while (wanted && (!released || polls == before)) {
        wanted = fetch->wanted(fetch->context);
        pthread_mutex_lock(&slow.lock);
        released = slow.released;
        pthread_mutex_unlock(&slow.lock);
    }
    moved->status = wanted ? MSTRO_OK : MSTRO_CANCELLED;
}

static bool counted_poll(struct link *link, struct link_receiver *receiver, enum pace pace)
{
    polls++;
    return fake_poll(link, receiver, pace);
}

static void forget_paces(void)
{
    memset(fake.flushed, 0, sizeof fake.flushed);
    memset(fake.polled, 0, sizeof fake.polled);
}

static void who_works_on_lets_records_wait_who_waits_lets_them_go_and_who_will_not_wait_looks(void **state)
{
    (void)state;
    char name[] = "x";
    struct mstro_cdo_ cdo = { .number = 1, .name = name, .name_length = 1 };
    struct mstro_request_ request;
    open_session();
    forget_paces();
    request_init(&request, &(struct record){ .kind = KIND_REQUIRE, .require = { .handle = 1, .name = cdo_name(&cdo) } }, &cdo);
    session_start(session, &request);
    assert_true(fake.flushed[PACE_EASY] > 0);
    assert_int_equal(fake.flushed[PACE_NOW] + fake.flushed[PACE_SLEEPS], 0);
    forget_paces();
    assert_false(session_watch(session, &request.done, clock_now()));
    assert_true(fake.flushed[PACE_NOW] > 0 && fake.polled[PACE_NOW] > 0);
    assert_int_equal(fake.flushed[PACE_EASY] + fake.polled[PACE_SLEEPS], 0);
    forget_paces();
    assert_false(session_wait(session, &request.done, clock_now() + NANOSECONDS_PER_MILLISECOND));
    assert_true(fake.flushed[PACE_SLEEPS] > 0);
    assert_int_equal(fake.flushed[PACE_EASY], 0);
    assert_int_equal(fake.polled[PACE_NOW], 1); /* when the time was over */
    answer((struct record){ .kind = KIND_ACK, .ack = { .op = record_op(&request.record) } });
    assert_true(session_wait(session, &request.done, NO_DEADLINE));
    assert_int_equal(request.status, MSTRO_OK);
    request_release(&request);
    session_release(session);
}

/* A link whose sleepers are woken. */
static struct bed { pthread_mutex_t lock; pthread_cond_t bell; bool rung; unsigned sleepers; } bed = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 };

static void bed_sleep(struct link *link, uint64_t until)
{
    (void)link;
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    uint64_t now = clock_now(), left = until > now ? until - now : 0;
    at.tv_sec += (time_t)(left / NANOSECONDS_PER_SECOND);
    at.tv_nsec += (long)(left % NANOSECONDS_PER_SECOND);
    if (at.tv_nsec >= (long)NANOSECONDS_PER_SECOND) {
        at.tv_sec++;
        at.tv_nsec -= (long)NANOSECONDS_PER_SECOND;
    }
    pthread_mutex_lock(&bed.lock);
    bed.sleepers++;
    pthread_cond_broadcast(&bed.bell);
    while (!bed.rung)
        if (until == NO_DEADLINE)
            pthread_cond_wait(&bed.bell, &bed.lock);
        else if (pthread_cond_timedwait(&bed.bell, &bed.lock, &at) != 0)
            break;
    bed.rung = false;
    bed.sleepers--;
    pthread_mutex_unlock(&bed.lock);
}

static void bed_wake(struct link *link)
{
    (void)link;
    pthread_mutex_lock(&bed.lock);
    bed.rung = true;
    pthread_cond_broadcast(&bed.bell);
    pthread_mutex_unlock(&bed.lock);
}

static void await_sleeper(void)
{
    pthread_mutex_lock(&bed.lock);
    while (bed.sleepers == 0)
        pthread_cond_wait(&bed.bell, &bed.lock);
    pthread_mutex_unlock(&bed.lock);
}

static const struct link_operations slow_operations = {
    .send = fake_send, .flush = flush_nothing, .poll = counted_poll, .deadline = fake_deadline, .sleep = bed_sleep, .wake = bed_wake,
    .expose = fake_expose, .conceal = fake_conceal, .cut_readers = cut_nothing, .fetch = slow_fetch, .close = nothing,
};

struct slow_demand { char room[10000], name[2]; struct mstro_cdo_ cdo; struct mstro_request_ request; };

static void begin_slow_demand(struct slow_demand *d, bool background)
{
    const struct session_identity who = { .workflow = "w", .component = "c", .host = "h", .word_seed = 1000 };
    *d = (struct slow_demand){ .name = "y", .cdo = { .number = 2, .name_length = 1, .given_size = sizeof d->room } };
    d->cdo.name = d->name;
    d->cdo.given = d->room;
    list_init(&d->cdo.move.chore.link);
    slow.begun = slow.released = false;
    fake = (struct fake){ .link = { .operations = &slow_operations, .background = background } };
    assert_int_equal(session_open(&session, &fake.link, &who, NO_DEADLINE), MSTRO_OK);
    request_init(&d->request, &(struct record){ .kind = KIND_DEMAND, .demand = { .handle = 2, .name = cdo_name(&d->cdo) } }, &d->cdo);
    session_start(session, &d->request);
}

static void end_slow_demand(struct slow_demand *d)
{
    request_release(&d->request);
    session_release(session);
    arena_release(&d->cdo.move.arena);
}

static void bytes_that_do_not_come_are_given_up_at_the_deadline(void **state)
{
    struct slow_demand d;
    (void)state;
    for (int background = 0; background < 2; background++) {
        begin_slow_demand(&d, background);
        if (!session_wait(session, &d.request.done, clock_now() + 500 * NANOSECONDS_PER_MILLISECOND)) { /* begun by then, however busy the machine */
            assert_true(background); /* the session's thread was first: it goes on until it is told */
            session_cancel(session, &d.request);
            assert_true(session_wait(session, &d.request.done, NO_DEADLINE));
        }
        assert_int_equal(d.request.status, MSTRO_CANCELLED);
        end_slow_demand(&d);
    }
}

static void bytes_go_on_coming_while_who_looks_goes_away_and_comes_back(void **state)
{
    struct slow_demand d;
    (void)state;
    begin_slow_demand(&d, true);
    assert_false(session_watch(session, &d.request.done, clock_now() + 20 * NANOSECONDS_PER_MILLISECOND));
    pthread_mutex_lock(&slow.lock);
    while (!slow.begun) /* the session's thread does it, though nobody is in a call */
        pthread_cond_wait(&slow.changed, &slow.lock);
    assert_false(pthread_equal(slow.thread, pthread_self()));
    slow.released = true; /* it ends when its thread has looked after the session, too */
    pthread_mutex_unlock(&slow.lock);
    assert_true(session_watch(session, &d.request.done, NO_DEADLINE));
    assert_int_equal(d.request.status, MSTRO_OK);
    end_slow_demand(&d);
}

static void bytes_come_while_their_receiver_only_asks_now_and_then(void **state)
{
    struct slow_demand d;
    (void)state;
    begin_slow_demand(&d, true);
    session_drive(session); /* does not bring them itself: it would not come back */
    pthread_mutex_lock(&slow.lock);
    slow.released = true;
    pthread_mutex_unlock(&slow.lock);
    while (!waitable_is_ready(&d.request.done))
        session_drive(session);
    assert_int_equal(d.request.status, MSTRO_OK);
    assert_false(pthread_equal(slow.thread, pthread_self()));
    end_slow_demand(&d);
}

/* ---- who waits ---- */

struct seated { struct waiting *waiting; struct waitable what; _Atomic uint64_t deadline; };

static void *sit(void *argument)
{
    struct seated *s = argument;
    assert_int_equal(waiting_enter(s->waiting, &s->what, WORK_ANY, NO_DEADLINE), NEXT_DRIVES);
    waiting_nod(s->waiting);
    waiting_sleep(s->waiting, &s->what, WORK_ANY, NO_DEADLINE, &s->deadline);
    assert_true(waiting_leave(s->waiting, true)); /* to nobody, and does not come back: nobody drives */
    return NULL;
}

static void *attend_until_dismissed(void *argument)
{
    struct seated *s = argument;
    while (waiting_attend(s->waiting, &s->deadline))
        ;
    return NULL;
}

/* Nobody is told of that: the thread has it soon, because it looks again. */
static void the_chair_that_a_caller_leaves_is_taken_again(void **state)
{
    (void)state;
    struct link link = { .operations = &slow_operations };
    struct waiting waiting;
    struct seated caller = { .waiting = &waiting, .deadline = NO_DEADLINE }, own = caller;
    pthread_t seat, thread;
    waiting_init(&waiting, &link);
    pthread_create(&seat, NULL, sit, &caller);
    await_sleeper();
    pthread_create(&thread, NULL, attend_until_dismissed, &own);
    waiting_ready(&waiting, &caller.what, NULL);
    pthread_join(seat, NULL);
    await_sleeper();
    waiting_dismiss(&waiting);
    pthread_join(thread, NULL);
    waiting_release(&waiting);
}

/* ---- what is left to who has the chair ---- */

static struct left { struct mstro_request_ request, waited; struct mstro_cdo_ cdo[2]; bool armed, sent, left; } left;

static void left_send(struct link *link, uint16_t shard, const struct record *record)
{
    (void)link;
    (void)shard;
    left.sent |= record_op(record) == record_op(&left.request.record);
}

static void *start_another(void *nothing_more)
{
    session_start(session, &left.request);
    return nothing_more;
}

/* At the end of a turn of who has the chair: the other's start returns, and nothing else happens in this turn. */
static uint64_t deadline_while_another_starts(struct link *link)
{
    pthread_t other;
    if (left.armed) {
        left.armed = false;
        assert_int_equal(pthread_create(&other, NULL, start_another, NULL), 0);
        assert_int_equal(pthread_join(other, NULL), 0);
        left.left = !left.sent;
    }
    return fake_deadline(link);
}

/* Who sleeps here has sent it, and hears the answer to its own. */
static void sleep_when_it_was_sent(struct link *link, uint64_t until)
{
    (void)link;
    (void)until;
    assert_true(left.sent);
    answer((struct record){ .kind = KIND_ACK, .ack = { .op = record_op(&left.waited.record) } });
}

static void wait_while_another_starts(bool answered)
{
    struct link_operations watched = operations;
    char name[] = "x";
    watched.send = left_send;
    watched.sleep = sleep_when_it_was_sent;
    open_session();
    left = (struct left){ .cdo = { { .number = 1, .name = name, .name_length = 1 }, { .number = 2, .name = name, .name_length = 1 } } };
    struct record one = { .kind = KIND_REQUIRE, .require = { .handle = 1, .name = cdo_name(&left.cdo[0]) } }, other = one;
    other.require.handle = 2;
    request_init(&left.waited, &one, &left.cdo[0]);
    request_init(&left.request, &other, &left.cdo[1]);
    fake.link.operations = &watched;
    session_start(session, &left.waited);
    watched.deadline = deadline_while_another_starts;
    left.armed = true;
    if (answered)
        answer((struct record){ .kind = KIND_ACK, .ack = { .op = record_op(&left.waited.record) } });
    assert_true(session_wait(session, &left.waited.done, NO_DEADLINE));
    assert_true(left.left);
    assert_true(left.sent);
    fake.lose = true;
    assert_true(session_wait(session, &left.request.done, NO_DEADLINE));
    request_release(&left.waited);
    request_release(&left.request);
    fake.link.operations = &operations;
    session_release(session);
}

static void who_lies_down_in_the_chair_has_sent_what_was_left_to_it(void **state)
{
    (void)state;
    wait_while_another_starts(false);
}

static void who_leaves_the_chair_has_sent_what_was_left_to_it(void **state)
{
    (void)state;
    wait_while_another_starts(true);
}

/* ---- what is due while another has the token ---- */

static struct { uint64_t due, until; bool armed, early; unsigned sleeps; struct waitable never; } overdue;

static uint64_t deadline_that_is_over(struct link *link)
{
    (void)link;
    return overdue.due;
}

static void note_until(struct link *link, uint64_t until)
{
    (void)link;
    overdue.sleeps++;
    overdue.early |= until < overdue.until;
}

static void *look_for_a_while(void *nothing_comes)
{
    session_watch(session, &overdue.never, overdue.until);
    return nothing_comes;
}

static bool poll_while_another_lies_down(struct link *link, struct link_receiver *receiver, enum pace pace)
{
    pthread_t other;
    if (overdue.armed) {
        overdue.armed = false;
        assert_int_equal(pthread_create(&other, NULL, look_for_a_while, NULL), 0);
        assert_int_equal(pthread_join(other, NULL), 0);
    }
    return fake_poll(link, receiver, pace);
}

static void who_lies_down_is_not_kept_awake_by_what_another_is_seeing_to(void **state)
{
    (void)state;
    struct link_operations watched = operations;
    watched.deadline = deadline_that_is_over;
    watched.poll = poll_while_another_lies_down;
    watched.sleep = note_until;
    open_session();
    fake.link.operations = &watched;
    overdue.due = 1;
    session_drive(session);
    overdue.until = clock_now() + 2 * NANOSECONDS_PER_MILLISECOND;
    overdue.armed = true;
    session_drive(session);
    assert_true(overdue.sleeps > 0);
    assert_false(overdue.early);
    fake.link.operations = &operations;
    session_release(session);
}

/* ---- what is kept back by who does not come again ---- */

static struct keeper { pthread_mutex_t lock; pthread_cond_t changed; unsigned kept, sent_by_others; pthread_t starter; } keeper = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void flush_kept(struct link *link, enum pace pace)
{
    (void)link;
    pthread_mutex_lock(&keeper.lock);
    keeper.kept += pace == PACE_EASY;
    keeper.sent_by_others += pace != PACE_EASY && !pthread_equal(keeper.starter, pthread_self());
    pthread_cond_broadcast(&keeper.changed);
    pthread_mutex_unlock(&keeper.lock);
}

/* True: the start has kept something back.  Else the session's thread sat in the chair, and is moved out of it. */
static bool start_and_keep(struct mstro_request_ *request)
{
    request_init(request, &(struct record){ .kind = KIND_OFFER, .offer = { .handle = 1 } }, NULL);
    pthread_mutex_lock(&keeper.lock);
    unsigned before = keeper.kept;
    pthread_mutex_unlock(&keeper.lock);
    session_start(session, request);
    pthread_mutex_lock(&keeper.lock);
    bool kept = keeper.kept > before;
    keeper.sent_by_others = 0;
    pthread_mutex_unlock(&keeper.lock);
    return kept;
}

static void what_is_kept_back_leaves_though_who_started_it_does_not_come_again(void **state)
{
    (void)state;
    const struct session_identity who = { .workflow = "w", .component = "c", .host = "h", .word_seed = 1000 };
    struct link_operations watched = slow_operations;
    struct mstro_request_ request;
    watched.flush = flush_kept;
    condition_init(&keeper.changed);
    keeper.starter = pthread_self();
    fake = (struct fake){ .link = { .operations = &watched, .background = true } };
    assert_int_equal(session_open(&session, &fake.link, &who, NO_DEADLINE), MSTRO_OK);
    while (!start_and_keep(&request)) {
        session_wait(session, &request.done, NO_DEADLINE);
        request_release(&request);
    }
    uint64_t patience = clock_now() + 60 * NANOSECONDS_PER_SECOND;
    pthread_mutex_lock(&keeper.lock);
    while (keeper.sent_by_others == 0)
        assert_true(condition_wait(&keeper.changed, &keeper.lock, patience));
    pthread_mutex_unlock(&keeper.lock);
    session_wait(session, &request.done, NO_DEADLINE);
    request_release(&request);
    session_release(session);
    pthread_cond_destroy(&keeper.changed);
}

/* ---- who submits while another has the token ---- */

static struct { bool armed, ran; struct submission submission; } late;

static void run_late(struct session *s, struct submission *submission)
{
    (void)s;
    (void)submission;
    late.ran = true;
}

static void *submit_late(void *nobody)
{
    (void)nobody;
    session_submit(session, &late.submission); /* the token is taken: this returns */
    return NULL;
}

/* Asked for when the holder of the token has seen to all there is, and has not given it back. */
static uint64_t deadline_while_another_submits(struct link *link)
{
    (void)link;
    pthread_t other;
    if (!late.armed)
        return NO_DEADLINE;
    late.armed = false;
    assert_int_equal(pthread_create(&other, NULL, submit_late, NULL), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_false(late.ran);
    return NO_DEADLINE;
}

static void who_gives_the_token_back_sees_to_what_was_submitted_meanwhile(void **state)
{
    (void)state;
    struct link_operations watched = operations;
    watched.deadline = deadline_while_another_submits;
    open_session();
    fake.link.operations = &watched;
    late.submission.run = run_late;
    late.armed = true;
    late.ran = false;
    session_drive(session);
    assert_false(late.armed);
    assert_true(late.ran);
    fake.link.operations = &operations;
    session_release(session);
}

/* ---- events ---- */

static void take_one_that_is(bool quiet, struct mstro_subscription_ *sub)
{
    static uint64_t serial;
    struct record_event event = { .serial = ++serial << 10, .kind = MSTRO_POOL_EVENT_OFFER };
    answer((struct record){ .kind = KIND_EVENTS, .events = { .subscription = sub->number, .position = event.serial, .quiet = quiet, .events = { 1, &event } } });
    session_drive(session);
    mstro_pool_event taken = subscription_take(sub, session);
    assert_non_null(taken);
    event_list_free(taken);
}

static void pool_is_told_what_was_taken_when_it_asks(void **state)
{
    (void)state;
    struct mstro_subscription_ *sub;
    struct mstro_request_ request;
    open_session();
    assert_int_equal(subscription_create(&sub, session_number(session)), MSTRO_OK);
    request_init(&request, &(struct record){ .kind = KIND_SUBSCRIBE, .subscribe = { .subscription = sub->number } }, NULL);
    request.object = sub;
    session_start(session, &request);
    assert_true(session_wait(session, &request.done, NO_DEADLINE));
    take_one_that_is(true, sub);
    take_one_that_is(true, sub);
    assert_int_equal(fake.seen, 0);
    take_one_that_is(false, sub);
    assert_int_equal(fake.seen, 1);
    assert_int_equal(fake.seen_count, 3);
    take_one_that_is(true, sub);
    assert_int_equal(fake.seen, 1);
    take_one_that_is(false, sub);
    assert_int_equal(fake.seen, 2);
    assert_int_equal(fake.seen_count, 5);
    session_release(session);
    subscription_destroy(sub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_gives_the_token_back_sees_to_what_was_submitted_meanwhile),
        cmocka_unit_test(who_works_on_lets_records_wait_who_waits_lets_them_go_and_who_will_not_wait_looks),
        cmocka_unit_test(what_is_lent_is_not_whole_any_more_once_the_session_has_ended),
        cmocka_unit_test(who_hears_that_the_session_is_over_has_the_bytes_back),
        cmocka_unit_test(the_end_is_told_when_its_reason_is_known),
        cmocka_unit_test(bytes_that_do_not_come_are_given_up_at_the_deadline),
        cmocka_unit_test(bytes_go_on_coming_while_who_looks_goes_away_and_comes_back),
        cmocka_unit_test(bytes_come_while_their_receiver_only_asks_now_and_then),
        cmocka_unit_test(who_lies_down_in_the_chair_has_sent_what_was_left_to_it),
        cmocka_unit_test(who_leaves_the_chair_has_sent_what_was_left_to_it),
        cmocka_unit_test(who_lies_down_is_not_kept_awake_by_what_another_is_seeing_to),
        cmocka_unit_test(what_is_kept_back_leaves_though_who_started_it_does_not_come_again),
        cmocka_unit_test(the_chair_that_a_caller_leaves_is_taken_again),
        cmocka_unit_test(pool_is_told_what_was_taken_when_it_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
