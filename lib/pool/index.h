/* SPDX-License-Identifier: BSD-3-Clause */
/* index.h - which subscriptions may want to be told of something
 *
 * A subscription whose selector asks for an attribute to equal a value stands with those that ask for the same; of several such
 * attributes that it asks for, the one counts whose value the fewest stand under when it comes: what all ask for stays empty.  (A list, of
 * which any item may be the one, is no such attribute.)  It may be one
 * of a few values (SELECTOR_VALUES_MAX), then it stands under each of them.  All others, and those for which memory was short, stand together;
 * those told of applications stand once more, because selectors do not matter there.  Each such place has a set for every combination of
 * kinds that somebody there asks for.  So what many ask that does not match costs a look-up for each attribute asked for, or for each that the
 * object has if these are fewer, and one glance at each set, not one for each who asks. */
#ifndef LIB_POOL_INDEX_H
#define LIB_POOL_INDEX_H
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/query/selector.h"
#include "maestro/subscription.h"

struct pool;
struct subscription;

enum {
    INDEX_OF_APPLICATIONS = MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
                            MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE
};

/* Subscriptions that ask for one value of one attribute. */
struct index_value {
    struct map_link by_value; /* index.values, by key and value */
    struct index_key *key;
    struct list sets;
    size_t subscriptions;     /* in all of them */
};

/* Those of them, or of all others, that ask for these kinds. */
struct index_set {
    struct list of_place;
    struct index_value *value; /* NULL: one of index.others or index.applications */
    struct list subscriptions; /* entries */
    uint32_t kinds;
};

/* A subscription in a set. */
struct index_entry {
    struct list of_set;
    struct index_set *set; /* NULL: in none */
    struct subscription *subscription;
};

/* An attribute that somebody asks for. */
struct index_key {
    struct list of_index;
    struct map_link by_text; /* index.texts */
    size_t values, length;
    char text[];
};

struct index {
    struct list keys;
    struct map texts, values;
    struct list others, applications; /* sets */
    struct index_set spare[2];        /* of all kinds, in 'others' and 'applications': for whom there is no memory for another */
};

bool index_init(struct index *index);
void index_release(struct index *index); /* nobody is in it */

void index_add(struct pool *pool, struct subscription *subscription);
void index_remove(struct pool *pool, struct subscription *subscription);

/* Call 'visit' for each that may match an event of this kind; it must not add or remove any. */
void index_visit(struct pool *pool, uint32_t event, const struct query_subject *subject,
                 void (*visit)(struct pool *pool, struct subscription *subscription, void *context), void *context);

#endif
