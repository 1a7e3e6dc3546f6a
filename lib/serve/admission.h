/* SPDX-License-Identifier: BSD-3-Clause */
/* admission.h - the door of a pool: one thread that listens, shakes hands, and notices who has gone
 *
 * Whoever has not been welcomed by the pool 'join_time' after it connected is put out; of those who have not finished the
 * handshake there are at most 'half_open', beyond which one has to go: the oldest that has said nothing, else the oldest.  Descriptors are
 * kept in reserve: as many processes are let in, and may stand at the door, as the limit of open files has room for beyond that. */
#ifndef LIB_SERVE_ADMISSION_H
#define LIB_SERVE_ADMISSION_H
#include "lib/base/setting.h"
#include "lib/serve/member.h"
#include "lib/serve/witness.h"

struct admission;

#define ADMISSION_JOIN_TIME(T) T(5, s)
#define ADMISSION_CONNECTIONS(T) T(16384, )

struct admission_settings {
    struct handshake_self self; /* the workflow's key must outlive the admission */
    const char *address;        /* to listen on */
    uint64_t join_time;         /* ns; 0: ADMISSION_JOIN_TIME */
    unsigned half_open;         /* 0: 1024 */
    unsigned connections;       /* 0: ADMISSION_CONNECTIONS */
};

/* Listen and start the thread.  The shards must outlive it. */
mstro_status admission_start(struct admission **out, const struct shard_set *shards, const struct admission_settings *settings);

/* "HOST:PORT" to connect to. */
const char *admission_name(const struct admission *a);

/* Let nobody else in from now on; who is in stays. */
void admission_close_door(struct admission *a);

/* End the thread and all connections. */
void admission_stop(struct admission *a);

struct admission_count { uint64_t refused, half_open_dropped; };
struct admission_count admission_count(const struct admission *a);

#endif
