/* SPDX-License-Identifier: BSD-3-Clause */
/* host.h - a pool that several threads use: the engine, the lock around it, and where each session's records go
 *
 * The same in a process without a server and in a shard of the daemon.  Every call may come from any thread.  The lock is held for
 * the length of one step of the pool and the enqueueing of what follows from it, never across a wait or a system call of ours. */
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

/* Make a host of an empty pool.  MSTRO_NOMEM. */
mstro_status host_create(struct host **out, const struct pool_settings *settings);

/* Free it.  No thread may be in a call; sinks are not called. */
void host_destroy(struct host *host);

/* The number that the first host_open gives. */
enum { HOST_FIRST_SESSION = 1 };

/* Give the sink a session number (never 0, never used again).  Its JOIN comes by host_submit.  MSTRO_NOMEM. */
mstro_status host_open(struct host *host, struct host_sink *sink, uint64_t *session);

/* Take the session's records, in order.  What follows has been handed to the sinks when this returns. */
void host_submit(struct host *host, uint64_t session, const struct record *const records[], size_t count);

/* The session is gone, for 'reason' (told to those who needed it; "" after an orderly BYE).  Its sink is not called any more once
 * this has returned. */
void host_close(struct host *host, uint64_t session, struct text reason);

/* Tell the pool the time if something is due.  Returns when the next tick is due, NO_DEADLINE for never. */
uint64_t host_tick(struct host *host);

/* The same without a tick. */
uint64_t host_next_deadline(struct host *host);

struct pool_count host_count(struct host *host);

#endif
