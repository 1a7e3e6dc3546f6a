/* SPDX-License-Identifier: BSD-3-Clause */
/* attributes.c - the attributes of a handle */
#include "maestro/attributes.h"

#include <stdio.h>

#include "lib/api/handle.h"
#include "lib/base/export.h"

API mstro_status mstro_cdo_attribute_set(mstro_cdo cdo, const char *key, void *val, bool copy_value, bool user_owned_attribute_value)
{
    mstro_status s = handle_take(cdo);
    return s == MSTRO_OK ? handle_give_back(cdo, attributes_set(cdo->attributes, key, val, copy_value, user_owned_attribute_value)) : s;
}

API mstro_status mstro_cdo_attribute_get(mstro_cdo cdo, const char *key, enum mstro_cdo_attr_value_type *type, const void **val)
{
    mstro_status s = handle_take(cdo);
    return s == MSTRO_OK ? handle_give_back(cdo, attributes_get(cdo->attributes, key, type, val)) : s;
}

API mstro_status mstro_cdo_attribute_set_list(mstro_cdo cdo, const char *key, const void *values, size_t count)
{
    mstro_status s = handle_take(cdo);
    return s == MSTRO_OK ? handle_give_back(cdo, attributes_set_list(cdo->attributes, key, values, count)) : s;
}

API mstro_status mstro_cdo_attribute_count(mstro_cdo cdo, const char *key, size_t *count)
{
    mstro_status s = handle_take(cdo);
    return s == MSTRO_OK ? handle_give_back(cdo, attributes_count(cdo->attributes, key, count)) : s;
}

API mstro_status mstro_cdo_attribute_set_yaml(mstro_cdo cdo, const char *yaml)
{
    mstro_status s = handle_take(cdo);
    return s == MSTRO_OK ? handle_give_back(cdo, attributes_set_yaml(cdo->attributes, yaml)) : s;
}

API mstro_status mstro_cdo_attributes_print(mstro_cdo cdo)
{
    mstro_status s = handle_take(cdo);
    if (s != MSTRO_OK)
        return s;
    attributes_print(cdo->attributes, stdout);
    return handle_give_back(cdo, MSTRO_OK);
}
