/* SPDX-License-Identifier: BSD-3-Clause */
/* group.c - groups are declared in the interface and not available in this version */
#include "maestro/group.h"

#include "lib/base/detail.h"
#include "lib/base/export.h"

static mstro_status unavailable(void)
{
    return detail_set(MSTRO_UNIMPL, "groups are not available in this version");
}

API mstro_status mstro_group_declare(const char *name, mstro_group *result)
{
    (void)name;
    if (result)
        *result = NULL;
    return unavailable();
}

API mstro_status mstro_group_add(mstro_group g, mstro_cdo cdo) { (void)g, (void)cdo; return unavailable(); }
API mstro_status mstro_group_add_by_name(mstro_group g, const char *cdo_name) { (void)g, (void)cdo_name; return unavailable(); }
API mstro_status mstro_group_add_by_selector(mstro_group g, mstro_cdo_selector s) { (void)g, (void)s; return unavailable(); }
API mstro_status mstro_group_seal(mstro_group g) { (void)g; return unavailable(); }
API mstro_status mstro_group_offer(mstro_group g) { (void)g; return unavailable(); }
API mstro_status mstro_group_require(mstro_group g) { (void)g; return unavailable(); }
API mstro_status mstro_group_demand(mstro_group g) { (void)g; return unavailable(); }
API mstro_status mstro_group_retract(mstro_group g) { (void)g; return unavailable(); }
API mstro_status mstro_group_withdraw(mstro_group g) { (void)g; return unavailable(); }
API mstro_status mstro_group_size_get(mstro_group g, size_t *count) { (void)g, (void)count; return unavailable(); }
API mstro_status mstro_group_next(mstro_group g, mstro_cdo *member) { (void)g, (void)member; return unavailable(); }
API mstro_status mstro_group_dispose(mstro_group g) { (void)g; return unavailable(); }
