/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/offering.h"
#include "examples/forecast/lending.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 16 }; /* messages, at full speed */

static int offer_index(char *text, mstro_cdo *cdo)
{
    int64_t size = (int64_t)strlen(text);
    mstro_status status = mstro_cdo_declare(FIELD_INDEX_NAME, MSTRO_ATTR_DEFAULT, cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(*cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, text, false, true);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(*cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false);
    if (status == MSTRO_OK)
        status = mstro_cdo_offer(*cdo);
    return status == MSTRO_OK ? 0 : stage_fail("offering " FIELD_INDEX_NAME, status);
}

/* The signals of all consumers. */
struct signals {
    mstro_cdo *cdo;
    size_t count, awaited;
};

/* Before the index is offered: a consumer that finds nothing in it for itself is ready and gone again at once. */
static int expect_all(const struct offering *s, struct signals *signals)
{
    size_t count = 0;
    for (size_t i = 0; i < s->expected; i++)
        count += s->expect[i].instances;
    signals->cdo = calloc(count + 1, sizeof *signals->cdo);
    if (!signals->cdo)
        return stage_fail("waiting for consumers", MSTRO_NOMEM);
    int code = 0;
    for (size_t i = 0; i < s->expected; i++)
        for (unsigned instance = 0; instance < s->expect[i].instances && code == 0; instance++)
            code = stage_expect(s->expect[i].component, instance, &signals->cdo[signals->count++]);
    return code;
}

static int await_all(struct signals *signals, unsigned patience)
{
    int code = 0;
    while (code == 0 && signals->awaited < signals->count)
        code = stage_await(signals->cdo[signals->awaited++], patience);
    return code;
}

static void rest(unsigned milliseconds)
{
    const struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    if (milliseconds)
        nanosleep(&time, NULL);
}

/* The next message, with its fields, which the index has from place 'at' on. */
static int add_message(struct lending *lending, struct grib_message *message, const struct field_index *index, size_t *at)
{
    size_t begin = *at;
    while (*at < index->count && index->entry[*at].message == message->number)
        (*at)++;
    struct lot *lot = lot_make(message, &index->entry[begin], *at - begin);
    return lot ? lending_add(lending, lot) : 70;
}

static int offer_everything(const struct offering *s, const struct field_index *index, struct statistics *statistics)
{
    struct lending lending = {.limit = s->lend, .batch = s->pace ? 1 : BATCH, .statistics = statistics};
    struct grib_input in;
    struct grib_message message;
    size_t at = 0;
    int code = 0, more = 0;

    grib_input_open(&in, s->file, s->files);
    in.quiet = true; /* what is odd was said when the index was made */
    while (code == 0 && (more = grib_input_next(&in, &message)) == 1) {
        code = add_message(&lending, &message, index, &at);
        rest(s->pace);
    }
    grib_input_close(&in);
    if (code == 0)
        code = more < 0 ? 1 : lending_end(&lending);
    lending_free(&lending);
    return code;
}

/* For who comes too late for the index, but is told of its name. */
static int offer_total(const struct field_index *index, mstro_cdo *cdo)
{
    char name[64];
    snprintf(name, sizeof name, FIELD_TOTAL_FORMAT, 1 + (size_t)index->messages + index->count);
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_offer(*cdo);
    return status == MSTRO_OK ? 0 : stage_fail(name, status);
}

static int take_back(mstro_cdo cdo)
{
    mstro_status status = mstro_cdo_withdraw(cdo);
    if (status != MSTRO_OK)
        return stage_fail(mstro_cdo_name(cdo), status);
    mstro_cdo_dispose(cdo);
    return 0;
}

static int offer(const struct offering *s, const struct field_index *index, char *text, struct statistics *statistics)
{
    mstro_cdo cdo = NULL, total = NULL;
    struct signals signals = {0};
    int code = expect_all(s, &signals);
    if (code == 0)
        code = offer_total(index, &total);
    if (code == 0)
        code = offer_index(text, &cdo);
    if (code == 0)
        code = await_all(&signals, s->patience);
    free(signals.cdo);
    if (code == 0)
        code = offer_everything(s, index, statistics);
    if (code == 0)
        code = take_back(cdo);
    return code ? code : take_back(total);
}

int offering_run(const struct offering *s, struct statistics *statistics)
{
    struct field_index index;
    if (field_index_scan(&index, s->file, s->files))
        return 1;
    char *text = field_index_print(&index);
    int code = text ? offer(s, &index, text, statistics) : 70;
    if (!text)
        warnx("out of memory");
    free(text);
    field_index_free(&index);
    return code;
}
