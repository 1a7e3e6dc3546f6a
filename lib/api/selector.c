/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.c - questions about attributes, compiled with the schemas of this process */
#include "lib/api/selector.h"

#include "lib/api/process.h"
#include "lib/api/schema.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"

API mstro_status mstro_cdo_selector_create(mstro_schema schema, const char *nspace, const char *query, mstro_cdo_selector *result)
{
    struct selector *s = NULL;
    if (!result)
        return detail_set(MSTRO_INVOUT, "mstro_cdo_selector_create: no place for the selector");
    *result = NULL;
    mstro_status status = process_enter();
    if (status != MSTRO_OK)
        return status;
    status = selector_compile(query, nspace, schema_of_handle(schema), process_schema(), &s);
    process_leave();
    if (status == MSTRO_OK)
        *result = (mstro_cdo_selector)s;
    return status;
}

API mstro_status mstro_cdo_selector_dispose(mstro_cdo_selector s)
{
    selector_destroy((struct selector *)s);
    return MSTRO_OK;
}
