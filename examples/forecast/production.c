/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/production.h"
#include "examples/forecast/share.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <stdlib.h>

struct work {
    const char *folder;
    struct field_index index;
    struct plan plan;
    struct share *share;
    struct product_output output;
    struct statistics *statistics;
    unsigned instance, instances;
    mstro_subscription subscription;
};

static int read_index(struct work *w)
{
    void *text = NULL;
    int64_t size = 0;
    int code = stage_fetch(FIELD_INDEX_NAME, &text, &size);
    if (code == 0 && field_index_parse(&w->index, text, (size_t)size))
        code = 1;
    free(text);
    return code;
}

static int prepare(struct work *w)
{
    int code = read_index(w);
    if (code)
        return code;
    if (plan_make(&w->plan, &w->index))
        return 70;
    w->share = share_make(&w->plan, &w->index, w->instance, w->instances);
    if (!w->share) {
        warnx("out of memory");
        return 70;
    }
    return product_output_open(&w->output, w->folder, w->instance) ? 1 : 0;
}

/* First the subscription, then the requirements: what is offered from here on is told and kept for us. */
static int require(struct work *w)
{
    mstro_status status =
        mstro_subscribe(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_LOST | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_OVERFLOW,
                        MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &w->subscription);
    if (status != MSTRO_OK)
        return stage_fail("subscribing to offers", status);
    status = share_require(w->share);
    return status == MSTRO_OK ? 0 : stage_fail("requiring fields", status);
}

static int handle(struct work *w, mstro_pool_event event)
{
    mstro_status status = MSTRO_OK;
    if (event->kind == MSTRO_POOL_EVENT_OFFER)
        status = share_arrived(w->share, event->payload.offer.cdo_name, &w->output, w->statistics);
    else if (event->kind == MSTRO_POOL_EVENT_OVERFLOW)
        status = share_fetch_rest(w->share, &w->output, w->statistics);
    else if (share_left(w->share) > 0 && stage_lost(event, "forecast"))
        return 1;
    return status == MSTRO_OK ? 0 : stage_fail("demanding a field", status);
}

static int make_all(struct work *w)
{
    while (share_left(w->share) > 0) {
        mstro_pool_event events = NULL;
        mstro_status status = mstro_subscription_wait(w->subscription, &events);
        if (status != MSTRO_OK)
            return stage_fail("waiting for fields", status);
        int code = 0;
        for (mstro_pool_event e = events; e && code == 0; e = e->next)
            code = handle(w, e);
        mstro_pool_event_dispose(events);
        if (code) {
            const char *missing = share_missing(w->share);
            warnx("%zu products are not made%s%s", share_left(w->share), missing ? "; not here yet: " : "", missing ? missing : "");
            return code;
        }
    }
    return w->output.failed ? 1 : 0;
}

static int work(struct work *w)
{
    mstro_cdo ready = NULL;
    int code = prepare(w);
    if (code == 0)
        code = require(w);
    if (code == 0)
        code = stage_announce("products", w->instance, &ready);
    if (code == 0)
        code = make_all(w);
    if (product_output_close(&w->output) && code == 0)
        code = 1;
    if (w->subscription)
        mstro_subscription_dispose(w->subscription);
    share_free(w->share);
    w->statistics->products = w->output.made;
    return code == 0 ? stage_unannounce(ready) : code;
}

int production_run(const char *folder, unsigned instance, unsigned instances, struct statistics *statistics)
{
    struct work w = {.folder = folder, .instance = instance, .instances = instances, .statistics = statistics};
    int code = work(&w);
    for (size_t i = 0; i < w.plan.missing_count && instance == 0; i++) { /* said once, by the first */
        warnx("%s", w.plan.missing[i]);
        statistics_note(statistics, w.plan.missing[i]);
    }
    plan_free(&w.plan);
    field_index_free(&w.index);
    return code;
}
