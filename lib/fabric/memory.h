/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.h - a fabric inside one process, without libfabric: for tests
 *
 * Fabrics of one network reach each other.  Frames arrive in order and whole, in the progress of the receiver; a read copies in the
 * progress of the reader, as a network card would.  A peer whose endpoint is closed is found out by the next frame or read. */
#ifndef LIB_FABRIC_MEMORY_H
#define LIB_FABRIC_MEMORY_H
#include "lib/fabric/fabric.h"

struct memory_network;

mstro_status memory_network_create(struct memory_network **out);

/* Every fabric of it must be closed. */
void memory_network_destroy(struct memory_network *n);

/* provider is "memory"; options.providers and .address are not looked at. */
mstro_status memory_fabric_open(struct memory_network *n, const struct fabric_options *options, struct fabric **out);

#endif
