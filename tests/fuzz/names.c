/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a list of names: what is accepted are names, within the limits, and written again they are the same. */
#include <stdlib.h>

#include "lib/wire/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool truth)
{
    if (!truth)
        abort();
}

static void read_again(struct bytes list, struct bytes written)
{
    static struct names_reader one, other;
    names_open(&one, list);
    names_open(&other, written);
    while (names_next(&other)) {
        expect(names_next(&one));
        expect(one.flags == other.flags && one.commit == other.commit && text_equal((struct text){ one.name, one.length }, (struct text){ other.name, other.length }));
    }
    expect(!names_fault(&other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[2 * MAX_INLINE];
    static struct names_reader r;
    static struct names_writer w;
    size_t total = 0;
    if (size > MAX_INLINE)
        return 0;
    names_begin(&w, memory, sizeof memory);
    for (names_open(&r, bytes_of(data, size)); names_next(&r);) {
        expect(r.length > 0 && r.length <= MAX_NAME && text_is_utf8((struct text){ r.name, r.length }));
        expect((total += r.length) <= NAMES_TOTAL);
        expect(names_put(&w, (struct text){ r.name, r.length }, r.flags, r.commit)); /* what names have in common takes no more room than it did */
    }
    read_again(bytes_of(data, size), names_written(&w));
    return 0;
}
