/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/hash.h"

#include <sodium.h>

/* Big-endian, so that ids read and sort alike on every machine. */
static uint64_t load_u64(const unsigned char *at)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return value;
}

static void store_u64(unsigned char *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (unsigned char)value;
}

struct id id_of_name(struct id key, struct text name)
{
    unsigned char key_bytes[crypto_shorthash_siphashx24_KEYBYTES], out[crypto_shorthash_siphashx24_BYTES];
    store_u64(key_bytes, key.high);
    store_u64(key_bytes + 8, key.low);
    crypto_shorthash_siphashx24(out, (const unsigned char *)name.at, name.length, key_bytes);
    return (struct id){ .high = load_u64(out), .low = load_u64(out + 8) };
}
