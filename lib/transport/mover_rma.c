/* SPDX-License-Identifier: BSD-3-Clause */
/* mover_rma.c - one-sided reads, split and pipelined
 *
 * On a link over which nothing was read yet the word comes first, too: eight bytes show soon whether anybody is there, where a large
 * piece on a slow network would be indistinguishable from silence. */
#include "config.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/transport/links.h"
#include "lib/transport/mover.h"

#define GREETING (NANOSECONDS_PER_SECOND) /* to connect and read eight bytes */
#define SILENCE (2 * NANOSECONDS_PER_SECOND) /* after which the user hears that nothing comes */

enum phase { GREET, BYTES, WORD };

static void read_done(void *context, mstro_status status);

/* 'lock' held. */
static mstro_status ask(struct transfer *m, void *to, size_t length, uint64_t remote, uint64_t key, uint64_t deadline)
{
    const struct read_request request = { m->link->peer, to, length, remote, key, deadline, read_done, m };
    if (!m->link->endpoint)
        return detail_set(MSTRO_PEER_LOST, "the connection to process %d was given up", m->source->process);
    mstro_status status = endpoint_read(&request);
    m->in_flight += status == MSTRO_OK;
    return status;
}

static mstro_status ask_word(struct transfer *m)
{
    uint64_t soon = clock_now() + GREETING, deadline = m->phase == GREET && soon < m->deadline ? soon : m->deadline;
    return ask(m, &m->word, sizeof m->word, m->source->word.base, m->source->word.key, deadline);
}

/* 'lock' held: ask for as much as may be under way. */
static mstro_status ask_pieces(struct transfer *m)
{
    uint64_t most = fabric_limits(m->reader->fabric)->largest_message;
    if (most > TRANSFER_PIECE)
        most = TRANSFER_PIECE;
    while (m->next < m->source->length && m->in_flight < TRANSFER_PIECES_IN_FLIGHT) {
        uint64_t left = m->source->length - m->next, piece = left < most ? left : most;
        mstro_status status = ask(m, (char *)m->to + m->next, (size_t)piece, m->source->data.base + m->next, m->source->data.key,
                                  m->deadline);
        if (status)
            return status;
        m->next += piece;
    }
    return MSTRO_OK;
}

/* 'lock' held: go on from where it is; what fails is noted.  Nothing is under way when it is at its end. */
static void advance(struct transfer *m)
{
    mstro_status status = MSTRO_OK;
    if (m->failed || m->cancelled)
        return;
    if (m->phase == GREET && m->in_flight == 0) {
        m->link->proven = true;
        if (m->word != m->source->valid)
            return;
        m->phase = BYTES;
    }
    if (m->phase == BYTES) {
        status = ask_pieces(m);
        if (!status && m->in_flight == 0) {
            m->phase = WORD;
            status = ask_word(m);
        }
    }
    m->failed = status;
}

static void note_end(struct transfer *m)
{
    int process = m->source->process;
    if (m->cancelled)
        mover_note(m, TRANSFER_FAILED, MSTRO_CANCELLED, "the move was cancelled");
    else if (m->failed == MSTRO_TIMEOUT)
        mover_note(m, TRANSFER_FAILED, MSTRO_TIMEOUT, "process %d does not answer: %llu of %llu bytes were asked for", process,
                  (unsigned long long)m->next, (unsigned long long)m->source->length);
    else if (m->failed == MSTRO_CANCELLED)
        mover_note(m, TRANSFER_FAILED, MSTRO_PEER_LOST, "the connection to process %d was given up", process);
    else if (m->failed == MSTRO_PEER_LOST)
        mover_note(m, TRANSFER_FAILED, MSTRO_PEER_LOST, "process %d is gone or has cut its readers", process);
    else if (m->failed)
        mover_note(m, TRANSFER_FAILED, m->failed, "process %d cannot be read: %s", process, mstro_status_description(m->failed));
    else
        mover_judge(m);
}

/* 'lock' held; it is free afterwards.  The end, when nothing is under way any more. */
static void settle(struct transfer *m)
{
    struct reader *r = m->reader;
    void (*done)(struct transfer *) = NULL;
    advance(m);
    if (m->in_flight == 0 && !m->ended) {
        note_end(m);
        reader_link_put(r, m->link);
        m->link = NULL;
        done = m->done;
        m->ended = true; /* without 'done' the move may be gone from here on */
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    if (done)
        done(m);
}

static void read_done(void *context, mstro_status status)
{
    struct transfer *m = context;
    struct reader *r = m->reader;
    struct endpoint *broken = NULL;
    pthread_mutex_lock(&r->lock);
    m->heard = clock_now();
    if (status) {
        if (!m->failed)
            m->failed = status;
        broken = reader_link_break(r, m->link);
    }
    if (broken) { /* ends what else is under way, this move's too: ours counts until that is over */
        pthread_mutex_unlock(&r->lock);
        endpoint_close(broken);
        pthread_mutex_lock(&r->lock);
    }
    m->in_flight--;
    settle(m);
}

static mstro_status start(struct transfer *m)
{
    const struct payload_source *s = m->source;
    if (s->serving_length == 0 || s->word.key == 0)
        return detail_set(MSTRO_INVARG, "process %d has not exposed the object for one-sided reads", s->process);
    mstro_status status = reader_link_get(m->reader, bytes_of(s->serving, s->serving_length), &m->link);
    if (status)
        return status;
    pthread_mutex_lock(&m->reader->lock);
    m->in_flight = 0;
    m->failed = MSTRO_OK;
    m->phase = m->link->proven ? BYTES : GREET;
    m->cancelled_at = 0;
    m->heard = clock_now();
    m->worried = false;
    if (m->phase == GREET)
        m->failed = ask_word(m);
    else
        advance(m);
    status = m->in_flight == 0 ? m->failed : MSTRO_OK;
    if (status)
        reader_link_put(m->reader, m->link);
    pthread_mutex_unlock(&m->reader->lock);
    return status;
}

/* A cancelled move waits a little for what is under way, then gives the connection up. */
static void hasten(struct transfer *m, uint64_t now)
{
    struct endpoint *broken = NULL;
    pthread_mutex_lock(&m->reader->lock);
    if (!m->cancelled_at)
        m->cancelled_at = now;
    else if (now - m->cancelled_at >= TRANSFER_CANCEL_PATIENCE && m->link)
        broken = reader_link_break(m->reader, m->link);
    pthread_mutex_unlock(&m->reader->lock);
    endpoint_close(broken);
}

/* It may be a slow network, and libfabric does not tell when the holder's memory is gone: the move goes on. */
static void worry(struct transfer *m)
{
    uint64_t heard = m->heard, now = clock_now();
    if (m->worried || now < heard + SILENCE)
        return;
    m->worried = true;
    log_warn(LOG_TRANSPORT, "nothing has come from process %d for %.1f s, of %llu bytes that it lends: it stands still, the network is slow, or it has "
             "freed what it lent; going on until the deadline", m->source->process, (double)(now - heard) / NANOSECONDS_PER_SECOND,
             (unsigned long long)m->source->length);
}

static bool step(struct transfer *m, uint64_t until)
{
    worry(m);
    if (m->cancelled) {
        uint64_t now = clock_now();
        hasten(m, now);
        if (until > now + TRANSFER_CANCEL_PATIENCE)
            until = now + TRANSFER_CANCEL_PATIENCE;
    }
    reader_drive(m->reader, &m->ended, until);
    return m->ended;
}

const struct mover mover_rma = { "rdma", start, step };
