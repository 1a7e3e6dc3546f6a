/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads of one process and their subscriptions, with a manager between them and who offers. */
#include "tests/lib/check.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "maestro/maestro.h"
#include "tests/proc/stage.h"

#define OK(call) assert_int_equal(call, MSTRO_OK)

enum { PATIENT = 120000, SOON = 20000 }; /* ms */

/* Nothing goes on because its time is over. */
static int begin(void **state)
{
    static const char *const patient[] = { "--ack-timeout=1h", NULL };
    (void)state;
    stage_open(&stage);
    stage_manager(&stage, patient);
    return mstro_init(NULL, "threads", 0) != MSTRO_OK;
}

static int end(void **state)
{
    mstro_status s = mstro_finalize();
    stage_end(state);
    return s != MSTRO_OK;
}

/* ---- threads: an assertion of cmocka is for the test's own only ---- */

struct watching { pthread_t thread; int way; bool acks; char wrong[300]; };

#define NEED(condition) \
    do { \
        if (!(condition)) { \
            snprintf(w->wrong, sizeof w->wrong, "line %d: " #condition ": %s", __LINE__, mstro_error_detail()); \
            return NULL; \
        } \
    } while (0)

static void start(struct watching *w, void *(*body)(void *)) { assert_int_equal(pthread_create(&w->thread, NULL, body, w), 0); }

static void join(struct watching *w)
{
    pthread_join(w->thread, NULL);
    assert_string_equal(w->wrong, "");
}

/* ---- several subscriptions in several threads ---- */

enum { PRODUCERS = 2, EACH = 200, WAYS = 4, SUBSCRIPTIONS = PRODUCERS + 1, HAPPENINGS = 2 };

static pthread_barrier_t subscribed;

/* One subscription, and how far it has been told of each object: OFFER, then WITHDRAW. */
struct account { mstro_subscription sub; int fd; unsigned told, expected; unsigned char of[PRODUCERS][EACH]; };

static mstro_pool_event take_by_poll(struct watching *w, struct account *a)
{
    mstro_pool_event events = NULL;
    while (!events) {
        NEED(mstro_subscription_poll(a->sub, &events) == MSTRO_OK);
        sched_yield();
    }
    return events;
}

static mstro_pool_event take_by_wait(struct watching *w, struct account *a)
{
    mstro_pool_event events;
    NEED(mstro_subscription_wait(a->sub, &events) == MSTRO_OK);
    return events;
}

static mstro_pool_event take_by_timedwait(struct watching *w, struct account *a)
{
    mstro_pool_event events = NULL;
    mstro_status s = MSTRO_TIMEOUT;
    while (s == MSTRO_TIMEOUT) {
        struct timespec until;
        NEED(!events);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec = (until.tv_nsec + 1000000) % 1000000000; /* in a millisecond, or long ago */
        s = mstro_subscription_timedwait(a->sub, &until, &events);
    }
    NEED(s == MSTRO_OK);
    return events;
}

static mstro_pool_event take_by_descriptor(struct watching *w, struct account *a)
{
    mstro_pool_event events;
    struct pollfd readable = { .fd = a->fd, .events = POLLIN };
    NEED(poll(&readable, 1, -1) == 1);
    NEED(mstro_subscription_poll(a->sub, &events) == MSTRO_OK);
    NEED(events);
    return events;
}

static mstro_pool_event (*const take[WAYS])(struct watching *, struct account *) = { take_by_poll, take_by_wait, take_by_timedwait, take_by_descriptor };

static void *note(struct watching *w, struct account *a, mstro_pool_event events)
{
    for (mstro_pool_event e = events; e; e = e->next, a->told++) {
        NEED(e->kind != MSTRO_POOL_EVENT_OVERFLOW);
        unsigned producer = (unsigned)(e->offer.cdo_name[0] - 'a');
        unsigned long number = strtoul(e->offer.cdo_name + 1, NULL, 10);
        NEED(producer < PRODUCERS && number < EACH);
        NEED(a->of[producer][number]++ == (e->kind == MSTRO_POOL_EVENT_OFFER ? 0 : 1));
    }
    mstro_pool_event_dispose(events);
    return a;
}

/* To one of the producers, or to all. */
static void *subscribe_to(struct watching *w, struct account *a, unsigned producer)
{
    mstro_cdo_selector selector = NULL;
    char query[96];
    snprintf(query, sizeof query, "(.maestro.core.cdo.component = producer-%c)", 'a' + (int)producer);
    if (producer < PRODUCERS)
        NEED(mstro_cdo_selector_create(NULL, NULL, query, &selector) == MSTRO_OK);
    NEED(mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &a->sub) == MSTRO_OK);
    NEED(mstro_cdo_selector_dispose(selector) == MSTRO_OK);
    NEED(mstro_subscription_fd(a->sub, &a->fd) == MSTRO_OK);
    a->expected = EACH * HAPPENINGS * (producer < PRODUCERS ? 1 : PRODUCERS);
    return a;
}

static void *watch_several(void *context)
{
    struct watching *w = context;
    struct account account[SUBSCRIPTIONS] = { 0 };
    for (unsigned i = 0; i < SUBSCRIPTIONS; i++)
        if (!subscribe_to(w, &account[i], i))
            break;
    pthread_barrier_wait(&subscribed);
    for (unsigned left = *w->wrong ? 0 : SUBSCRIPTIONS, i = 0; left > 0; i = (i + 1) % SUBSCRIPTIONS) {
        if (account[i].told == account[i].expected)
            continue;
        mstro_pool_event events = take[w->way](w, &account[i]);
        if (!events || !note(w, &account[i], events))
            return NULL;
        left -= account[i].told >= account[i].expected;
    }
    for (unsigned i = 0; i < SUBSCRIPTIONS; i++) {
        mstro_pool_event more;
        NEED(account[i].told == account[i].expected);
        NEED(mstro_subscription_poll(account[i].sub, &more) == MSTRO_OK && !more);
        NEED(mstro_subscription_dispose(account[i].sub) == MSTRO_OK);
    }
    return NULL;
}

static void threads_with_several_subscriptions_each_are_told_all_of_it_once_and_in_order(void **state)
{
    (void)state;
    struct process *producer[PRODUCERS] = { stage_watcher(&stage, "producer-a"), stage_watcher(&stage, "producer-b") };
    struct watching watching[WAYS] = { 0 };
    pthread_barrier_init(&subscribed, NULL, WAYS + 1);
    for (int i = 0; i < WAYS; i++) {
        watching[i].way = i;
        start(&watching[i], watch_several);
    }
    pthread_barrier_wait(&subscribed);
    for (int i = 0; i < PRODUCERS; i++)
        tell(producer[i], "offers %d %c", EACH, 'a' + i);
    for (int i = 0; i < WAYS; i++)
        join(&watching[i]);
    for (int i = 0; i < PRODUCERS; i++)
        expect_within(producer[i], "MSTRO_OK", PATIENT);
    pthread_barrier_destroy(&subscribed);
}

/* ---- their end ---- */

enum { WATCHERS = 4, ROUNDS = 15, MORE = 20 };

static atomic_ulong begun; /* objects of this process: their names */
static atomic_bool enough;

static void *keep_offering(void *context)
{
    struct watching *w = context;
    while (!atomic_load(&enough)) {
        char name[32];
        mstro_cdo cdo;
        snprintf(name, sizeof name, "%lu", atomic_fetch_add(&begun, 1));
        NEED(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo) == MSTRO_OK && mstro_cdo_offer(cdo) == MSTRO_OK);
        NEED(mstro_cdo_withdraw(cdo) == MSTRO_OK && mstro_cdo_dispose(cdo) == MSTRO_OK);
    }
    return NULL;
}

/* What began when subscribe had returned is told, once; others' objects have names that are no numbers. */
static void *watch_and_end(void *context)
{
    struct watching *w = context;
    for (int round = 0; round < ROUNDS; round++) {
        mstro_subscription sub;
        unsigned char told[MORE] = { 0 };
        NEED(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, w->acks ? MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK : MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub) == MSTRO_OK);
        unsigned long first = atomic_load(&begun);
        for (int left = MORE; left > 0;) {
            mstro_pool_event events;
            NEED(mstro_subscription_wait(sub, &events) == MSTRO_OK);
            for (mstro_pool_event e = events; e; e = e->next) {
                char *rest;
                unsigned long number = strtoul(e->offer.cdo_name, &rest, 10);
                if (*rest || number < first || number - first >= MORE)
                    continue;
                NEED(told[number - first]++ == 0);
                left--;
            }
            if (left > 0) /* the last are still owed when it ends */
                NEED(mstro_subscription_ack(sub, events) == MSTRO_OK);
            mstro_pool_event_dispose(events);
        }
        NEED(mstro_subscription_dispose(sub) == MSTRO_OK); /* with events under way */
    }
    return NULL;
}

static void threads_subscribe_and_end_while_events_come_and_miss_none(void **state)
{
    (void)state;
    struct process *producer[PRODUCERS] = { stage_watcher(&stage, "producer-a"), stage_watcher(&stage, "producer-b") };
    struct watching own = { 0 }, watching[WATCHERS] = { 0 };
    atomic_store(&enough, false);
    for (int i = 0; i < PRODUCERS; i++)
        tell(producer[i], "offers %d %c", EACH, 'a' + i);
    start(&own, keep_offering);
    for (int i = 0; i < WATCHERS; i++) {
        watching[i].acks = i % 2;
        start(&watching[i], watch_and_end);
    }
    for (int i = 0; i < WATCHERS; i++)
        join(&watching[i]);
    atomic_store(&enough, true);
    join(&own);
    for (int i = 0; i < PRODUCERS; i++)
        expect_within(producer[i], "MSTRO_OK", PATIENT);
}

static mstro_subscription shared_by_threads;

/* Once: whoever else is in a call on it has it. */
static void *wait_for_one(void *context)
{
    struct watching *w = context;
    mstro_pool_event events;
    mstro_status s;
    while ((s = mstro_subscription_wait(shared_by_threads, &events)) == MSTRO_BUSY)
        sched_yield();
    NEED(s == MSTRO_OK && strcmp(events->offer.cdo_name, "x0") == 0);
    mstro_pool_event_dispose(events);
    return NULL;
}

/* Until it is in the call. */
static void await_waiting(void)
{
    mstro_pool_event events;
    mstro_status s;
    while ((s = mstro_subscription_poll(shared_by_threads, &events)) == MSTRO_OK && !events)
        sched_yield();
    assert_int_equal(s, MSTRO_BUSY);
}

static void subscription_that_a_thread_waits_for_is_busy_and_ends_when_it_has_returned(void **state)
{
    (void)state;
    struct process *producer = stage_watcher(&stage, "producer");
    struct watching w = { 0 };
    int fd;
    char *cursor;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &shared_by_threads));
    start(&w, wait_for_one);
    await_waiting();
    assert_int_equal(mstro_subscription_dispose(shared_by_threads), MSTRO_BUSY);
    assert_int_equal(mstro_subscription_forget(shared_by_threads), MSTRO_BUSY);
    assert_int_equal(mstro_subscription_fd(shared_by_threads, &fd), MSTRO_BUSY);
    assert_int_equal(mstro_subscription_cursor(shared_by_threads, &cursor), MSTRO_BUSY);
    expect(producer, "offers 1 x", "MSTRO_OK"); /* what was refused has changed nothing: it is told */
    join(&w);
    OK(mstro_subscription_dispose(shared_by_threads));
}

/* ---- the descriptor ---- */

static int watched_by_epoll(mstro_subscription sub, uint32_t how)
{
    struct epoll_event event = { .events = EPOLLIN | how };
    int fd, set = epoll_create1(EPOLL_CLOEXEC);
    assert_true(set >= 0);
    OK(mstro_subscription_fd(sub, &fd));
    assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
    return set;
}

static int ready(int set, int ms)
{
    struct epoll_event event;
    return epoll_wait(set, &event, 1, ms);
}

/* All that is here. */
static unsigned take_all(mstro_subscription sub)
{
    mstro_pool_event events;
    unsigned count = 0;
    for (;;) {
        OK(mstro_subscription_poll(sub, &events));
        if (!events)
            return count;
        for (mstro_pool_event e = events; e; e = e->next)
            count++;
        mstro_pool_event_dispose(events);
    }
}

static void descriptor_tells_of_events_by_level_and_by_edge(void **state)
{
    (void)state;
    struct process *producer = stage_watcher(&stage, "producer");
    mstro_subscription sub;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    int level = watched_by_epoll(sub, 0), edge = watched_by_epoll(sub, EPOLLET);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(ready(level, 0), 0);
        assert_int_equal(ready(edge, 0), 0);
        expect(producer, "offers 1 x", "MSTRO_OK");
        assert_int_equal(ready(level, SOON), 1);
        assert_int_equal(ready(level, 0), 1); /* as long as it is not taken */
        assert_int_equal(ready(edge, SOON), 1);
        assert_int_equal(ready(edge, 0), 0); /* once, until all is taken and more comes */
        assert_int_equal(take_all(sub), 1);
    }
    close(level);
    close(edge);
    OK(mstro_subscription_dispose(sub));
}

static void *wait_for_the_end(void *context)
{
    struct watching *w = context;
    mstro_pool_event events;
    NEED(mstro_subscription_wait(shared_by_threads, &events) == MSTRO_POOL_LOST);
    NEED(!events);
    return NULL;
}

static void subscriptions_tell_that_the_pool_is_lost(void **state)
{
    (void)state;
    mstro_subscription sub;
    mstro_pool_event events;
    struct watching w = { 0 };
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &shared_by_threads));
    int level = watched_by_epoll(sub, 0), edge = watched_by_epoll(sub, EPOLLET);
    start(&w, wait_for_the_end);
    process_kill(&stage.manager, SIGKILL);
    assert_int_equal(process_wait(&stage.manager, SOON), 128 + SIGKILL);
    assert_int_equal(ready(level, SOON), 1);
    assert_int_equal(ready(edge, SOON), 1);
    assert_int_equal(mstro_subscription_poll(sub, &events), MSTRO_POOL_LOST);
    assert_null(events);
    assert_int_equal(ready(level, 0), 1); /* it stays so */
    join(&w);
    close(level);
    close(edge);
    OK(mstro_subscription_dispose(sub));
    OK(mstro_subscription_dispose(shared_by_threads));
    stage_manager(&stage, NULL); /* takes away what that one has left */
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(threads_with_several_subscriptions_each_are_told_all_of_it_once_and_in_order),
        CASE(threads_subscribe_and_end_while_events_come_and_miss_none),
        CASE(subscription_that_a_thread_waits_for_is_busy_and_ends_when_it_has_returned),
        CASE(descriptor_tells_of_events_by_level_and_by_edge),
        CASE(subscriptions_tell_that_the_pool_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
