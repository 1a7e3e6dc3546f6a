/* SPDX-License-Identifier: BSD-3-Clause */
/* state.h - what a pool remembers
 *
 * The nouns of the engine and who points to whom.  Everything is reached from struct pool and changed only inside pool_step.
 * A session owns its handles, operations and subscriptions, so that its death is one walk; a CDO owns its generations. */
#ifndef LIB_POOL_STATE_H
#define LIB_POOL_STATE_H
#include "lib/base/heap.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/slab.h"
#include "lib/pool/fact.h"
#include "lib/pool/index.h"
#include "lib/pool/pool.h"
#include "lib/pool/seal.h"

enum session_state {
    SESSION_ABSENT,    /* not known: never joined, or gone */
    SESSION_ADMITTING, /* has asked to join, the other shards have not all heard of it */
    SESSION_JOINED,
    SESSION_LEAVING,   /* has asked to leave and is still needed */
    SESSION_PARTED,    /* nothing of it is left in this shard, which waits for shard 0 to say so too */
    SESSION_STATES
};

struct session {
    struct map_link by_number;    /* pool->sessions */
    struct map_link by_component; /* pool->components */
    struct list by_age;           /* pool->by_age, the longest silent first */
    struct list failed;           /* pool->failed: memory was short for an answer, what it knows is no longer what is */
    struct list drained;          /* pool->drained: leaving, and nothing of it is needed any more */
    struct list untold;           /* pool->untold: other shards must learn of its end, and memory was short for that */
    struct list handles, operations, subscriptions, holds; /* subscriptions: consumers */
    struct list prepared; /* offers for groups that are not committed */
    struct operation *leave; /* the LEAVE that waits and wants an answer, or NULL */
    struct seal *component, *host, *serving; /* serving may be NULL */
    struct participant *participant;
    struct seal *epitaph;   /* made when its loss has to be remembered by somebody */
    struct shared_schema **schema; /* of its JOIN; a NULL where there was no room for one */
    uint32_t schemas;
    struct id node;
    uint64_t number, app, incarnation, pid, heard;
    uint64_t acted;   /* when it last said more than that it lives, and what it has been told */
    uint64_t join_op; /* of the JOIN that waits for other shards */
    int64_t index;
    mstro_status ended; /* for those who are untold */
    uint32_t offers; /* that stand or are being withdrawn */
    uint16_t unanswered; /* ADMITs */
    uint32_t subscribed;
    uint8_t state;   /* enum session_state */
    bool mute;       /* nothing more is sent to it */
    bool over;       /* shard 0 has said so */
};

/* What one or more sessions have for a namespace.  Lives as long as one of them. */
struct shared_schema {
    struct list link;     /* pool->schemas */
    struct seal *nspace;
    struct seal *outline; /* version and rows; NULL until one of them has sent it */
    uint64_t digest;
    uint32_t keys, users;
};

/* A name and what is known under it.  Lives as long as one handle of it. */
struct cdo {
    struct map_link by_id; /* pool->cdos; the hash is id.low */
    struct id id;
    struct seal *sealed;      /* its name, with the attributes of the newest generation */
    struct generation *newest; /* the others behind it by 'older', all KEPT */
    struct list unbound;       /* REQUIREs that wait for the next OFFER */
    uint32_t handles, generations;
};

/* What one handle of one session does with a CDO, from its first OFFER, REQUIRE or DEMAND to its DISPOSE. */
struct handle {
    struct map_link by_number; /* pool->handles, by session and number */
    struct list of_session;
    struct session *session;
    struct cdo *cdo;
    uint64_t number;
    struct offer *offer;     /* what it holds, or NULL */
    struct require *require; /* what it needs, or NULL */
};

enum generation_state {
    GENERATION_ABSENT,
    GENERATION_PREPARED, /* for a group: the name is taken, nobody sees it */
    GENERATION_OFFERED,
    GENERATION_WITHDRAWING, /* its holder wants it back, somebody needs it still */
    GENERATION_KEPT,        /* its holder has it back or is gone; the pool's copy serves the REQUIREs that were there */
    GENERATION_STATES
};

/* One OFFER of a CDO and those who need it. */
struct generation {
    struct cdo *cdo;
    struct generation *older;
    struct list bound;   /* REQUIREs that it has not served, those that retain it first */
    struct list holders; /* offers */
    struct seal *sealed;
    struct seal *copy; /* inline bytes, or NULL */
    struct seal *component; /* who offered it: it may be gone while the copy is still asked for */
    int64_t size;
    uint64_t commit; /* which one of all that were offered: the members of a group share that of the group */
    union {
        uint64_t serial;           /* of its OFFER */
        struct prepared *prepared; /* while it is PREPARED */
    };
    uint32_t number; /* 0 while it is prepared */
    uint8_t state;         /* enum generation_state */
    bool whole : 1;        /* the pool has all there is: no data, or a copy of them */
    bool on_loss_wait : 1; /* its producer says that a loss is not reported */
    bool cut : 1;          /* a reader was evicted while it held a ticket */
    bool grouped : 1;      /* it was offered with a group, or is one */
    bool group : 1;        /* 'copy' lists its members: whoever gets it is served when he has required them all */
};

/* Where the bytes of an offer are that the pool has not all of itself. */
struct lending {
    struct record_place data, word_place;
    uint64_t word;
};

/* One handle's share in a generation. */
struct offer {
    struct list of_generation;
    struct handle *handle;
    struct generation *generation;
    struct operation *withdrawal; /* the WITHDRAW that waits and wants an answer, or NULL */
    uint64_t withdraw_op;         /* of the WITHDRAW that is being served, 0: nobody wants an answer */
    uint64_t announced;           /* of a WITHDRAW that is deferred: up to which serial, else 0 */
    struct lending *lending;      /* NULL: nobody reads from its holder */
    bool has_word; /* lending->word_place is one */
    bool by_leave; /* its holder's LEAVE withdraws it */
};

/* An OFFER for a group, or the group itself, as long as nobody sees it. */
struct prepared {
    struct list of_session;
    struct offer *offer;
    uint64_t group; /* the handle of the group it is for */
    bool made;      /* its handle is new: nobody was told of that either */
    bool whole;     /* it is the group */
    uint16_t awaited;         /* PREPARED, then COMMITTED, of other shards */
    uint32_t members, counted; /* how many it says it has; how many are prepared, then visible */
    uint64_t op;
    uint64_t commit;          /* of the group, when its members are visible, or about to be, in all shards; else 0 */
    uint64_t announced;       /* its OFFER, up to which serial */
    uint64_t withdraw_op;     /* of a WITHDRAW that came after 'commit', and follows when the group is visible */
    bool withdrawn;           /* there is one */
};

enum require_state {
    REQUIRE_ABSENT,
    REQUIRE_OPEN,     /* waits for the next OFFER */
    REQUIRE_AWAITED,  /* the same, and a DEMAND waits for it */
    REQUIRE_BOUND,    /* to a generation, nothing asked for yet */
    REQUIRE_FETCHING, /* told to bring the bytes now: a ticket is open that answers no DEMAND */
    REQUIRE_READING,  /* a ticket is open and a DEMAND waits for its bytes */
    REQUIRE_RETAINING, /* bound for a group that lists it: nothing is brought, its holder does not have it back */
    REQUIRE_STATES
};

struct require {
    struct list link; /* cdo->unbound or generation->bound */
    struct handle *handle;
    struct generation *generation; /* NULL while unbound */
    struct operation *demand;      /* the DEMAND that is not ended, or NULL */
    struct seal *loss;            /* who was lost: told with the next DEMAND, once.  NULL: nothing to tell.  While RETAINING: the group's name */
    uint64_t ticket;               /* the open one, 0 when none is */
    uint64_t voided;               /* the last one that a loss closed: a COMPLETED may be under way */
    uint64_t told;                 /* the DEMAND that a loss has ended: it may be asking again, not knowing yet */
    uint32_t lost;                 /* which generation 'loss' is about */
    uint8_t state;                 /* enum require_state */
    bool on_loss_wait;
    bool pinned;                   /* to the generation it was made for: it is bound to that, or to none any more */
};

enum operation_kind { OPERATION_DEMAND, OPERATION_WITHDRAW, OPERATION_LEAVE };

/* An operation that is not ended and wants an answer. */
struct operation {
    struct map_link by_op; /* pool->operations, by session and op */
    struct list of_session;
    struct list note; /* in pool->noting[stage] while it waits for other people */
    struct session *session;
    struct handle *handle; /* NULL for a LEAVE */
    uint64_t op, since, due;
    uint8_t kind, stage;
};

/* For what memory was short for before. */
#define TELL_AGAIN (10 * NANOSECONDS_PER_MILLISECOND)

enum { NOTE_STAGES = 5, SLABS = 20, SLAB_STEP = 8 };

struct pool {
    struct pool_settings settings; /* workflow is owned */
    struct slab slab[SLABS]; /* of 8, 16, 24 ... bytes */
    struct map sessions, components, cdos, handles, operations, awaited, held, parked;
    struct map subscriptions, names, lanes; /* consumers; subscriptions that have a name; what shared ones keep together */
    struct index index; /* of subscriptions */
    struct list by_age, failed, drained, untold;
    struct list noting[NOTE_STAGES]; /* each in the order in which its notes are due */
    struct list telling;             /* those with events to send in this step */
    struct list reading;             /* those that read on in the ring of facts in the next step */
    struct list starved;             /* those that memory was short for, until 'tell_again' */
    struct list lingering;           /* those with events that wait for more to travel with, until 'linger_until' */
    struct list ending;              /* those that end in this step */
    struct heap late;                /* acks, and room for events, that operations wait for */
    struct list released;            /* operations not held any more: they go on in this step */
    struct list schemas;
    struct facts facts;
    struct seal *discarded; /* freed at the next step: outputs may still point there */
    struct seal *nameless;  /* the epitaph when there is no memory for one */
    struct pool_outputs *out;
    uint64_t now, last_app, last_ticket, last_commit, last_subscription, tell_again, linger_until;
    uint64_t announced; /* up to which serial what takes effect was announced, when that was in an earlier step; else 0 */
    uint64_t requires, generations, tickets, waiting, inline_bytes, memory;
    uint64_t last_unanswered;
    struct pool_effort effort;
    uint32_t shared_schemas; /* in 'schemas' */
    uint32_t wanted, wanted_before; /* kinds of events that anybody wants to be told */
    uint32_t wanting[32], wanting_before[32]; /* how many want each */
    bool started;                   /* 'now' holds the time of a step */
};

/* Memory of the pool, counted, zeroed.  NULL when it is short. */
void *memory_take(struct pool *pool, size_t size);
void memory_give(struct pool *pool, void *at, size_t size);

/* Is there room for 'size' more bytes within the budget? */
bool memory_allows(const struct pool *pool, size_t size);

/* For the keys of maps. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b * UINT64_C(0x9e3779b97f4a7c15))) + UINT64_C(0x632be59bd9b4e019);
    h ^= h >> 29;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    return h ^ (h >> 32);
}

static inline uint64_t hash_text(uint64_t hash, struct text text)
{
    hash = hash_mix(hash, text.length);
    for (size_t i = 0; i < text.length; i++)
        hash = hash_mix(hash, (unsigned char)text.at[i]);
    return hash;
}

#endif
