/* SPDX-License-Identifier: BSD-3-Clause */
/* attributes.c - the attributes of a handle */
#include "maestro/attributes.h"

#include <stdio.h>

#include "lib/api/process.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"

/* Take the handle for the length of one call. */
static mstro_status take(mstro_cdo cdo)
{
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    if (!cdo)
        s = detail_set(MSTRO_INVARG, "the handle is NULL");
    else if (atomic_exchange(&cdo->busy, true))
        s = detail_set(MSTRO_BUSY, "another call or operation is using '%.200s'", cdo->name);
    if (s != MSTRO_OK)
        process_leave();
    return s;
}

static mstro_status give_back(mstro_cdo cdo, mstro_status s)
{
    atomic_store(&cdo->busy, false);
    process_leave();
    return s;
}

API mstro_status mstro_cdo_attribute_set(mstro_cdo cdo, const char *key, void *val, bool copy_value, bool user_owned_attribute_value)
{
    mstro_status s = take(cdo);
    return s == MSTRO_OK ? give_back(cdo, attributes_set(cdo->attributes, key, val, copy_value, user_owned_attribute_value)) : s;
}

API mstro_status mstro_cdo_attribute_get(mstro_cdo cdo, const char *key, enum mstro_cdo_attr_value_type *type, const void **val)
{
    mstro_status s = take(cdo);
    return s == MSTRO_OK ? give_back(cdo, attributes_get(cdo->attributes, key, type, val)) : s;
}

API mstro_status mstro_cdo_attribute_set_yaml(mstro_cdo cdo, const char *yaml)
{
    mstro_status s = take(cdo);
    return s == MSTRO_OK ? give_back(cdo, attributes_set_yaml(cdo->attributes, yaml)) : s;
}

API mstro_status mstro_cdo_attributes_print(mstro_cdo cdo)
{
    mstro_status s = take(cdo);
    if (s != MSTRO_OK)
        return s;
    attributes_print(cdo->attributes, stdout);
    return give_back(cdo, MSTRO_OK);
}
