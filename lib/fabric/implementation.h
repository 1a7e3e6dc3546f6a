/* SPDX-License-Identifier: BSD-3-Clause */
/* implementation.h - what a fabric is made of: for those who write one, not for those who use one
 *
 * An implementation embeds these structs as first members and fills in the table. */
#ifndef LIB_FABRIC_IMPLEMENTATION_H
#define LIB_FABRIC_IMPLEMENTATION_H
#include "lib/base/list.h"
#include "lib/fabric/fabric.h"
#include "lib/fabric/segment.h"

struct fabric_operations {
    void (*close)(struct fabric *f);
    mstro_status (*progress)(struct fabric *f, uint64_t deadline);
    mstro_status (*sleep)(struct fabric *f, uint64_t deadline);
    void (*wake)(struct fabric *f);
    mstro_status (*watch)(struct fabric *f, int descriptor); /* NULL: it cannot */
    mstro_status (*endpoint_open)(struct fabric *f, enum endpoint_role role, const struct endpoint_events *events, struct endpoint **out);
    void (*endpoint_close)(struct endpoint *e);
    mstro_status (*peer_add)(struct endpoint *e, struct bytes address, void *context, struct peer **out);
    void (*peer_remove)(struct peer *p);
    unsigned (*peer_in_flight)(const struct peer *p);
    mstro_status (*peer_use_rings)(struct peer *p, struct ring_pair rings); /* NULL: it knows of none */
    mstro_status (*expect_rings)(struct fabric *f, const struct ring_pair *rings); /* likewise */
    mstro_status (*send)(struct peer *p, void *frame, size_t length);
    mstro_status (*read)(const struct read_request *request);
    mstro_status (*region_register)(struct fabric *f, const void *memory, size_t length, struct region **out);
    void (*region_close)(struct region *r);
};

struct fabric {
    const struct fabric_operations *operations;
    struct fabric_limits limits;
};

struct endpoint {
    struct fabric *fabric;
    enum endpoint_role role;
    struct endpoint_events events;
    unsigned char address[FABRIC_ADDRESS_MAX];
    size_t address_length;
};

/* 'events' may be NULL: none are told. */
static inline void endpoint_init(struct endpoint *e, struct fabric *f, enum endpoint_role role, const struct endpoint_events *events)
{
    e->fabric = f;
    e->role = role;
    if (events)
        e->events = *events;
}

/* Of a fabric that is around another one. */
struct wrapping_endpoint {
    struct endpoint base;
    struct endpoint *inner;
    struct list place, peers; /* for the fabric's use; 'peers' is empty */
};

/* Make one with the role and the address of a new endpoint of 'inner', which tells 'passing', with the new one as context. */
mstro_status wrapping_endpoint_open(struct fabric *f, struct fabric *inner, enum endpoint_role role, const struct endpoint_events *events,
                                    const struct endpoint_events *passing, struct wrapping_endpoint **out);

struct peer {
    struct endpoint *endpoint;
    void *context;
};

struct region {
    struct fabric *fabric;
    uint64_t base, key;
};

/* Replace what is zero in 'given' by the defaults. */
struct fabric_options fabric_options_complete(const struct fabric_options *given);

/* 64 random bits that are not 0. */
uint64_t fabric_random_key(void);

#endif
