/* SPDX-License-Identifier: BSD-3-Clause */
/* request.c - operations that are started and waited for later */
#include "maestro/request.h"

#include <stdlib.h>

#include "lib/api/operation.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"
#include "maestro/cdo.h"

static mstro_status start(enum verb verb, mstro_cdo cdo, mstro_request *req)
{
    if (!req)
        return detail_set(MSTRO_INVOUT, "no place for the request");
    *req = NULL;
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    struct operation_request *o = malloc(sizeof *o);
    s = o ? operation_prepare(o, verb, cdo) : detail_set(MSTRO_NOMEM, "not enough memory for a request");
    if (s == MSTRO_OK) {
        operation_start(o);
        *req = &o->request;
    } else
        free(o);
    process_leave();
    return s;
}

API mstro_status mstro_cdo_seal_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_SEAL, cdo, req); }
API mstro_status mstro_cdo_offer_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_OFFER, cdo, req); }
API mstro_status mstro_cdo_require_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_REQUIRE, cdo, req); }
API mstro_status mstro_cdo_retract_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_RETRACT, cdo, req); }
API mstro_status mstro_cdo_demand_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_DEMAND, cdo, req); }
API mstro_status mstro_cdo_withdraw_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_WITHDRAW, cdo, req); }
API mstro_status mstro_cdo_dispose_async(mstro_cdo cdo, mstro_request *req) { return start(VERB_DISPOSE, cdo, req); }

/* There is nothing to wait for: the request says so. */
API mstro_status mstro_cdo_declare_async(const char *name, mstro_cdo_attributes attributes, mstro_cdo *result, mstro_request *req)
{
    if (!req)
        return detail_set(MSTRO_INVOUT, "no place for the request");
    *req = NULL;
    mstro_status s = mstro_cdo_declare(name, attributes, result);
    if (s != MSTRO_OK)
        return s;
    struct operation_request *o = calloc(1, sizeof *o);
    if (!o) {
        mstro_cdo_dispose(*result);
        *result = NULL;
        return detail_set(MSTRO_NOMEM, "not enough memory for a request");
    }
    *req = &o->request;
    return MSTRO_OK;
}

/* ---- the end ---- */

static struct operation_request *operation_of(mstro_request req)
{
    return (struct operation_request *)req;
}

/* Free a request whose handle is no longer there: the library was finalized in between, which has ended it. */
static mstro_status bury(struct operation_request *o)
{
    mstro_status s = o->request.status;
    if (s != MSTRO_OK)
        detail_set(s, "%s", o->request.detail ? o->request.detail : "");
    request_release(&o->request);
    free(o);
    return s;
}

/* Go in for the request.  *buried: it has ended, with the status returned. */
static mstro_status enter_for(mstro_request req, bool *buried)
{
    *buried = false;
    if (!req)
        return detail_set(MSTRO_INVARG, "the request is NULL");
    struct operation_request *o = operation_of(req);
    mstro_status s = process_enter();
    if (s == MSTRO_FORKED)
        return s;
    if (o->request.cdo && s == MSTRO_OK && o->run == process_run())
        return MSTRO_OK;
    if (s == MSTRO_OK)
        process_leave();
    else if (o->started && !waitable_is_ready(&o->request.done))
        return s; /* finalize is about to end it */
    *buried = true;
    return bury(o);
}

static mstro_status finish(struct operation_request *o)
{
    mstro_status s = operation_finish(o);
    free(o);
    return s;
}

API mstro_status mstro_request_wait(mstro_request req)
{
    bool buried;
    mstro_status s = enter_for(req, &buried);
    if (s != MSTRO_OK || buried)
        return s;
    struct operation_request *o = operation_of(req);
    s = operation_complete(o, process_deadline());
    free(o);
    process_leave();
    return s;
}

API mstro_status mstro_request_timedwait(mstro_request req, const struct timespec *abstime)
{
    if (!abstime || abstime->tv_nsec < 0 || abstime->tv_nsec >= (long)NANOSECONDS_PER_SECOND)
        return detail_set(MSTRO_INVARG, "the time to wait until is not valid");
    bool buried;
    mstro_status s = enter_for(req, &buried);
    if (s != MSTRO_OK || buried)
        return s;
    if (operation_watch(operation_of(req), clock_from_wall(abstime)))
        s = finish(operation_of(req));
    else
        s = detail_set(MSTRO_TIMEOUT, "the operation has not ended yet");
    process_leave();
    return s;
}

API mstro_status mstro_request_test(mstro_request req, bool *done)
{
    if (!done)
        return detail_set(MSTRO_INVOUT, "no place for the answer");
    bool buried;
    mstro_status s = enter_for(req, &buried);
    *done = buried;
    if (s != MSTRO_OK || buried)
        return s;
    struct operation_request *o = operation_of(req);
    if (o->started)
        session_drive(process_session());
    *done = !o->started || waitable_is_ready(&o->request.done);
    if (*done)
        s = finish(o);
    process_leave();
    return s;
}

API mstro_status mstro_request_cancel(mstro_request req)
{
    bool buried;
    mstro_status s = enter_for(req, &buried);
    if (s != MSTRO_OK || buried)
        return s;
    struct operation_request *o = operation_of(req);
    operation_cancel(o);
    s = finish(o);
    process_leave();
    return s;
}
