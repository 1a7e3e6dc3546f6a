/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/lot.h"
#include "examples/forecast/field_attributes.h"
#include "examples/forecast/field_values.h"
#include "examples/forecast/grib_fields.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

struct lot {
    struct grib_message message; /* its bytes are lent */
    size_t bytes, fields;
    double *values[GRIB_FIELDS_MAX];      /* lent */
    mstro_cdo cdo[1 + GRIB_FIELDS_MAX];   /* the message's, then one for each field */
};

size_t lot_bytes(const struct lot *lot)
{
    return lot->bytes;
}

void lot_free(struct lot *lot)
{
    if (!lot)
        return;
    for (size_t i = 0; i <= lot->fields; i++)
        if (lot->cdo[i])
            mstro_cdo_dispose(lot->cdo[i]);
    for (size_t i = 0; i < lot->fields; i++)
        free(lot->values[i]);
    grib_message_release(&lot->message);
    free(lot);
}

/* An object of 'size' bytes at 'bytes', which stay ours. */
static mstro_status declare(const char *name, const void *bytes, size_t size, mstro_cdo *cdo)
{
    int64_t length = (int64_t)size;
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(*cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, (void *)(uintptr_t)bytes, false, true);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(*cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &length, true, false);
    return status;
}

static mstro_status declare_message(struct lot *lot)
{
    char name[MESSAGE_NAME_MAX];
    snprintf(name, sizeof name, MESSAGE_NAME_FORMAT, lot->message.number);
    lot->bytes += lot->message.size;
    return declare(name, lot->message.bytes, lot->message.size, &lot->cdo[0]);
}

static int add_field(struct lot *lot, codes_handle *field, const char *name)
{
    size_t count = 0;
    if (field_values(field, &lot->values[lot->fields], &count))
        return -1;
    size_t at = lot->fields++;
    lot->bytes += count * sizeof(double);
    mstro_cdo *cdo = &lot->cdo[1 + at];
    mstro_status status = declare(name, lot->values[at], count * sizeof(double), cdo);
    if (status == MSTRO_OK)
        status = field_layout_set(*cdo, field, count);
    if (status == MSTRO_OK)
        status = field_attributes_set(*cdo, field);
    if (status == MSTRO_OK)
        return 0;
    warnx("%s: %s: %s", name, mstro_status_description(status), mstro_error_detail());
    return -1;
}

struct lot *lot_make(struct grib_message *message, const struct field_entry *entry, size_t entries)
{
    codes_handle *field[GRIB_FIELDS_MAX];
    struct lot *lot = calloc(1, sizeof *lot);
    if (!lot) {
        warnx("out of memory");
        grib_message_release(message);
        return NULL;
    }
    lot->message = *message;
    mstro_status status = declare_message(lot);
    int count = grib_fields(message->bytes, message->size, field), result = status == MSTRO_OK ? 0 : -1;
    for (int i = 0; i < count && result == 0; i++)
        result = (size_t)i < entries ? add_field(lot, field[i], entry[i].name) : -1;
    if (count >= 0)
        grib_fields_release(field, count);
    if (result == 0 && (size_t)count == entries)
        return lot;
    if (status != MSTRO_OK)
        warnx("%s: %s", mstro_status_description(status), mstro_error_detail());
    warnx("%s: message %u at offset %lld cannot be offered", lot->message.path, lot->message.number, lot->message.offset);
    lot_free(lot);
    return NULL;
}

/* The handles of all objects of the lots, for the caller to free(); NULL when memory is short. */
static mstro_cdo *handles(struct lot *const lots[], size_t count, size_t *objects)
{
    *objects = 0;
    for (size_t i = 0; i < count; i++)
        *objects += 1 + lots[i]->fields;
    mstro_cdo *all = calloc(*objects + 1, sizeof(mstro_cdo));
    for (size_t i = 0, at = 0; all && i < count; at += 1 + lots[i]->fields, i++)
        memcpy(all + at, lots[i]->cdo, (1 + lots[i]->fields) * sizeof *all);
    return all;
}

mstro_status lots_offer(struct lot *const lots[], size_t count, struct statistics *statistics)
{
    size_t objects, bytes = 0;
    mstro_cdo *all = handles(lots, count, &objects);
    uint64_t begun = mstro_clock();
    mstro_status status = all ? mstro_cdo_offer_all(objects, all, NULL) : MSTRO_NOMEM;
    free(all);
    if (status != MSTRO_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        bytes += lots[i]->bytes;
        statistics->messages++;
        statistics->fields += lots[i]->fields;
    }
    statistics_offered(statistics, begun, objects, bytes);
    return MSTRO_OK;
}

mstro_status lots_withdraw(struct lot *const lots[], size_t count)
{
    size_t objects;
    mstro_cdo *all = handles(lots, count, &objects);
    mstro_status status = all ? mstro_cdo_withdraw_all(objects, all, NULL) : MSTRO_NOMEM;
    free(all);
    for (size_t i = 0; i < count && status == MSTRO_OK; i++)
        lot_free(lots[i]);
    return status;
}
