/* SPDX-License-Identifier: BSD-3-Clause */
/* serving.h - the endpoint through which others read our memory
 *
 * Closing a region does not stop a read under way; closing the endpoint does.  A reader that is past its lease is cut by
 * serving_reopen: its connection is gone, no byte written afterwards reaches it; healthy readers lose theirs too and come back with a
 * new ticket, which carries the new address.  Any thread. */
#ifndef LIB_TRANSPORT_SERVING_H
#define LIB_TRANSPORT_SERVING_H
#include "lib/fabric/fabric.h"

struct serving;

mstro_status serving_open(struct fabric *f, struct serving **out);
void serving_close(struct serving *s);

/* Cut every reader and open a new endpoint.  When that fails there is none: MSTRO_OFI_FAIL, and no address until it succeeds. */
mstro_status serving_reopen(struct serving *s);

/* The address that tickets carry: its length, 0 when there is no endpoint.  'address' has room for FABRIC_ADDRESS_MAX bytes. */
size_t serving_address(struct serving *s, unsigned char *address);

#endif
