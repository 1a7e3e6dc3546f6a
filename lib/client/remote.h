/* SPDX-License-Identifier: BSD-3-Clause */
/* remote.h - the way to a pool in another process */
#ifndef LIB_CLIENT_REMOTE_H
#define LIB_CLIENT_REMOTE_H
#include "lib/client/link.h"

/* Connect to the pool of 'info' (the value of MSTRO_POOL_MANAGER_INFO) and shake hands, before 'deadline' (monotonic ns; NO_DEADLINE:
 * 10 s; nobody listening is known at once).  What follows is the JOIN.
 * MSTRO_INVARG: 'info' is none; MSTRO_NO_PM: nobody listens or answers there; MSTRO_POOL_STALE: somebody else does;
 * MSTRO_VERSION_MISMATCH; MSTRO_REFUSED; MSTRO_QUOTA; MSTRO_OFI_FAIL: no fabric.
 *
 * The link fills in what a JOIN says of this process and has been left empty: serving. */
mstro_status link_remote(struct link **out, const char *info, uint64_t deadline);

#endif
