/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.h - frames from one process to another through memory that both have mapped
 *
 * One writer and one reader.  Each keeps its own position to itself and publishes a copy; what the other has published, and every length
 * between the two, is read once and checked before it is used: who writes rubbish breaks this ring and nothing else, and no call runs
 * longer than one frame takes.  A frame stands in one piece; where one does not fit before the end the rest is skipped, and a ring that
 * has run empty begins again at its start, so that small frames touch few pages.
 *
 * The bell: a reader that lies down arms the ring first and then looks once more; a writer looks at the bell after it has published.  So
 * one of the two sees the other, and as long as the reader is awake nobody makes a system call (doc/rfc/rings.md). */
#ifndef LIB_FABRIC_RING_H
#define LIB_FABRIC_RING_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cache_line.h"

/* Room for two of the largest frames wherever the positions stand. */
enum { RING_BYTES = 256 * 1024, RING_CONTROL = 4096, RING_LARGEST_FRAME = 65536 };

/* As it lies in shared memory; all zero at first but for the bell, which is armed. */
struct ring_memory {
    _Alignas(CACHE_LINE) _Atomic uint64_t written; /* bytes since the beginning; the writer's */
    _Alignas(CACHE_LINE) _Atomic uint64_t taken;   /* likewise; the reader's */
    _Alignas(CACHE_LINE) _Atomic uint32_t armed;   /* the reader wants to be rung for the next frame */
    _Alignas(RING_CONTROL) unsigned char bytes[RING_BYTES];
};

struct ring_writer {
    struct ring_memory *ring;
    uint64_t written, taken; /* own position; the reader's as it was last seen */
};

struct ring_reader {
    struct ring_memory *ring;
    uint64_t taken, written;
};

enum ring_result { RING_OK, RING_NOTHING /* full, or empty */, RING_BROKEN };

/* 1 to RING_LARGEST_FRAME bytes. */
enum ring_result ring_put(struct ring_writer *w, const void *frame, size_t length);

/* After ring_put: whether the reader has to be rung.  Once for each time that it was armed. */
bool ring_must_ring(struct ring_writer *w);

/* Copy the next frame out; 'frame' has room for RING_LARGEST_FRAME bytes. */
enum ring_result ring_take(struct ring_reader *r, void *frame, size_t *length);

/* Whether ring_take would find something. */
bool ring_filled(const struct ring_reader *r);

/* Ask to be rung for the next frame.  False: one is there, and the bell is not armed. */
bool ring_arm(struct ring_reader *r);

#endif
