/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/remote_greeting.h"

#include <stdio.h>

#include "lib/base/detail.h"
#include "lib/base/random.h"

/* What the socket says, as somebody who wants to join understands it. */
static mstro_status explain(mstro_status status, const struct record_pool_info *info)
{
    char why[256];
    snprintf(why, sizeof why, "%s", mstro_error_detail());
    switch (status) {
    case MSTRO_TIMEOUT:
        return detail_set(MSTRO_NO_PM, "what listens at " TEXT_FORMAT " does not answer: the pool manager is stopped, or something else has its port",
                          TEXT_ARGUMENTS(info->witness));
    case MSTRO_INVMSG:
        return detail_set(MSTRO_POOL_STALE, "what answers at " TEXT_FORMAT " is not the pool manager of this info (%s): get the info of the one that runs now",
                          TEXT_ARGUMENTS(info->witness), why);
    case MSTRO_POOL_LOST:
    case MSTRO_IO:
        return detail_set(MSTRO_NO_PM, "the pool manager at " TEXT_FORMAT " did not finish the handshake: %s", TEXT_ARGUMENTS(info->witness), why);
    default: return status;
    }
}

static mstro_status exchange(int witness, struct witness_outbox *outbox, struct witness_inbox *inbox, uint64_t deadline, struct bytes *answer)
{
    mstro_status status = witness_send(witness, outbox);
    return status == MSTRO_OK ? witness_await(witness, inbox, deadline, answer) : status;
}

static mstro_status talk(int witness, const struct handshake_self *self, struct bytes address, uint64_t deadline, struct handshake *h)
{
    struct witness_outbox outbox;
    struct witness_inbox inbox = { 0 };
    struct bytes answer;
    uint8_t random[HANDSHAKE_RANDOM_SIZE];
    random_fill(random_kernel, random, sizeof random);
    mstro_status status = handshake_hello(h, self, random, address, witness_begin(&outbox));
    sodium_memzero(random, sizeof random);
    if (status == MSTRO_OK)
        status = exchange(witness, &outbox, &inbox, deadline, &answer);
    if (status == MSTRO_OK)
        status = handshake_prove(h, answer, witness_begin(&outbox));
    if (status == MSTRO_OK)
        status = exchange(witness, &outbox, &inbox, deadline, &answer);
    return status == MSTRO_OK ? handshake_finish(h, answer) : status;
}

mstro_status remote_greet(int witness, const struct record_pool_info *info, struct bytes address, uint64_t deadline, struct session_keys *keys)
{
    const struct handshake_self self = { .oldest = PROTOCOL_OLDEST, .newest = PROTOCOL_VERSION, .suites = seal_suites(), .pool = info->pool, .workflow_key = info->key.at };
    struct handshake h;
    mstro_status status = talk(witness, &self, address, deadline, &h);
    if (status == MSTRO_OK)
        *keys = h.keys;
    handshake_clear(&h);
    return explain(status, info);
}
