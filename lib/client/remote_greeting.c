/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/remote_greeting.h"

#include <poll.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/system/credential.h"

/* After so long without a word we look whether it is the pool manager that says nothing. */
#define SILENCE (800 * NANOSECONDS_PER_MILLISECOND)
#define LOOK_TIME (500 * NANOSECONDS_PER_MILLISECOND)

/* Between two attempts, in ms; a manager whose door is crowded puts out who has waited longest. */
enum { FIRST_PAUSE = 20, LONGEST_PAUSE = 500 };

/* ---- is it there? ---- */

enum sight { SIGHT_UNKNOWN, SIGHT_THERE, SIGHT_ABSENT };

/* By what the kernel of its host says, which does so for a manager that stands still or has no time, too.  On this host it shows itself
 * (credential.h); on another its fabric listens at a second port, which somebody else would have to have taken, too. */
static enum sight look_for_manager(const struct record_pool_info *info, const char *local)
{
    int32_t process;
    mstro_status status;
    if (witness_same_host(info->witness, local))
        status = credential_look(info->pool, CREDENTIAL_POOL, &process, NULL);
    else
        status = witness_port_open(info->shards.at[0].address, clock_now() + LOOK_TIME);
    switch (status) {
    case MSTRO_OK: return SIGHT_THERE;
    case MSTRO_NOENT: return SIGHT_ABSENT;
    default: return SIGHT_UNKNOWN;
    }
}

/* ---- what people are told ---- */

static mstro_status say_stale(const struct record_pool_info *info, const char *why)
{
    bool file = info->info_file.length > 0;
    return detail_set(MSTRO_POOL_STALE,
                      "what has the port " TEXT_FORMAT " now is not the pool manager of this info (%s): unset MSTRO_POOL_MANAGER_INFO, or set it to the "
                      "info of the pool manager that runs now%s" TEXT_FORMAT,
                      TEXT_ARGUMENTS(info->witness), why, file ? "; the info was written to this file, which can be removed: " : "",
                      TEXT_ARGUMENTS(info->info_file));
}

/* What the socket says, as somebody who wants to join understands it. */
static mstro_status explain(mstro_status status, const struct record_pool_info *info, enum sight sight)
{
    const char *why = mstro_error_detail();
    switch (status) {
    case MSTRO_TIMEOUT:
        return detail_set(MSTRO_NO_PM, "the pool manager at " TEXT_FORMAT " does not answer: it %sstands still or has too much to do%s",
                          TEXT_ARGUMENTS(info->witness), sight == SIGHT_THERE ? "is there, and " : "",
                          sight == SIGHT_THERE ? "" : ", or something else has its port");
    case MSTRO_POOL_STALE:
    case MSTRO_INVMSG: return say_stale(info, why);
    case MSTRO_POOL_LOST:
    case MSTRO_IO:
        return detail_set(MSTRO_NO_PM, "the pool manager at " TEXT_FORMAT " did not finish the handshake: %s", TEXT_ARGUMENTS(info->witness), why);
    default: return status;
    }
}

/* ---- talking ---- */

struct talk {
    const struct record_pool_info *info;
    struct handshake handshake;
    struct witness_inbox inbox;
    int witness;
    const char *local; /* its own address */
    uint64_t deadline;
    enum sight sight;
};

/* Who says nothing for too long is looked for, once. */
static mstro_status await_answer(struct talk *t, struct bytes *answer)
{
    uint64_t soon = clock_now() + SILENCE;
    bool patient = t->sight == SIGHT_UNKNOWN && soon < t->deadline;
    mstro_status status = witness_await(t->witness, &t->inbox, patient ? soon : t->deadline, answer);
    if (status != MSTRO_TIMEOUT || !patient)
        return status;
    t->sight = look_for_manager(t->info, t->local);
    if (t->sight == SIGHT_ABSENT)
        return detail_set(MSTRO_POOL_STALE, "it says nothing, and the manager shows itself nowhere");
    log_warn(LOG_CORE, "the pool manager at " TEXT_FORMAT " has not answered for %.1f s: it %sstands still or has much to do; waiting for it",
             TEXT_ARGUMENTS(t->info->witness), (double)SILENCE / NANOSECONDS_PER_SECOND, t->sight == SIGHT_THERE ? "is there and " : "");
    return witness_await(t->witness, &t->inbox, t->deadline, answer);
}

/* It may have said no and hung up before we could speak: the answer counts. */
static mstro_status exchange(struct talk *t, struct witness_outbox *outbox, struct bytes *answer)
{
    mstro_status sent = witness_send(t->witness, outbox), status = await_answer(t, answer);
    return status == MSTRO_POOL_LOST && sent != MSTRO_OK ? sent : status;
}

static mstro_status talk(struct talk *t, const struct handshake_self *self, struct bytes address)
{
    struct handshake *h = &t->handshake;
    struct witness_outbox outbox;
    struct bytes answer;
    uint8_t random[HANDSHAKE_RANDOM_SIZE];
    t->inbox.used = 0;
    random_fill(random_kernel, random, sizeof random);
    mstro_status status = handshake_hello(h, self, random, address, witness_begin(&outbox));
    sodium_memzero(random, sizeof random);
    if (status == MSTRO_OK)
        status = exchange(t, &outbox, &answer);
    if (status == MSTRO_OK)
        status = handshake_prove(h, answer, witness_begin(&outbox));
    if (status == MSTRO_OK)
        status = exchange(t, &outbox, &answer);
    return status == MSTRO_OK ? handshake_finish(h, answer) : status;
}

/* It hung up.  MSTRO_WOULDBLOCK: it is worth another try, over a new connection. */
static mstro_status come_again(struct talk *t, mstro_status status, int pause)
{
    char local[WITNESS_ADDRESS_MAX];
    if (t->sight != SIGHT_THERE)
        t->sight = look_for_manager(t->info, t->local);
    if (t->sight == SIGHT_ABSENT)
        return detail_set(MSTRO_POOL_STALE, "it hangs up, and the manager shows itself nowhere");
    if (clock_now() + (uint64_t)pause * NANOSECONDS_PER_MILLISECOND >= t->deadline)
        return status;
    poll(NULL, 0, pause);
    close(t->witness);
    t->witness = -1;
    status = witness_connect(t->info->witness, t->deadline, &t->witness, local);
    return status == MSTRO_OK ? MSTRO_WOULDBLOCK : status;
}

mstro_status remote_greet(int *witness, const char *local, const struct record_pool_info *info, struct bytes address, uint64_t deadline, struct session_keys *keys)
{
    const struct handshake_self self = { .oldest = PROTOCOL_OLDEST, .newest = PROTOCOL_VERSION, .suites = seal_suites(), .pool = info->pool, .workflow_key = info->key.at };
    struct talk t = { .info = info, .witness = *witness, .local = local, .deadline = deadline };
    mstro_status status;
    int pause = FIRST_PAUSE;
    do {
        status = talk(&t, &self, address);
        if (status == MSTRO_POOL_LOST || status == MSTRO_IO)
            status = come_again(&t, status, pause);
        pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
    } while (status == MSTRO_WOULDBLOCK);
    *witness = t.witness;
    if (status == MSTRO_OK)
        *keys = t.handshake.keys;
    handshake_clear(&t.handshake);
    return explain(status, info, t.sight);
}
