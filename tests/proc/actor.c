/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/proc/actor.h"

#include <maestro/maestro.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { HANDLES = 10, LINE_MAX_LENGTH = 8192 };

/* buffer: what the handle was given; got: what it handed out, and is ours. */
struct handle { mstro_cdo cdo; unsigned char *buffer; int64_t size; void *got; };

struct actor {
    FILE *out;
    struct handle handles[HANDLES];
    mstro_group group;
    mstro_subscription subscription;
    mstro_pool_event last_event;
    mstro_request request;
};

static void answer(struct actor *a, mstro_status status, const char *text)
{
    fprintf(a->out, "%s %s\n", mstro_status_name(status), status == MSTRO_OK ? text : mstro_error_detail());
    fflush(a->out);
}

static unsigned char byte_of(unsigned seed, int64_t at) { return (unsigned char)(seed + (unsigned)(at % 251)); }

/* ---- calls: each takes the rest of its line ---- */

static void do_init(struct actor *a, char *rest)
{
    char component[300];
    long index = 0;
    sscanf(rest, "%299s %ld", component, &index);
    answer(a, mstro_init(NULL, component, index), "");
}

static void do_finalize(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_finalize(), "");
}

static struct handle *handle_of(struct actor *a, const char *rest) { return &a->handles[*rest >= '0' && *rest <= '9' ? *rest - '0' : 0]; }

static void do_declare(struct actor *a, char *rest)
{
    answer(a, mstro_cdo_declare(rest + 2, MSTRO_ATTR_DEFAULT, &handle_of(a, rest)->cdo), "");
}

static mstro_status set_buffer(struct handle *h)
{
    mstro_status status = MSTRO_OK;
    if (h->size > 0)
        status = mstro_cdo_attribute_set(h->cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, h->buffer, false, true);
    return status == MSTRO_OK ? mstro_cdo_attribute_set(h->cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &h->size, true, false) : status;
}

static void do_fill(struct actor *a, char *rest)
{
    struct handle *h = handle_of(a, rest);
    unsigned seed = 0;
    long long size = 0;
    sscanf(rest + 2, "%lld %u", &size, &seed);
    bool fresh = !h->buffer;
    h->size = size;
    if (fresh && posix_memalign((void **)&h->buffer, 64, (size_t)size + 1) != 0)
        abort();
    for (int64_t i = 0; i < size; i++)
        h->buffer[i] = byte_of(seed, i);
    answer(a, fresh ? set_buffer(h) : MSTRO_OK, "");
}

static void do_room(struct actor *a, char *rest)
{
    struct handle *h = handle_of(a, rest);
    char text[40];
    h->size = atoll(rest + 2);
    if (posix_memalign((void **)&h->buffer, 64, (size_t)h->size + 1) != 0)
        abort();
    snprintf(text, sizeof text, "%p", (void *)h->buffer);
    answer(a, set_buffer(h), text);
}

static void do_offer(struct actor *a, char *rest) { answer(a, mstro_cdo_offer(handle_of(a, rest)->cdo), ""); }
static void do_require(struct actor *a, char *rest) { answer(a, mstro_cdo_require(handle_of(a, rest)->cdo), ""); }
static void do_demand(struct actor *a, char *rest) { answer(a, mstro_cdo_demand(handle_of(a, rest)->cdo), ""); }
static void do_withdraw(struct actor *a, char *rest) { answer(a, mstro_cdo_withdraw(handle_of(a, rest)->cdo), ""); }
static void do_retract(struct actor *a, char *rest) { answer(a, mstro_cdo_retract(handle_of(a, rest)->cdo), ""); }

static void do_dispose(struct actor *a, char *rest)
{
    struct handle *h = handle_of(a, rest);
    mstro_status status = mstro_cdo_dispose(h->cdo);
    free(h->buffer);
    free(h->got);
    *h = (struct handle){ 0 };
    answer(a, status, "");
}

/* What the handle has; what the library allocated for that is ours from now on. */
static mstro_status take_data(struct handle *h, void **data, int64_t *size)
{
    mstro_status status = mstro_cdo_access_ptr(h->cdo, data, size);
    if (status == MSTRO_OK && *data != h->buffer && *data != h->got) {
        free(h->got);
        h->got = *data;
    }
    return status;
}

static void do_check(struct actor *a, char *rest)
{
    void *data = NULL;
    int64_t size = 0, wrong = 0;
    unsigned seed = 0;
    long long expected = 0;
    char text[100];
    sscanf(rest + 2, "%lld %u", &expected, &seed);
    mstro_status status = take_data(handle_of(a, rest), &data, &size);
    for (int64_t i = 0; status == MSTRO_OK && i < size; i++)
        wrong += ((unsigned char *)data)[i] != byte_of(seed, i);
    snprintf(text, sizeof text, "%s: %lld bytes, %lld wrong", size == expected && wrong == 0 ? "right" : "wrong", (long long)size, (long long)wrong);
    answer(a, status, text);
}

static void do_whole(struct actor *a, char *rest)
{
    void *data = NULL;
    int64_t size = 0, wrong = 0;
    char text[100];
    mstro_status status = take_data(handle_of(a, rest), &data, &size);
    const unsigned char *at = data;
    for (int64_t i = 0; status == MSTRO_OK && i < size; i++)
        wrong += at[i] != byte_of(at[0], i);
    snprintf(text, sizeof text, "%s %d", wrong ? "mixed" : "whole", status == MSTRO_OK && size ? at[0] : 0);
    answer(a, status, text);
}

static void do_yaml(struct actor *a, char *rest) { answer(a, mstro_cdo_attribute_set_yaml(handle_of(a, rest)->cdo, rest + 2), ""); }

static void do_print(struct actor *a, char *rest) { answer(a, mstro_cdo_attributes_print(handle_of(a, rest)->cdo), ""); }

static void do_read(struct actor *a, char *rest)
{
    enum mstro_cdo_attr_value_type type = MSTRO_CDO_ATTR_VALUE_INVALID;
    const void *val = NULL;
    size_t count = 0;
    char text[LINE_MAX_LENGTH / 2] = "other";
    mstro_status status = mstro_cdo_attribute_get(handle_of(a, rest)->cdo, rest + 2, &type, &val);
    if (status == MSTRO_OK)
        switch (type) {
        case MSTRO_CDO_ATTR_VALUE_bool: snprintf(text, sizeof text, "bool %d", *(const bool *)val); break;
        case MSTRO_CDO_ATTR_VALUE_int32: snprintf(text, sizeof text, "int32 %d", *(const int32_t *)val); break;
        case MSTRO_CDO_ATTR_VALUE_int64: snprintf(text, sizeof text, "int64 %lld", (long long)*(const int64_t *)val); break;
        case MSTRO_CDO_ATTR_VALUE_uint32: snprintf(text, sizeof text, "uint32 %u", *(const uint32_t *)val); break;
        case MSTRO_CDO_ATTR_VALUE_uint64: snprintf(text, sizeof text, "uint64 %llu", (unsigned long long)*(const uint64_t *)val); break;
        case MSTRO_CDO_ATTR_VALUE_float: snprintf(text, sizeof text, "float %g", (double)*(const float *)val); break;
        case MSTRO_CDO_ATTR_VALUE_double: snprintf(text, sizeof text, "double %g", *(const double *)val); break;
        case MSTRO_CDO_ATTR_VALUE_cstring: snprintf(text, sizeof text, "cstring %s", *(char *const *)val); break;
        case MSTRO_CDO_ATTR_VALUE_timestamp:
            snprintf(text, sizeof text, "timestamp %lld %d %d", (long long)((const mstro_timestamp *)val)->sec, ((const mstro_timestamp *)val)->nsec,
                     ((const mstro_timestamp *)val)->offset);
            break;
        case MSTRO_CDO_ATTR_VALUE_blob:
            snprintf(text, sizeof text, "blob %zu %.*s", ((const mstro_blob *)val)->len, (int)((const mstro_blob *)val)->len,
                     (const char *)((const mstro_blob *)val)->data);
            break;
        case MSTRO_CDO_ATTR_VALUE_list:
            status = mstro_cdo_attribute_count(handle_of(a, rest)->cdo, rest + 2, &count);
            snprintf(text, sizeof text, "list %zu", count);
            break;
        default: break;
        }
    answer(a, status, text);
}

static mstro_status take_member(struct actor *a, struct handle *h)
{
    *h = (struct handle){ 0 };
    return mstro_group_next(a->group, &h->cdo);
}

static mstro_status group_call(struct actor *a, const char *verb, char *rest)
{
    static const struct { const char *verb; mstro_status (*call)(mstro_group g); } calls[] = {
        { "seal", mstro_group_seal },         { "offer", mstro_group_offer },   { "withdraw", mstro_group_withdraw }, { "require", mstro_group_require },
        { "demand", mstro_group_demand },     { "retract", mstro_group_retract }, { "dispose", mstro_group_dispose },
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].verb, verb) == 0)
            return calls[i].call(a->group);
    if (strcmp(verb, "declare") == 0)
        return mstro_group_declare(rest, &a->group);
    if (strcmp(verb, "name") == 0)
        return mstro_group_add_by_name(a->group, rest);
    return strcmp(verb, "add") == 0 ? mstro_group_add(a->group, handle_of(a, rest)->cdo) : take_member(a, handle_of(a, rest));
}

static void do_group(struct actor *a, char *rest)
{
    size_t length = strcspn(rest, " ");
    char *more = rest + length + (rest[length] == ' ');
    rest[length] = '\0';
    answer(a, group_call(a, rest, more), "");
}

static void do_subscribe(struct actor *a, char *rest)
{
    int kinds = 0, options = 0;
    sscanf(rest, "%d %d", &kinds, &options);
    answer(a, mstro_subscribe(NULL, (mstro_pool_event_kind)kinds, (enum mstro_subscription_opts)options, &a->subscription), "");
}

static void do_event(struct actor *a, char *rest)
{
    struct timespec until;
    char text[LINE_MAX_LENGTH] = "";
    size_t used = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += atoi(rest) / 1000;
    mstro_pool_event_dispose(a->last_event);
    a->last_event = NULL;
    mstro_status status = mstro_subscription_timedwait(a->subscription, &until, &a->last_event);
    for (mstro_pool_event e = a->last_event; e && used < sizeof text - 600; e = e->next) {
        bool app = e->kind & (MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_BYE);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s(%.200s) ", mstro_pool_event_description(e->kind),
                                 app ? e->payload.join.component_name : e->payload.offer.cdo_name);
    }
    answer(a, status, text);
}

static void do_ack(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_subscription_ack(a->subscription, a->last_event), "");
}

static void do_begin(struct actor *a, char *rest)
{
    static const struct { const char *verb; mstro_status (*start)(mstro_cdo cdo, mstro_request *req); } starts[] = {
        { "offer ", mstro_cdo_offer_async },       { "require ", mstro_cdo_require_async }, { "demand ", mstro_cdo_demand_async },
        { "withdraw ", mstro_cdo_withdraw_async }, { "retract ", mstro_cdo_retract_async },
    };
    mstro_status status = MSTRO_INVARG;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        size_t length = strlen(starts[i].verb);
        if (strncmp(rest, starts[i].verb, length) == 0)
            status = starts[i].start(handle_of(a, rest + length)->cdo, &a->request);
    }
    answer(a, status, "");
}

static void do_test(struct actor *a, char *rest)
{
    bool done = false;
    (void)rest;
    mstro_status status = mstro_request_test(a->request, &done);
    answer(a, done || status != MSTRO_OK ? status : MSTRO_WOULDBLOCK, "");
}

static void do_wait(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_request_wait(a->request), "");
}

static void do_cancel(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_request_cancel(a->request), "");
}

/* Every shard answers it, behind what it was told before. */
static void do_round(struct actor *a, char *rest)
{
    mstro_subscription nothing;
    (void)rest;
    mstro_status status = mstro_subscribe(NULL, MSTRO_POOL_EVENT_POOL_CHECKPOINT, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &nothing);
    if (status == MSTRO_OK)
        status = mstro_subscription_dispose(nothing);
    answer(a, status, "");
}

/* Their handles live until the end. */
static void do_many(struct actor *a, char *rest)
{
    char prefix[100] = "", name[2200], text[100];
    long count = 0, done = 0;
    int64_t size = 0;
    long long wanted = 0;
    sscanf(rest, "%99s %ld %lld", prefix, &count, &wanted);
    size = wanted;
    unsigned char *bytes = calloc(1, (size_t)size + 1);
    mstro_status status = MSTRO_OK;
    for (; status == MSTRO_OK && done < count; done += status == MSTRO_OK) {
        struct handle h = { .buffer = bytes, .size = size };
        snprintf(name, sizeof name, "%s-%ld%02000d", prefix, done, 0);
        status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &h.cdo);
        if (status == MSTRO_OK)
            status = set_buffer(&h);
        if (status == MSTRO_OK)
            status = mstro_cdo_offer(h.cdo);
    }
    snprintf(text, sizeof text, "%ld", done);
    answer(a, status, text);
}

static void do_usage(struct actor *a, char *rest)
{
    struct rusage used;
    char text[64];
    (void)rest;
    getrusage(RUSAGE_SELF, &used);
    snprintf(text, sizeof text, "%lld", (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL);
    answer(a, MSTRO_OK, text);
}

static void do_start(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_pm_start(), "");
}

static void do_getinfo(struct actor *a, char *rest)
{
    char *info = NULL;
    (void)rest;
    mstro_status status = mstro_pm_getinfo(&info);
    answer(a, status, info);
    free(info);
}

static void do_terminate(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_pm_terminate(), "");
}

static void do_attach(struct actor *a, char *rest) { answer(a, mstro_pm_attach(rest), ""); }

static void do_detach(struct actor *a, char *rest)
{
    (void)rest;
    answer(a, mstro_pm_detach(), "");
}

static const struct { const char *name; void (*call)(struct actor *a, char *rest); } calls[] = {
    { "init", do_init },         { "finalize", do_finalize },   { "declare", do_declare }, { "fill", do_fill },       { "room", do_room },
    { "offer", do_offer },       { "require", do_require },     { "demand", do_demand },   { "withdraw", do_withdraw }, { "retract", do_retract },
    { "dispose", do_dispose },   { "check", do_check },         { "whole", do_whole },     { "subscribe", do_subscribe }, { "event", do_event },
    { "ack", do_ack },           { "usage", do_usage },         { "start", do_start },     { "getinfo", do_getinfo }, { "terminate", do_terminate },
    { "attach", do_attach },     { "detach", do_detach },       { "yaml", do_yaml },       { "print", do_print },       { "read", do_read },
    { "group", do_group },       { "many", do_many },           { "begin", do_begin },     { "test", do_test },       { "wait", do_wait },
    { "cancel", do_cancel },     { "round", do_round },
};

static void obey(struct actor *a, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    size_t length = strcspn(line, " ");
    char *rest = line + length + (line[length] == ' ');
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strlen(calls[i].name) == length && memcmp(calls[i].name, line, length) == 0) {
            calls[i].call(a, rest);
            return;
        }
    answer(a, MSTRO_OK, "what?");
}

struct actor *actor_create(FILE *out)
{
    struct actor *a = calloc(1, sizeof *a);
    if (a)
        a->out = out;
    return a;
}

void actor_destroy(struct actor *a)
{
    for (int i = 0; i < HANDLES; i++) {
        free(a->handles[i].buffer);
        free(a->handles[i].got);
    }
    mstro_pool_event_dispose(a->last_event);
    free(a);
}

void actor_obeys(struct actor *a, FILE *in)
{
    char line[LINE_MAX_LENGTH];
    while (fgets(line, sizeof line, in))
        obey(a, line);
}
