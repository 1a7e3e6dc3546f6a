/* SPDX-License-Identifier: BSD-3-Clause */
/* group.h - a group as its user has it: the object that stands for it, and its members
 *
 * Of a group that is offered the members are what the user has added; of one that is required they are what the ticket lists: the session
 * makes a handle for each and requires it, also when nobody has demanded yet, because the holder wants the group back.  That is
 * the 'move' of the group's ticket: it has ended when the pool knows of every REQUIRE. */
#ifndef LIB_CLIENT_GROUP_H
#define LIB_CLIENT_GROUP_H
#include "lib/client/cdo.h"
#include "lib/client/session.h"

/* What the user has made of it; only the call that has the group looks at this. */
enum group_use {
    GROUP_IDLE,
    GROUP_LENT,
    GROUP_RETURNING, /* itself is back, its members are being withdrawn */
    GROUP_NEEDED,
    GROUP_LISTED,    /* its members are known, and required; not all of them are here */
    GROUP_HERE
};

struct member {
    struct list link; /* in members, or in discarded */
    struct map_link by_name;
    struct mstro_group_ *group;
    struct mstro_cdo_ *cdo;
    struct mstro_request_ request; /* the session's REQUIRE or DISPOSE of it */
    uint64_t commit; /* the generation that the group lists, 0: any */
    bool retained;   /* somebody else's: the session knows its handle, which retains it for the group that is offered */
    bool own;   /* offered with the group */
    bool users; /* the handle is the user's */
    bool lent;  /* offered, or prepared for it, with the group */
    bool here;  /* demanded, and brought */
};

struct selection { struct selection *next; size_t length; uint8_t selector[]; };

struct mstro_group_ {
    struct list link;         /* in the library's list of groups */
    atomic_bool busy;         /* a call has it */
    bool sealed;
    bool consumer;            /* has required: its members are those of a ticket */
    enum group_use use;
    uint64_t lost;            /* the generation whose loss the user knows of, 0: none */
    struct mstro_cdo_ *cdo;   /* the group as an object: its name, its bytes are the list */
    struct schema *schema;
    struct cdo_memory *memory;
    struct selection *selections; /* what is to be found when it is offered */
    struct list *selected;    /* behind this stand those that were found; NULL: it was not offered yet */
    struct list *next;        /* the member that was given last */

    /* Written by who holds the token while the ticket's move runs, by the call that has the group otherwise. */
    struct list members;
    struct map names;         /* of the members */
    size_t awaited;           /* REQUIREs that the pool does not know yet */

    /* [token] members whose handles the pool is forgetting, and those that it could not be told of any more */
    struct list discarded, buried;
    bool waits;               /* somebody waits for 'gone' */
    struct waitable gone;     /* nothing is discarded */
};

/* Make a group of no members around 'cdo', which becomes its own.  What is NULL of the result is memory that was short. */
mstro_status group_create(struct mstro_group_ **out, struct mstro_cdo_ *cdo, struct schema *schema, struct cdo_memory *memory);

/* Free it with its members but those that are the user's.  No session knows of any. */
void group_destroy(struct mstro_group_ *g);

/* Append a member; 'cdo' is the group's unless it is the user's.  MSTRO_INVARG: the name is there. */
mstro_status group_append(struct mstro_group_ *g, struct mstro_cdo_ *cdo, bool own, bool users, struct member **out);
struct member *group_find(const struct mstro_group_ *g, struct text name);

/* Free what is behind 'last' (NULL: all), of which no session knows. */
void group_truncate(struct mstro_group_ *g, struct list *last);

/* [token] Require the members that the ticket of the group's object lists; then the move has ended. */
void group_enroll(struct mstro_group_ *g, struct session *s);

/* Let the pool forget all members that the ticket listed, and wait until it has.  No operation of any is under way. */
mstro_status group_discard(struct mstro_group_ *g, struct session *s);

#endif
