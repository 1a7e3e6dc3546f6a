/* SPDX-License-Identifier: BSD-3-Clause */
/* inventory - a stage that may come at any time: lists all that a forecast offers, or has offered before this stage was there */
#include "examples/forecast/field_index.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: inventory --output=FOLDER\n"
    "List every object that a forecast offers, by name, with size and metadata, in FOLDER/inventory-I.txt.  What it has\n"
    "offered before is told by the pool's memory of the past.  MSTRO_COMPONENT_INDEX says which instance I this is.\n";

enum { COLUMNS = 4, GRACE = 5 /* s, for what was told elsewhere in the pool before the forecast's end was told here */ };

static const char *const column[COLUMNS] = {".maestro.ecmwf.levtype", ".maestro.ecmwf.levelist", ".maestro.ecmwf.param",
                                            ".maestro.ecmwf.step"};

struct inventory {
    char **line;
    size_t count, capacity;
    size_t expected; /* objects; 0: not known yet */
    bool gone;       /* the forecast */
    mstro_subscription subscription;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* From the beginning of the pool, with those attributes. */
static int subscribe(struct inventory *v)
{
    const struct mstro_subscription_terms terms = {.attributes = column, .attribute_count = COLUMNS,
                                                   .start = MSTRO_SUBSCRIPTION_START_AGE, .age = INT64_MAX};
    mstro_status status = mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_APP_LEAVE,
                                               MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &terms, &v->subscription);
    return status == MSTRO_OK ? 0 : stage_fail("subscribing to what was and will be offered", status);
}

static void print_attribute(FILE *out, mstro_pool_event event, const char *key)
{
    enum mstro_cdo_attr_value_type type;
    const void *value = NULL;
    if (mstro_pool_event_attribute_get(event, key, &type, &value) != MSTRO_OK)
        fputs(" -", out);
    else if (type == MSTRO_CDO_ATTR_VALUE_cstring)
        fprintf(out, " %s", *(char *const *)value);
    else
        fprintf(out, " %" PRId64, *(const int64_t *)value);
}

static int add(struct inventory *v, mstro_pool_event event)
{
    if (v->count == v->capacity) {
        size_t capacity = v->capacity ? 2 * v->capacity : 256;
        char **line = realloc(v->line, capacity * sizeof *line);
        if (!line)
            return stage_fail("keeping a line", MSTRO_NOMEM);
        v->line = line;
        v->capacity = capacity;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return stage_fail("keeping a line", MSTRO_NOMEM);
    fprintf(out, "%s %" PRId64, event->payload.offer.cdo_name, event->payload.offer.size);
    for (size_t i = 0; i < COLUMNS; i++)
        print_attribute(out, event, column[i]);
    if (fclose(out)) {
        free(text);
        return stage_fail("keeping a line", MSTRO_NOMEM);
    }
    v->line[v->count++] = text;
    return 0;
}

static int handle(struct inventory *v, mstro_pool_event event)
{
    if (event->kind == MSTRO_POOL_EVENT_OVERFLOW) {
        warnx("the pool does not keep %" PRIu64 " events any more: the inventory would not be whole", event->payload.overflow.count);
        return 1;
    }
    if (event->kind == MSTRO_POOL_EVENT_APP_LEAVE)
        v->gone = v->gone || strcmp(event->payload.leave.component_name, "forecast") == 0;
    else if (event->kind == MSTRO_POOL_EVENT_OFFER && strcmp(event->payload.offer.component_name, "forecast") == 0) {
        if (sscanf(event->payload.offer.cdo_name, FIELD_TOTAL_FORMAT, &v->expected) != 1)
            return add(v, event);
    }
    return 0;
}

static mstro_status wait_for_events(const struct inventory *v, mstro_pool_event *events)
{
    struct timespec until;
    if (!v->gone)
        return mstro_subscription_wait(v->subscription, events);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += GRACE;
    return mstro_subscription_timedwait(v->subscription, &until, events);
}

/* Until all of it was told: how much that is, is told first. */
static int take_all(struct inventory *v)
{
    int code = 0;
    while (code == 0 && (!v->expected || v->count < v->expected)) {
        mstro_pool_event events = NULL;
        mstro_status status = wait_for_events(v, &events);
        if (status == MSTRO_TIMEOUT && v->gone) {
            warnx("forecast is gone after %zu of %zu objects: the inventory is not whole", v->count, v->expected);
            return 1;
        }
        if (status != MSTRO_OK)
            return stage_fail("waiting for offers", status);
        for (mstro_pool_event e = events; e && code == 0; e = e->next)
            code = handle(v, e);
        mstro_pool_event_dispose(events);
    }
    return code;
}

static int write_lines(struct inventory *v, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/inventory-%u.txt", folder, stage_index());
    FILE *out = fopen(path, "w");
    if (!out) {
        warn("cannot write %s", path);
        return 1;
    }
    qsort(v->line, v->count, sizeof *v->line, by_text);
    for (size_t i = 0; i < v->count; i++)
        fprintf(out, "%s\n", v->line[i]);
    if (!(ferror(out) | fclose(out)))
        return 0;
    warn("cannot write %s", path);
    return 1;
}

static int run(const char *folder, char *operand[], struct statistics *statistics)
{
    struct inventory v = {0};
    mstro_cdo ready = NULL;
    (void)operand;
    (void)statistics;
    int code = subscribe(&v);
    if (code == 0)
        code = stage_announce("inventory", stage_index(), &ready);
    if (code == 0)
        code = take_all(&v);
    if (code == 0)
        code = write_lines(&v, folder);
    mstro_subscription_dispose(v.subscription);
    if (code == 0)
        code = stage_unannounce(ready);
    for (size_t i = 0; i < v.count; i++)
        free(v.line[i]);
    free(v.line);
    return code;
}

int main(int argc, char *argv[])
{
    return stage_main(argc, argv, &(struct stage_program){"inventory", usage, .run = run});
}
