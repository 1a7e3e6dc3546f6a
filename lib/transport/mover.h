/* SPDX-License-Identifier: BSD-3-Clause */
/* mover.h - bringing the bytes of an object into memory of ours
 *
 * Whatever the way, the bytes are read first and the validity word last.  A move that was started ends exactly once, also when it
 * fails or is cancelled; then nothing touches 'to' any more.
 *
 * A move belongs to the thread that started it.  That thread calls mover_step until it says true: copies happen there, in bounded
 * pieces; a move over the fabric is driven there or by another thread that does the same with the same reader. */
#ifndef LIB_TRANSPORT_MOVER_H
#define LIB_TRANSPORT_MOVER_H
#include <pthread.h>
#include <stdatomic.h>

#include "lib/transport/choose.h"
#include "lib/transport/reader.h"

enum transfer_outcome {
    TRANSFER_DONE,      /* the bytes are here and were valid after they had been read */
    TRANSFER_WITHDRAWN, /* the holder took them back meanwhile: ask for a new ticket.  What was read is worth nothing */
    TRANSFER_FAILED     /* 'status' and 'why' say why; MSTRO_PEER_LOST and MSTRO_TIMEOUT may go with a new ticket */
};

struct mover;

struct transfer {
    /* Set by the caller, who keeps 'source' until the end; the rest zero. */
    const struct payload_source *source;
    void *to;                             /* source->length bytes */
    uint64_t deadline;                    /* lib/base/clock.h */
    void (*done)(struct transfer *m);         /* NULL, or told once, by whoever drives; while a thread is in mover_step 'm' must stay */
    void *context;

    /* Valid at the end. */
    enum transfer_outcome outcome;
    mstro_status status;
    char why[160];

    /* The mover's. */
    const struct mover *mover;
    struct reader *reader;
    struct reader_link *link;
    uint64_t next;                        /* bytes that were asked for, or copied */
    uint64_t word;
    uint64_t cancelled_at;
    _Atomic uint64_t heard;               /* when the last read came home */
    unsigned in_flight;
    unsigned char phase;
    bool worried;                         /* it was said that nothing comes */
    mstro_status failed;
    _Atomic bool cancelled, ended;
};

/* Begin.  'reader' is for TRANSPORT_RMA and may be NULL otherwise.  When it fails the move has not begun and there is no 'done'. */
mstro_status mover_start(struct transfer *m, enum transport how, struct reader *reader);

/* Do a bounded piece of work, or wait until 'until' at most.  True when the move has ended. */
bool mover_step(struct transfer *m, uint64_t until);

/* End soon, with MSTRO_CANCELLED unless it ends otherwise first.  Any thread, as long as the move exists. */
void mover_cancel(struct transfer *m);

/* Start it and step it to the end on this thread; between the steps, every few milliseconds, 'wanted' (or NULL) is asked, and cancels it
 * with false.  m->done is not used. */
void mover_run(struct transfer *m, enum transport how, struct reader *reader, bool (*wanted)(void *context), void *context);

/* A way to move. */
struct mover {
    const char *name;
    mstro_status (*start)(struct transfer *m);
    bool (*step)(struct transfer *m, uint64_t until);
};

extern const struct mover mover_same_process, mover_cma, mover_rma;

#define TRANSFER_PIECE ((uint64_t)4 << 20)
#define TRANSFER_PIECES_IN_FLIGHT 3

/* How long the reads of a cancelled move may take to come home before their connection is closed: half of what a caller may wait beyond
 * its deadline, or be told later that the source has died. */
#define TRANSFER_CANCEL_PATIENCE (50 * NANOSECONDS_PER_MILLISECOND)

/* For movers: note the end; the caller tells it. */
void mover_note(struct transfer *m, enum transfer_outcome outcome, mstro_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* For movers: compare the word, which was read last. */
void mover_judge(struct transfer *m);

#endif
