/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/proc/api_scenarios.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/proc/api_play.h"

/* ---- bytes of every size ---- */

static const int64_t sizes[] = { 1, 100, 4096, 4097, 65536, 65537, 1 << 20, (5 << 20) + 3 };
enum { SIZE_COUNT = sizeof sizes / sizeof sizes[0] };

static const char *lend_every_size(struct stage *s)
{
    for (int i = 0; i < SIZE_COUNT; i++) {
        void *data = NULL;
        CHECK(posix_memalign(&data, 64, (size_t)sizes[i]) == 0);
        fill(data, (size_t)sizes[i], (unsigned)i);
        mstro_cdo cdo;
        char what[32];
        snprintf(what, sizeof what, "sized %d", i);
        OK(declare_with(name_of(s, what), data, sizes[i], &cdo));
        meet(s); /* required */
        OK(mstro_cdo_offer(cdo));
        OK(mstro_cdo_withdraw(cdo));
        CHECK(holds(data, (size_t)sizes[i], (unsigned)i));
        memset(data, 0xee, (size_t)sizes[i]); /* ours again: the consumer must have its own */
        meet(s); /* withdrawn */
        OK(mstro_cdo_dispose(cdo));
        free(data);
    }
    return NULL;
}

static const char *take_every_size(struct stage *s)
{
    for (int i = 0; i < SIZE_COUNT; i++) {
        mstro_cdo cdo;
        char what[32];
        snprintf(what, sizeof what, "sized %d", i);
        OK(mstro_cdo_declare(name_of(s, what), MSTRO_ATTR_DEFAULT, &cdo));
        OK(mstro_cdo_require(cdo));
        meet(s);
        meet(s); /* the producer has overwritten its buffer */
        OK(mstro_cdo_demand(cdo));
        void *data;
        int64_t size;
        OK(mstro_cdo_access_ptr(cdo, &data, &size));
        CHECK(size == sizes[i]);
        CHECK((uintptr_t)data % 64 == 0);
        CHECK(holds(data, (size_t)size, (unsigned)i));
        const void *value;
        OK(mstro_cdo_attribute_get(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, NULL, &value));
        CHECK(*(const int64_t *)value == sizes[i]);
        OK(mstro_cdo_dispose(cdo));
        CHECK(holds(data, (size_t)size, (unsigned)i)); /* what was handed out is ours */
        free(data);
    }
    return NULL;
}

/* ---- demand waits for the offer; attributes travel ---- */

static const char *offer_late(struct stage *s)
{
    mstro_cdo cdo;
    char text[] = "hello";
    const char *class = "od";
    int64_t step = 12;
    OK(declare_with(name_of(s, "late"), text, sizeof text, &cdo));
    OK(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.class", &class, true, false));
    OK(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.step", &step, true, false));
    meet(s);
    struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 }; /* lets the other be asleep in demand: either order must work */
    nanosleep(&pause, NULL);
    OK(mstro_cdo_offer(cdo));
    meet(s);
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *demand_early(struct stage *s)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "late"), MSTRO_ATTR_DEFAULT, &cdo));
    meet(s);
    OK(mstro_cdo_demand(cdo));
    void *data;
    int64_t size;
    OK(mstro_cdo_access_ptr(cdo, &data, &size));
    CHECK(size == 6 && strcmp(data, "hello") == 0);
    const void *value;
    enum mstro_cdo_attr_value_type type;
    OK(mstro_cdo_attribute_get(cdo, ".maestro.ecmwf.class", &type, &value));
    CHECK(type == MSTRO_CDO_ATTR_VALUE_cstring && strcmp(*(char *const *)value, "od") == 0);
    OK(mstro_cdo_attribute_get(cdo, ".maestro.ecmwf.step", NULL, &value));
    CHECK(*(const int64_t *)value == 12);
    OK(mstro_cdo_attribute_get(cdo, MSTRO_ATTR_CORE_CDO_COMPONENT, NULL, &value));
    CHECK(strcmp(*(char *const *)value, s->one_process ? "threads" : "producer") == 0);
    meet(s);
    OK(mstro_cdo_dispose(cdo));
    free(data);
    return NULL;
}

/* ---- require and retract of what never exists ---- */

static const char *require_nothing(struct stage *s)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "never"), MSTRO_ATTR_DEFAULT, &cdo));
    EXPECT(mstro_cdo_retract(cdo), MSTRO_INVARG);
    OK(mstro_cdo_require(cdo));
    EXPECT(mstro_cdo_require(cdo), MSTRO_INVARG);
    EXPECT(mstro_cdo_offer(cdo), MSTRO_INVARG);
    EXPECT(mstro_cdo_withdraw(cdo), MSTRO_INVARG);
    EXPECT(mstro_cdo_access_ptr(cdo, NULL, NULL), MSTRO_NOENT);
    OK(mstro_cdo_retract(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

/* ---- withdraw and who has not required, who retracts, who cannot take ---- */

static const char *withdraw_thrice(struct stage *s)
{
    static const char *const what[] = { "free", "retracted", "small" };
    unsigned char data[10000];
    fill(data, sizeof data, 3);
    for (int i = 0; i < 3; i++) {
        mstro_cdo cdo;
        OK(declare_with(name_of(s, what[i]), data, sizeof data, &cdo));
        OK(mstro_cdo_offer(cdo));
        EXPECT(mstro_cdo_dispose(cdo), MSTRO_INVARG);
        EXPECT(mstro_cdo_require(cdo), MSTRO_INVARG);
        meet(s);
        if (i == 0)
            meet(s); /* the other has nothing but a handle */
        OK(mstro_cdo_withdraw(cdo));
        OK(mstro_cdo_dispose(cdo));
    }
    return NULL;
}

static const char *need_thrice(struct stage *s)
{
    mstro_cdo cdo;
    unsigned char small[10];
    OK(mstro_cdo_declare(name_of(s, "free"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_seal(cdo));
    meet(s);
    meet(s);
    OK(mstro_cdo_dispose(cdo));

    OK(mstro_cdo_declare(name_of(s, "retracted"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_require(cdo));
    meet(s);
    OK(mstro_cdo_retract(cdo));
    OK(mstro_cdo_dispose(cdo));

    OK(declare_with(name_of(s, "small"), small, sizeof small, &cdo));
    OK(mstro_cdo_require(cdo));
    meet(s);
    EXPECT(mstro_cdo_demand(cdo), MSTRO_NOMEM);
    CHECK(strstr(mstro_error_detail(), "10000") && strstr(mstro_error_detail(), "10 bytes"));
    OK(mstro_cdo_retract(cdo)); /* it stayed */
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

/* ---- the consumer's own buffer, and size 0 for "unknown" ---- */

static const char *lend_for_buffers(struct stage *s)
{
    unsigned char data[70000];
    mstro_cdo cdo;
    fill(data, sizeof data, 5);
    OK(declare_with(name_of(s, "buffers"), data, sizeof data, &cdo));
    OK(mstro_cdo_offer(cdo));
    meet(s);
    meet(s);
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *take_into_buffers(struct stage *s)
{
    static unsigned char mine[80000];
    mstro_cdo cdo;
    void *data;
    int64_t size;
    meet(s);
    OK(declare_with(name_of(s, "buffers"), mine, sizeof mine, &cdo));
    OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_access_ptr(cdo, &data, &size));
    CHECK(data == mine && size == 70000 && holds(mine, 70000, 5));
    OK(mstro_cdo_dispose(cdo));

    OK(declare_with(name_of(s, "buffers"), NULL, 0, &cdo));
    OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_access_ptr(cdo, &data, &size));
    CHECK(data != mine && size == 70000 && holds(data, 70000, 5));
    OK(mstro_cdo_dispose(cdo));
    free(data);

    OK(mstro_cdo_declare(name_of(s, "buffers"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_dispose(cdo)); /* never handed out: the library frees it */
    meet(s);
    return NULL;
}

/* ---- objects without data ---- */

static const char *signal_ready(struct stage *s)
{
    mstro_cdo ready, bare;
    OK(declare_with(name_of(s, "ready"), NULL, 0, &ready));
    OK(mstro_cdo_declare(name_of(s, "bare"), MSTRO_ATTR_DEFAULT, &bare));
    meet(s);
    OK(mstro_cdo_offer(ready));
    OK(mstro_cdo_offer(bare));
    EXPECT(mstro_cdo_access_ptr(ready, NULL, NULL), MSTRO_NOENT);
    OK(mstro_cdo_withdraw(ready));
    OK(mstro_cdo_withdraw(bare));
    OK(mstro_cdo_dispose(ready));
    OK(mstro_cdo_dispose(bare));
    return NULL;
}

static const char *await_ready(struct stage *s)
{
    mstro_cdo ready, bare;
    OK(declare_with(name_of(s, "ready"), NULL, 0, &ready));
    OK(mstro_cdo_declare(name_of(s, "bare"), MSTRO_ATTR_DEFAULT, &bare));
    OK(mstro_cdo_require(ready));
    OK(mstro_cdo_require(bare));
    meet(s);
    OK(mstro_cdo_demand(ready));
    OK(mstro_cdo_demand(bare));
    void *data = s;
    int64_t size = 7;
    EXPECT(mstro_cdo_access_ptr(ready, &data, &size), MSTRO_NOENT);
    CHECK(data == NULL && size == 0);
    EXPECT(mstro_cdo_access_ptr(bare, &data, &size), MSTRO_NOENT);
    OK(mstro_cdo_dispose(ready));
    OK(mstro_cdo_dispose(bare));
    return NULL;
}

/* ---- a second offer ---- */

static const char *offer_first(struct stage *s)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "taken"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_offer(cdo));
    meet(s);
    meet(s);
    OK(mstro_cdo_withdraw(cdo));
    meet(s);
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *offer_second(struct stage *s)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "taken"), MSTRO_ATTR_DEFAULT, &cdo));
    meet(s);
    EXPECT(mstro_cdo_offer(cdo), MSTRO_CONFLICT);
    CHECK(strstr(mstro_error_detail(), "taken"));
    meet(s);
    meet(s);
    OK(mstro_cdo_offer(cdo)); /* the name is free again */
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

/* ---- generations ---- */

static const char *offer_thrice(struct stage *s)
{
    int32_t value = 0;
    mstro_cdo cdo;
    OK(declare_with(name_of(s, "generations"), &value, sizeof value, &cdo));
    for (value = 1; value <= 3; value++) {
        meet(s); /* required */
        OK(mstro_cdo_offer(cdo));
        OK(mstro_cdo_withdraw(cdo));
        meet(s); /* withdrawn */
    }
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *demand_thrice(struct stage *s)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "generations"), MSTRO_ATTR_DEFAULT, &cdo));
    for (int32_t expected = 1; expected <= 3; expected++) {
        OK(mstro_cdo_require(cdo));
        meet(s);
        OK(mstro_cdo_demand(cdo));
        void *data;
        OK(mstro_cdo_access_ptr(cdo, &data, NULL));
        CHECK(*(int32_t *)data == expected);
        free(data);
        meet(s);
    }
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

/* ---- names ---- */

static const char *use_odd_names(struct stage *s)
{
    char longest[4097], beyond[4098], thousand[1001];
    snprintf(longest, sizeof longest, "%s ", s->prefix);
    memset(longest + strlen(longest), 'x', sizeof longest - 1 - strlen(longest));
    longest[4096] = '\0';
    memset(beyond, 'x', sizeof beyond - 1);
    beyond[4097] = '\0';
    snprintf(thousand, sizeof thousand, "%s ", s->prefix);
    memset(thousand + strlen(thousand), 'y', sizeof thousand - 1 - strlen(thousand));
    thousand[1000] = '\0';
    mstro_cdo one, two, three;
    EXPECT(mstro_cdo_declare(beyond, MSTRO_ATTR_DEFAULT, &one), MSTRO_INVARG);
    CHECK(one == NULL);
    EXPECT(mstro_cdo_declare("", MSTRO_ATTR_DEFAULT, &one), MSTRO_INVARG);
    EXPECT(mstro_cdo_declare(NULL, MSTRO_ATTR_DEFAULT, &one), MSTRO_INVARG);
    EXPECT(mstro_cdo_declare("\xff\xfe", MSTRO_ATTR_DEFAULT, &one), MSTRO_INVARG);
    EXPECT(mstro_cdo_declare("a", MSTRO_ATTR_DEFAULT, NULL), MSTRO_INVOUT);
    int32_t value = 42;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? longest : thousand;
        OK(declare_with(name, &value, sizeof value, &one));
        OK(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &two));
        OK(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &three));
        CHECK(strcmp(mstro_cdo_name(two), name) == 0);
        OK(mstro_cdo_offer(one));
        OK(mstro_cdo_demand(two));
        OK(mstro_cdo_demand(three));
        OK(mstro_cdo_withdraw(one));
        OK(mstro_cdo_dispose(one));
        OK(mstro_cdo_dispose(two));
        OK(mstro_cdo_dispose(three));
    }
    return NULL;
}

/* ---- events ---- */

static mstro_status next_event(mstro_subscription sub, mstro_pool_event *event)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    return mstro_subscription_timedwait(sub, &until, event);
}

static bool is_mine(struct stage *s, const char *name) { return strncmp(name, s->prefix, strlen(s->prefix)) == 0; }

enum { HELD_OBJECTS = 20 };

/* Holds each offer until it has required it, so that the producer's withdraw waits for it. */
static const char *broker(struct stage *s)
{
    mstro_subscription sub;
    mstro_cdo cdo[HELD_OBJECTS];
    int required = 0;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &sub));
    meet(s);
    while (required < HELD_OBJECTS) {
        mstro_pool_event list;
        OK(next_event(sub, &list));
        CHECK(list != NULL);
        for (mstro_pool_event e = list; e; e = e->next) {
            CHECK(e->kind == MSTRO_POOL_EVENT_OFFER);
            CHECK(e->payload.offer.cdo_name == e->offer.cdo_name && e->payload.offer.appid != 0);
            if (!is_mine(s, e->payload.offer.cdo_name))
                continue;
            CHECK(e->offer.size == 5000);
            OK(mstro_cdo_declare(e->offer.cdo_name, MSTRO_ATTR_DEFAULT, &cdo[required]));
            OK(mstro_cdo_require(cdo[required]));
            required++;
        }
        OK(mstro_subscription_ack(sub, list));
        OK(mstro_pool_event_dispose(list));
    }
    OK(mstro_subscription_dispose(sub));
    for (int i = 0; i < HELD_OBJECTS; i++) {
        void *data;
        OK(mstro_cdo_demand(cdo[i]));
        OK(mstro_cdo_access_ptr(cdo[i], &data, NULL));
        CHECK(holds(data, 5000, 9));
        OK(mstro_cdo_dispose(cdo[i]));
        free(data);
    }
    return NULL;
}

static const char *offer_to_broker(struct stage *s)
{
    unsigned char data[5000];
    meet(s);
    for (int i = 0; i < HELD_OBJECTS; i++) {
        mstro_cdo cdo;
        char what[32];
        fill(data, sizeof data, 9);
        snprintf(what, sizeof what, "held %d", i);
        OK(declare_with(name_of(s, what), data, sizeof data, &cdo));
        OK(mstro_cdo_offer(cdo));
        OK(mstro_cdo_withdraw(cdo));
        memset(data, 0, sizeof data);
        OK(mstro_cdo_dispose(cdo));
    }
    return NULL;
}

static const char *told_before(struct stage *s)
{
    mstro_subscription sub;
    mstro_pool_event event;
    mstro_cdo cdo;
    mstro_request req;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER,
                       MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE | MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &sub));
    OK(mstro_subscription_poll(sub, &event));
    CHECK(event == NULL);
    meet(s);
    OK(next_event(sub, &event));
    CHECK(event && is_mine(s, event->offer.cdo_name) && !event->next);
    OK(mstro_cdo_declare(event->offer.cdo_name, MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_demand_async(cdo, &req)); /* not visible before our ack */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_nsec += now.tv_nsec < 900000000 ? 50000000 : 0;
    EXPECT(mstro_request_timedwait(req, &now), MSTRO_TIMEOUT);
    OK(mstro_subscription_ack(sub, event));
    OK(mstro_pool_event_dispose(event));
    OK(mstro_request_wait(req));
    OK(mstro_subscription_dispose(sub));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *offer_told_before(struct stage *s)
{
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "before"), MSTRO_ATTR_DEFAULT, &cdo));
    meet(s);
    OK(mstro_cdo_offer(cdo));
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *not_told_of_itself(struct stage *s)
{
    mstro_subscription sub, all;
    mstro_pool_event event;
    mstro_cdo cdo;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS, &sub));
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &all));
    OK(mstro_cdo_declare(name_of(s, "local"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_offer(cdo));
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    int seen = 0;
    uint64_t last = 0;
    while (seen < 2) {
        OK(next_event(all, &event));
        for (mstro_pool_event e = event; e; e = e->next) {
            seen += is_mine(s, e->offer.cdo_name);
            CHECK(e->serial > last); /* in order */
            last = e->serial;
        }
        OK(mstro_pool_event_dispose(event));
    }
    OK(mstro_subscription_poll(sub, &event));
    for (mstro_pool_event e = event; e; e = e->next)
        CHECK(!is_mine(s, e->offer.cdo_name));
    OK(mstro_pool_event_dispose(event));
    struct timespec past = { .tv_sec = 1 };
    event = (mstro_pool_event)&past;
    EXPECT(mstro_subscription_timedwait(sub, &past, &event), MSTRO_TIMEOUT);
    CHECK(event == NULL);
    OK(mstro_subscription_dispose(sub));
    OK(mstro_subscription_dispose(all));
    return NULL;
}

/* ---- requests ---- */

static const char *use_requests(struct stage *s)
{
    mstro_cdo producer, consumer;
    mstro_request req;
    int32_t value = 7;
    bool done = true;
    OK(mstro_cdo_declare(name_of(s, "async"), MSTRO_ATTR_DEFAULT, &consumer));
    OK(mstro_cdo_demand_async(consumer, &req));
    OK(mstro_request_test(req, &done));
    CHECK(!done);
    EXPECT(mstro_cdo_demand(consumer), MSTRO_BUSY);
    EXPECT(mstro_cdo_dispose(consumer), MSTRO_BUSY);
    EXPECT(mstro_request_cancel(req), MSTRO_CANCELLED);
    OK(mstro_cdo_demand_async(consumer, &req)); /* the requirement stayed */

    mstro_request declared, offered;
    OK(mstro_cdo_declare_async(name_of(s, "async"), MSTRO_ATTR_DEFAULT, &producer, &declared));
    OK(mstro_request_wait(declared));
    OK(mstro_cdo_attribute_set(producer, MSTRO_ATTR_CORE_CDO_RAW_PTR, &value, false, true));
    int64_t size = sizeof value;
    OK(mstro_cdo_attribute_set(producer, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false));
    OK(mstro_cdo_seal_async(producer, &offered));
    OK(mstro_request_wait(offered));
    OK(mstro_cdo_offer_async(producer, &offered));
    OK(mstro_request_wait(offered));
    for (done = false; !done;)
        OK(mstro_request_test(req, &done));
    void *data;
    OK(mstro_cdo_access_ptr(consumer, &data, NULL));
    CHECK(*(int32_t *)data == 7);
    free(data);
    OK(mstro_cdo_withdraw_async(producer, &req));
    OK(mstro_request_wait(req));
    OK(mstro_cdo_dispose_async(producer, &req));
    OK(mstro_request_wait(req));
    OK(mstro_cdo_dispose_async(consumer, &req));
    OK(mstro_request_wait(req));
    EXPECT(mstro_request_wait(NULL), MSTRO_INVARG);
    return NULL;
}

/* ---- many in one call ---- */

enum { MANY = 64 };

static const char *offer_many(struct stage *s)
{
    mstro_cdo cdo[MANY];
    mstro_status status[MANY];
    for (int i = 0; i < MANY; i++) {
        char what[32];
        snprintf(what, sizeof what, "many %d", i);
        OK(declare_with(name_of(s, what), &cdo[i], sizeof cdo[i], &cdo[i]));
    }
    meet(s);
    OK(mstro_cdo_offer_all(MANY, cdo, status));
    EXPECT(mstro_cdo_offer_all(MANY, cdo, status), MSTRO_INVARG);
    for (int i = 0; i < MANY; i++)
        CHECK(status[i] == MSTRO_INVARG);
    OK(mstro_cdo_withdraw_all(MANY, cdo, NULL));
    OK(mstro_cdo_dispose_all(MANY, cdo, status));
    return NULL;
}

static const char *demand_many(struct stage *s)
{
    mstro_cdo cdo[MANY];
    mstro_status status[MANY];
    for (int i = 0; i < MANY; i++) {
        char what[32];
        snprintf(what, sizeof what, "many %d", i);
        OK(mstro_cdo_declare(name_of(s, what), MSTRO_ATTR_DEFAULT, &cdo[i]));
    }
    OK(mstro_cdo_require_all(MANY, cdo, status));
    meet(s);
    OK(mstro_cdo_demand_all(MANY, cdo, status));
    for (int i = 0; i < MANY; i++)
        CHECK(status[i] == MSTRO_OK);
    OK(mstro_cdo_dispose_all(MANY, cdo, status));
    return NULL;
}

/* ---- four lend, four need, one watches with acks ---- */

enum { CROWD = 4, CROWD_OBJECTS = 25 };

static const char *crowd_lend(struct stage *s, int me)
{
    static const size_t crowd_size[] = { 10, 3000, 20000, 100000 };
    size_t size = crowd_size[me];
    unsigned char *data = malloc(size);
    CHECK(data);
    meet(s);
    for (int i = 0; i < CROWD_OBJECTS; i++) {
        mstro_cdo cdo;
        char what[32];
        snprintf(what, sizeof what, "crowd %d %d", me, i);
        fill(data, size, (unsigned)(me + i));
        OK(declare_with(name_of(s, what), data, (int64_t)size, &cdo));
        OK(mstro_cdo_offer(cdo));
        OK(mstro_cdo_withdraw(cdo));
        OK(mstro_cdo_dispose(cdo));
    }
    free(data);
    return NULL;
}

static const char *crowd_need(struct stage *s)
{
    mstro_cdo cdo[CROWD][CROWD_OBJECTS];
    for (int p = 0; p < CROWD; p++)
        for (int i = 0; i < CROWD_OBJECTS; i++) {
            char what[32];
            snprintf(what, sizeof what, "crowd %d %d", p, i);
            OK(mstro_cdo_declare(name_of(s, what), MSTRO_ATTR_DEFAULT, &cdo[p][i]));
            OK(mstro_cdo_require(cdo[p][i]));
        }
    meet(s);
    for (int i = 0; i < CROWD_OBJECTS; i++)
        for (int p = 0; p < CROWD; p++) {
            void *data;
            int64_t size;
            OK(mstro_cdo_demand(cdo[p][i]));
            OK(mstro_cdo_access_ptr(cdo[p][i], &data, &size));
            CHECK(holds(data, (size_t)size, (unsigned)(p + i)));
            OK(mstro_cdo_dispose(cdo[p][i]));
            free(data);
        }
    return NULL;
}

static const char *crowd_lend_0(struct stage *s) { return crowd_lend(s, 0); }
static const char *crowd_lend_1(struct stage *s) { return crowd_lend(s, 1); }
static const char *crowd_lend_2(struct stage *s) { return crowd_lend(s, 2); }
static const char *crowd_lend_3(struct stage *s) { return crowd_lend(s, 3); }

static const char *crowd_watch(struct stage *s)
{
    mstro_subscription sub;
    int seen = 0;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &sub));
    meet(s);
    while (seen < CROWD * CROWD_OBJECTS) {
        mstro_pool_event list;
        OK(next_event(sub, &list));
        for (mstro_pool_event e = list; e; e = e->next)
            seen += is_mine(s, e->offer.cdo_name);
        OK(mstro_subscription_ack(sub, list));
        OK(mstro_pool_event_dispose(list));
    }
    OK(mstro_subscription_dispose(sub));
    return NULL;
}

/* ---- attributes in events ---- */

static const int64_t grid[2] = { 640, 1280 };
static const char part[] = "part\0of\xff";

static const char *offer_described(struct stage *s)
{
    int64_t ndims = 2;
    mstro_blob blob = { sizeof part, (void *)(uintptr_t)part };
    mstro_timestamp date = { 1795258800, 500000000, 60 };
    mstro_cdo cdo;
    OK(mstro_cdo_declare(name_of(s, "described"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_DIST_LAYOUT, &blob, true, false));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, &ndims, true, false));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, (void *)(uintptr_t)grid, true, false));
    OK(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.date", &date, true, false));
    meet(s);
    OK(mstro_cdo_offer(cdo));
    meet(s);
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const char *read_description(struct stage *s)
{
    static const char *const wanted[] = { MSTRO_ATTR_CORE_CDO_DIST_LAYOUT, MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, ".maestro.ecmwf.date" };
    const struct mstro_subscription_terms terms = { .attributes = wanted, .attribute_count = 3 };
    enum mstro_cdo_attr_value_type type;
    const void *value;
    mstro_cdo_selector selector;
    mstro_subscription sub;
    mstro_pool_event event;
    OK(mstro_cdo_selector_create(NULL, NULL, "(and (.maestro.core.cdo.layout.dims-size = 1280)(.maestro.ecmwf.date = 2026-11-21T11:00:00.5Z))", &selector));
    OK(mstro_subscribe_with(selector, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &terms, &sub));
    OK(mstro_cdo_selector_dispose(selector));
    meet(s);
    OK(mstro_subscription_wait(sub, &event));
    OK(mstro_pool_event_attribute_get(event, MSTRO_ATTR_CORE_CDO_DIST_LAYOUT, &type, &value));
    CHECK(type == MSTRO_CDO_ATTR_VALUE_blob && ((const mstro_blob *)value)->len == sizeof part);
    CHECK(memcmp(((const mstro_blob *)value)->data, part, sizeof part) == 0);
    OK(mstro_pool_event_attribute_get(event, MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, &type, &value));
    CHECK(type == MSTRO_CDO_ATTR_VALUE_list && memcmp(value, grid, sizeof grid) == 0);
    OK(mstro_pool_event_attribute_get(event, ".maestro.ecmwf.date", &type, &value));
    CHECK(type == MSTRO_CDO_ATTR_VALUE_timestamp && ((const mstro_timestamp *)value)->nsec == 500000000);
    EXPECT(mstro_pool_event_attribute_get(event, MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, &type, &value), MSTRO_NOENT); /* not asked for */
    OK(mstro_pool_event_dispose(event));
    OK(mstro_subscription_dispose(sub));
    meet(s);
    return NULL;
}

const struct scenario api_scenarios[] = {
    { "bytes_of_every_size_arrive_though_the_producer_takes_its_buffer_back",
      { { "producer", lend_every_size }, { "consumer", take_every_size } } },
    { "demand_waits_for_the_offer_and_attributes_travel", { { "producer", offer_late }, { "consumer", demand_early } } },
    { "require_and_retract_need_no_object", { { "consumer", require_nothing } } },
    { "withdraw_waits_only_for_who_still_requires", { { "producer", withdraw_thrice }, { "consumer", need_thrice } } },
    { "consumer_chooses_the_memory_or_leaves_it_to_the_library", { { "producer", lend_for_buffers }, { "consumer", take_into_buffers } } },
    { "objects_without_data_are_signals", { { "producer", signal_ready }, { "consumer", await_ready } } },
    { "second_offer_of_a_name_is_a_conflict", { { "first", offer_first }, { "second", offer_second } } },
    { "each_offer_is_a_generation_and_a_require_is_served_once", { { "producer", offer_thrice }, { "consumer", demand_thrice } } },
    { "names_may_have_4096_bytes_and_several_handles", { { "both", use_odd_names } } },
    { "a_broker_that_holds_offers_by_ack_gets_every_object", { { "producer", offer_to_broker }, { "broker", broker } } },
    { "a_subscriber_told_before_is_told_before_the_offer_is_visible", { { "subscriber", told_before }, { "producer", offer_told_before } } },
    { "a_subscriber_may_leave_out_its_own_events", { { "subscriber", not_told_of_itself } } },
    { "events_carry_blobs_lists_and_timestamps_that_were_asked_for", { { "producer", offer_described }, { "subscriber", read_description } } },
    { "operations_can_be_started_tested_and_cancelled", { { "both", use_requests } } },
    { "many_objects_go_in_one_call", { { "producer", offer_many }, { "consumer", demand_many } } },
    { "four_producers_and_four_consumers_and_a_watcher_do_not_lose_a_byte",
      { { "producer 0", crowd_lend_0 }, { "producer 1", crowd_lend_1 }, { "producer 2", crowd_lend_2 }, { "producer 3", crowd_lend_3 },
        { "consumer 0", crowd_need }, { "consumer 1", crowd_need }, { "consumer 2", crowd_need }, { "consumer 3", crowd_need },
        { "watcher", crowd_watch } } },
    { NULL, { { NULL, NULL } } },
};
