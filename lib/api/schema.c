/* SPDX-License-Identifier: BSD-3-Clause */
/* schema.c - schemas the user reads himself; they need no mstro_init */
#include "lib/api/schema.h"

#include "lib/base/detail.h"
#include "lib/base/export.h"

API mstro_status mstro_schema_parse_from_file(const char *path, mstro_schema *result)
{
    struct schema *s = NULL;
    detail_clear();
    if (!result)
        return detail_set(MSTRO_INVOUT, "mstro_schema_parse_from_file: no place for the result");
    *result = NULL;
    if (!path)
        return detail_set(MSTRO_INVARG, "mstro_schema_parse_from_file: no path");
    mstro_status status = schema_read_file(path, &s);
    if (status == MSTRO_OK)
        *result = (mstro_schema)s;
    return status;
}

API mstro_status mstro_schema_merge(mstro_schema into, mstro_schema from)
{
    detail_clear();
    if (!into || !from)
        return detail_set(MSTRO_INVARG, "mstro_schema_merge: %s schema", into ? "no second" : "no first");
    return schema_merge(schema_of_handle(into), schema_of_handle(from));
}

API mstro_status mstro_schema_dispose(mstro_schema s)
{
    schema_release(schema_of_handle(s));
    return MSTRO_OK;
}
