/* SPDX-License-Identifier: BSD-3-Clause */
/* seal.h - frames that nobody else can read, change, repeat or reorder
 *
 * One seal is one direction of one session: a key and a counter.  The payload is encrypted in place, the header is
 * authenticated with it, the nonce is direction and counter.  A seal belongs to one thread at a time; its keys are wiped by
 * seal_clear. */
#ifndef LIB_WIRE_SEAL_H
#define LIB_WIRE_SEAL_H
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEAL_KEY_SIZE = 32, SEAL_TAG_SIZE = 16 };

/* Ways of sealing: bits, so that a set of them is a number. */
enum seal_suite { SEAL_AES256_GCM = 1, SEAL_CHACHA20_POLY1305 = 2 };

enum seal_direction { SEAL_TO_POOL = 1, SEAL_TO_CLIENT = 2 };

struct seal {
    enum seal_suite suite;
    enum seal_direction direction;
    uint64_t counter; /* of the last frame; the first has 1 */
    uint8_t key[SEAL_KEY_SIZE];
    crypto_aead_aes256gcm_state aes; /* the key as the processor wants it */
};

/* Start libsodium; harmless when repeated.  False: it does not work here. */
bool seal_ready(void);

/* What this processor can do. */
uint32_t seal_suites(void);

/* The best of the suites both sides have; 0: none. */
uint32_t seal_choose(uint32_t ours, uint32_t theirs);

/* 'suite' must be one of seal_suites(). */
void seal_init(struct seal *s, enum seal_suite suite, enum seal_direction direction, const uint8_t key[SEAL_KEY_SIZE]);
void seal_clear(struct seal *s);

/* Encrypt 'length' bytes at 'payload' in place; SEAL_TAG_SIZE more are written behind them.  'counter' must be s->counter + 1,
 * which it becomes: so the caller can write it into the header first. */
void seal_close(struct seal *s, uint64_t counter, const uint8_t *header, size_t header_length, uint8_t *payload, size_t length);

enum seal_verdict {
    SEAL_OPENED,
    SEAL_FORGED,    /* not made with this key, or changed on the way */
    SEAL_DUPLICATE, /* has been here before: to be dropped */
    SEAL_GAP        /* genuine, but frames before it are missing: what they carried is lost */
};

/* Decrypt in place 'length' bytes and the tag behind them. */
enum seal_verdict seal_open(struct seal *s, uint64_t counter, const uint8_t *header, size_t header_length, uint8_t *payload, size_t length);

#endif
