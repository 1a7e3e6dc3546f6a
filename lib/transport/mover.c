/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/transport/mover.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"

#define CANCEL_LOOK (10 * NANOSECONDS_PER_MILLISECOND)

void mover_note(struct transfer *m, enum transfer_outcome outcome, mstro_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(m->why, sizeof m->why, format, arguments);
    va_end(arguments);
    m->outcome = outcome;
    m->status = status;
}

void mover_judge(struct transfer *m)
{
    if (m->word == m->source->valid)
        mover_note(m, TRANSFER_DONE, MSTRO_OK, "%s", "");
    else
        mover_note(m, TRANSFER_WITHDRAWN, MSTRO_PEER_LOST, "process %d took the object back while it was being read", m->source->process);
}

/* ---- movers that copy on the calling thread ---- */

static bool end_copy(struct transfer *m)
{
    void (*done)(struct transfer *) = m->done;
    m->ended = true;
    if (done)
        done(m);
    return true;
}

static mstro_status start_copy(struct transfer *m)
{
    (void)m;
    return MSTRO_OK;
}

/* What both have in common: cancel, deadline, a piece, and the word at the end. */
static bool step_copy(struct transfer *m, bool (*copy)(struct transfer *m, void *to, uint64_t from, size_t length))
{
    uint64_t left = m->source->length - m->next, piece = left < TRANSFER_PIECE ? left : TRANSFER_PIECE;
    if (m->cancelled)
        mover_note(m, TRANSFER_FAILED, MSTRO_CANCELLED, "the move was cancelled");
    else if (clock_now() >= m->deadline)
        mover_note(m, TRANSFER_FAILED, MSTRO_TIMEOUT, "only %llu of %llu bytes came in time", (unsigned long long)m->next,
                  (unsigned long long)m->source->length);
    else if (piece && !copy(m, (char *)m->to + m->next, m->source->data.address + m->next, (size_t)piece))
        return end_copy(m);
    else if ((m->next += piece) < m->source->length)
        return false;
    else if (copy(m, &m->word, m->source->word.address, sizeof m->word))
        mover_judge(m);
    return end_copy(m);
}

static bool copy_here(struct transfer *m, void *to, uint64_t from, size_t length)
{
    (void)m;
    if (to == &m->word)
        m->word = atomic_load((_Atomic uint64_t *)(uintptr_t)from);
    else
        memcpy(to, (const void *)(uintptr_t)from, length);
    return true;
}

static bool step_same_process(struct transfer *m, uint64_t until)
{
    (void)until;
    return step_copy(m, copy_here);
}

/* Memory that is gone may have been given back after a withdrawal: then the word says so. */
static void note_unreadable(struct transfer *m, int error)
{
    int process = m->source->process;
    if (error == ESRCH)
        mover_note(m, TRANSFER_FAILED, MSTRO_PEER_LOST, "process %d is gone", process);
    else if (error == EPERM)
        mover_note(m, TRANSFER_FAILED, MSTRO_REFUSED, "the kernel does not let us read process %d", process);
    else if (process_probe(process, m->source->word.address, &m->word) == MSTRO_OK && m->word != m->source->valid)
        mover_judge(m);
    else
        mover_note(m, TRANSFER_FAILED, MSTRO_IO, "memory of process %d cannot be read: %s", process, strerror(error));
}

static bool copy_across(struct transfer *m, void *to, uint64_t from, size_t length)
{
    for (size_t have = 0; have < length;) { /* one call moves 2 GiB at most, and less where memory ends */
        struct iovec here = { (char *)to + have, length - have }, there = { (char *)(uintptr_t)from + have, length - have };
        ssize_t count = process_vm_readv(m->source->process, &here, 1, &there, 1, 0);
        if (count <= 0) {
            note_unreadable(m, count < 0 ? errno : EFAULT);
            return false;
        }
        have += (size_t)count;
    }
    return true;
}

static bool step_cma(struct transfer *m, uint64_t until)
{
    (void)until;
    return step_copy(m, copy_across);
}

const struct mover mover_same_process = { "same-process", start_copy, step_same_process };
const struct mover mover_cma = { "cma", start_copy, step_cma };

/* ---- all ---- */

mstro_status mover_start(struct transfer *m, enum transport how, struct reader *reader)
{
    static const struct mover *const movers[] = {
        [TRANSPORT_SAME_PROCESS] = &mover_same_process, [TRANSPORT_CMA] = &mover_cma, [TRANSPORT_RMA] = &mover_rma,
    };
    if (how <= TRANSPORT_NONE || how > TRANSPORT_RMA)
        return detail_set(MSTRO_INVARG, "there is no way to move these bytes");
    if (how == TRANSPORT_RMA && !reader)
        return detail_set(MSTRO_INVARG, "one-sided reads need a reader, and there is none");
    m->mover = movers[how];
    m->reader = reader;
    m->next = 0;
    m->ended = false;
    return m->mover->start(m);
}

bool mover_step(struct transfer *m, uint64_t until)
{
    return m->ended || m->mover->step(m, until);
}

void mover_cancel(struct transfer *m)
{
    m->cancelled = true;
}

void mover_run(struct transfer *m, enum transport how, struct reader *reader, bool (*wanted)(void *context), void *context)
{
    m->done = NULL;
    mstro_status status = mover_start(m, how, reader);
    if (status) {
        mover_note(m, TRANSFER_FAILED, status, "%s", mstro_error_detail());
        m->ended = true;
        return;
    }
    do {
        if (wanted && !wanted(context))
            mover_cancel(m);
    } while (!mover_step(m, clock_now() + CANCEL_LOOK));
}
