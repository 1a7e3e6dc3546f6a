/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_info.h - what a process needs to find and to trust a pool: one line of text
 *
 * "maestro1:" and base64url of the fields and a checksum: no ';', no blank, no newline, nothing a shell or an environment minds.
 * It holds the workflow's key, so whoever can read it can join. */
#ifndef LIB_SERVE_POOL_INFO_H
#define LIB_SERVE_POOL_INFO_H
#include "lib/base/arena.h"
#include "lib/wire/handshake.h"

#define POOL_INFO_MAX 8192 /* bytes of text */
#define MAX_PROVIDER 64
#define MAX_WITNESS 128
#define MAX_SHARDS 64
#define MAX_KEY_FILE 4096
#define MAX_INFO_FILE 1024

enum { KEY_TEXT_SIZE = 2 * WORKFLOW_KEY_SIZE + 1 }; /* a key file holds it in hex */

/* Where frames for a shard go: one way of several, from the best to the last. */
#define RECORD_SHARD_ADDRESS(F, T, B, L) F(u16, shard, 0) T(provider, MAX_PROVIDER, 0) B(address, MAX_ADDRESS, 0)

/* witness: "HOST:PORT" of the TCP socket for the handshake.  key: empty when it is in key_file.  info_file: where this info was
 * written to, for people; empty when it was not. */
#define RECORD_POOL_INFO(F, T, B, L) \
    F(u16, oldest, 0) F(u16, newest, 0) F(id, pool, 0) T(workflow, MAX_COMPONENT, 0) B(key, WORKFLOW_KEY_SIZE, 0) \
    T(key_file, MAX_KEY_FILE, 0) T(witness, MAX_WITNESS, 0) L(shard_address, shards, MAX_SHARDS, 0) T(info_file, MAX_INFO_FILE, 0)

struct record_shard_address { RECORD_SHARD_ADDRESS(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
struct record_pool_info { RECORD_POOL_INFO(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };

/* Text from malloc.  MSTRO_NOMEM, MSTRO_INVARG (a field beyond its limit). */
mstro_status pool_info_encode(const struct record_pool_info *info, char **text);

/* Views point into 'arena'; a key file is read.  MSTRO_INVARG, and the detail says what is wrong: not an info at all, cut, changed.
 * MSTRO_REFUSED: the key file cannot be read, or others can read it too. */
mstro_status pool_info_decode(const char *text, struct arena *arena, struct record_pool_info *info);

#endif
