/* SPDX-License-Identifier: BSD-3-Clause */
/* fabric.h - frames to peers and one-sided reads of their memory
 *
 * A fabric is one opened network of this process.  It has endpoints, each with a role; an endpoint has peers.  Everything is
 * asynchronous: an operation that was accepted ends exactly once, by a callback.
 *
 * Threads.  One thread at a time handles, in fabric_progress (a second one gets MSTRO_BUSY); callbacks run in it.  One thread at a
 * time sleeps, in fabric_sleep or fabric_progress, and another may handle meanwhile.  Everything else may be called from any thread,
 * also while another sleeps, and from callbacks, which may not call fabric_progress, fabric_sleep and fabric_close.  endpoint_close
 * waits for a callback that runs in another thread: hold no lock that a callback takes. */
#ifndef LIB_FABRIC_FABRIC_H
#define LIB_FABRIC_FABRIC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/view.h"
#include "maestro/status.h"

#define FABRIC_ADDRESS_MAX 256
#define FABRIC_LARGEST_FRAME 65536
#define FABRIC_RECEIVE_BUFFERS_MAX 65536
#define FABRIC_LEASE UINT64_C(2500000000) /* ns */

struct fabric;
struct endpoint;
struct peer;
struct ring_pair; /* segment.h */

struct fabric_options {
    const char *providers;    /* what to take, best first, separated by commas; NULL: by our own preference */
    const char *address;      /* the local address to bind to, as text; NULL: loopback */
    size_t largest_frame;     /* bytes; 0: FABRIC_LARGEST_FRAME */
    unsigned receive_buffers; /* frames that a control endpoint can hold before its peers have to wait; 0: 64 */
    unsigned send_queue;      /* frames that may wait or be on their way to one peer; 0: 64 */
    uint64_t lease;           /* ns after which a frame that does not leave makes its peer lost; 0: FABRIC_LEASE */
    size_t largest_message;   /* lowers what the provider allows in one read; 0: as the provider says */
    bool register_local;      /* register local memory also where the provider does not ask for it */
};

/* The defaults with MSTRO_OFI_PROVIDER and MSTRO_OFI_NUM_RECV; the texts belong to the environment. */
struct fabric_options fabric_options_from_environment(void);

/* What the opened provider says of itself. */
struct fabric_limits {
    char provider[64];        /* as libfabric names it: "net", "tcp;ofi_rxm"; "memory" in the process */
    char address[64];         /* the local address, as text */
    size_t largest_frame;
    size_t largest_message;   /* bytes of one read */
    size_t inject;            /* frames up to here leave without a completion of their own */
    bool cheap_endpoints;     /* an endpoint for every peer process costs little */
    bool chosen_keys;         /* keys of regions are our own 64 random bits */
};

/* Open the libfabric provider that fits best.  Fails with MSTRO_OFI_FAIL and a detail that names what there was and why none was
 * taken.  The first call of a process costs 100 to 250 ms.  The signal dispositions of the process stay as they are. */
mstro_status fabric_open(const struct fabric_options *options, struct fabric **out);

/* Close it and every endpoint that is still open. */
void fabric_close(struct fabric *f);

const struct fabric_limits *fabric_limits(const struct fabric *f);

/* Handle what has arrived.  When there is nothing, sleep until there is, until fabric_wake, or until 'deadline' (lib/base/clock.h;
 * 0: do not sleep).  MSTRO_OK: something was handled or somebody rang; MSTRO_TIMEOUT: nothing came; MSTRO_BUSY: another thread
 * handles, or sleeps where we would have to. */
mstro_status fabric_progress(struct fabric *f, uint64_t deadline);

/* The sleep of fabric_progress alone: nothing is handled, no callback runs.  MSTRO_OK: fabric_progress(f, 0) may find something, or
 * somebody rang; MSTRO_TIMEOUT; MSTRO_BUSY: another thread sleeps. */
mstro_status fabric_sleep(struct fabric *f, uint64_t deadline);

/* End the present sleep, or the next one.  Any thread; not in a signal handler. */
void fabric_wake(struct fabric *f);

/* From here on a sleep ends also while 'descriptor' is readable.  It stays the caller's, who sees to it that this does not last; -1: no
 * descriptor any more.  Not while anybody sleeps.  MSTRO_UNIMPL: this fabric sleeps where it would not be told. */
mstro_status fabric_watch(struct fabric *f, int descriptor);

/* control: frames.  serving: its regions are read by others.  reading: reads from others. */
enum endpoint_role { ENDPOINT_CONTROL, ENDPOINT_SERVING, ENDPOINT_READING };

/* Called from fabric_progress and endpoint_close, without any lock of the fabric.  Each may be NULL. */
struct endpoint_events {
    void *context;
    void (*received)(void *context, struct bytes frame); /* the bytes are valid during the call */
    void (*sent)(void *context, struct peer *peer);      /* one frame has left; there is room for another */
    /* 'peer' does not take a frame within the lease, or its connection broke while one was on its way.  Once a peer; what was
     * queued is dropped, further sends fail, peer_remove is still the caller's. */
    void (*peer_lost)(void *context, struct peer *peer, const char *why);
};

mstro_status endpoint_open(struct fabric *f, enum endpoint_role role, const struct endpoint_events *events, struct endpoint **out);

/* End every operation on it (reads with MSTRO_CANCELLED, or as they ended), remove its peers, close it.  When this returns nothing
 * touches any buffer that was given to the endpoint. */
void endpoint_close(struct endpoint *e);

/* What a peer needs to reach it.  Valid while the endpoint is open. */
struct bytes endpoint_address(const struct endpoint *e);

/* Know a peer by the address of its endpoint.  Nothing is sent: an address where nobody is shows with the first frame or read. */
mstro_status peer_add(struct endpoint *e, struct bytes address, void *context, struct peer **out);

/* Forget the peer: what is queued for it is dropped, reads from it go on. */
void peer_remove(struct peer *p);

/* Before the first frame, of a control endpoint: frames to and from the peer go through these rings, which are the fabric's from here on.
 * MSTRO_UNIMPL: it knows of none (lib/fabric/rings.h does); MSTRO_NOMEM, never for rings that were expected.  Then they stay the caller's. */
mstro_status peer_use_rings(struct peer *p, struct ring_pair rings);

/* Whether peer_use_rings may succeed. */
bool fabric_takes_rings(const struct fabric *f);

/* Before these rings are agreed with the other side: whatever peer_use_rings could fail for.  Closing them takes it back.  MSTRO_UNIMPL,
 * MSTRO_NOMEM. */
mstro_status fabric_expect_rings(struct fabric *f, const struct ring_pair *rings);

void *peer_context(const struct peer *p);

/* Frames that were accepted and have not left yet. */
unsigned peer_in_flight(const struct peer *p);

/* Send the frame: 'frame' comes from malloc and belongs to the fabric once this returns MSTRO_OK.  MSTRO_WOULDBLOCK when the
 * peer's queue is full, MSTRO_PEER_LOST, MSTRO_INVARG when it is larger than the largest frame.  Frames to one peer stay in order. */
mstro_status endpoint_send(struct peer *p, void *frame, size_t length);

struct read_request {
    struct peer *peer;
    void *local;
    size_t length;             /* 1 .. largest_message */
    uint64_t remote, key;
    uint64_t deadline;         /* lib/base/clock.h */
    /* MSTRO_OK; MSTRO_PEER_LOST: the connection broke; MSTRO_TIMEOUT: at the deadline, and 'local' may still be written until the
     * endpoint is closed; MSTRO_CANCELLED: the endpoint was closed; MSTRO_REFUSED: the peer does not let us read there. */
    void (*done)(void *context, mstro_status status);
    void *context;
};

/* Read memory of a peer into our own.  When it returns MSTRO_OK, 'done' is called exactly once, later. */
mstro_status endpoint_read(const struct read_request *request);

/* A piece of memory that others may read through any serving endpoint of the fabric. */
struct region;

mstro_status region_register(struct fabric *f, const void *memory, size_t length, struct region **out);
void region_close(struct region *r);

/* What a reader needs: the address that stands for the first byte, and the key. */
uint64_t region_base(const struct region *r);
uint64_t region_key(const struct region *r);

#endif
