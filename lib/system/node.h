/* SPDX-License-Identifier: BSD-3-Clause */
/* node.h - where a process runs, and whether its memory can be read from here
 *
 * A node is what shares a kernel, a network and process numbers: two network namespaces of one machine are two nodes. */
#ifndef LIB_SYSTEM_NODE_H
#define LIB_SYSTEM_NODE_H
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/view.h"
#include "maestro/status.h"

struct node {
    struct id id;      /* equal for all processes of a node; hash of boot, network namespace and process namespace */
    int32_t process;   /* number in its process namespace */
    char host[65];     /* for people */
};

/* The node of the calling process.  MSTRO_IO with a detail when /proc does not tell. */
mstro_status node_self(struct node *out);

/* Whether process_vm_readv works on 'process' of this node: reads eight bytes at 'address' of it.  MSTRO_OK, then they are in
 * 'value'; MSTRO_PEER_LOST: there is no such process; MSTRO_REFUSED: the kernel does not let us; MSTRO_INVARG: nothing is there. */
mstro_status process_probe(int32_t process, uint64_t address, uint64_t *value);

#endif
