/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/api/handle.h"

#include "lib/api/process.h"
#include "lib/base/detail.h"

mstro_status handle_claim(mstro_cdo cdo)
{
    if (!cdo)
        return detail_set(MSTRO_INVARG, "the handle is NULL");
    if (atomic_exchange(&cdo->busy, true))
        return detail_set(MSTRO_BUSY, "another call or operation is using '%.200s'", cdo->name);
    return MSTRO_OK;
}

void handle_release(mstro_cdo cdo) { atomic_store_explicit(&cdo->busy, false, memory_order_release); }

mstro_status handle_take(mstro_cdo cdo)
{
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    s = handle_claim(cdo);
    if (s != MSTRO_OK)
        process_leave();
    return s;
}

mstro_status handle_give_back(mstro_cdo cdo, mstro_status s)
{
    handle_release(cdo);
    process_leave();
    return s;
}
