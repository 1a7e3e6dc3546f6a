/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/hash.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

/* Big-endian, so that ids read and sort alike on every machine. */
static uint64_t load_u64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return be64toh(value);
}

static void store_u64(unsigned char *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, sizeof value);
}

struct id id_of_name(struct id key, struct text name)
{
    unsigned char key_bytes[crypto_shorthash_siphashx24_KEYBYTES], out[crypto_shorthash_siphashx24_BYTES];
    store_u64(key_bytes, key.high);
    store_u64(key_bytes + 8, key.low);
    crypto_shorthash_siphashx24(out, (const unsigned char *)name.at, name.length, key_bytes);
    return (struct id){ .high = load_u64(out), .low = load_u64(out + 8) };
}
