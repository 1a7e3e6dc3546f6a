/* SPDX-License-Identifier: BSD-3-Clause */
/* member.h - one process that is connected: a connection to every shard of the pool
 *
 * The client speaks to a shard when it first needs it; what waits for it there costs a few hundred bytes. */
#ifndef LIB_SERVE_MEMBER_H
#define LIB_SERVE_MEMBER_H
#include "lib/serve/shard.h"

struct shard_set { struct shard **at; unsigned count; };

struct member;

/* Make a session for a client that has proved itself: fills in keys->session.  'witness': its socket, which shards may shut down, and
 * never close.  MSTRO_NOMEM, or why a fabric does not take the address. */
mstro_status member_admit(const struct shard_set *shards, struct session_keys *keys, struct bytes address, int witness, struct member **out);

/* The number of its session. */
uint64_t member_session(const struct member *m);

/* Whether this is what only it can know: it offers memory, for frames to go through. */
bool member_offers(const struct member *m, const uint8_t token[RINGS_TOKEN]);

/* From here on its frames, of which none has come yet, go through rings in this memory, which stays the caller's to close.
 * MSTRO_UNIMPL, MSTRO_INVMSG, MSTRO_NOMEM, MSTRO_IO: why not; MSTRO_TIMEOUT: it has not waited. */
mstro_status member_use_rings(struct member *m, int memory);

/* The pool has welcomed it. */
bool member_joined(const struct member *m);

/* The witness has ended.  The member must not be used any more; its descriptor may be closed afterwards. */
void member_gone(struct member *m, const char *reason);

#endif
