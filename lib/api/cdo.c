/* SPDX-License-Identifier: BSD-3-Clause */
/* cdo.c - the life of a Core Data Object, one call at a time or many in one */
#include "maestro/cdo.h"

#include <stdlib.h>

#include "lib/api/handle.h"
#include "lib/api/operation.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"
#include "lib/wire/name.h"

/* ---- declare ---- */

mstro_status cdo_declare(const char *operation, const char *name, struct mstro_cdo_ **out)
{
    mstro_status s = name_check_object(operation, name);
    return s == MSTRO_OK ? cdo_create(out, name, process_schema(), process_memory(), session_number(process_session())) : s;
}

API mstro_status mstro_cdo_declare(const char *name, mstro_cdo_attributes attributes, mstro_cdo *result)
{
    if (!result)
        return detail_set(MSTRO_INVOUT, "declare: no place for the handle");
    *result = NULL;
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    s = attributes ? detail_set(MSTRO_INVARG, "declare: attributes must be MSTRO_ATTR_DEFAULT") : cdo_declare("declare", name, result);
    if (s == MSTRO_OK)
        process_add_cdo(*result);
    process_leave();
    return s;
}

static mstro_status run(enum verb verb, mstro_cdo cdo)
{
    struct operation_request o;
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    s = operation_prepare(&o, verb, cdo);
    if (s == MSTRO_OK) {
        operation_start(&o);
        s = operation_complete(&o, process_deadline());
    }
    process_leave();
    return s;
}

API mstro_status mstro_cdo_seal(mstro_cdo cdo) { return run(VERB_SEAL, cdo); }
API mstro_status mstro_cdo_offer(mstro_cdo cdo) { return run(VERB_OFFER, cdo); }
API mstro_status mstro_cdo_require(mstro_cdo cdo) { return run(VERB_REQUIRE, cdo); }
API mstro_status mstro_cdo_retract(mstro_cdo cdo) { return run(VERB_RETRACT, cdo); }
API mstro_status mstro_cdo_demand(mstro_cdo cdo) { return run(VERB_DEMAND, cdo); }
API mstro_status mstro_cdo_withdraw(mstro_cdo cdo) { return run(VERB_WITHDRAW, cdo); }
API mstro_status mstro_cdo_dispose(mstro_cdo cdo) { return run(VERB_DISPOSE, cdo); }

/* ---- many ---- */

struct batch { struct operation_request *operation; struct mstro_request_ **start; mstro_status *status; };

/* Not cleared: what is not prepared is not read. */
static mstro_status batch_allocate(struct batch *b, size_t count)
{
    size_t each = sizeof *b->operation + sizeof *b->start + sizeof *b->status;
    b->operation = count <= SIZE_MAX / each ? malloc(count * each) : NULL;
    if (!b->operation)
        return detail_set(MSTRO_NOMEM, "not enough memory for %zu operations", count);
    b->start = (struct mstro_request_ **)(b->operation + count);
    b->status = (mstro_status *)(b->start + count);
    return MSTRO_OK;
}

static void batch_free(struct batch *b)
{
    free(b->operation);
}

static mstro_status batch_run(struct batch *b, enum verb verb, size_t count, const mstro_cdo cdo[])
{
    size_t started = 0;
    uint64_t deadline = process_deadline();
    mstro_status first = MSTRO_OK;
    for (size_t i = 0; i < count; i++) {
        b->status[i] = operation_prepare(&b->operation[i], verb, cdo[i]);
        if (b->status[i] == MSTRO_OK)
            b->start[started++] = &b->operation[i].request;
    }
    session_start_all(process_session(), b->start, started);
    for (size_t i = 0; i < count; i++) {
        if (b->status[i] == MSTRO_OK)
            b->status[i] = operation_complete(&b->operation[i], deadline);
        if (first == MSTRO_OK)
            first = b->status[i];
    }
    return first;
}

static mstro_status run_all(enum verb verb, size_t count, const mstro_cdo cdo[], mstro_status status[])
{
    if (count && !cdo)
        return detail_set(MSTRO_INVARG, "no handles");
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    struct batch b = { 0 };
    if (count && (s = batch_allocate(&b, count)) == MSTRO_OK) {
        s = batch_run(&b, verb, count, cdo);
        if (status)
            memcpy(status, b.status, count * sizeof *status);
    }
    batch_free(&b);
    process_leave();
    return s;
}

API mstro_status mstro_cdo_offer_all(size_t count, const mstro_cdo cdo[], mstro_status status[])
{
    return run_all(VERB_OFFER, count, cdo, status);
}

API mstro_status mstro_cdo_require_all(size_t count, const mstro_cdo cdo[], mstro_status status[])
{
    return run_all(VERB_REQUIRE, count, cdo, status);
}

API mstro_status mstro_cdo_demand_all(size_t count, const mstro_cdo cdo[], mstro_status status[])
{
    return run_all(VERB_DEMAND, count, cdo, status);
}

API mstro_status mstro_cdo_withdraw_all(size_t count, const mstro_cdo cdo[], mstro_status status[])
{
    return run_all(VERB_WITHDRAW, count, cdo, status);
}

API mstro_status mstro_cdo_dispose_all(size_t count, const mstro_cdo cdo[], mstro_status status[])
{
    return run_all(VERB_DISPOSE, count, cdo, status);
}

/* ---- what is in it ---- */

API mstro_status mstro_cdo_access_ptr(mstro_cdo cdo, void **data, int64_t *size_bytes)
{
    mstro_status s = handle_take(cdo);
    return s == MSTRO_OK ? handle_give_back(cdo, cdo_show(cdo, data, size_bytes)) : s;
}

API const char *mstro_cdo_name(mstro_cdo cdo)
{
    return cdo ? cdo->name : NULL;
}
