/* SPDX-License-Identifier: BSD-3-Clause */
/* rings_fabric.h - the fabric of rings.h, from inside
 *
 * A ring that somebody writes to is 'active': it is looked into at every turn.  Who lies down arms all of them, and then none is, until its
 * bell is rung.  The kernel keeps the list of those that were.  So idle peers cost nothing. */
#ifndef LIB_FABRIC_RINGS_FABRIC_H
#define LIB_FABRIC_RINGS_FABRIC_H
#include <pthread.h>
#include <stdatomic.h>

#include "lib/base/list.h"
#include "lib/fabric/implementation.h"
#include "lib/fabric/segment.h"

#define RING_IS_BROKEN "what it has written into the memory that it shares with us is not valid"

struct rings_fabric {
    struct fabric base;
    struct fabric *inner;
    struct fabric_options options;  /* complete; the texts are not kept */
    pthread_mutex_t driver;
    atomic_int closers;             /* threads that wait for the driver to leave */
    _Atomic uint64_t look_at;       /* when to look into the inner fabric although rings keep us busy */
    bool postponed;                 /* driver; that has been put off since the last look, for a bell */
    uint64_t review_at;             /* driver; when to look into all rings, whether a bell was rung or not */
    int bells;                      /* an epoll set of all that may be rung for us, with the peers that they belong to */
    atomic_ulong rung;              /* bells that we have rung */
    unsigned char *frame;           /* driver; the one at hand */
    pthread_mutex_t lock;
    bool asleep;                    /* somebody sleeps: then no ring is active, and all are armed */
    struct list endpoints, active, waiting;
    struct list gone;               /* removed while another thread was driving, which frees them */
    unsigned sharing, looked_into;  /* peers with rings; those of them that are active */
};

struct rings_peer {
    struct peer base;
    struct peer *inner;
    struct list in_endpoint, in_active, in_waiting;
    unsigned held;                  /* lock; turns that are about it.  Freed by who drives, or while nobody does: callbacks bring bare pointers */
    bool removed;                   /* lock */
    atomic_bool shares, lost;
    pthread_mutex_t sending;        /* guards rings.out and what follows */
    struct ring_pair rings;
    struct list queue;
    unsigned queued;
    atomic_bool broken;
};

static inline struct rings_fabric *rings_of(struct fabric *f) { return (struct rings_fabric *)f; }
static inline struct wrapping_endpoint *rings_endpoint_of(struct endpoint *e) { return (struct wrapping_endpoint *)e; }
static inline struct rings_peer *rings_peer_of(struct peer *p) { return (struct rings_peer *)p; }

/* rings.c */
mstro_status rings_peer_add(struct endpoint *e, struct bytes address, void *context, struct peer **out);
void rings_peer_remove(struct peer *p);
unsigned rings_peer_in_flight(const struct peer *p);
mstro_status rings_send(struct peer *p, void *frame, size_t length);
mstro_status rings_use(struct peer *p, struct ring_pair rings);
mstro_status rings_expect(struct fabric *f, const struct ring_pair *rings);
void rings_let_go(struct rings_peer *p);                     /* driver, lock held */
void rings_bury(struct rings_fabric *f);                     /* driver, lock held: let go of those that are gone */
void rings_activate(struct rings_fabric *f, struct rings_peer *p); /* lock held */
void rings_rest(struct rings_fabric *f, struct rings_peer *p);     /* lock held: it is not looked into any more */
bool rings_retry(struct rings_fabric *f, struct rings_peer *p); /* driver, 'p' held; true when anything left or ended */
void rings_lose(struct rings_fabric *f, struct rings_peer *p, const char *why); /* likewise */

#endif
