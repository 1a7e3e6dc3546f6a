/* SPDX-License-Identifier: BSD-3-Clause */
/* index.h - which subscriptions may want to be told of an object
 *
 * A subscription whose selector asks for an attribute to equal a value stands with those that ask for the same; all others, and
 * those for which memory was short, stand in one list.  So what many ask that does not match costs a look-up for each attribute
 * asked for, not one for each who asks. */
#ifndef LIB_POOL_INDEX_H
#define LIB_POOL_INDEX_H
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/query/selector.h"

struct pool;
struct subscription;

/* Subscriptions that ask for one value of one attribute. */
struct index_value {
    struct map_link by_value; /* index.values, by key and value */
    struct index_key *key;
    struct list subscriptions;
};

/* An attribute that somebody asks for. */
struct index_key {
    struct list of_index;
    size_t values, length;
    char text[];
};

struct index {
    struct list keys;
    struct map values;
    struct list others; /* subscriptions */
};

bool index_init(struct index *index);
void index_release(struct index *index); /* nobody is in it */

void index_add(struct pool *pool, struct subscription *subscription);
void index_remove(struct pool *pool, struct subscription *subscription);

/* Call 'visit' for each that may match; it must not add or remove any. */
void index_visit(struct pool *pool, const struct query_subject *subject, void (*visit)(struct pool *pool, struct subscription *subscription, void *context),
                 void *context);

#endif
