/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/archiving.h"
#include "examples/forecast/field_index.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static const char messages_only[] = "(.maestro.core.cdo.name ~= \"^message/\")";

struct archive {
    FILE *file;
    mstro_subscription subscription;
    unsigned expected, written; /* messages; 0: not known yet */
    struct statistics *statistics;
};

static int subscribe(struct archive *a)
{
    mstro_cdo_selector selector = NULL;
    mstro_status status = mstro_cdo_selector_create(NULL, NULL, messages_only, &selector);
    if (status == MSTRO_OK) {
        status = mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_APP_LEAVE,
                                 MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &a->subscription);
        mstro_cdo_selector_dispose(selector);
    }
    return status == MSTRO_OK ? 0 : stage_fail("subscribing to messages", status);
}

/* How many messages there will be. */
static int read_index(struct archive *a)
{
    void *text = NULL;
    int64_t size = 0;
    struct field_index index;
    int code = stage_fetch(FIELD_INDEX_NAME, &text, &size);
    if (code == 0 && field_index_parse(&index, text, (size_t)size))
        code = 1;
    free(text);
    if (code)
        return code;
    a->expected = index.messages;
    field_index_free(&index);
    return 0;
}

static int write_message(struct archive *a, mstro_cdo cdo)
{
    void *bytes = NULL;
    int64_t size = 0;
    char expected[MESSAGE_NAME_MAX];
    uint64_t begun = mstro_clock();
    mstro_status status = mstro_cdo_demand(cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_access_ptr(cdo, &bytes, &size);
    if (status != MSTRO_OK)
        return stage_fail(mstro_cdo_name(cdo), status);
    statistics_demanded(a->statistics, begun, cdo, size);
    snprintf(expected, sizeof expected, MESSAGE_NAME_FORMAT, a->written + 1);
    int code = 0;
    if (strcmp(mstro_cdo_name(cdo), expected) != 0) {
        warnx("%s was offered where %s was to come", mstro_cdo_name(cdo), expected);
        code = 1;
    } else if (fwrite(bytes, 1, (size_t)size, a->file) != (size_t)size) {
        warn("cannot write the archive");
        code = 1;
    }
    a->written++;
    mstro_cdo_dispose(cdo);
    free(bytes);
    return code;
}

/* Require everything the events tell of, let the forecast go on, then fetch and write. */
static int take(struct archive *a, mstro_pool_event events)
{
    size_t count = 0;
    for (mstro_pool_event e = events; e; e = e->next)
        count += e->kind == MSTRO_POOL_EVENT_OFFER;
    mstro_cdo *cdo = calloc(count + 1, sizeof(mstro_cdo));
    if (!cdo) {
        warnx("out of memory");
        return 70;
    }
    int code = 0;
    size_t required = 0;
    mstro_status status = MSTRO_OK;
    for (mstro_pool_event e = events; e && status == MSTRO_OK; e = e->next) {
        if (e->kind != MSTRO_POOL_EVENT_OFFER)
            continue;
        status = mstro_cdo_declare(e->payload.offer.cdo_name, MSTRO_ATTR_DEFAULT, &cdo[required]);
        if (status == MSTRO_OK)
            status = mstro_cdo_require(cdo[required++]);
    }
    if (status == MSTRO_OK)
        status = mstro_subscription_ack(a->subscription, events);
    if (status != MSTRO_OK)
        code = stage_fail("requiring messages", status);
    for (size_t i = 0; i < required && code == 0; i++)
        code = write_message(a, cdo[i]);
    free(cdo);
    if (code || a->written == a->expected)
        return code;
    for (mstro_pool_event e = events; e; e = e->next)
        if (stage_lost(e, "forecast"))
            return 1;
    return 0;
}

static int archive_all(struct archive *a)
{
    int code = subscribe(a);
    mstro_cdo ready = NULL;
    if (code == 0)
        code = stage_announce("archive", 0, &ready);
    if (code == 0)
        code = read_index(a);
    while (code == 0 && a->written < a->expected) {
        mstro_pool_event events = NULL;
        mstro_status status = mstro_subscription_wait(a->subscription, &events);
        if (status != MSTRO_OK)
            return stage_fail("waiting for messages", status);
        code = take(a, events);
        mstro_pool_event_dispose(events);
    }
    mstro_subscription_dispose(a->subscription);
    if (code == 0)
        code = stage_unannounce(ready);
    if (code == 0 && a->expected != a->written)
        code = 1;
    a->statistics->messages = a->written;
    return code;
}

int archiving_run(const char *folder, struct statistics *statistics)
{
    struct archive a = {.statistics = statistics};
    char path[4096];
    snprintf(path, sizeof path, "%s/archive.grib", folder);
    a.file = fopen(path, "wb");
    if (!a.file) {
        warn("cannot write %s", path);
        return 1;
    }
    int code = archive_all(&a);
    if (fclose(a.file) && code == 0) {
        warn("cannot write %s", path);
        code = 1;
    }
    return code;
}
