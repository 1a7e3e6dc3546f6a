/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/gathering.h"

#include <stdlib.h>

/* One field: the forecast's object while it is required, then ours, with its bytes and metadata. */
struct part {
    mstro_cdo theirs, ours;
    void *data;
};

struct gathering {
    const struct level_set *set;
    const struct field_index *index;
    mstro_group group;
    bool offered;
    size_t taken;
    struct part part[];
};

struct gathering *gathering_make(const struct level_set *set, const struct field_index *index)
{
    struct gathering *gathering = calloc(1, sizeof *gathering + set->members * sizeof gathering->part[0]);
    if (!gathering)
        return NULL;
    gathering->set = set;
    gathering->index = index;
    return gathering;
}

mstro_status gathering_free(struct gathering *gathering)
{
    if (!gathering)
        return MSTRO_OK;
    mstro_status status = gathering->offered ? mstro_group_withdraw(gathering->group) : MSTRO_OK;
    if (status != MSTRO_OK)
        return status; /* it is lent still */
    if (gathering->group)
        mstro_group_dispose(gathering->group);
    for (size_t i = 0; i < gathering->set->members; i++) {
        struct part *part = &gathering->part[i];
        if (part->theirs) {
            mstro_cdo_retract(part->theirs);
            mstro_cdo_dispose(part->theirs);
        }
        if (part->ours)
            mstro_cdo_dispose(part->ours);
        free(part->data);
    }
    free(gathering);
    return MSTRO_OK;
}

mstro_status gathering_require(struct gathering *gathering, size_t place)
{
    struct part *part = &gathering->part[place];
    if (part->theirs || part->ours)
        return MSTRO_OK;
    mstro_status status = mstro_cdo_declare(gathering->index->entry[gathering->set->member[place]].name, MSTRO_ATTR_DEFAULT, &part->theirs);
    return status == MSTRO_OK ? mstro_cdo_require(part->theirs) : status;
}

static mstro_status copy_metadata(mstro_cdo from, mstro_cdo to)
{
    static const char *const key[] = {
        ".maestro.ecmwf.class",  ".maestro.ecmwf.type",  ".maestro.ecmwf.stream",   ".maestro.ecmwf.expver",
        ".maestro.ecmwf.domain", ".maestro.ecmwf.param", ".maestro.ecmwf.levtype",  ".maestro.ecmwf.levelist",
        ".maestro.ecmwf.number", ".maestro.ecmwf.step",  ".maestro.ecmwf.date",     ".maestro.ecmwf.time",
    };
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; i < sizeof key / sizeof *key && status == MSTRO_OK; i++) {
        const void *value = NULL;
        if (mstro_cdo_attribute_get(from, key[i], NULL, &value) == MSTRO_OK)
            status = mstro_cdo_attribute_set(to, key[i], (void *)(uintptr_t)value, true, false);
    }
    return status;
}

/* An object of ours for the group, with what was taken. */
static mstro_status keep(struct gathering *gathering, struct part *part, int64_t size)
{
    char name[LEVEL_SET_NAME_MAX + 256];
    snprintf(name, sizeof name, "%s/%s", gathering->set->name, mstro_cdo_name(part->theirs));
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &part->ours);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(part->ours, MSTRO_ATTR_CORE_CDO_RAW_PTR, part->data, false, true);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(part->ours, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false);
    return status == MSTRO_OK ? copy_metadata(part->theirs, part->ours) : status;
}

mstro_status gathering_take(struct gathering *gathering, size_t place, struct statistics *statistics)
{
    struct part *part = &gathering->part[place];
    int64_t size = 0;
    uint64_t begun = mstro_clock();
    if (!part->theirs)
        return MSTRO_OK; /* taken already */
    mstro_status status = mstro_cdo_demand(part->theirs);
    if (status == MSTRO_OK)
        status = mstro_cdo_access_ptr(part->theirs, &part->data, &size);
    if (status != MSTRO_OK)
        return status;
    statistics_demanded(statistics, begun, part->theirs, size);
    status = keep(gathering, part, size);
    mstro_cdo_dispose(part->theirs);
    part->theirs = NULL;
    gathering->taken += status == MSTRO_OK;
    return status;
}

size_t gathering_taken(const struct gathering *gathering)
{
    return gathering->taken;
}

mstro_status gathering_offer(struct gathering *gathering)
{
    mstro_status status = mstro_group_declare(gathering->set->name, &gathering->group);
    for (size_t i = 0; i < gathering->set->members && status == MSTRO_OK; i++)
        status = mstro_group_add(gathering->group, gathering->part[i].ours);
    if (status == MSTRO_OK)
        status = mstro_group_offer(gathering->group);
    gathering->offered = status == MSTRO_OK;
    return status;
}
