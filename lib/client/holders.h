/* SPDX-License-Identifier: BSD-3-Clause */
/* holders.h - the processes of this node whose memory may be read, because the kernel has said that they are the holders
 *
 * What a member says of itself is not enough: it could name any process, and have us read that.  The pool's ticket says which session
 * the holder is; every process shows itself under the number of its session (lib/system/credential.h), so that whoever wants to read
 * it sees which process it is.  Each is kept with a descriptor that tells its end.  Any thread. */
#ifndef LIB_CLIENT_HOLDERS_H
#define LIB_CLIENT_HOLDERS_H
#include <pthread.h>
#include <stdbool.h>

#include "lib/system/credential.h"

enum { HOLDERS_KEPT = 32 };

struct holders {
    struct id pool;
    uint64_t own;         /* the session of this process */
    pthread_mutex_t lock; /* leaf; guards what follows */
    struct holder { uint64_t session; int32_t process; int alive; } kept[HOLDERS_KEPT];
    unsigned count, next; /* next: the one that has to go when there is no room */
};

void holders_init(struct holders *h);
void holders_release(struct holders *h);

/* Whose tickets are asked about.  Before the first question. */
void holders_know_self(struct holders *h, struct id pool, uint64_t own);

/* Whether 'process' is that of the session, and lives.  Asked before reading its memory and once more afterwards, it says that nobody
 * else was read: the number was not given to another process in between. */
bool holders_check(struct holders *h, uint64_t session, int32_t process);

#endif
