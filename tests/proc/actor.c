/* SPDX-License-Identifier: BSD-3-Clause */
/* actor.c - a process of a workflow that does what the lines on its stdin say
 *
 * Each line is one call, each answer one line: the status, then what there is to say.  It dies with whoever started it.
 *
 *     init COMPONENT INDEX          finalize            getinfo  start  terminate  attach INFO  detach
 *     declare H NAME                (H: a digit)        dispose H
 *     fill H SIZE SEED              give the handle a buffer of that size and content
 *     room H SIZE                   give the handle a buffer to receive into
 *     offer H  require H  demand H  withdraw H  retract H
 *     check H SIZE SEED             is that what the handle has?
 *     whole H                       do all bytes have one seed?  answers it
 *     yaml H TEXT                   set attributes from one line of YAML
 *     read H KEY                    the type of an attribute, and its value, of a list how many it has
 *     print H                       all attributes, one a line
 *     group VERB [H]                declare NAME, add H, name NAME, offer, withdraw, require, demand, retract, dispose, or
 *                                   take: the next member, with its data, becomes handle H
 *     subscribe KINDS OPTIONS       event MILLISECONDS  ack
 *     many PREFIX COUNT SIZE        offer COUNT objects with names of 2000 bytes until one is refused; answers how many were not
 *     usage                         nanoseconds of CPU time so far */
#include <maestro/maestro.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { HANDLES = 10, LINE_MAX_LENGTH = 8192 };

static struct handle { mstro_cdo cdo; unsigned char *buffer; int64_t size; } handles[HANDLES];
static mstro_group group;
static mstro_subscription subscription;
static mstro_pool_event last_event;

static void answer(mstro_status status, const char *text)
{
    printf("%s %s\n", mstro_status_name(status), status == MSTRO_OK ? text : mstro_error_detail());
    fflush(stdout);
}

static unsigned char byte_of(unsigned seed, int64_t at) { return (unsigned char)(seed + (unsigned)(at % 251)); }

/* ---- calls: each takes the rest of its line ---- */

static void do_init(char *rest)
{
    char component[300];
    long index = 0;
    sscanf(rest, "%299s %ld", component, &index);
    answer(mstro_init(NULL, component, index), "");
}

static void do_finalize(char *rest)
{
    (void)rest;
    answer(mstro_finalize(), "");
}

static struct handle *handle_of(const char *rest) { return &handles[*rest >= '0' && *rest <= '9' ? *rest - '0' : 0]; }

static void do_declare(char *rest)
{
    answer(mstro_cdo_declare(rest + 2, MSTRO_ATTR_DEFAULT, &handle_of(rest)->cdo), "");
}

static mstro_status set_buffer(struct handle *h)
{
    mstro_status status = mstro_cdo_attribute_set(h->cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, h->buffer, false, true);
    return status == MSTRO_OK ? mstro_cdo_attribute_set(h->cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &h->size, true, false) : status;
}

static void do_fill(char *rest)
{
    struct handle *h = handle_of(rest);
    unsigned seed = 0;
    long long size = 0;
    sscanf(rest + 2, "%lld %u", &size, &seed);
    bool fresh = !h->buffer;
    h->size = size;
    if (fresh && posix_memalign((void **)&h->buffer, 64, (size_t)size + 1) != 0)
        abort();
    for (int64_t i = 0; i < size; i++)
        h->buffer[i] = byte_of(seed, i);
    answer(fresh ? set_buffer(h) : MSTRO_OK, "");
}

static void do_room(char *rest)
{
    struct handle *h = handle_of(rest);
    h->size = atoll(rest + 2);
    if (posix_memalign((void **)&h->buffer, 64, (size_t)h->size + 1) != 0)
        abort();
    answer(set_buffer(h), "");
}

static void do_offer(char *rest) { answer(mstro_cdo_offer(handle_of(rest)->cdo), ""); }
static void do_require(char *rest) { answer(mstro_cdo_require(handle_of(rest)->cdo), ""); }
static void do_demand(char *rest) { answer(mstro_cdo_demand(handle_of(rest)->cdo), ""); }
static void do_withdraw(char *rest) { answer(mstro_cdo_withdraw(handle_of(rest)->cdo), ""); }
static void do_retract(char *rest) { answer(mstro_cdo_retract(handle_of(rest)->cdo), ""); }

static void do_dispose(char *rest)
{
    struct handle *h = handle_of(rest);
    mstro_status status = mstro_cdo_dispose(h->cdo);
    free(h->buffer);
    *h = (struct handle){ 0 };
    answer(status, "");
}

static void do_check(char *rest)
{
    void *data = NULL;
    int64_t size = 0, wrong = 0;
    unsigned seed = 0;
    long long expected = 0;
    char text[100];
    sscanf(rest + 2, "%lld %u", &expected, &seed);
    mstro_status status = mstro_cdo_access_ptr(handle_of(rest)->cdo, &data, &size);
    for (int64_t i = 0; status == MSTRO_OK && i < size; i++)
        wrong += ((unsigned char *)data)[i] != byte_of(seed, i);
    snprintf(text, sizeof text, "%s: %lld bytes, %lld wrong", size == expected && wrong == 0 ? "right" : "wrong", (long long)size, (long long)wrong);
    answer(status, text);
}

static void do_whole(char *rest)
{
    void *data = NULL;
    int64_t size = 0, wrong = 0;
    char text[100];
    mstro_status status = mstro_cdo_access_ptr(handle_of(rest)->cdo, &data, &size);
    const unsigned char *at = data;
    for (int64_t i = 0; status == MSTRO_OK && i < size; i++)
        wrong += at[i] != byte_of(at[0], i);
    snprintf(text, sizeof text, "%s %d", wrong ? "mixed" : "whole", status == MSTRO_OK && size ? at[0] : 0);
    answer(status, text);
}

static void do_yaml(char *rest) { answer(mstro_cdo_attribute_set_yaml(handle_of(rest)->cdo, rest + 2), ""); }

static void do_print(char *rest) { answer(mstro_cdo_attributes_print(handle_of(rest)->cdo), ""); }

static void do_read(char *rest)
{
    enum mstro_cdo_attr_value_type type = MSTRO_CDO_ATTR_VALUE_INVALID;
    const void *val = NULL;
    size_t count = 0;
    char text[LINE_MAX_LENGTH / 2] = "other";
    mstro_status status = mstro_cdo_attribute_get(handle_of(rest)->cdo, rest + 2, &type, &val);
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
            status = mstro_cdo_attribute_count(handle_of(rest)->cdo, rest + 2, &count);
            snprintf(text, sizeof text, "list %zu", count);
            break;
        default: break;
        }
    answer(status, text);
}

static mstro_status take_member(struct handle *h)
{
    *h = (struct handle){ 0 };
    return mstro_group_next(group, &h->cdo);
}

static mstro_status group_call(const char *verb, char *rest)
{
    static const struct { const char *verb; mstro_status (*call)(mstro_group g); } calls[] = {
        { "seal", mstro_group_seal },         { "offer", mstro_group_offer },   { "withdraw", mstro_group_withdraw }, { "require", mstro_group_require },
        { "demand", mstro_group_demand },     { "retract", mstro_group_retract }, { "dispose", mstro_group_dispose },
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].verb, verb) == 0)
            return calls[i].call(group);
    if (strcmp(verb, "declare") == 0)
        return mstro_group_declare(rest, &group);
    if (strcmp(verb, "name") == 0)
        return mstro_group_add_by_name(group, rest);
    return strcmp(verb, "add") == 0 ? mstro_group_add(group, handle_of(rest)->cdo) : take_member(handle_of(rest));
}

static void do_group(char *rest)
{
    size_t length = strcspn(rest, " ");
    char *more = rest + length + (rest[length] == ' ');
    rest[length] = '\0';
    answer(group_call(rest, more), "");
}

static void do_subscribe(char *rest)
{
    int kinds = 0, options = 0;
    sscanf(rest, "%d %d", &kinds, &options);
    answer(mstro_subscribe(NULL, (mstro_pool_event_kind)kinds, (enum mstro_subscription_opts)options, &subscription), "");
}

static void do_event(char *rest)
{
    struct timespec until;
    char text[LINE_MAX_LENGTH] = "";
    size_t used = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += atoi(rest) / 1000;
    mstro_pool_event_dispose(last_event);
    last_event = NULL;
    mstro_status status = mstro_subscription_timedwait(subscription, &until, &last_event);
    for (mstro_pool_event e = last_event; e && used < sizeof text - 600; e = e->next) {
        bool app = e->kind & (MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_BYE);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s(%.200s) ", mstro_pool_event_description(e->kind),
                                 app ? e->payload.join.component_name : e->payload.offer.cdo_name);
    }
    answer(status, text);
}

static void do_ack(char *rest)
{
    (void)rest;
    answer(mstro_subscription_ack(subscription, last_event), "");
}

/* Their handles live until the end. */
static void do_many(char *rest)
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
    answer(status, text);
}

static void do_usage(char *rest)
{
    struct rusage used;
    char text[64];
    (void)rest;
    getrusage(RUSAGE_SELF, &used);
    snprintf(text, sizeof text, "%lld", (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL);
    answer(MSTRO_OK, text);
}

static void do_start(char *rest)
{
    (void)rest;
    answer(mstro_pm_start(), "");
}

static void do_getinfo(char *rest)
{
    char *info = NULL;
    (void)rest;
    mstro_status status = mstro_pm_getinfo(&info);
    answer(status, info);
    free(info);
}

static void do_terminate(char *rest)
{
    (void)rest;
    answer(mstro_pm_terminate(), "");
}

static void do_attach(char *rest) { answer(mstro_pm_attach(rest), ""); }

static void do_detach(char *rest)
{
    (void)rest;
    answer(mstro_pm_detach(), "");
}

static const struct { const char *name; void (*call)(char *rest); } calls[] = {
    { "init", do_init },         { "finalize", do_finalize },   { "declare", do_declare }, { "fill", do_fill },       { "room", do_room },
    { "offer", do_offer },       { "require", do_require },     { "demand", do_demand },   { "withdraw", do_withdraw }, { "retract", do_retract },
    { "dispose", do_dispose },   { "check", do_check },         { "whole", do_whole },     { "subscribe", do_subscribe }, { "event", do_event },
    { "ack", do_ack },           { "usage", do_usage },         { "start", do_start },     { "getinfo", do_getinfo }, { "terminate", do_terminate },
    { "attach", do_attach },     { "detach", do_detach },       { "yaml", do_yaml },       { "print", do_print },       { "read", do_read },
    { "group", do_group },     { "many", do_many },
};

static void obey(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    size_t length = strcspn(line, " ");
    char *rest = line + length + (line[length] == ' ');
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strlen(calls[i].name) == length && memcmp(calls[i].name, line, length) == 0) {
            calls[i].call(rest);
            return;
        }
    answer(MSTRO_OK, "what?");
}

int main(void)
{
    static char line[LINE_MAX_LENGTH];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (fgets(line, sizeof line, stdin))
        obey(line);
    return 0;
}
