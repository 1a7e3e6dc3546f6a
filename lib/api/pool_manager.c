/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_manager.c - letting other processes in, and joining them */
#include "maestro/pool_manager.h"

#include "lib/api/process.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"

static mstro_status unavailable(void)
{
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    process_leave();
    return detail_set(MSTRO_UNIMPL, "pools that several processes share are not available in this version");
}

API mstro_status mstro_pm_start(void) { return unavailable(); }
API mstro_status mstro_pm_terminate(void) { return unavailable(); }
API mstro_status mstro_pm_attach(const char *info) { (void)info; return unavailable(); }
API mstro_status mstro_pm_detach(void) { return unavailable(); }

API mstro_status mstro_pm_getinfo(char **info)
{
    if (info)
        *info = NULL;
    return unavailable();
}
