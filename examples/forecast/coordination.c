/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/coordination.h"
#include "examples/forecast/gathering.h"
#include "examples/forecast/level_set.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { JOBS_AT_ONCE = 4, LOOK_AGAIN = 20 /* ms: has a job ended, when others wait for that */ };

enum progress { GATHERING, WHOLE, RUNNING, DONE };

struct work {
    enum progress progress;
    struct gathering *gathering;
};

/* A field that is waited for: its name, and its place in a set. */
struct place {
    const char *name;
    size_t set, place;
};

struct coordination {
    const struct job_runner *runner;
    struct field_index index;
    struct plan plan;
    struct level_sets sets;
    struct work *work;    /* one for each set */
    struct place *place;  /* sorted by name */
    size_t places;
    size_t gathering, whole, running; /* sets: that are not whole, whose job waits for its turn, whose job runs */
    bool failed; /* a job has */
    mstro_subscription subscription;
    struct statistics *statistics;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

static const struct place *find(const struct coordination *c, const char *name)
{
    const struct place wanted = {.name = name};
    return c->places ? bsearch(&wanted, c->place, c->places, sizeof *c->place, by_name) : NULL;
}

/* ---- before the first field: what will come, and whom to tell us of it */

static bool make_places(struct coordination *c)
{
    size_t places = 0;
    for (size_t i = 0; i < c->sets.count; i++)
        places += c->sets.set[i].members;
    c->work = calloc(c->sets.count + 1, sizeof *c->work);
    c->place = calloc(places + 1, sizeof *c->place);
    for (size_t i = 0; i < c->sets.count && c->work && c->place; i++) {
        const struct level_set *set = &c->sets.set[i];
        if (!(c->work[i].gathering = gathering_make(set, &c->index)))
            return false;
        for (size_t k = 0; k < set->members; k++)
            c->place[c->places++] = (struct place){c->index.entry[set->member[k]].name, i, k};
    }
    if (!c->work || !c->place)
        return false;
    if (c->places)
        qsort(c->place, c->places, sizeof *c->place, by_name);
    c->gathering = c->sets.count;
    return true;
}

static int prepare(struct coordination *c)
{
    void *text = NULL;
    int64_t size = 0;
    int code = stage_fetch(FIELD_INDEX_NAME, &text, &size);
    if (code == 0 && field_index_parse(&c->index, text, (size_t)size))
        code = 1;
    free(text);
    if (code == 0 && (plan_make(&c->plan, &c->index) || level_sets_make(&c->sets, &c->plan, &c->index)))
        code = 70;
    if (code == 0 && !make_places(c)) {
        warnx("out of memory");
        code = 70;
    }
    return code;
}

/* By the metadata, not by the names that the index tells: whatever else is offered, the forecast does not wait for us.  The acknowledgement
 * is held back until the field is required: it cannot be taken back before it was taken. */
static int subscribe(struct coordination *c)
{
    mstro_cdo_selector selector = NULL;
    mstro_status status = mstro_cdo_selector_create(NULL, NULL, level_set_query, &selector);
    if (status == MSTRO_OK) {
        status = mstro_subscribe(selector, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_LOST | MSTRO_POOL_EVENT_APP_LEAVE,
                                 MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &c->subscription);
        mstro_cdo_selector_dispose(selector);
    }
    return status == MSTRO_OK ? 0 : stage_fail("subscribing to the fields of level sets", status);
}

/* ---- jobs */

/* Once for a set, whatever comes of it: what was offered stays lent until coordination_run takes it back. */
static int start_job(struct coordination *c, size_t at)
{
    const char *group = c->sets.set[at].name;
    c->work[at].progress = DONE;
    c->whole--;
    mstro_status status = gathering_offer(c->work[at].gathering);
    if (status != MSTRO_OK)
        return stage_fail(group, status);
    int code = c->runner->start(c->runner->context, (unsigned)at + 1, group);
    if (code)
        return code;
    printf("%s: all %zu fields have been offered, its job is started\n", group, c->sets.set[at].members);
    fflush(stdout);
    c->work[at].progress = RUNNING;
    c->running++;
    c->statistics->jobs++;
    return 0;
}

static int end_job(struct coordination *c, size_t at, int code)
{
    if (code) {
        warnx("the job of %s has ended with exit code %d", c->sets.set[at].name, code);
        c->failed = true;
    }
    c->work[at].progress = DONE;
    c->running--;
    mstro_status status = gathering_free(c->work[at].gathering);
    if (status != MSTRO_OK)
        return stage_fail(c->sets.set[at].name, status);
    c->work[at].gathering = NULL;
    return 0;
}

/* Let jobs that have ended go, and start those that can be; 'wait' for the first of them to end. */
static int run_jobs(struct coordination *c, bool wait)
{
    int code = 0;
    for (size_t i = 0; i < c->sets.count && code == 0; i++) {
        int ended = c->work[i].progress == RUNNING ? c->runner->ended(c->runner->context, (unsigned)i + 1, wait) : -1;
        if (ended >= 0) {
            code = end_job(c, i, ended);
            wait = false;
        }
    }
    for (size_t i = 0; i < c->sets.count && c->running < JOBS_AT_ONCE && code == 0; i++)
        if (c->work[i].progress == WHOLE)
            code = start_job(c, i);
    return code;
}

static int finish_jobs(struct coordination *c)
{
    int code = run_jobs(c, false);
    while (code == 0 && c->running > 0)
        code = run_jobs(c, true);
    return code;
}

/* ---- fields */

static int each_offer(struct coordination *c, mstro_pool_event events, int (*handle)(struct coordination *, const struct place *))
{
    int code = 0;
    for (mstro_pool_event e = events; e && code == 0; e = e->next) {
        const struct place *place = e->kind == MSTRO_POOL_EVENT_OFFER ? find(c, e->payload.offer.cdo_name) : NULL;
        if (place && c->work[place->set].progress == GATHERING)
            code = handle(c, place);
    }
    return code;
}

static int require(struct coordination *c, const struct place *place)
{
    mstro_status status = gathering_require(c->work[place->set].gathering, place->place);
    return status == MSTRO_OK ? 0 : stage_fail(place->name, status);
}

static int take(struct coordination *c, const struct place *place)
{
    struct work *work = &c->work[place->set];
    mstro_status status = gathering_take(work->gathering, place->place, c->statistics);
    if (status != MSTRO_OK)
        return stage_fail(place->name, status);
    if (gathering_taken(work->gathering) == c->sets.set[place->set].members) {
        work->progress = WHOLE;
        c->gathering--;
        c->whole++;
    }
    return 0;
}

/* Without them a level set would be waited for that is there. */
static int none_is_missing(mstro_pool_event events)
{
    for (mstro_pool_event e = events; e; e = e->next)
        if (e->kind == MSTRO_POOL_EVENT_OVERFLOW) {
            warnx("%" PRIu64 " events were lost: nobody can say which level sets are whole; coordinate with more memory, or begin anew", e->payload.overflow.count);
            return 1;
        }
    return 0;
}

static int handle(struct coordination *c, mstro_pool_event events)
{
    int code = none_is_missing(events);
    if (code == 0)
        code = each_offer(c, events, require);
    if (code)
        return code;
    mstro_status status = mstro_subscription_ack(c->subscription, events);
    if (status != MSTRO_OK)
        return stage_fail("acknowledging offers", status);
    code = each_offer(c, events, take);
    if (code == 0)
        code = run_jobs(c, false);
    for (mstro_pool_event e = events; e && code == 0 && c->gathering > 0; e = e->next)
        if (stage_lost(e, "forecast"))
            code = 1;
    return code;
}

/* The next fields; none when it is time to see whether a job has ended, for which others wait. */
static mstro_status next_events(const struct coordination *c, mstro_pool_event *events)
{
    struct timespec until;
    if (c->whole == 0)
        return mstro_subscription_wait(c->subscription, events);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_AGAIN * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    mstro_status status = mstro_subscription_timedwait(c->subscription, &until, events);
    return status == MSTRO_TIMEOUT ? MSTRO_OK : status;
}

static int gather(struct coordination *c)
{
    int code = 0;
    while (code == 0 && c->gathering > 0) {
        mstro_pool_event events = NULL;
        mstro_status status = next_events(c, &events);
        if (status != MSTRO_OK)
            return stage_fail("waiting for fields", status);
        code = events ? handle(c, events) : run_jobs(c, false);
        mstro_pool_event_dispose(events);
    }
    return code;
}

static void say_unfinished(const struct coordination *c)
{
    for (size_t i = 0; i < c->sets.count; i++)
        if (c->work[i].progress == GATHERING)
            warnx("%s: %zu of %zu fields have been offered, its job is not started", c->sets.set[i].name,
                  gathering_taken(c->work[i].gathering), c->sets.set[i].members);
}

static int coordinate(struct coordination *c)
{
    mstro_cdo ready = NULL;
    int code = prepare(c);
    if (code == 0)
        code = subscribe(c);
    if (code)
        return code;
    code = stage_announce("coordinator", 0, &ready);
    if (code == 0)
        code = gather(c);
    if (code)
        say_unfinished(c);
    mstro_subscription_dispose(c->subscription);
    int finished = finish_jobs(c); /* also when no further one can be started: they have what they need */
    code = code ? code : finished;
    if (code == 0)
        code = stage_unannounce(ready);
    return code == 0 && c->failed ? 1 : code;
}

int coordination_run(const struct job_runner *runner, struct statistics *statistics)
{
    struct coordination c = {.runner = runner, .statistics = statistics};
    int code = coordinate(&c);
    for (size_t i = 0; i < c.sets.missing_count; i++) {
        warnx("%s", c.sets.missing[i]);
        statistics_note(statistics, c.sets.missing[i]);
    }
    for (size_t i = 0; c.work && i < c.sets.count; i++)
        gathering_free(c.work[i].gathering);
    free(c.work);
    free(c.place);
    level_sets_free(&c.sets);
    plan_free(&c.plan);
    field_index_free(&c.index);
    return code;
}
