/* SPDX-License-Identifier: BSD-3-Clause */
/* handshake.h - how two strangers with one key in common become a session
 *
 *     client                                   pool
 *     HELLO: versions, suites, X25519 key -->
 *                                          <-- CHALLENGE: the chosen ones, X25519 key; MAC
 *     PROOF: MAC                           -->
 *                                          <-- ACCEPTED: session; MAC      (or DENIED at any point)
 *
 * The MACs are keyed with the workflow's key and cover everything said so far, so neither side goes on with a stranger and
 * nothing said in another handshake fits.  The session's keys depend on the workflow's key, on both ephemeral keys (a recorded
 * session stays closed when the workflow's key becomes known later) and on everything said.
 *
 * Pure functions over one 'struct handshake' a side and handshake: no sockets, no randomness of their own.  Each takes the body
 * of the peer's message and writes that of its answer.  Every refusal is a status with a detail. */
#ifndef LIB_WIRE_HANDSHAKE_H
#define LIB_WIRE_HANDSHAKE_H
#include "lib/wire/cursor.h"
#include "lib/wire/handshake_records.h"
#include "lib/wire/seal.h"
#include "maestro/status.h"

enum { WORKFLOW_KEY_SIZE = 32, HANDSHAKE_RANDOM_SIZE = 64, HANDSHAKE_MAX = 2048 };

/* What a side brings along. */
struct handshake_self {
    uint16_t oldest, newest; /* versions it speaks */
    uint32_t suites;
    struct id pool; /* client: the pool it wants to reach; pool: itself */
    const uint8_t *workflow_key; /* WORKFLOW_KEY_SIZE bytes */
};

struct session_keys {
    uint16_t version;
    enum seal_suite suite;
    uint64_t session;
    uint8_t to_pool[SEAL_KEY_SIZE], to_client[SEAL_KEY_SIZE];
};

/* A pool's shards number their frames each for itself, so each has keys of its own, made from those of the session, and says in the
 * upper bits of a frame's session which shard it is from or for.  Those of shard 0 are the session's. */
enum { SESSION_BITS = 54 };
void session_keys_of_shard(const struct session_keys *session, uint16_t shard, struct session_keys *keys);

/* What shows, to each other and to nobody else, that memory which is to be shared comes from the client of this session ('offered'), and
 * was taken by its pool ('taken').  Each is said once. */
enum { RINGS_TOKEN = 32 };
struct rings_tokens { uint8_t offered[RINGS_TOKEN], taken[RINGS_TOKEN]; };
void session_rings_tokens(const struct session_keys *session, struct rings_tokens *tokens);

static inline uint64_t session_of_frame(uint64_t session) { return session & ((UINT64_C(1) << SESSION_BITS) - 1); }
static inline uint16_t shard_of_frame(uint64_t session) { return (uint16_t)(session >> SESSION_BITS); }

struct handshake {
    struct handshake_self self;
    uint8_t secret[HANDSHAKE_KEY];
    uint8_t transcript[64]; /* hash of everything said so far */
    struct session_keys keys;
};

/* Wipe what must not stay in memory; the keys must have been copied. */
void handshake_clear(struct handshake *h);

/* ---- client ---- */

/* Begin.  'random': HANDSHAKE_RANDOM_SIZE fresh random bytes.  'address': of the own fabric endpoint. */
mstro_status handshake_hello(struct handshake *h, const struct handshake_self *self, const uint8_t *random, struct bytes address, struct writer *out);

/* Take CHALLENGE, write PROOF.  MSTRO_POOL_STALE: another pool answers there;
 * MSTRO_VERSION_MISMATCH names both; MSTRO_REFUSED: the pool does not know the key, or it said no. */
mstro_status handshake_prove(struct handshake *h, struct bytes message, struct writer *out);

/* Take ACCEPTED; h->keys are those of the session.  Errors as before. */
mstro_status handshake_finish(struct handshake *h, struct bytes message);

/* ---- pool ---- */

/* Take HELLO, write CHALLENGE.  'hello': what it said, views into 'message'.  MSTRO_POOL_STALE: it looks for
 * another pool; MSTRO_VERSION_MISMATCH; MSTRO_INVMSG.  After an error answer with handshake_deny and part. */
mstro_status handshake_challenge(struct handshake *h, const struct handshake_self *self, const uint8_t *random, struct bytes message,
                                 struct record_hello *hello, struct writer *out);

/* Take PROOF.  MSTRO_REFUSED: the client does not know the key.  A session begins only after this. */
mstro_status handshake_check(struct handshake *h, struct bytes message);

/* Write ACCEPTED for 'session'; h->keys are those of the session. */
mstro_status handshake_accept(struct handshake *h, uint64_t session, struct writer *out);

/* Write DENIED with 'status' and a text for the person at the other side. */
void handshake_deny(const struct handshake_self *self, mstro_status status, const char *detail, struct writer *out);

#endif
