/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as each message of the handshake: none is ever taken for genuine, since nobody here knows the key. */
#include <stdlib.h>

#include "lib/wire/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[WORKFLOW_KEY_SIZE] = "a key", stranger[WORKFLOW_KEY_SIZE] = "another", random_bytes[HANDSHAKE_RANDOM_SIZE] = "not random";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t memory[HANDSHAKE_MAX];
    struct handshake_self self = { .oldest = 1, .newest = 1, .suites = seal_suites(), .pool = { 1, 2 }, .workflow_key = key };
    struct handshake client, pool;
    struct record_hello said;
    struct bytes message = bytes_of(data, size);
    struct writer w = writer_of(memory, sizeof memory);
    handshake_hello(&client, &self, random_bytes, bytes_of("address", 7), &w);
    if (handshake_prove(&client, message, &w) == MSTRO_OK || handshake_finish(&client, message) == MSTRO_OK)
        abort();
    w = writer_of(memory, sizeof memory);
    self.workflow_key = stranger;
    handshake_challenge(&pool, &self, random_bytes, message, &said, &w);
    if (handshake_check(&pool, message) == MSTRO_OK)
        abort();
    return 0;
}
