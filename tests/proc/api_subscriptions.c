/* SPDX-License-Identifier: BSD-3-Clause */
/* api_subscriptions.c - being told, on terms, by the pool inside the process */
#include "tests/lib/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "maestro/maestro.h"

#define OK(call) assert_int_equal(call, MSTRO_OK)

#define STEP ".maestro.ecmwf.step"
#define CLASS ".maestro.ecmwf.class"
#define DATE ".maestro.ecmwf.date"

static int start(void **state)
{
    (void)state;
    return mstro_init("subscriptions", "watcher", 3) != MSTRO_OK;
}

static int stop(void **state)
{
    (void)state;
    return mstro_finalize() != MSTRO_OK;
}

static mstro_cdo offer(const char *name)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_offer(cdo));
    return cdo;
}

static void withdraw(mstro_cdo cdo)
{
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
}

static void offer_and_withdraw(const char *name) { withdraw(offer(name)); }

static mstro_subscription subscribe(mstro_pool_event_kind kinds, const struct mstro_subscription_terms *terms)
{
    mstro_subscription sub;
    OK(mstro_subscribe_with(NULL, kinds, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, terms, &sub));
    return sub;
}

/* All that is here, as "OFFER a, WITHDRAW a"; valid until the next call. */
static const char *told(mstro_subscription sub)
{
    static char text[2000];
    mstro_pool_event events;
    size_t used = 0;
    text[0] = '\0';
    for (;;) {
        OK(mstro_subscription_poll(sub, &events));
        if (!events)
            return text;
        for (mstro_pool_event e = events; e; e = e->next) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", used ? ", " : "", mstro_pool_event_description(e->kind), e->offer.cdo_name);
            assert_true(used < sizeof text);
        }
        OK(mstro_pool_event_dispose(events));
    }
}

/* ---- what an event carries ---- */

static void event_says_what_happened_to_which_generation_and_by_whom(void **state)
{
    (void)state;
    char data[100] = "";
    int64_t size = sizeof data;
    mstro_cdo cdo;
    mstro_pool_event events;
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW, NULL);
    OK(mstro_cdo_declare("field", MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, data, false, true));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true));
    for (int i = 0; i < 2; i++) {
        OK(mstro_cdo_offer(cdo));
        OK(mstro_cdo_withdraw(cdo));
    }
    OK(mstro_subscription_poll(sub, &events));
    int count = 0;
    uint64_t id[2] = { events->offer.cdo_id[0], events->offer.cdo_id[1] };
    assert_true(id[0] != 0 || id[1] != 0);
    for (mstro_pool_event e = events; e; e = e->next, count++) {
        assert_int_equal(e->kind, count % 2 ? MSTRO_POOL_EVENT_WITHDRAW : MSTRO_POOL_EVENT_OFFER);
        assert_string_equal(e->payload.offer.cdo_name, "field");
        assert_string_equal(e->withdraw.component_name, "watcher");
        assert_int_equal(e->offer.component_index, 3);
        assert_int_equal(e->offer.size, sizeof data);
        assert_int_equal(e->offer.generation, count / 2 + 1);
        assert_memory_equal(e->offer.cdo_id, id, sizeof id);
        assert_true(e->offer.appid > 0);
        assert_false(e->again);
    }
    assert_int_equal(count, 4);
    OK(mstro_pool_event_dispose(events));
    OK(mstro_cdo_dispose(cdo));
    OK(mstro_subscription_dispose(sub));
}

static void attributes_come_when_they_were_asked_for(void **state)
{
    (void)state;
    static const char *const wanted[] = { STEP, CLASS, DATE };
    const struct mstro_subscription_terms terms = { .attributes = wanted, .attribute_count = 3 };
    const char *class = "od", *stream = "oper";
    int64_t step = 12;
    mstro_cdo cdo;
    mstro_pool_event event;
    enum mstro_cdo_attr_value_type type;
    const void *value, *again;
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, &terms);
    OK(mstro_cdo_declare("described", MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_attribute_set(cdo, STEP, &step, true, true));
    OK(mstro_cdo_attribute_set(cdo, CLASS, &class, true, true));
    OK(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.stream", &stream, true, true));
    OK(mstro_cdo_offer(cdo));
    OK(mstro_subscription_wait(sub, &event));
    OK(mstro_pool_event_attribute_get(event, STEP, &type, &value));
    assert_int_equal(type, MSTRO_CDO_ATTR_VALUE_int64);
    assert_int_equal(*(const int64_t *)value, 12);
    OK(mstro_pool_event_attribute_get(event, STEP, NULL, &again));
    assert_ptr_equal(value, again);
    OK(mstro_pool_event_attribute_get(event, CLASS, &type, &value));
    assert_int_equal(type, MSTRO_CDO_ATTR_VALUE_cstring);
    assert_string_equal(*(char *const *)value, "od");
    assert_int_equal(mstro_pool_event_attribute_get(event, DATE, NULL, &value), MSTRO_NOENT); /* it has none */
    assert_null(value);
    assert_int_equal(mstro_pool_event_attribute_get(event, ".maestro.ecmwf.stream", NULL, &value), MSTRO_NOENT); /* not asked for */
    OK(mstro_pool_event_attribute_get(event, MSTRO_ATTR_CORE_CDO_NAME, &type, &value));
    assert_string_equal(*(char *const *)value, "described");
    OK(mstro_pool_event_attribute_get(event, MSTRO_ATTR_CORE_CDO_COMPONENT, NULL, &value));
    assert_string_equal(*(char *const *)value, "watcher");
    assert_int_equal(mstro_pool_event_attribute_get(event, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, NULL, &value), MSTRO_NOENT);
    assert_int_equal(mstro_pool_event_attribute_get(NULL, STEP, NULL, &value), MSTRO_INVARG);
    assert_int_equal(mstro_pool_event_attribute_get(event, STEP, NULL, NULL), MSTRO_INVOUT);
    OK(mstro_pool_event_dispose(event));
    OK(mstro_subscription_dispose(sub));
    withdraw(cdo);
}

/* ---- where it begins ---- */

static void cursor_leads_behind_what_was_taken(void **state)
{
    (void)state;
    char *begin, *behind;
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, NULL);
    OK(mstro_subscription_cursor(sub, &begin));
    offer_and_withdraw("a");
    offer_and_withdraw("b");
    assert_string_equal(told(sub), "OFFER a, OFFER b");
    OK(mstro_subscription_cursor(sub, &behind));
    offer_and_withdraw("c");
    OK(mstro_subscription_dispose(sub));
    offer_and_withdraw("d");
    sub = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .start = MSTRO_SUBSCRIPTION_START_CURSOR, .cursor = behind });
    assert_string_equal(told(sub), "OFFER c, OFFER d");
    OK(mstro_subscription_dispose(sub));
    sub = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .start = MSTRO_SUBSCRIPTION_START_CURSOR, .cursor = begin });
    assert_string_equal(told(sub), "OFFER a, OFFER b, OFFER c, OFFER d");
    offer_and_withdraw("e");
    assert_string_equal(told(sub), "OFFER e");
    OK(mstro_subscription_dispose(sub));
    free(begin);
    free(behind);
}

static void cursor_of_another_run_is_stale_and_what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = { NULL, "", "x", "0123", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef-1-zz" };
    char *cursor, damaged[200];
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, NULL);
    OK(mstro_subscription_cursor(sub, &cursor));
    assert_int_equal(mstro_subscription_cursor(sub, NULL), MSTRO_INVOUT);
    OK(mstro_subscription_dispose(sub));
    OK(mstro_finalize());
    OK(mstro_init("subscriptions", "watcher", 3));
    struct mstro_subscription_terms terms = { .start = MSTRO_SUBSCRIPTION_START_CURSOR, .cursor = cursor };
    assert_int_equal(mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &terms, &sub), MSTRO_STALE_EPOCH);
    assert_null(sub);
    free(cursor);
    sub = subscribe(MSTRO_POOL_EVENT_OFFER, NULL);
    OK(mstro_subscription_cursor(sub, &cursor));
    OK(mstro_subscription_dispose(sub));
    terms.cursor = damaged;
    for (size_t length = strlen(cursor), i = 0; i < 2 * length; i++) { /* cut behind each character, and each changed */
        snprintf(damaged, sizeof damaged, "%.*s", i < length ? (int)i : (int)length, cursor);
        if (i >= length)
            damaged[i - length] = damaged[i - length] == '3' ? '4' : '3';
        assert_int_equal(mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &terms, &sub), MSTRO_INVARG);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        terms.cursor = none[i];
        assert_int_equal(mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &terms, &sub), MSTRO_INVARG);
    }
    free(cursor);
}

static void event_is_acknowledged_by_whom_it_was_told_only(void **state)
{
    (void)state;
    mstro_subscription asked, other = subscribe(MSTRO_POOL_EVENT_OFFER, NULL);
    mstro_pool_event event;
    mstro_cdo cdo;
    mstro_request request;
    bool done;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &asked));
    OK(mstro_cdo_declare("acknowledged", MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_offer_async(cdo, &request));
    OK(mstro_subscription_wait(asked, &event));
    assert_int_equal(mstro_subscription_ack(other, event), MSTRO_INVARG);
    assert_non_null(strstr(mstro_error_detail(), "another subscription"));
    OK(mstro_request_test(request, &done));
    assert_false(done);
    OK(mstro_subscription_ack(asked, event));
    OK(mstro_request_wait(request));
    OK(mstro_subscription_ack(asked, event)); /* once more: no error */
    mstro_pool_event_dispose(event);
    OK(mstro_subscription_dispose(asked));
    OK(mstro_subscription_dispose(other));
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
}

static void late_joiner_is_told_what_is_offered_and_then_what_happens(void **state)
{
    (void)state;
    mstro_cdo a = offer("a"), b = offer("b");
    offer_and_withdraw("gone");
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_POOL_CHECKPOINT,
                                       &(struct mstro_subscription_terms){ .start = MSTRO_SUBSCRIPTION_START_STANDING });
    assert_string_equal(told(sub), "OFFER a, OFFER b, POOL_CHECKPOINT ");
    withdraw(a);
    withdraw(b);
    assert_string_equal(told(sub), "WITHDRAW a, WITHDRAW b");
    OK(mstro_subscription_dispose(sub));
}

static void serial_of_an_overflow_leads_behind_what_was_lost(void **state)
{
    (void)state;
    mstro_pool_event events;
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .max_events = 1 });
    for (char name[2] = "a"; *name <= 'e'; ++*name)
        offer_and_withdraw(name);
    assert_string_equal(told(sub), "OFFER a, OFFER b, OVERFLOW ");
    offer_and_withdraw("f");
    OK(mstro_subscription_wait(sub, &events));
    uint64_t serial = events->serial;
    OK(mstro_pool_event_dispose(events));
    offer_and_withdraw("g");
    mstro_subscription other = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .start = MSTRO_SUBSCRIPTION_START_SERIAL,
                                                                                                   .serial = serial });
    assert_string_equal(told(other), "OFFER g");
    OK(mstro_subscription_dispose(other));
    OK(mstro_subscription_dispose(sub));
}

/* Time itself is what an age is about. */
static void wait_until(mstro_nanosec_t moment)
{
    while (mstro_clock() <= moment)
        poll(NULL, 0, 1);
}

static void age_leaves_out_what_happened_before(void **state)
{
    (void)state;
    mstro_nanosec_t gap = 20000000, late;
    mstro_subscription sub = NULL;
    do {
        if (sub)
            OK(mstro_subscription_dispose(sub));
        gap *= 2;
        offer_and_withdraw("older");
        mstro_nanosec_t between = mstro_clock();
        wait_until(between + gap);
        offer_and_withdraw("younger");
        const struct mstro_subscription_terms terms = { .start = MSTRO_SUBSCRIPTION_START_AGE, .age = mstro_clock() - between };
        sub = subscribe((mstro_pool_event_kind)(MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW | MSTRO_POOL_EVENT_POOL_CHECKPOINT), &terms);
        late = mstro_clock() - terms.age - between;
    } while (late >= gap && gap < 2000000000); /* the pool may have read the age so late that it does not reach back to the younger */
    assert_string_equal(told(sub), "OFFER younger, WITHDRAW younger, POOL_CHECKPOINT ");
    OK(mstro_subscription_dispose(sub));
}

/* The kinds of all that is here, after a look at the names of each. */
static int kinds_with_names(mstro_subscription sub)
{
    mstro_pool_event events;
    int seen = 0;
    for (;;) {
        OK(mstro_subscription_poll(sub, &events));
        if (!events)
            return seen;
        for (mstro_pool_event e = events; e; e = e->next) {
            seen |= (int)e->kind;
            assert_int_equal(strlen(e->offer.cdo_name), e->kind == MSTRO_POOL_EVENT_OFFER ? 1 : 0);
            assert_string_equal(e->offer.component_name, e->kind & (MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_SUBSCRIBE) ? "watcher" : "");
        }
        OK(mstro_pool_event_dispose(events));
    }
}

static void names_can_be_read_of_every_event_whatever_its_kind(void **state)
{
    (void)state;
    const int kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_POOL_CHECKPOINT;
    const struct mstro_subscription_terms past = { .start = MSTRO_SUBSCRIPTION_START_AGE };
    mstro_subscription all = subscribe((mstro_pool_event_kind)kinds, &past);
    mstro_subscription slow = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .max_events = 1 });
    for (char name[2] = "a"; *name <= 'e'; ++*name)
        offer_and_withdraw(name);
    assert_int_equal(kinds_with_names(all), kinds);
    assert_int_equal(kinds_with_names(slow), MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_OVERFLOW);
    OK(mstro_subscription_dispose(slow));
    OK(mstro_subscription_dispose(all));
}

/* ---- bounds ---- */

static void subscription_that_was_too_slow_says_so_behind_what_it_was_told(void **state)
{
    (void)state;
    mstro_pool_event events;
    struct pollfd watched = { .events = POLLIN };
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .max_events = 1, .when_full = MSTRO_SUBSCRIPTION_FULL_END });
    OK(mstro_subscription_fd(sub, &watched.fd));
    for (char name[2] = "a"; *name <= 'c'; ++*name)
        offer_and_withdraw(name);
    assert_int_equal(poll(&watched, 1, 0), 1);
    OK(mstro_subscription_wait(sub, &events));
    assert_string_equal(events->offer.cdo_name, "a");
    OK(mstro_pool_event_dispose(events));
    assert_int_equal(mstro_subscription_poll(sub, &events), MSTRO_OVERFLOW);
    assert_non_null(strstr(mstro_error_detail(), "1 events wait"));
    assert_null(events);
    assert_int_equal(mstro_subscription_wait(sub, &events), MSTRO_OVERFLOW);
    assert_int_equal(poll(&watched, 1, 0), 1);
    OK(mstro_subscription_dispose(sub));
}

static void operation_waits_for_room_and_goes_on_when_some_is_made(void **state)
{
    (void)state;
    mstro_cdo cdo[3];
    mstro_request third;
    bool done;
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .max_events = 1, .when_full = MSTRO_SUBSCRIPTION_FULL_HOLD });
    cdo[0] = offer("a");
    cdo[1] = offer("b");
    OK(mstro_cdo_declare("c", MSTRO_ATTR_DEFAULT, &cdo[2]));
    OK(mstro_cdo_offer_async(cdo[2], &third));
    OK(mstro_request_test(third, &done));
    assert_false(done);
    assert_string_equal(told(sub), "OFFER a, OFFER b, OFFER c");
    OK(mstro_request_wait(third));
    OK(mstro_subscription_dispose(sub));
    for (int i = 0; i < 3; i++)
        withdraw(cdo[i]);
}

static void terms_that_make_no_sense_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const hole[] = { NULL }, *const one[] = { STEP }, *const misspelt[] = { ".maestro.ecmwf.stp" },
                             *const local[] = { MSTRO_ATTR_CORE_CDO_RAW_PTR };
    const struct { struct mstro_subscription_terms terms; mstro_status status; } cases[] = {
        { { .name = "" , .durable = true }, MSTRO_INVARG },
        { { .name = "a" }, MSTRO_INVARG },
        { { .shared = true }, MSTRO_INVARG },
        { { .name = "\xff", .shared = true }, MSTRO_INVARG },
        { { .attributes = hole, .attribute_count = 1 }, MSTRO_INVARG },
        { { .attributes = misspelt, .attribute_count = 1 }, MSTRO_SCHEMA },
        { { .attributes = local, .attribute_count = 1 }, MSTRO_INVARG },
        { { .attribute_count = 1 }, MSTRO_INVARG },
        { { .attributes = one, .attribute_count = 65 }, MSTRO_INVARG },
        { { .when_full = (enum mstro_subscription_full)9 }, MSTRO_INVARG },
        { { .when_late = (enum mstro_subscription_late)9 }, MSTRO_INVARG },
        { { .start = (enum mstro_subscription_start)9 }, MSTRO_INVARG },
        { { .hold_time = UINT64_MAX }, MSTRO_QUOTA },
        { { .max_events = UINT64_MAX }, MSTRO_QUOTA },
        { { .max_bytes = UINT64_MAX }, MSTRO_QUOTA },
        { { .start = MSTRO_SUBSCRIPTION_START_SERIAL, .serial = UINT64_MAX << 10 }, MSTRO_STALE_EPOCH },
        { { .start = MSTRO_SUBSCRIPTION_START_SERIAL, .serial = 1023 }, MSTRO_STALE_EPOCH }, /* of a shard that this pool has not */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mstro_subscription sub;
        assert_int_equal(mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &cases[i].terms, &sub), cases[i].status);
        assert_null(sub);
        assert_true(*mstro_error_detail());
    }
}

/* ---- names ---- */

static void durable_name_waits_for_its_next_subscriber_and_can_be_forgotten(void **state)
{
    (void)state;
    const struct mstro_subscription_terms terms = { .name = "archive", .durable = true };
    mstro_subscription sub = subscribe(MSTRO_POOL_EVENT_OFFER, &terms), other;
    char *cursor;
    offer_and_withdraw("a");
    assert_string_equal(told(sub), "OFFER a");
    assert_int_equal(mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &terms, &other), MSTRO_CONFLICT);
    OK(mstro_subscription_dispose(sub));
    offer_and_withdraw("b");
    sub = subscribe(MSTRO_POOL_EVENT_OFFER, &terms);
    OK(mstro_subscription_cursor(sub, &cursor)); /* behind what the one before had taken */
    other = subscribe(MSTRO_POOL_EVENT_OFFER, &(struct mstro_subscription_terms){ .start = MSTRO_SUBSCRIPTION_START_CURSOR, .cursor = cursor });
    free(cursor);
    assert_string_equal(told(other), "OFFER b");
    OK(mstro_subscription_dispose(other));
    assert_string_equal(told(sub), "OFFER b");
    OK(mstro_subscription_forget(sub));
    offer_and_withdraw("c");
    sub = subscribe(MSTRO_POOL_EVENT_OFFER, &terms);
    assert_string_equal(told(sub), "");
    OK(mstro_subscription_forget(sub));
    OK(mstro_subscription_forget(NULL));
}

static void shared_name_gives_each_event_to_one_and_ends_for_all(void **state)
{
    (void)state;
    const struct mstro_subscription_terms terms = { .name = "jobs", .shared = true };
    mstro_subscription one = subscribe(MSTRO_POOL_EVENT_OFFER, &terms), two = subscribe(MSTRO_POOL_EVENT_OFFER, &terms);
    mstro_pool_event events;
    int count[2] = { 0, 0 };
    for (char name[2] = "a"; *name <= 'j'; ++*name)
        offer_and_withdraw(name);
    for (int i = 0; i < 2; i++) {
        OK(mstro_subscription_wait(i ? two : one, &events));
        for (mstro_pool_event e = events; e; e = e->next)
            count[i]++;
        OK(mstro_pool_event_dispose(events));
    }
    assert_int_equal(count[0], 5);
    assert_int_equal(count[1], 5);
    OK(mstro_subscription_forget(one));
    assert_int_equal(mstro_subscription_wait(two, &events), MSTRO_CANCELLED);
    OK(mstro_subscription_dispose(two));
}

/* ---- threads ---- */

enum { WATCHERS = 4, ROUNDS = 30, MORE = 20 };

static atomic_ulong begun, ended; /* offers */
static atomic_bool enough;

/* An assertion of cmocka is for its own thread only. */
#define MUST(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "# line %d: " #condition ": %s\n", __LINE__, mstro_error_detail()); \
            _exit(1); \
        } \
    } while (0)

static void *keep_offering(void *unused)
{
    (void)unused;
    while (!atomic_load(&enough)) {
        char name[32];
        snprintf(name, sizeof name, "%lu", atomic_load(&ended));
        mstro_cdo cdo;
        atomic_fetch_add(&begun, 1);
        MUST(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo) == MSTRO_OK && mstro_cdo_offer(cdo) == MSTRO_OK);
        MUST(mstro_cdo_withdraw(cdo) == MSTRO_OK && mstro_cdo_dispose(cdo) == MSTRO_OK);
        atomic_fetch_add(&ended, 1);
    }
    return NULL;
}

/* Nothing that began after subscribe returned is missing, all is told once and in order, until it is enough. */
static void *watch_and_end(void *unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        mstro_subscription sub;
        MUST(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub) == MSTRO_OK);
        unsigned long first = atomic_load(&begun), next = 0, taken = 0;
        while (taken < MORE) {
            mstro_pool_event events;
            MUST(mstro_subscription_wait(sub, &events) == MSTRO_OK);
            for (mstro_pool_event e = events; e; e = e->next, taken++) {
                unsigned long number = strtoul(e->offer.cdo_name, NULL, 10);
                MUST(taken ? number == next : number <= first);
                next = number + 1;
            }
            MUST(mstro_subscription_ack(sub, events) == MSTRO_OK);
            mstro_pool_event_dispose(events);
        }
        MUST(mstro_subscription_dispose(sub) == MSTRO_OK); /* with events under way */
    }
    return NULL;
}

static void many_threads_subscribe_and_end_while_events_are_under_way(void **state)
{
    (void)state;
    pthread_t producer, watcher[WATCHERS];
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&producer, NULL, keep_offering, NULL), 0);
    for (int i = 0; i < WATCHERS; i++)
        assert_int_equal(pthread_create(&watcher[i], NULL, watch_and_end, NULL), 0);
    for (int i = 0; i < WATCHERS; i++)
        pthread_join(watcher[i], NULL);
    atomic_store(&enough, true);
    pthread_join(producer, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
        CASE(event_says_what_happened_to_which_generation_and_by_whom),
        CASE(attributes_come_when_they_were_asked_for),
        CASE(cursor_leads_behind_what_was_taken),
        CASE(cursor_of_another_run_is_stale_and_what_is_none_is_refused),
        CASE(event_is_acknowledged_by_whom_it_was_told_only),
        CASE(late_joiner_is_told_what_is_offered_and_then_what_happens),
        CASE(serial_of_an_overflow_leads_behind_what_was_lost),
        CASE(age_leaves_out_what_happened_before),
        CASE(names_can_be_read_of_every_event_whatever_its_kind),
        CASE(subscription_that_was_too_slow_says_so_behind_what_it_was_told),
        CASE(operation_waits_for_room_and_goes_on_when_some_is_made),
        CASE(terms_that_make_no_sense_are_refused_by_name),
        CASE(durable_name_waits_for_its_next_subscriber_and_can_be_forgotten),
        CASE(shared_name_gives_each_event_to_one_and_ends_for_all),
        CASE(many_threads_subscribe_and_end_while_events_are_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
