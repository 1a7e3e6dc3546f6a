/* SPDX-License-Identifier: BSD-3-Clause */
/* remote_greeting.h - from a pool's info to the keys of a session */
#ifndef LIB_CLIENT_REMOTE_GREETING_H
#define LIB_CLIENT_REMOTE_GREETING_H
#include "lib/serve/pool_info.h"
#include "lib/serve/witness.h"

/* Shake hands over the connected witness, whose own address is 'local', or over another one in its place when the manager hangs up; 'address': of the own control
 * endpoint.  Who says nothing is looked for by other ways: MSTRO_POOL_STALE at once when the manager is not there, else it is waited for.
 * Errors as link_remote's. */
mstro_status remote_greet(int *witness, const char *local, const struct record_pool_info *info, struct bytes address, uint64_t deadline, struct session_keys *keys);

#endif
