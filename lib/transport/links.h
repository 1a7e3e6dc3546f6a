/* SPDX-License-Identifier: BSD-3-Clause */
/* links.h - a reader from inside: for the mover that uses it */
#ifndef LIB_TRANSPORT_LINKS_H
#define LIB_TRANSPORT_LINKS_H
#include <pthread.h>

#include "lib/base/list.h"
#include "lib/transport/reader.h"

struct reader {
    struct fabric *fabric;
    pthread_mutex_t lock;      /* guards all of it, the links and the moves; taken before the fabric's, never while closing */
    pthread_cond_t changed;    /* a move has ended, or nobody drives any more */
    bool driven;               /* a thread is in fabric_progress */
    struct list links;         /* the longest unused first */
    unsigned count;
};

struct reader_link {
    struct list place;
    struct endpoint *endpoint; /* NULL: broken */
    struct peer *peer;
    unsigned users;            /* moves */
    bool proven;               /* something was read over it */
    size_t length;
    unsigned char serving[FABRIC_ADDRESS_MAX];
};

/* The link to this address, opened if need be, with one user more.  'lock' not held. */
mstro_status reader_link_get(struct reader *r, struct bytes serving, struct reader_link **out);

/* 'lock' held: one user less. */
void reader_link_put(struct reader *r, struct reader_link *l);

/* 'lock' held: nobody gets it any more.  What has to be closed with endpoint_close once the lock is free, or NULL when somebody else
 * broke it before. */
struct endpoint *reader_link_break(struct reader *r, struct reader_link *l);

/* Drive the fabric, or wait while another thread does, until *ended or 'until'.  'lock' not held. */
void reader_drive(struct reader *r, const _Atomic bool *ended, uint64_t until);

#endif
