/* SPDX-License-Identifier: BSD-3-Clause */
/* watch.h - the thread that notices that the pool manager is gone, or cannot be heard
 *
 * It waits for the end of the witness, which the fabric does not tell and cannot sleep on, and says a byte over it every WATCH_BEAT:
 * while those are acknowledged there is a way to the manager and back, whatever the manager does, for its kernel acknowledges them.
 * When none is for WATCH_DOUBT, TCP may only be unlucky on a network that loses packets: it tries again ever more seldom.  So the watch
 * knocks with a new connection every WATCH_KNOCK.  Any answer ends the doubt; WATCH_VERDICT without one is a partition. */
#ifndef LIB_CLIENT_WATCH_H
#define LIB_CLIENT_WATCH_H
#include "maestro/status.h"

struct watch;

/* Start it.  'lost' is called once at most, from the watch's thread: MSTRO_POOL_LOST, MSTRO_PARTITIONED, MSTRO_STALE_EPOCH (the pool has
 * said that it put this process out).  'witness' belongs to the caller, who keeps it open until watch_stop has returned; 'there' is its
 * other end as people write it.  'shown' is the socket of credential_show, -1: there is none; it is the watch's from here on, which has a
 * porter (lib/system/porter.h) attend to it when somebody comes for the first time.  MSTRO_NOMEM: then it stays the caller's. */
mstro_status watch_start(struct watch **out, int witness, const char *there, int shown,
                         void (*lost)(void *context, mstro_status status, const char *reason), void *context);

/* Shut the witness down, end the thread.  NULL is allowed. */
void watch_stop(struct watch *w);

#endif
