/* SPDX-License-Identifier: BSD-3-Clause */
/* reach.h - reading the memory of other processes, and letting them read ours
 *
 * Both links have one: the remote one always, the local one once its pool serves others.  Functions may be called from any thread
 * unless they say otherwise. */
#ifndef LIB_CLIENT_REACH_H
#define LIB_CLIENT_REACH_H
#include <pthread.h>

#include "lib/client/holders.h"
#include "lib/client/link.h"
#include "lib/fabric/fabric.h"
#include "lib/system/node.h"
#include "lib/transport/serving.h"

struct reader;

/* The owner keeps 'fabric' moving and closes it after reach_release. */
struct reach {
    struct fabric *fabric;
    struct serving *serving;
    struct node self;
    struct holders holders;
    const char *address;     /* the local address that works between us and others, the owner's */
    pthread_mutex_t reading; /* guards reader, which is made when it is first needed */
    struct reader *reader;
};

/* To be called before anything else; a reach that was not opened only needs reach_release. */
void reach_init(struct reach *r);

/* Serve over 'fabric'.  Until holders_know_self has been called nothing is fetched. */
mstro_status reach_open(struct reach *r, struct fabric *fabric, const char *address);
void reach_release(struct reach *r);

/* What tickets say of us: its length; 'address' has room for FABRIC_ADDRESS_MAX bytes. */
size_t reach_serving_address(struct reach *r, unsigned char *address);

/* As the operations of link.h. */
mstro_status reach_expose(struct reach *r, const void *at, size_t length, struct exposure *exposure);
void reach_conceal(struct exposure *exposure);
void reach_cut_readers(struct reach *r);
void reach_fetch(struct reach *r, const struct fetch *fetch, struct client_moved *moved);

#endif
