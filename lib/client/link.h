/* SPDX-License-Identifier: BSD-3-Clause */
/* link.h - a session's way to its pool, and to the bytes of others
 *
 * Two exist: local.c (the pool is inside this process: no thread, no descriptor, no fabric) and remote.c (frames over the fabric).
 * A link owns its struct: 'close' frees it.
 *
 * Calls marked [token] come from whoever holds the session's progress token, one at a time, and never block.  'sleep' comes from one
 * thread at a time, without the token.  'wake' and 'fetch' come from any thread. */
#ifndef LIB_CLIENT_LINK_H
#define LIB_CLIENT_LINK_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/view.h"
#include "lib/client/client.h"
#include "lib/wire/record.h"
#include "maestro/status.h"

struct link;

/* What a link tells its session, from within 'poll'.  Records are views, valid during the call. */
struct link_receiver {
    void (*record)(struct link_receiver *receiver, const struct record *record);
    void (*lost)(struct link_receiver *receiver, mstro_status status, struct text reason);
};

/* Memory of this process that others may read until 'conceal'.  Kept by the caller, zero when not exposed. */
struct exposure { struct record_place place; void *registration; };

/* Bring ticket.size bytes to 'to'. */
struct fetch {
    const struct record_ticket *ticket; /* how is TICKET_DIRECT */
    void *to;
    bool (*wanted)(void *context);      /* asked every few milliseconds; false: end soon with MSTRO_CANCELLED */
    void *context;
};

/* What the thread whose turn it is does next. */
enum pace {
    PACE_EASY,   /* its own work: it has started an operation, others may follow at once.  What finds another frame under way may wait a little */
    PACE_NOW,    /* not known: everything leaves, and what has come is wanted */
    PACE_SLEEPS  /* it sleeps in the link, and hears what comes there: everything leaves */
};

struct link_operations {
    /* [token] Queue 'record' for 'shard', copying what is kept.  A link that is lost says so by 'poll' and drops it. */
    void (*send)(struct link *link, uint16_t shard, const struct record *record);

    /* [token] Send what was queued (what cannot go yet goes with a later poll; what may wait, too, at 'deadline' at the latest). */
    void (*flush)(struct link *link, enum pace pace);

    /* [token] Hand what has come to the receiver; move the fabric on.  True when anything came. */
    bool (*poll)(struct link *link, struct link_receiver *receiver, enum pace pace);

    /* [token] When flush and poll must be called at the latest though nothing comes: NO_DEADLINE for never. */
    uint64_t (*deadline)(struct link *link);

    /* Sleep until something may have come, 'wake' was called since the last sleep ended, or 'until'.  May return early. */
    void (*sleep)(struct link *link, uint64_t until);
    void (*wake)(struct link *link);

    /* [token] Let others read 'length' bytes at 'at'; fills exposure->place.  MSTRO_OFI_FAIL, MSTRO_NOMEM. */
    mstro_status (*expose)(struct link *link, const void *at, size_t length, struct exposure *exposure);

    /* [token] The end of that: no read that begins later succeeds.  Harmless on a zero exposure. */
    void (*conceal)(struct link *link, struct exposure *exposure);

    /* [token] A reader that was taken for dead may still read (ACK_CUT_READERS): after this returns nobody does.  What a SERVING record
     * is to say from now on, valid until the next call; empty: nobody reads from elsewhere. */
    struct bytes (*cut_readers)(struct link *link);

    /* Run a move on the calling thread and say how it ended (moved->handle is the caller's business).  A ticket whose validity
     * word has changed, or whose source cannot be reached, ends with 'again'. */
    void (*fetch)(struct link *link, const struct fetch *fetch, struct client_moved *moved);

    /* Say goodbye to the other side (the session has ended or is given up), free the link. */
    void (*close)(struct link *link);
};

struct link {
    const struct link_operations *operations;
    bool background;    /* this link needs a thread of the session's that polls it while no caller does */
    size_t quick_fetch; /* a fetch of up to so many bytes does not block and may run under the token */
    const char *provider; /* of libfabric, valid as long as the link; NULL: none is used */
};

struct host;
struct fabric;

/* The way to the pool in 'host', which must outlive it.  MSTRO_NOMEM. */
mstro_status link_local(struct link **out, struct host *host);

/* [token] The host serves other processes from now on: read theirs, and let them read what is exposed from now on, over 'fabric', which
 * belongs to the link after this, also on failure.  'address': the local address that works between us and them; 'pool': its id.  The link needs a
 * background thread then.  *serving: what a SERVING record is to say, valid until the next step of the fabric's owner. */
mstro_status link_local_reach(struct link *link, struct fabric *fabric, const char *address, struct id pool, struct bytes *serving);

#endif
