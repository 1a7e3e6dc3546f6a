/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/seal.h"

#include <endian.h>
#include <string.h>

_Static_assert(crypto_aead_aes256gcm_KEYBYTES == SEAL_KEY_SIZE && crypto_aead_aes256gcm_ABYTES == SEAL_TAG_SIZE, "AES-256-GCM");
_Static_assert(crypto_aead_chacha20poly1305_ietf_KEYBYTES == SEAL_KEY_SIZE && crypto_aead_chacha20poly1305_ietf_ABYTES == SEAL_TAG_SIZE,
               "ChaCha20-Poly1305");

enum { NONCE_SIZE = 12 };

bool seal_ready(void)
{
    return sodium_init() >= 0;
}

uint32_t seal_suites(void)
{
    if (!seal_ready())
        return 0;
    return SEAL_CHACHA20_POLY1305 | (crypto_aead_aes256gcm_is_available() ? SEAL_AES256_GCM : 0u);
}

uint32_t seal_choose(uint32_t ours, uint32_t theirs)
{
    uint32_t both = ours & theirs;
    return both & SEAL_AES256_GCM ? SEAL_AES256_GCM : both & SEAL_CHACHA20_POLY1305;
}

void seal_init(struct seal *s, enum seal_suite suite, enum seal_direction direction, const uint8_t key[SEAL_KEY_SIZE])
{
    s->suite = suite;
    s->direction = direction;
    s->counter = 0;
    memcpy(s->key, key, SEAL_KEY_SIZE);
    if (suite == SEAL_AES256_GCM)
        crypto_aead_aes256gcm_beforenm(&s->aes, key);
}

void seal_clear(struct seal *s)
{
    sodium_memzero(s, sizeof *s);
}

static void nonce_make(uint8_t nonce[NONCE_SIZE], enum seal_direction direction, uint64_t counter)
{
    uint32_t way = htole32((uint32_t)direction);
    counter = htole64(counter);
    memcpy(nonce, &way, sizeof way);
    memcpy(nonce + sizeof way, &counter, sizeof counter);
}

void seal_close(struct seal *s, uint64_t counter, const uint8_t *header, size_t header_length, uint8_t *payload, size_t length)
{
    uint8_t nonce[NONCE_SIZE];
    nonce_make(nonce, s->direction, counter);
    s->counter = counter;
    if (s->suite == SEAL_AES256_GCM)
        crypto_aead_aes256gcm_encrypt_afternm(payload, NULL, payload, length, header, header_length, NULL, nonce, &s->aes);
    else
        crypto_aead_chacha20poly1305_ietf_encrypt(payload, NULL, payload, length, header, header_length, NULL, nonce, s->key);
}

static bool decrypt(const struct seal *s, const uint8_t nonce[NONCE_SIZE], const uint8_t *header, size_t header_length, uint8_t *payload,
                    size_t length)
{
    size_t sealed = length + SEAL_TAG_SIZE;
    if (s->suite == SEAL_AES256_GCM)
        return crypto_aead_aes256gcm_decrypt_afternm(payload, NULL, NULL, payload, sealed, header, header_length, nonce, &s->aes) == 0;
    return crypto_aead_chacha20poly1305_ietf_decrypt(payload, NULL, NULL, payload, sealed, header, header_length, nonce, s->key) == 0;
}

enum seal_verdict seal_open(struct seal *s, uint64_t counter, const uint8_t *header, size_t header_length, uint8_t *payload, size_t length)
{
    if (counter <= s->counter)
        return SEAL_DUPLICATE;
    uint8_t nonce[NONCE_SIZE];
    nonce_make(nonce, s->direction, counter);
    if (!decrypt(s, nonce, header, header_length, payload, length))
        return SEAL_FORGED;
    bool next = counter == s->counter + 1;
    s->counter = counter;
    return next ? SEAL_OPENED : SEAL_GAP;
}
