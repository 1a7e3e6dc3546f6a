/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what a hostile process has written into a ring that it shares with us: two positions, then what lies at its beginning.  What
 * comes out are frames of lengths that can be, then nothing or a broken ring; and what is written to it comes out or finds it broken. */
#include <stdlib.h>
#include <string.h>

#include "lib/fabric/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FRAMES = RING_BYTES / 8 };

static void expect(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ring_memory ring;
    static unsigned char frame[RING_LARGEST_FRAME];
    struct ring_reader in = { .ring = &ring };
    struct ring_writer out = { .ring = &ring };
    enum ring_result result;
    uint64_t position[2];
    size_t length, frames = 0;
    if (size < sizeof position || size - sizeof position > sizeof ring.bytes)
        return 0;
    memcpy(position, data, sizeof position);
    memcpy(ring.bytes, data + sizeof position, size - sizeof position);
    memset(ring.bytes + size - sizeof position, 0, sizeof ring.bytes - (size - sizeof position));
    atomic_store(&ring.written, position[0]);
    atomic_store(&ring.taken, position[1]);
    while ((result = ring_take(&in, frame, &length)) == RING_OK)
        expect(length > 0 && length <= RING_LARGEST_FRAME && ++frames < MOST_FRAMES);
    expect(result == RING_NOTHING ? in.taken == position[0] : in.taken <= RING_BYTES);
    for (frames = 0; (result = ring_put(&out, frame, 3000)) == RING_OK && frames < MOST_FRAMES; frames++)
        ;
    expect(frames <= 2 * RING_BYTES / 3000 || result == RING_BROKEN); /* it may have said truly that it has taken what was there */
    return 0;
}
