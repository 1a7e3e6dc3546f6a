/* SPDX-License-Identifier: BSD-3-Clause */
/* request.h - operations that are started and waited for later
 *
 * Each *_async call checks its arguments, starts the operation and gives a request; when it does not return MSTRO_OK nothing was
 * started and there is no request.  A request must be waited for, tested to completion or cancelled, exactly once: that call
 * frees it.  A handle with an operation under way is busy. */
#ifndef MAESTRO_REQUEST_H
#define MAESTRO_REQUEST_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

mstro_status mstro_cdo_declare_async(const char *name, mstro_cdo_attributes attributes, mstro_cdo *result, mstro_request *req);
mstro_status mstro_cdo_seal_async(mstro_cdo cdo, mstro_request *req);
mstro_status mstro_cdo_offer_async(mstro_cdo cdo, mstro_request *req);
mstro_status mstro_cdo_require_async(mstro_cdo cdo, mstro_request *req);
mstro_status mstro_cdo_retract_async(mstro_cdo cdo, mstro_request *req);
mstro_status mstro_cdo_demand_async(mstro_cdo cdo, mstro_request *req);
mstro_status mstro_cdo_withdraw_async(mstro_cdo cdo, mstro_request *req);
mstro_status mstro_cdo_dispose_async(mstro_cdo cdo, mstro_request *req);

/* Wait for the end; the operation's status. */
mstro_status mstro_request_wait(mstro_request req);

/* The same until 'abstime' (CLOCK_REALTIME): MSTRO_TIMEOUT when the operation has not ended by then, and the request lives on.
 * (An operation that itself ended with MSTRO_TIMEOUT has ended: mstro_request_test says which it was.) */
mstro_status mstro_request_timedwait(mstro_request req, const struct timespec *abstime);

/* Never blocks.  *done false: MSTRO_OK, and the request lives on.  *done true: the operation's status. */
mstro_status mstro_request_test(mstro_request req, bool *done);

/* End the operation at once, though the pool manager stands still: MSTRO_CANCELLED, or, when it had ended before, its status.  An offer
 * is taken back, a requirement too; a demand leaves the requirement; a withdraw leaves the offer unless the pool had let go of it,
 * which the next withdraw finds out; a retract takes effect all the same. */
mstro_status mstro_request_cancel(mstro_request req);

#ifdef __cplusplus
}
#endif
#endif
