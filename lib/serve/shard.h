/* SPDX-License-Identifier: BSD-3-Clause */
/* shard.h - a pool's side of the fabric: one thread that turns frames into steps of the pool and its records into frames
 *
 * It has a fabric and a control endpoint of its own, and serves a host (which others may use at the same time).  A connection is
 * one session: the shard makes it in shard_admit, its admission holds it until shard_gone, which gives it back. */
#ifndef LIB_SERVE_SHARD_H
#define LIB_SERVE_SHARD_H
#include "lib/fabric/fabric.h"
#include "lib/fabric/segment.h"
#include "lib/serve/host.h"
#include "lib/wire/handshake.h"

struct shard;
struct connection;

/* Open the fabric and start the thread.  'host' must outlive the shard; 'pool' is the id of its pool. */
mstro_status shard_start(struct shard **out, struct host *host, struct id pool, const struct fabric_options *options);

/* End the thread.  No other call may be under way. */
void shard_halt(struct shard *s);

/* Close what is still connected: the sessions are lost to the pool.  Every shard of the pool has been halted. */
void shard_stop(struct shard *s);

/* Where frames for it go, and over which provider. */
struct bytes shard_address(const struct shard *s);
const char *shard_provider(const struct shard *s);

/* ---- any thread ---- */

/* Take a client that has proved itself.  keys->session 0: into a new session, which is filled in; else into that one, which another shard
 * has made (session_keys_of_shard).  'witness': its socket, which the shard may shut down, and never closes.  MSTRO_NOMEM, or why
 * the fabric does not take the address. */
mstro_status shard_admit(struct shard *s, struct session_keys *keys, struct bytes address, int witness, struct connection **out);

/* Whether its fabric knows what to do with rings. */
bool shard_takes_rings(const struct shard *s);

/* The frames of a connection, of which none has come yet, go through these rings from here on; they are the shard's. */
void shard_use_rings(struct connection *c, struct ring_pair rings);

/* The pool has welcomed it. */
bool connection_joined(const struct connection *c);

/* The witness has ended.  The connection must not be used any more; its descriptor may be closed afterwards. */
void shard_gone(struct shard *s, struct connection *c, const char *reason);

/* Since the start; connections: at present. */
struct shard_count { uint64_t frames_received, records_received, frames_forged, frames_duplicate, connections, sessions_broken; };
struct shard_count shard_count(struct shard *s);

#endif
