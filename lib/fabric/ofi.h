/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi.h - the fabric over libfabric, from inside
 *
 * Three locks.  'bed' is held by the thread that sleeps, which takes nothing out.  'driver' (recursive) is held by the thread that
 * reads completions and calls back; whoever closes an endpoint takes it too, so that no completion of that endpoint is in somebody's
 * hands.  'lock' is a leaf: it guards lists, queues and every member of endpoints, peers and operations; it is never held asleep or
 * in a callback, so that others can post meanwhile.  Order: bed or driver, lock.
 *
 * A lane is a domain with its completion queue.  Control and serving endpoints share the one of the fabric; every reading endpoint
 * has one of its own, thrown away with it: in libfabric 1.17 a connection of net or tcp that breaks in the middle of a read ends
 * that read twice and puts its descriptor twice into the pool of the domain, where later operations would share it. */
#ifndef LIB_FABRIC_OFI_H
#define LIB_FABRIC_OFI_H
#include <pthread.h>
#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_eq.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>
#include <stdatomic.h>

#include "lib/base/list.h"
#include "lib/fabric/implementation.h"

struct operation;

struct lane {
    struct fid_domain *domain;
    struct fid_cq *cq;
    struct list in_fabric;
};

/* A completion that was taken from libfabric and not handled yet. */
struct completion {
    struct operation *operation; /* NULL: its endpoint was closed meanwhile */
    size_t length;
    int error;                   /* 0, or an errno of libfabric */
};

struct ofi_fabric {
    struct fabric base;
    struct fabric_options options; /* complete; the texts are not kept */
    struct fi_info *info;
    struct fid_fabric *fabric;
    struct lane home;
    int sockets, bell;             /* what the sleeper waits on when it is on 'home'; -1: libfabric sleeps for us (ofi_wait.c) */
    int watched;                   /* and somebody else's; -1: nobody's */
    uint64_t spin;                 /* ns to poll before sleeping */

    pthread_mutex_t bed;
    unsigned retries;              /* bed; naps in a row in which peers waited */
    uint64_t nap;                  /* bed; ns that the next one takes */
    pthread_mutex_t driver;
    atomic_int closers;            /* threads that wait for the driver to leave */
    atomic_bool rung;
    atomic_uint_fast64_t awake_at; /* when the sleeper will look again by itself; 0: nobody sleeps */
    struct completion *arrived;    /* driver; a queue: head .. count */
    size_t head, count, capacity;
    struct operation *in_hand;     /* driver; the receive whose frame is being looked at */

    pthread_mutex_t lock;
    struct lane *asleep_on;        /* where the sleeper is, or NULL */
    struct list lanes;             /* all; only the driver takes one out */
    struct list endpoints;
    struct list timed;             /* operations with a deadline, the earliest first */
    struct list waiting;           /* peers with operations that could not be posted yet */
    struct list spare;             /* operations for reuse */
};

struct ofi_endpoint {
    struct endpoint base;
    struct list in_fabric;
    struct lane own, *lane;
    struct fid_ep *ep;
    struct fid_av *av;
    struct list operations;        /* posted ones: libfabric may touch their buffers, or may name them once more */
    struct list peers;
    bool closing;
    bool broken;                   /* a read failed: nothing more is posted */
};

struct ofi_peer {
    struct peer base;
    struct list in_endpoint, in_waiting;
    struct list queue;             /* operations to be posted, in order */
    fi_addr_t address;
    unsigned in_flight;            /* frames queued or posted */
    unsigned held;                 /* callbacks that are about it */
    bool lost, removed;
    bool connected;                /* something went through: what has to wait from here on waits for a new connection */
};

enum operation_kind { OPERATION_RECEIVE, OPERATION_SEND, OPERATION_READ };

struct operation {
    struct fi_context2 scratch;    /* libfabric's, while it is posted */
    enum operation_kind kind;
    struct ofi_endpoint *endpoint;
    struct ofi_peer *peer;         /* NULL: removed, or a receive */
    struct list place;             /* in endpoint->operations, peer->queue or fabric->spare */
    struct list timed;
    uint64_t deadline;
    bool posted;
    uint64_t last;                 /* the deadline that the reader gave; 'deadline' is earlier while it waits for a connection */
    mstro_status overdue;          /* what a read is told at 'deadline' */
    void *buffer;                  /* a frame that we own, or the reader's memory */
    size_t length;
    struct fid_mr *local;          /* registration of 'buffer', where it is needed */
    uint64_t remote, key;
    void (*done)(void *context, mstro_status status); /* NULL: told already */
    void *context;
};

static inline struct ofi_fabric *ofi_of(struct fabric *f) { return (struct ofi_fabric *)f; }
static inline struct ofi_endpoint *ofi_endpoint_of(struct endpoint *e) { return (struct ofi_endpoint *)e; }
static inline struct ofi_peer *ofi_peer_of(struct peer *p) { return (struct ofi_peer *)p; }
static inline struct ofi_fabric *fabric_of(struct ofi_endpoint *e) { return ofi_of(e->base.fabric); }

/* ofi_operation.c: all with 'lock' held */
struct operation *ofi_operation_take(struct ofi_fabric *f, enum operation_kind kind, struct ofi_endpoint *e);
void ofi_operation_give_back(struct ofi_fabric *f, struct operation *o);
void ofi_operation_set_deadline(struct ofi_fabric *f, struct operation *o, uint64_t deadline);
mstro_status ofi_operation_register_local(struct ofi_fabric *f, struct operation *o, uint64_t access);

/* Hand it to libfabric.  0: it is posted, or has ended already (an injected frame: 'ended'); -FI_EAGAIN: not now; else it failed. */
ssize_t ofi_operation_post(struct operation *o, bool *ended);

/* The status that an errno of libfabric stands for. */
mstro_status ofi_operation_status(int error);

/* ofi.c */
mstro_status lane_open(struct ofi_fabric *f, struct lane *l);
void lane_close(struct ofi_fabric *f, struct lane *l);   /* driver, but for 'home' */

/* ofi_endpoint.c */
mstro_status ofi_endpoint_open(struct fabric *f, enum endpoint_role role, const struct endpoint_events *events, struct endpoint **out);
void ofi_endpoint_close(struct endpoint *e);

/* ofi_peer.c */
mstro_status ofi_peer_add(struct endpoint *e, struct bytes address, void *context, struct peer **out);
void ofi_peer_remove(struct peer *p);
unsigned ofi_peer_in_flight(const struct peer *p);
mstro_status ofi_send(struct peer *p, void *frame, size_t length);
mstro_status ofi_read(const struct read_request *request);
void peer_hold(struct ofi_peer *p);             /* 'lock' held: it stays in memory until it is let go */
void peer_let_go(struct ofi_fabric *f, struct ofi_peer *p);
void peer_discard(struct ofi_peer *p);          /* driver: a peer of an endpoint that is being closed; ends what was queued */
void peer_lose(struct ofi_fabric *f, struct ofi_peer *p, const char *why); /* driver; 'p' is held */
bool peers_retry(struct ofi_fabric *f);         /* driver; true when anything was posted or ended */
bool ofi_operations_expire(struct ofi_fabric *f, uint64_t now); /* driver; true when anything ended */

/* ofi_progress.c */
mstro_status ofi_progress(struct fabric *f, uint64_t deadline);
mstro_status ofi_sleep(struct fabric *f, uint64_t deadline);
void ofi_wake(struct fabric *f);
void driver_ring(struct ofi_fabric *f);         /* 'lock' held: wake the sleeper */
void sleeper_send_away(struct ofi_fabric *f, struct lane *l); /* returns when nobody sleeps on 'l' */
void driver_enter(struct ofi_fabric *f);        /* waits for the thread that drives to leave */
void driver_leave(struct ofi_fabric *f);
void completions_gather(struct ofi_fabric *f, bool all); /* driver: take what libfabric has; or what it has at hand, if anything */
void completions_settle(struct ofi_endpoint *e); /* driver: tell the reads of an endpoint that is being closed how they ended */

/* ofi_wait.c */
void wait_open(struct ofi_fabric *f);           /* when 'home' is open */
void wait_close(struct ofi_fabric *f);
mstro_status ofi_watch(struct fabric *f, int descriptor);
bool wait_watched(const struct ofi_fabric *f);  /* it is readable */
void wait_ring(struct ofi_fabric *f);           /* 'lock' held, somebody sleeps: wake it */
ssize_t wait_on(struct ofi_fabric *f, struct lane *l, uint64_t until, bool dry); /* bed; -FI_EAGAIN: the time is over, or it was rung */

#endif
