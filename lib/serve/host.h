/* SPDX-License-Identifier: BSD-3-Clause */
/* host.h - an engine that several threads use: the lock around it, and where each session's records go
 *
 * The same in a process without a server and in a shard of the daemon.  Every call may come from any thread.  The lock is held for
 * the length of one step of the engine and the enqueueing of what follows from it, never across a wait or a system call of ours.
 *
 * A pool of several shards has as many hosts.  Each has an engine, a lock and memory of its own, which nobody else touches while
 * operations run: what engines say to each other goes through mailboxes, a cache line each. */
#ifndef LIB_SERVE_HOST_H
#define LIB_SERVE_HOST_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/view.h"
#include "lib/pool/pool.h"
#include "lib/wire/record.h"
#include "maestro/status.h"

struct host;

/* Where the records for one session go.  Both are called with the host's lock held, in the order of the pool: they copy and
 * enqueue, and call nothing of the host (leaf).  'deliver' once per record; 'flush' once after the records of one host_submit or
 * host_tick, if any was delivered: the place to ring a bell or to close a frame. */
struct host_sink {
    void (*deliver)(struct host_sink *sink, const struct record *record);
    void (*flush)(struct host_sink *sink);
};

/* Make a host of an empty pool of one shard.  MSTRO_NOMEM. */
mstro_status host_create(struct host **out, const struct pool_settings *settings);

/* So many messages to other hosts each has room for when there is no memory for them. */
enum { HOST_ENVELOPES = 32 };

/* Make the hosts of an empty pool of 'shards' shards: out[0 .. shards - 1], all or none.  Each has its part of the settings' budgets.
 * MSTRO_NOMEM. */
mstro_status hosts_create(struct host *out[], unsigned shards, const struct pool_settings *settings);

/* Free it.  No thread may be in a call; sinks are not called.  NULL is allowed.  Those of one pool go together. */
void host_destroy(struct host *host);
void hosts_destroy(struct host *hosts[], unsigned shards);

/* How to wake the one who calls host_tick, from any thread, when another shard has said something; NULL: nobody needs to be. */
void host_set_bell(struct host *host, void (*ring)(void *context), void *context);

/* The number that the first host_open gives. */
enum { HOST_FIRST_SESSION = 1 };

/* Give the sink a session number (never 0, never used again).  Its JOIN comes by host_submit.  MSTRO_NOMEM. */
mstro_status host_open(struct host *host, struct host_sink *sink, uint64_t *session);

/* The same for a session that another host of the pool has opened. */
mstro_status host_attach(struct host *host, struct host_sink *sink, uint64_t session);

/* Take the session's records, in order.  What follows has been handed to the sinks when this returns. */
void host_submit(struct host *host, uint64_t session, const struct record *const records[], size_t count);

/* The session is gone, for 'reason' (told to those who needed it; "" after an orderly BYE).  Its sink is not called any more once
 * this has returned. */
void host_close(struct host *host, uint64_t session, struct text reason);

/* Tell the pool the time if something is due, and what other shards have said.  Returns when the next tick is due, NO_DEADLINE for never. */
uint64_t host_tick(struct host *host);

/* The same without a tick. */
uint64_t host_next_deadline(struct host *host);

/* As pool_grow_no_more. */
void host_grow_no_more(struct host *host);

struct pool_count host_count(struct host *host);

#endif
