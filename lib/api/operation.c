/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/api/operation.h"

#include "lib/api/handle.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"

/* ---- what each verb asks of the handle, and says to the pool ---- */

static bool waits_on_loss(const struct mstro_cdo_ *cdo)
{
    return text_equal(attributes_text(cdo->attributes, CORE_ON_LOSS), text_of("wait"));
}

static mstro_status not_now(const struct mstro_cdo_ *cdo, const char *verb, const char *state)
{
    return detail_set(MSTRO_INVARG, "%s: '%.200s' is %s", verb, cdo->name, state);
}

static mstro_status prepare_offer(struct mstro_cdo_ *cdo, struct record *r)
{
    if (cdo->use != USE_NONE)
        return not_now(cdo, "offer", cdo->use == USE_LENT ? "offered" : "required");
    mstro_status s = cdo_seal(cdo);
    if (s != MSTRO_OK)
        return s;
    if (cdo->size > 0 && !cdo->data)
        return detail_set(MSTRO_INVARG, "offer: '%.200s' has a size of %lld bytes but no data: set " MSTRO_ATTR_CORE_CDO_RAW_PTR, cdo->name,
                          (long long)cdo->size);
    *r = (struct record){ .kind = KIND_OFFER,
                          .offer = { .handle = cdo->number, .size = cdo->size, .name = cdo_name(cdo),
                                     .attributes = attributes_block(cdo->attributes) } };
    r->offer.flags = (waits_on_loss(cdo) ? OFFER_ON_LOSS_WAIT : 0) | (attributes_flag(cdo->attributes, CORE_REPLICA) ? OFFER_REPLICA : 0);
    return MSTRO_OK;
}

static mstro_status expect(struct mstro_cdo_ *cdo, const char *verb)
{
    if (cdo->use == USE_LENT)
        return not_now(cdo, verb, "offered");
    mstro_status s = cdo_seal(cdo);
    if (s == MSTRO_OK && cdo->use == USE_NONE) {
        cdo_expect(cdo);
        cdo->use = USE_NEEDED;
    }
    return s;
}

static mstro_status prepare_require(struct mstro_cdo_ *cdo, struct record *r)
{
    if (cdo->use == USE_NEEDED)
        return not_now(cdo, "require", "required");
    mstro_status s = expect(cdo, "require");
    *r = (struct record){ .kind = KIND_REQUIRE,
                          .require = { .handle = cdo->number, .flags = waits_on_loss(cdo) ? REQUIRE_ON_LOSS_WAIT : 0, .name = cdo_name(cdo) } };
    return s;
}

static mstro_status prepare_demand(struct mstro_cdo_ *cdo, struct record *r)
{
    mstro_status s = expect(cdo, "demand");
    *r = (struct record){ .kind = KIND_DEMAND,
                          .demand = { .handle = cdo->number, .flags = waits_on_loss(cdo) ? REQUIRE_ON_LOSS_WAIT : 0, .name = cdo_name(cdo) } };
    return s;
}

static mstro_status prepare_retract(struct mstro_cdo_ *cdo, struct record *r)
{
    *r = (struct record){ .kind = KIND_RETRACT, .retract = { .handle = cdo->number } };
    return cdo->use == USE_NEEDED ? MSTRO_OK : not_now(cdo, "retract", "not required");
}

static mstro_status prepare_withdraw(struct mstro_cdo_ *cdo, struct record *r)
{
    *r = (struct record){ .kind = KIND_WITHDRAW, .withdraw = { .handle = cdo->number } };
    return cdo->use == USE_LENT ? MSTRO_OK : not_now(cdo, "withdraw", "not offered");
}

static mstro_status prepare_dispose(struct mstro_cdo_ *cdo, struct record *r)
{
    *r = (struct record){ .kind = KIND_DISPOSE, .dispose = { .handle = cdo->number } };
    bool held = cdo->use == USE_LENT && session_status(process_session()) == MSTRO_OK;
    return held ? not_now(cdo, "dispose", "offered: withdraw it first") : MSTRO_OK;
}

static mstro_status prepare_retain(struct mstro_cdo_ *cdo, struct record *r)
{
    *r = (struct record){ .kind = KIND_REQUIRE, .require = { .handle = cdo->number, .flags = REQUIRE_RETAIN, .name = cdo_name(cdo) } };
    return MSTRO_OK;
}

static mstro_status prepare_release(struct mstro_cdo_ *cdo, struct record *r)
{
    *r = (struct record){ .kind = KIND_DISPOSE, .dispose = { .handle = cdo->number } };
    return MSTRO_OK;
}

static mstro_status prepare_seal(struct mstro_cdo_ *cdo, struct record *r)
{
    *r = (struct record){ 0 }; /* nothing is said */
    return cdo_seal(cdo);
}

/* ---- what follows from its end ---- */

static mstro_status after_offer(struct mstro_cdo_ *cdo)
{
    cdo->use = USE_LENT;
    return MSTRO_OK;
}

static mstro_status after_demand(struct mstro_cdo_ *cdo)
{
    cdo->use = USE_NONE;
    return cdo_take_news(cdo);
}

static mstro_status after_giving_back(struct mstro_cdo_ *cdo)
{
    cdo->use = USE_NONE;
    return MSTRO_OK;
}

static const struct {
    mstro_status (*prepare)(struct mstro_cdo_ *cdo, struct record *r);
    mstro_status (*after)(struct mstro_cdo_ *cdo); /* when it has ended well; NULL: nothing */
    mstro_status (*otherwise)(struct mstro_cdo_ *cdo); /* when not */
} verbs[] = {
    [VERB_SEAL] = { prepare_seal, NULL, NULL },
    [VERB_OFFER] = { prepare_offer, after_offer, NULL },
    [VERB_REQUIRE] = { prepare_require, NULL, after_giving_back },
    [VERB_RETRACT] = { prepare_retract, after_giving_back, NULL },
    [VERB_DEMAND] = { prepare_demand, after_demand, NULL },
    [VERB_WITHDRAW] = { prepare_withdraw, after_giving_back, NULL },
    [VERB_DISPOSE] = { prepare_dispose, NULL, NULL },
    [VERB_RETAIN] = { prepare_retain, NULL, NULL },
    [VERB_RELEASE] = { prepare_release, NULL, NULL },
};

/* ---- the steps ---- */

mstro_status operation_prepare(struct operation_request *o, enum verb verb, mstro_cdo cdo)
{
    if (!cdo)
        return detail_set(MSTRO_INVARG, "the handle is NULL");
    if (cdo->member && verb != VERB_SEAL)
        return detail_set(MSTRO_INVARG, "'%.200s' is a member of a group: that is offered, withdrawn, demanded and disposed as one", cdo->name);
    return operation_prepare_within(o, verb, cdo);
}

mstro_status operation_prepare_within(struct operation_request *o, enum verb verb, mstro_cdo cdo)
{
    mstro_status s = handle_claim(cdo);
    if (s != MSTRO_OK)
        return s;
    request_clear(&o->request, cdo);
    s = verbs[verb].prepare(cdo, &o->request.record);
    if (s != MSTRO_OK) {
        handle_release(cdo);
        return s;
    }
    o->verb = verb;
    o->run = process_run();
    o->started = verb != VERB_SEAL;
    return MSTRO_OK;
}

void operation_start(struct operation_request *o)
{
    if (o->started)
        session_start(process_session(), &o->request);
}

bool operation_watch(struct operation_request *o, uint64_t deadline)
{
    return !o->started || session_watch(process_session(), &o->request.done, deadline);
}

static void await(struct operation_request *o, uint64_t deadline)
{
    if (o->started)
        session_wait(process_session(), &o->request.done, deadline);
}

mstro_status operation_finish(struct operation_request *o)
{
    struct mstro_cdo_ *cdo = o->request.cdo;
    mstro_status s = o->request.status;
    if (s != MSTRO_OK)
        detail_set(s, "%s", o->request.detail ? o->request.detail : "");
    if (o->verb == VERB_WITHDRAW && o->request.over)
        after_giving_back(cdo); /* what nobody holds any more is the user's, though the pool cannot say so */
    else if (s == MSTRO_OK && verbs[o->verb].after)
        s = verbs[o->verb].after(cdo);
    else if (s != MSTRO_OK && verbs[o->verb].otherwise)
        verbs[o->verb].otherwise(cdo);
    request_release(&o->request);
    if (o->verb == VERB_DISPOSE && s == MSTRO_OK) {
        process_remove_cdo(cdo);
        cdo_destroy(cdo);
    } else
        handle_release(cdo);
    return s;
}

void operation_cancel(struct operation_request *o)
{
    if (o->started && !waitable_is_ready(&o->request.done))
        session_cancel(process_session(), &o->request);
    await(o, NO_DEADLINE);
}

mstro_status operation_complete(struct operation_request *o, uint64_t deadline)
{
    await(o, deadline);
    bool late = deadline != NO_DEADLINE && clock_now() >= deadline;
    operation_cancel(o);
    mstro_status s = operation_finish(o);
    if (late && s == MSTRO_CANCELLED && !process_ends())
        s = detail_set(MSTRO_TIMEOUT, "the operation did not end within the time given");
    return s;
}
