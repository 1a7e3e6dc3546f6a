/* SPDX-License-Identifier: BSD-3-Clause */
/* cdo.h - a handle: the name, the attributes, the memory behind them
 *
 * A handle belongs to one call at a time ('busy'); while an operation on it is under way, what the session writes is said at the
 * member.  The protocol state is the client's (client.h), not here. */
#ifndef LIB_CLIENT_CDO_H
#define LIB_CLIENT_CDO_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/list.h"
#include "lib/base/spare.h"
#include "lib/client/link.h"
#include "lib/client/submission.h"
#include "lib/client/waiting.h"
#include "lib/schema/attributes.h"
#include "lib/transport/buffer.h"
#include "maestro/types.h"

/* Bringing the bytes of one ticket.  Written by who holds the token until it is queued, then by the thread that runs it, then by
 * who holds the token: a call that has the handle looks at it only after its DEMAND has ended. */
struct move {
    struct chore chore;           /* while it is queued for another thread */
    struct submission submission; /* how that thread reports the end */
    struct arena arena;           /* of the ticket and the detail */
    struct record ticket;
    atomic_bool abort;
    void *to;                     /* where the bytes are, NULL for none */
    char carrier[80];             /* how they came: CORE_CARRIER */
    struct client_moved moved;
};

/* What the user has made of it; only the call that has the handle looks at this. */
enum cdo_use { USE_NONE, USE_LENT, USE_NEEDED };

struct mstro_group_;

struct mstro_cdo_ {
    struct list link;          /* in the library's list of handles */
    uint64_t number;           /* the client's number of it */
    char *name;
    size_t name_length;
    atomic_bool busy;          /* a call has it, or an operation of it is under way */
    bool sealed;
    enum cdo_use use;
    bool member;               /* of a group: offered, withdrawn and disposed with that */
    struct mstro_group_ *group; /* the one that it is the object of, or NULL */
    struct attributes *attributes;

    /* The memory.  A producer's is what it lends; a consumer's is where a move puts the bytes. */
    void *given;               /* by the user (raw-ptr), or NULL */
    int64_t given_size;        /* of it, or what the user said about size; -1: nothing was said */
    struct cdo_memory *memory;
    void *own;                 /* taken from there, or NULL */
    size_t own_room;
    bool handed_out;           /* 'own' was shown by access_ptr of a consumer: it is the user's */
    bool has_data;             /* 'data' and 'size' are valid: sealed by a producer, or brought by a DEMAND */
    bool consumer;             /* has required */
    void *data;
    int64_t size;

    /* What others may read while it is offered. */
    uint64_t *word;            /* the validity word, in memory of the session */
    struct exposure exposed_data, exposed_word;
    struct list exposed;       /* in the session's list of such */

    struct move move;
};

/* Where the handles of a process, and what they allocate, come from. */
struct cdo_memory { struct spares handles; struct buffer_cache *buffers; };

/* 'warm': bytes of what handles have allocated and no user has seen that are kept for others. */
mstro_status cdo_memory_create(struct cdo_memory **out, size_t warm);
void cdo_memory_destroy(struct cdo_memory *m); /* NULL is allowed */

/* Make a handle; the name has been checked.  'memory' must outlive it. */
mstro_status cdo_create(struct mstro_cdo_ **out, const char *name, struct schema *schema, struct cdo_memory *memory, uint64_t number);

/* Free it with what is the library's. */
void cdo_destroy(struct mstro_cdo_ *cdo);

/* Freeze the attributes, find out what the memory is, allocate it where that was asked for.  Repeated: MSTRO_OK. */
mstro_status cdo_seal(struct mstro_cdo_ *cdo);

/* Where 'size' bytes that are on their way shall go, in *to.  MSTRO_NOMEM: the buffer given is too small (both sizes go to the log), or
 * memory is short. */
mstro_status cdo_make_room(struct mstro_cdo_ *cdo, int64_t size, void **to);

/* The handle will be a consumer's (again): what it has shown so far is no longer its data. */
void cdo_expect(struct mstro_cdo_ *cdo);

/* Let the user see what the move of a DEMAND has brought: attributes of the producer, size, pointer. */
mstro_status cdo_take_news(struct mstro_cdo_ *cdo);

/* The data, for the user.  MSTRO_NOENT when there are none. */
mstro_status cdo_show(struct mstro_cdo_ *cdo, void **data, int64_t *size);

static inline struct text cdo_name(const struct mstro_cdo_ *cdo) { return (struct text){ cdo->name, cdo->name_length }; }

#endif
