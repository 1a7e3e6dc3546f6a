/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/fabric/ring.h"

#include <string.h>

/* Before each frame stands its length, both on a multiple of 8. */
enum { LENGTH = 4, GRAIN = 8 };

/* Instead of a length: nothing more before the end. */
#define SKIP UINT32_MAX

/* An empty ring begins again from here on; before that it costs the writer a look at a line that the reader writes. */
#define BEGIN_AGAIN (RING_BYTES / 8)

_Static_assert((RING_BYTES & (RING_BYTES - 1)) == 0, "positions are cut to offsets by a mask");
_Static_assert(2 * (RING_LARGEST_FRAME + GRAIN) <= RING_BYTES, "the largest frame fits an empty ring wherever it stands");
_Static_assert(sizeof(struct ring_memory) == RING_CONTROL + RING_BYTES, "both sides compute where rings lie");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "a lock would be in one process only");

static size_t whole(size_t length) { return (LENGTH + length + GRAIN - 1) / GRAIN * GRAIN; }

static size_t offset_of(uint64_t position) { return (size_t)(position & (RING_BYTES - 1)); }

/* It may be written while we look, by a process that does not keep to the rules. */
static _Atomic uint32_t *length_at(struct ring_memory *ring, size_t offset) { return (_Atomic uint32_t *)(void *)(ring->bytes + offset); }

/* ---- writer ---- */

/* What the reader has taken by now.  False: it says what cannot be. */
static bool see_taken(struct ring_writer *w)
{
    uint64_t taken = atomic_load_explicit(&w->ring->taken, memory_order_acquire);
    if (taken - w->taken > w->written - w->taken || taken % GRAIN != 0)
        return false;
    w->taken = taken;
    return true;
}

/* The bytes to leave out before a frame of 'need' bytes.  They count as written, so that beginning again needs room before here. */
static size_t gap_before(const struct ring_writer *w, size_t need)
{
    size_t offset = offset_of(w->written), left = RING_BYTES - offset;
    bool again = w->taken == w->written && offset >= BEGIN_AGAIN && need <= offset;
    return again || need > left ? left : 0;
}

enum ring_result ring_put(struct ring_writer *w, const void *frame, size_t length)
{
    size_t need = whole(length), offset = offset_of(w->written);
    bool look = offset >= BEGIN_AGAIN || w->written - w->taken + gap_before(w, need) + need > RING_BYTES;
    if (look && !see_taken(w))
        return RING_BROKEN;
    size_t gap = gap_before(w, need);
    if (w->written - w->taken + gap + need > RING_BYTES)
        return RING_NOTHING;
    if (gap > 0) {
        atomic_store_explicit(length_at(w->ring, offset), SKIP, memory_order_relaxed);
        w->written += gap;
        offset = 0;
    }
    atomic_store_explicit(length_at(w->ring, offset), (uint32_t)length, memory_order_relaxed);
    memcpy(w->ring->bytes + offset + LENGTH, frame, length);
    w->written += need;
    atomic_store(&w->ring->written, w->written); /* before the look at the bell, in one order with ring_arm's two */
    return RING_OK;
}

bool ring_must_ring(struct ring_writer *w)
{
    return atomic_load(&w->ring->armed) != 0 && atomic_exchange(&w->ring->armed, 0) != 0;
}

/* ---- reader ---- */

/* What has been written by now.  False: it says what cannot be. */
static bool see_written(struct ring_reader *r)
{
    uint64_t written = atomic_load_explicit(&r->ring->written, memory_order_acquire);
    if (written - r->taken > RING_BYTES || written - r->taken < r->written - r->taken || written % GRAIN != 0)
        return false;
    r->written = written;
    return true;
}

enum ring_result ring_take(struct ring_reader *r, void *frame, size_t *length)
{
    if (r->taken == r->written && !see_written(r))
        return RING_BROKEN;
    if (r->taken == r->written)
        return RING_NOTHING;
    uint64_t there = r->written - r->taken;
    size_t offset = offset_of(r->taken), gap = 0;
    uint32_t said = atomic_load_explicit(length_at(r->ring, offset), memory_order_relaxed);
    if (said == SKIP && offset > 0) {
        gap = RING_BYTES - offset;
        if (gap + GRAIN > there)
            return RING_BROKEN;
        offset = 0;
        said = atomic_load_explicit(length_at(r->ring, 0), memory_order_relaxed);
    }
    if (said == 0 || said > RING_LARGEST_FRAME || gap + whole(said) > there || whole(said) > RING_BYTES - offset)
        return RING_BROKEN;
    memcpy(frame, r->ring->bytes + offset + LENGTH, said);
    *length = said;
    r->taken += gap + whole(said);
    atomic_store_explicit(&r->ring->taken, r->taken, memory_order_release);
    return RING_OK;
}

bool ring_filled(const struct ring_reader *r)
{
    return r->taken != r->written || atomic_load_explicit(&r->ring->written, memory_order_relaxed) != r->taken;
}

bool ring_arm(struct ring_reader *r)
{
    atomic_store(&r->ring->armed, 1);
    if (r->taken == r->written && atomic_load(&r->ring->written) == r->taken)
        return true;
    atomic_store(&r->ring->armed, 0);
    return false;
}
