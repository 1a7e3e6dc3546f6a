/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_manager.c - letting other processes in, and joining them */
#include "maestro/pool_manager.h"

#include "lib/api/process.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"

API mstro_status mstro_pm_start(void) { return process_serve(); }
API mstro_status mstro_pm_terminate(void) { return process_stop_serving(); }
API mstro_status mstro_pm_detach(void) { return process_detach(); }

API mstro_status mstro_pm_attach(const char *info)
{
    return info && *info ? process_attach(info) : detail_set(MSTRO_INVARG, "attach: no pool-manager info");
}

API mstro_status mstro_pm_getinfo(char **info)
{
    if (!info)
        return detail_set(MSTRO_INVOUT, "getinfo: no place for the info");
    *info = NULL;
    return process_info(info);
}
