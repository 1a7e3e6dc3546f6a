/* SPDX-License-Identifier: BSD-3-Clause */
/* handle.h - a handle belongs to one call, or one operation, at a time */
#ifndef LIB_API_HANDLE_H
#define LIB_API_HANDLE_H
#include "lib/client/cdo.h"
#include "maestro/types.h"

/* Between process_enter and process_leave: MSTRO_INVARG for NULL, MSTRO_BUSY when another call or operation has it. */
mstro_status handle_claim(mstro_cdo cdo);
void handle_release(mstro_cdo cdo);

/* For the length of one call: process_enter and claim, release and process_leave.  Gives 's' back. */
mstro_status handle_take(mstro_cdo cdo);
mstro_status handle_give_back(mstro_cdo cdo, mstro_status s);

#endif
