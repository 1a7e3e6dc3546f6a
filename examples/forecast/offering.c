/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/offering.h"
#include "examples/forecast/lot.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The lots that are lent, oldest first. */
struct lent {
    struct lot **lot;
    size_t first, count, capacity, bytes;
};

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

static int await_all(const struct offering *s)
{
    for (size_t i = 0; i < s->expected; i++)
        for (unsigned instance = 0; instance < s->expect[i].instances; instance++) {
            int code = stage_await(s->expect[i].component, instance, s->patience);
            if (code)
                return code;
        }
    return 0;
}

static int take_back_oldest(struct lent *lent)
{
    struct lot *lot = lent->lot[lent->first];
    lent->bytes -= lot_bytes(lot);
    lent->first++;
    lent->count--;
    mstro_status status = lot_withdraw(lot);
    return status == MSTRO_OK ? 0 : stage_fail("taking back what was offered", status);
}

static int keep(struct lent *lent, struct lot *lot)
{
    if (lent->first + lent->count == lent->capacity) {
        size_t capacity = lent->capacity ? 2 * lent->capacity : 256;
        struct lot **grown = realloc(lent->lot, capacity * sizeof *grown);
        if (!grown) {
            warnx("out of memory");
            return 70;
        }
        lent->lot = grown;
        lent->capacity = capacity;
    }
    lent->lot[lent->first + lent->count++] = lot;
    lent->bytes += lot_bytes(lot);
    return 0;
}

static void rest(unsigned milliseconds)
{
    const struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    if (milliseconds)
        nanosleep(&time, NULL);
}

/* The next message, with its fields, which the index has from place 'at' on. */
static int offer_message(const struct offering *s, struct lent *lent, struct grib_message *message, const struct field_index *index,
                         size_t *at, struct statistics *statistics)
{
    size_t end = *at;
    while (end < index->count && index->entry[end].message == message->number)
        end++;
    struct lot *lot = lot_make(message, &index->entry[*at], end - *at);
    if (!lot)
        return 70;
    *at = end;
    int code = 0;
    while (code == 0 && lent->count > 0 && lent->bytes + lot_bytes(lot) > s->lend)
        code = take_back_oldest(lent);
    mstro_status status = code ? MSTRO_OK : lot_offer(lot, statistics);
    if (status != MSTRO_OK)
        code = stage_fail("offering a message", status);
    if (code) {
        lot_free(lot);
        return code;
    }
    statistics->messages++;
    statistics->fields += lot_fields(lot);
    return keep(lent, lot);
}

static int offer_everything(const struct offering *s, const struct field_index *index, struct statistics *statistics)
{
    struct grib_input in;
    struct grib_message message;
    struct lent lent = {0};
    size_t at = 0;
    int code = 0, more = 0;

    grib_input_open(&in, s->file, s->files);
    while (code == 0 && (more = grib_input_next(&in, &message)) == 1) {
        code = offer_message(s, &lent, &message, index, &at, statistics);
        rest(s->pace);
    }
    grib_input_close(&in);
    if (code == 0 && more < 0)
        code = 1;
    while (code == 0 && lent.count > 0)
        code = take_back_oldest(&lent);
    free(lent.lot);
    return code;
}

static int offer(const struct offering *s, const struct field_index *index, char *text, struct statistics *statistics)
{
    mstro_cdo cdo = NULL;
    int code = offer_index(text, &cdo);
    if (code == 0)
        code = await_all(s);
    if (code == 0)
        code = offer_everything(s, index, statistics);
    if (code)
        return code;
    mstro_status status = mstro_cdo_withdraw(cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_dispose(cdo);
    return status == MSTRO_OK ? 0 : stage_fail("taking " FIELD_INDEX_NAME " back", status);
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
